//! Weighted soft labels.

use std::sync::Arc;

use options::{OptionError, Section};

use crate::labelled::Labelled;
use crate::softened::{Softened, mean_divergence, read_temperature};
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
        let labelled = Labelled::of(batch)?;
        let logits = [batch.student, teacher].map(|logits| labelled.select(logits));
        let logits = logits.each_ref().map(Vec::as_slice);
        let classes = batch.classes;
        let weights = weights(&labelled, logits, classes);
        sum.add(TERM, 1.0, |gradient| {
            labelled.scatter(gradient, |gradient| {
                mean_divergence(logits, classes, self.temperature, &weights, gradient)
            })
        });
        Ok(())
    }
}

/// The weight of each sample.
fn weights(labelled: &Labelled, logits: [&[f32]; 2], classes: usize) -> Vec<f32> {
    let [student, teacher] = logits.map(|logits| Softened::of(logits, classes, 1.0));
    let rows = student.rows().zip(teacher.rows()).zip(&labelled.labels);
    let loss = |log: &[f64], label: usize| -log.get(label).copied().unwrap_or_default();
    rows.map(|((student, teacher), &label)| {
        let (student, teacher) = (loss(student.log, label), loss(teacher.log, label));
        -libm::expm1(-student / (teacher + 1e-7)) as f32
    })
    .collect()
}
