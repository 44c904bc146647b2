//! Correlation congruence.

use std::sync::Arc;

use options::{Key, OptionError, Section};

use crate::cosines::Cosines;
use crate::feature_map::squared_difference;
use crate::tap_loss::summed;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Correlation congruence: Peng, Jin, Liu, Zhou, Wu, Liu, Zhang and Li, "Correlation Congruence for Knowledge
/// Distillation" (2019), equations 3 to 8, with the Gaussian kernel.
///
/// # What it does
/// Brings the correlation of the samples of a batch to that of the teacher, measured by a kernel that sees more
/// than straight lines. Shapes of the taps may differ in every way.
///
/// # When to use it
/// Beside `kd`, as in the paper; with larger batches.
///
/// # Formula
/// `sum_taps |K_s - K_t|^2 / batch^2`, `K_ij = exp(-2 gamma) sum_(p = 0)^order (2 gamma cosine_ij)^p / p!`
///
/// `K` is the Taylor series of the Gaussian kernel `exp(-gamma |x - y|^2)` of samples scaled to length 1. The
/// usual code of this name (RepDistiller) is another loss, of the differences of neighbours in a batch, which
/// depends on their order. A sample whose values are all 0 has the cosine 0 with all, and teaches nothing.
///
/// # Options
/// `gamma` (default 0.4), `order` (default 2), `student_taps` and `teacher_taps` (default: the last of each),
/// `loss_weight` (default 1; the paper's 0.003 is without the division by `batch^2`).
///
/// # Cost
/// `batch^2` products of samples, and a pass of the teacher in each step; no parameters. `batch_size` at least 2.
///
/// # Example
/// ```toml
/// [distill]
/// method = "cc"
/// loss_weight = 10.0
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cc {
    /// Width of the kernel, above 0.
    pub gamma: f64,
    /// The last term of the series, at least 1.
    pub order: u64,
}

impl Default for Cc {
    fn default() -> Self {
        Self { gamma: 0.4, order: 2 }
    }
}

impl Cc {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let gamma = Key("gamma", "width of the kernel");
        let order = Key("order", "last term of the kernel's series");
        let loss = Self {
            gamma: section.number(gamma, default.gamma, 0.001..=100.0)?,
            order: section.integer(order, default.order, 1..=16)?,
        };
        TapMethod::read(section, loss)
    }

    /// The kernel at a cosine, and its slope.
    fn kernel(self, cosine: f64) -> (f64, f64) {
        let scale = 2.0 * self.gamma;
        let (mut term, mut sum, mut slope) = (1.0, 1.0, 0.0);
        for number in 1..=self.order {
            slope += scale * term;
            term *= scale * cosine / number as f64;
            sum += term;
        }
        let height = libm::exp(-scale);
        (height * sum, height * slope)
    }

    /// Of the products of student and teacher.
    fn compare(self, student: &[f64], teacher: &[f64]) -> (f64, Vec<f64>) {
        let [q, p] = [student, teacher].map(Cosines::of);
        let kernels = |cosines: &Cosines| -> (Vec<f64>, Vec<f64>) {
            cosines.values.iter().map(|&cosine| self.kernel(cosine)).unzip()
        };
        let ((of_q, steepness), (of_p, _)) = (kernels(&q), kernels(&p));
        let share = 1.0 / student.len().max(1) as f64;
        let (value, mut slopes) = squared_difference(&of_q, &of_p, share);
        slopes.iter_mut().zip(&steepness).for_each(|(slope, steep)| *slope *= steep);
        (value, q.pull_back(&slopes))
    }
}

impl TapLoss for Cc {
    const NAME: &'static str = "cc";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;
    const PLACE_BY_PLACE: bool = false;

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &[f64], teacher: &[f64]| self.compare(student, teacher);
        Ok(summed("congruence", pairs, |pair| pair.by_products(loss)))
    }

    fn smallest_batch(&self) -> usize {
        2
    }
}
