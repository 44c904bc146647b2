//! Decoupled knowledge distillation.

use std::sync::Arc;

use ops::exponential::exp_of_negative;
use ops::softmax::log_add;
use options::{Key, OptionError, Section};

use crate::labelled::{Labelled, with_label};
use crate::softened::{Row, Together, mean_divergence, mean_over_samples, read_temperature};
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
/// Four softmaxes of the logits; no parameters. Samples without a label teach nothing.
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
        Ok(Arc::new(Self {
            temperature: read_temperature(section, default.temperature)?,
            target_weight: section.number(target, default.target_weight, 0.0..=1e6)?,
            other_weight: section.number(other, default.other_weight, 0.0..=1e6)?,
        }))
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
        let teacher = batch.teacher(Self::NAME)?;
        let labelled = Labelled::of(batch)?;
        let logits = [batch.student, teacher].map(|logits| labelled.select(logits));
        let logits = logits.each_ref().map(Vec::as_slice);
        if self.target_weight > 0.0 {
            sum.add("target", self.target_weight, |gradient| {
                labelled.scatter(gradient, |gradient| {
                    target_loss(&labelled, logits, batch.classes, self.temperature, gradient)
                })
            });
        }
        if self.other_weight > 0.0 {
            sum.add("other", self.other_weight, |gradient| {
                labelled.scatter(gradient, |gradient| {
                    other_loss(&labelled, logits, batch.classes, self.temperature, gradient)
                })
            });
        }
        Ok(())
    }
}

/// `T^2` times the mean divergence of the pairs of label and all others.
fn target_loss(
    labelled: &Labelled,
    logits: [&[f32]; 2],
    classes: usize,
    temperature: f64,
    gradient: &mut [f32],
) -> f64 {
    mean_over_samples(logits, classes, temperature, gradient, |sample, student, teacher, slopes| {
        let label = labelled.labels.get(sample).copied().unwrap_or_default();
        let [p, q] = [teacher, student].map(|row| {
            let others = row.together((0..classes).filter(|class| *class != label));
            (odds(row, label, others), others)
        });
        let (([log_p, log_not_p], _), ([log_q, log_not_q], others)) = (p, q);
        let (p, not_p) = (exp_of_negative(log_p), exp_of_negative(log_not_p));
        // By the logarithm of the other classes' sum, which is a mean of theirs.
        let classes = student.log.iter().zip(student.probability);
        for ((slope, (&log, &q)), place) in slopes.iter_mut().zip(classes).zip(0..) {
            *slope = if place == label { -p } else { -not_p * others.share(log, q) };
        }
        p * (log_p - log_q) + not_p * (log_not_p - log_not_q)
    })
}

/// Logarithms of the probability of the label and of all other classes together.
fn odds(row: Row<'_>, label: usize, others: Together) -> [f64; 2] {
    let own = row.log.get(label).copied().unwrap_or_default();
    let others = others.log;
    // Divided by their sum, which is 1 but for rounding.
    let total = log_add(own, others);
    [(own - total).min(0.0), (others - total).min(0.0)]
}

/// `T^2` times the mean divergence of the softmax of all classes but the label.
pub(crate) fn other_loss(
    labelled: &Labelled,
    logits: [&[f32]; 2],
    classes: usize,
    temperature: f64,
    gradient: &mut [f32],
) -> f64 {
    let others = logits.map(|logits| labelled.others(logits));
    let others = others.each_ref().map(Vec::as_slice);
    let width = classes.saturating_sub(1).max(1);
    let mut own = vec![0.0; others.first().map_or(0, |others| others.len())];
    let value = mean_divergence(others, width, temperature, &[], &mut own);
    let rows = own.chunks_exact(width).zip(gradient.chunks_exact_mut(classes.max(1)));
    for ((own, row), &label) in rows.zip(&labelled.labels) {
        with_label(own, label, row);
    }
    value
}
