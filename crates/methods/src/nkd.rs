//! Normalised knowledge distillation.

use std::sync::Arc;

use ops::soft_targets::Weighted;
use options::{Key, OptionError, Section};

use crate::cross_entropy::weighted_label_loss;
use crate::dkd::other_loss;
use crate::labelled::Labelled;
use crate::softened::{Row, Softened, read_temperature};
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
/// Four softmaxes of the logits; no parameters. Samples without a label teach nothing.
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
        let labelled = Labelled::of(batch)?;
        let logits = [batch.student, teacher].map(|logits| labelled.select(logits));
        let logits = logits.each_ref().map(Vec::as_slice);
        let classes = batch.classes;
        let [target, other] = TERMS;
        sum.add(target, 1.0, |gradient| {
            labelled.scatter(gradient, |gradient| target_loss(&labelled, logits, classes, gradient))
        });
        if self.other_weight > 0.0 {
            sum.add(other, self.other_weight, |gradient| {
                labelled.scatter(gradient, |gradient| {
                    other_loss(&labelled, logits, classes, self.temperature, gradient)
                })
            });
        }
        Ok(())
    }
}

/// The mean of `-p_y log q_y`: the loss of the labels, each as sure as the teacher is.
fn target_loss(
    labelled: &Labelled,
    [student, teacher]: [&[f32]; 2],
    classes: usize,
    gradient: &mut [f32],
) -> f64 {
    let teacher = Softened::of(teacher, classes, 1.0);
    let of_label = |(row, label): (Row<'_>, &usize)| row.probability.get(*label).copied();
    let sure = teacher.rows().zip(&labelled.labels).map(of_label);
    let weights: Vec<f32> = sure.map(|p| p.unwrap_or_default() as f32).collect();
    let labels: Vec<Option<u32>> =
        labelled.labels.iter().map(|&label| Some(label as u32)).collect();
    let labels = Weighted { labels: &labels, weights: &weights };
    weighted_label_loss(student, labels, 0.0, classes, gradient)
}
