//! Similarity-preserving distillation.

use std::sync::Arc;

use options::{OptionError, Section};

use crate::feature_map::{UnitRows, squared_difference};
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Similarity-preserving distillation: Tung and Mori, "Similarity-Preserving Knowledge Distillation" (2019),
/// equations 1 to 4.
///
/// # What it does
/// Asks that samples which are alike to the teacher are alike to the student. Shapes of the taps may differ
/// in every way.
///
/// # When to use it
/// Between networks of different kinds, also for tables; with larger batches.
///
/// # Formula
/// `sum_taps |G_s - G_t|^2 / batch^2`, `G` the products of the samples' values with one another, each row of it
/// scaled to length 1
///
/// A sample whose values are all 0 has a row of zeros and teaches nothing; the authors' code divides that row
/// by 1e-12, whose slope would end a training.
///
/// # Options
/// `student_taps` and `teacher_taps` (default: the last of each), `loss_weight` (default 3000, as published).
///
/// # Cost
/// `batch^2` products of samples, and a pass of the teacher in each step; no parameters. `batch_size` at least 2.
///
/// # Example
/// ```toml
/// [distill]
/// method = "sp"
/// batch_size = 64
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sp;

impl Sp {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }
}

/// Of the products of student and teacher.
fn compare(student: &[f64], teacher: &[f64]) -> (f64, Vec<f64>) {
    let batch = student.len().isqrt();
    let [q, p] = [student, teacher].map(|products| UnitRows::of(products, batch));
    let share = 1.0 / student.len().max(1) as f64;
    let (value, mut slopes) = squared_difference(&q.values, &p.values, share);
    q.pull_back(&mut slopes);
    (value, slopes)
}

impl TapLoss for Sp {
    const NAME: &'static str = "sp";
    const LOSS_WEIGHT: f64 = 3000.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;
    const PLACE_BY_PLACE: bool = false;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        Ok(summed("similarity", pairs, |pair| pair.by_products(compare)))
    }

    fn smallest_batch(&self) -> usize {
        2
    }
}
