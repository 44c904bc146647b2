//! Weighted soft labels.

use std::sync::Arc;

use ops::Level;
use ops::decoupled::of_odds;
use ops::exponential::exp_of_negative;
use ops::soft_targets::{Soft, loss};
use options::{OptionError, Section};

use crate::odds::{Pair, labelled};
use crate::softened::read_temperature;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Weighted soft labels: Zhou, Song, Chen, Zhou, Wang, Yuan and Zhang, "Rethinking Soft Labels for
/// Knowledge Distillation: A Bias-Variance Tradeoff Perspective" (2021), equations 9 and 10.
///
/// # What it does
/// `kd`, in which a sample counts the more the worse the student does on its label in comparison with
/// the teacher.
///
/// # When to use it
/// Where samples have labels and the teacher is wrong on some of them.
///
/// # Formula
/// `T^2 mean_j w_j KL(p_j || q_j)`, `w_j = 1 - exp(-log s_j,y / log t_j,y)`
///
/// `p` and `q` are the softmax of teacher and student at temperature `T`, `t` and `s` at temperature 1;
/// `w` is a constant, and `j` runs over the samples with a label. 1e-7 is added to the teacher's loss, as
/// in the authors' code. That code multiplies a cross-entropy in place of the divergence, which has
/// the same gradient.
///
/// # Options
/// `temperature` (default 2). `alpha` is 0.7 if left out; the paper gives the soft part two to three times
/// the weight of the label.
///
/// # Cost
/// Four softmaxes of the logits; no parameters. Samples without a label teach nothing.
///
/// # Example
/// ```toml
/// [distill]
/// method = "wsld"
/// temperature = 2.0
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wsld {
    /// `T`, above 0.
    pub temperature: f64,
}

impl Default for Wsld {
    fn default() -> Self {
        Self { temperature: 2.0 }
    }
}

impl Wsld {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let temperature = read_temperature(section, Self::default().temperature)?;
        Ok(Arc::new(Self { temperature }))
    }
}

const TERM: &str = "weighted-soft";

impl LogitMethod for Wsld {
    const NAME: &'static str = "wsld";
    const LABELLED_TERMS: &'static [&'static str] = &[TERM];

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for Wsld {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let teacher = batch.teacher(Self::NAME)?;
        let labelled = labelled(batch, teacher, 1.0)?;
        let weights = of_odds(
            Level::best(),
            labelled,
            #[inline(always)]
            |[student, teacher]| {
                let (student, teacher) =
                    (-Pair::of(student).log_label, -Pair::of(teacher).log_label);
                1.0 - exp_of_negative(-student / (teacher + 1e-7))
            },
        );
        let samples = Some(labelled.labels.iter().flatten().count());
        let soft = Soft { weights: &weights, samples, ..Soft::of(teacher, self.temperature) };
        sum.add(TERM, 1.0, |gradient| {
            let (student, classes) = (batch.student, batch.classes);
            let [value, _] = loss(Level::best(), student, classes, soft.alone(), gradient);
            value
        });
        Ok(())
    }
}
