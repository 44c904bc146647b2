//! Distillation of relations.

use std::sync::Arc;

use ops::Level;
use ops::softened::correlations;
use options::{Key, OptionError, Section};

use crate::softened::read_temperature;
use crate::some_weight::check_some_weight;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Distillation of relations: Huang, You, Wang, Qian and Xu, "Knowledge Distillation from A Stronger
/// Teacher" (2022), equations 8 to 10.
///
/// # What it does
/// Asks only that the student's probabilities go up and down with the teacher's: over the classes of a
/// sample, and over the samples of a batch for a class. How large they are is left to the student.
///
/// # When to use it
/// With a teacher that is much stronger than the student, or trained by a stronger recipe, where `kd` may
/// be worse than no teacher. Batches should be large, because the second part compares their samples.
///
/// # Formula
/// `T^2 (inter_weight (1 - mean_i r(q_i, p_i)) + intra_weight (1 - mean_c r(q_c, p_c)))`
///
/// `r` is Pearson's correlation, of the rows of the softmax at temperature `T` and of its columns. A
/// product of two norms below 1e-8 counts as 1e-8, so that a constant row or column has the correlation 0
/// (as in torchdistill; the authors' code adds 1e-8 to every product, and so is not quite 0 where both
/// agree). With two samples each correlation of a column is 1 or -1 and teaches nothing. The paper's
/// weights of label, rows and columns are 1, 2 and 2: `alpha = 0.667`.
///
/// # Options
/// `temperature` (default 1), `inter_weight` (default 1), `intra_weight` (default 1); `batch_size` at least
/// 3 unless `intra_weight` is 0. `alpha` is 0.667 if left out.
///
/// # Cost
/// Two softmaxes of the logits; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "dist"
/// temperature = 4.0
/// batch_size = 64
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dist {
    /// `T`, above 0.
    pub temperature: f64,
    /// Weight of the correlation over the classes of a sample.
    pub inter_weight: f64,
    /// Weight of the correlation over the samples of a batch.
    pub intra_weight: f64,
}

impl Default for Dist {
    fn default() -> Self {
        Self { temperature: 1.0, inter_weight: 1.0, intra_weight: 1.0 }
    }
}

impl Dist {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let inter = Key("inter_weight", "of the correlation over the classes of a sample");
        let intra = Key("intra_weight", "of the correlation over the samples of a batch");
        let method = Self {
            temperature: read_temperature(section, default.temperature)?,
            inter_weight: section.number(inter, default.inter_weight, 0.0..=1e6)?,
            intra_weight: section.number(intra, default.intra_weight, 0.0..=1e6)?,
        };
        check_some_weight(
            section,
            &[("inter_weight", method.inter_weight), ("intra_weight", method.intra_weight)],
        )?;
        Ok(Arc::new(method))
    }
}

impl LogitMethod for Dist {
    const NAME: &'static str = "dist";

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }

    fn fewest_samples(&self) -> usize {
        if self.intra_weight > 0.0 { 3 } else { 1 }
    }
}

impl LogitLoss for Dist {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let logits = [batch.student, batch.teacher(Self::NAME)?];
        let shape = (batch.classes, self.temperature);
        let named = [("inter", self.inter_weight), ("intra", self.intra_weight)];
        sum.add_weighted(named, |weights, gradient| {
            correlations(Level::best(), logits, shape, weights, gradient)
        });
        Ok(())
    }
}
