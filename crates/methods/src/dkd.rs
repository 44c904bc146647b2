//! Decoupled knowledge distillation.

use std::sync::Arc;

use ops::Level;
use ops::decoupled::losses;
use options::{Key, OptionError, Section};

use crate::odds::{Pair, labelled};
use crate::softened::read_temperature;
use crate::some_weight::check_some_weight;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Decoupled distillation: Zhao, Cui, Song, Qiu and Liang, "Decoupled Knowledge Distillation" (2022),
/// equation 7.
///
/// # What it does
/// Takes the divergence of `kd` apart into what the teacher says about the label (how sure it is) and
/// what it says about the other classes among themselves, and weighs each by itself. In `kd` the second
/// has the weight `1 - p_y`, so that it hardly counts where the teacher is sure.
///
/// # When to use it
/// Where samples have labels and the teacher is very sure of most of them.
///
/// # Formula
/// `T^2 mean_j (target_weight KL(b_p || b_q) + other_weight KL(p' || q'))`
///
/// `b` is the pair of the label's probability and that of all other classes together, `p'` and `q'` are
/// the softmax of the other classes alone, all at temperature `T`; `j` runs over the samples with a
/// label. `kd` is the same with weights 1 and `1 - p_y` (equation 5). The authors' code takes the label
/// out by subtracting 1000 from its logit, which is only approximate, and the logarithm of a softmax,
/// which is not finite where it underflows; here the class is left out and all is in log space. Their
/// `min(epoch / 20, 1)` is `weight_schedule = "warm-up"` with `weight_warmup_epochs = 20`; it is not on
/// by itself. They add the full label loss: `alpha = 0.5` with twice the learning rate.
///
/// # Options
/// `temperature` (default 4), `target_weight` (alpha in the paper; default 1), `other_weight` (beta;
/// default 8; the authors use 2 where the teacher is less sure, and 0.5 with temperature 1 on ImageNet).
/// `alpha` is 0.5 if left out.
///
/// # Cost
/// Two softmaxes of the logits; no parameters. Samples without a label teach nothing.
///
/// # Example
/// ```toml
/// [distill]
/// method = "dkd"
/// other_weight = 2.0
/// weight_schedule = "warm-up"
/// weight_warmup_epochs = 5
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dkd {
    /// `T`, above 0.
    pub temperature: f64,
    /// Weight of the part about the label.
    pub target_weight: f64,
    /// Weight of the part about the other classes.
    pub other_weight: f64,
}

impl Default for Dkd {
    fn default() -> Self {
        Self { temperature: 4.0, target_weight: 1.0, other_weight: 8.0 }
    }
}

impl Dkd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let target = Key("target_weight", "of the part about the label");
        let other = Key("other_weight", "of the part about the other classes");
        let method = Self {
            temperature: read_temperature(section, default.temperature)?,
            target_weight: section.number(target, default.target_weight, 0.0..=1e6)?,
            other_weight: section.number(other, default.other_weight, 0.0..=1e6)?,
        };
        check_some_weight(
            section,
            &[("target_weight", method.target_weight), ("other_weight", method.other_weight)],
        )?;
        Ok(Arc::new(method))
    }
}

const TERMS: [&str; 2] = ["target", "other"];

impl LogitMethod for Dkd {
    const NAME: &'static str = "dkd";
    const LABELLED_TERMS: &'static [&'static str] = &TERMS;

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }
}

impl LogitLoss for Dkd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let labelled = labelled(batch, batch.teacher(Self::NAME)?, self.temperature)?;
        let [target, other] = TERMS;
        let named = [(target, self.target_weight), (other, self.other_weight)];
        sum.add_weighted(named, |weights, gradient| {
            losses(
                Level::best(),
                labelled,
                weights,
                #[inline(always)]
                |[student, teacher]| {
                    // The divergence of the pairs of label and all others.
                    let (q, p) = (Pair::of(student), Pair::of(teacher));
                    let of_label = p.label * (p.log_label - q.log_label);
                    let of_others = p.others * (p.log_others - q.log_others);
                    [of_label + of_others, q.label - p.label]
                },
                gradient,
            )
        });
        Ok(())
    }
}
