//! Distillation of relations.

use std::sync::Arc;

use options::{Key, OptionError, Section};

use crate::softened::{Softened, read_temperature};
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
        Ok(Arc::new(Self {
            temperature: read_temperature(section, default.temperature)?,
            inter_weight: section.number(inter, default.inter_weight, 0.0..=1e6)?,
            intra_weight: section.number(intra, default.intra_weight, 0.0..=1e6)?,
        }))
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
        let (classes, temperature) = (batch.classes.max(1), self.temperature);
        let teacher = Softened::of(batch.teacher(Self::NAME)?, classes, temperature);
        let student = Softened::of(batch.student, classes, temperature);
        let samples = batch.rows();
        let [q, p] = [&student, &teacher].map(Softened::probabilities);
        if self.inter_weight > 0.0 {
            sum.add("inter", self.inter_weight, |gradient| {
                let mut slopes = vec![0.0; q.len()];
                let lines = Lines { count: samples, length: classes, stride: 1 };
                let value = lines.one_less_mean_correlation(q, p, &mut slopes);
                scaled(&student, &mut slopes, temperature, gradient, value)
            });
        }
        if self.intra_weight > 0.0 {
            sum.add("intra", self.intra_weight, |gradient| {
                let mut slopes = vec![0.0; q.len()];
                let lines = Lines { count: classes, length: samples, stride: classes };
                let value = lines.one_less_mean_correlation(q, p, &mut slopes);
                scaled(&student, &mut slopes, temperature, gradient, value)
            });
        }
        Ok(())
    }
}

/// `T^2` times a value; fills the gradient from its slopes by the probabilities, which become those by
/// their logarithms.
pub(crate) fn scaled(
    student: &Softened,
    slopes: &mut [f64],
    temperature: f64,
    gradient: &mut [f32],
    value: f64,
) -> f64 {
    slopes.iter_mut().zip(student.probabilities()).for_each(|(slope, q)| *slope *= q);
    student.pull_back(slopes, temperature, gradient);
    temperature * temperature * value
}

/// Rows or columns of a matrix.
#[derive(Clone, Copy)]
struct Lines {
    count: usize,
    length: usize,
    /// Between two numbers of a line; lines begin one after the other where it is not 1.
    stride: usize,
}

/// Products of two norms are not taken to be smaller.
const SMALLEST: f64 = 1e-8;

impl Lines {
    fn places(self, line: usize) -> impl Iterator<Item = usize> + Clone {
        let start = if self.stride == 1 { line * self.length } else { line };
        (0..self.length).map(move |place| start + place * self.stride)
    }

    /// Adds the slopes by `q`.
    fn one_less_mean_correlation(self, q: &[f64], p: &[f64], slopes: &mut [f64]) -> f64 {
        let count = self.count.max(1) as f64;
        let mut sum = 0.0;
        for line in 0..self.count {
            let places = self.places(line);
            let centred = |values: &[f64]| -> Vec<f64> {
                let of = |place| values.get(place).copied().unwrap_or_default();
                let mean = places.clone().map(of).sum::<f64>() / self.length.max(1) as f64;
                places.clone().map(|place| of(place) - mean).collect()
            };
            let (q, p) = (centred(q), centred(p));
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (both, squares) = (dot(&q, &p), dot(&q, &q));
            let norms = (squares * dot(&p, &p)).sqrt();
            let held = norms.max(SMALLEST);
            sum += 1.0 - both / held;
            // The norm of `q` stands in the denominator, unless the product is held.
            let shrink = if norms > SMALLEST { both / (held * squares) } else { 0.0 };
            for (place, (q, p)) in places.zip(q.iter().zip(&p)) {
                if let Some(slope) = slopes.get_mut(place) {
                    *slope -= (p / held - shrink * q) / count;
                }
            }
        }
        sum / count
    }
}
