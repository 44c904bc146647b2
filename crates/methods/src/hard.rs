//! Hard labels from the teacher.

use std::sync::Arc;

use ops::soft_targets::Weighted;
use options::{OptionError, Section};

use crate::cross_entropy::weighted_label_loss;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Learning the class that the teacher chooses: Touvron et al., "Training Data-Efficient Image
/// Transformers & Distillation through Attention" (2021), section 4, equation 3.
///
/// # What it does
/// The teacher's most probable class stands as a label of each sample, and nothing else of what the
/// teacher said is used. Of equals the class with the lowest number counts.
///
/// # When to use it
/// Where only the teacher's decisions are known or its probabilities are not to be trusted, and as a
/// measure of what soft targets add.
///
/// # Formula
/// `mean_i -log q_i,t(i)`
///
/// `q` is the student's softmax at temperature 1, `t(i)` the class with the teacher's largest logit.
/// The paper gives this and the label half of the loss each (`alpha = 0.5`); its distillation token is a
/// matter of the network.
///
/// # Options
/// None of its own; `alpha` is 0.5 if left out.
///
/// # Cost
/// One softmax of the logits; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "hard"
/// alpha = 0.5
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hard;

impl Hard {
    pub(crate) fn read(_: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        Ok(Arc::new(Self))
    }
}

impl LogitMethod for Hard {
    const NAME: &'static str = "hard";
}

impl LogitLoss for Hard {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let teacher = batch.teacher(Self::NAME)?.chunks_exact(batch.classes.max(1));
        let labels: Vec<Option<u32>> = teacher.map(first_of_largest).collect();
        let labels = Weighted { labels: &labels, weights: &[] };
        sum.add(Self::NAME, 1.0, |gradient| {
            weighted_label_loss(batch.student, labels, 0.0, batch.classes, gradient)
        });
        Ok(())
    }
}

/// The class of the largest number, the first of equals.
fn first_of_largest(values: &[f32]) -> Option<u32> {
    let larger = |best: (u32, f32), (class, &value): (u32, &f32)| {
        if value > best.1 { (class, value) } else { best }
    };
    Some((0..).zip(values).fold((0, f32::NEG_INFINITY), larger).0)
}
