//! Normalised knowledge distillation.

use std::sync::Arc;

use ops::Level;
use ops::decoupled::{Labelled, losses};
use options::{Key, OptionError, Section};

use crate::odds::{Pair, labelled};
use crate::softened::read_temperature;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Normalised distillation: Yang, Zeng, Li, Zhang, Yuan and Li, "From Knowledge Distillation to
/// Self-Knowledge Distillation: A Unified Approach with Normalized Loss and Customized Soft Labels"
/// (2023), equation 7.
///
/// # What it does
/// The label is learned as far as the teacher is sure of it, and the other classes are compared among
/// themselves, so that both sides sum to 1 there.
///
/// # When to use it
/// As `dkd`, from which it differs in the part about the label: it never asks the student to be less
/// sure than it is.
///
/// # Formula
/// `mean_j (-p_j,y log q_j,y) + other_weight T^2 mean_j KL(p' || q')`
///
/// `p_y` and `q_y` are the label's probabilities at temperature 1, `p_y` a constant; `p'` and `q'` are
/// the softmax of the other classes alone at temperature `T`; `j` runs over the samples with a label.
/// The paper writes the second part as a cross-entropy, which has the same gradient and is not 0 where
/// both agree; here it is the divergence. The first part is 0 only where the student is certain. The
/// label loss is added in full by the authors: `alpha = 0.5` with twice the learning rate.
///
/// # Options
/// `temperature` (default 1), `other_weight` (gamma in the paper; default 1.5). `alpha` is 0.5 if left
/// out.
///
/// # Cost
/// Two softmaxes of the logits, four at another temperature than 1; no parameters. Samples without a label teach nothing.
///
/// # Example
/// ```toml
/// [distill]
/// method = "nkd"
/// temperature = 1.0
/// other_weight = 1.5
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nkd {
    /// `T` of the part about the other classes, above 0.
    pub temperature: f64,
    /// Weight of the part about the other classes.
    pub other_weight: f64,
}

impl Default for Nkd {
    fn default() -> Self {
        Self { temperature: 1.0, other_weight: 1.5 }
    }
}

impl Nkd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let other = Key("other_weight", "of the part about the other classes");
        Ok(Arc::new(Self {
            temperature: read_temperature(section, default.temperature)?,
            other_weight: section.number(other, default.other_weight, 0.0..=1e6)?,
        }))
    }
}

const TERMS: [&str; 2] = ["sure-target", "normalised-other"];

impl LogitMethod for Nkd {
    const NAME: &'static str = "nkd";
    const LABELLED_TERMS: &'static [&'static str] = &TERMS;

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for Nkd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let teacher = batch.teacher(Self::NAME)?;
        let sure = labelled(batch, teacher, 1.0)?;
        let softened = Labelled { temperature: self.temperature, ..sure };
        let loss = |labelled, weights, gradient: &mut [f32]| {
            losses(
                Level::best(),
                labelled,
                weights,
                #[inline(always)]
                |[student, teacher]| {
                    let (q, sure) = (Pair::of(student), Pair::of(teacher).label);
                    [-sure * q.log_label, -sure * q.others]
                },
                gradient,
            )
        };
        let [target, other] = TERMS;
        if self.temperature == 1.0 || self.other_weight == 0.0 {
            let named = [(target, 1.0), (other, self.other_weight)];
            sum.add_weighted(named, |weights, gradient| loss(sure, weights, gradient));
        } else {
            sum.add(target, 1.0, |gradient| loss(sure, [1.0, 0.0], gradient)[0]);
            let weight = self.other_weight;
            sum.add(other, weight, |gradient| loss(softened, [0.0, 1.0], gradient)[1]);
        }
        Ok(())
    }
}
