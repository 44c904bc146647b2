//! Knowledge distillation.

use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use ops::Level;
use ops::soft_targets::{Label, Soft, Terms, Weighted};
use options::{OptionError, Section};

use crate::cross_entropy::{LABEL_TERM, label_term};
use crate::softened::read_temperature;
use crate::{LogitBatch, LogitLoss, Method, MethodError, Part, Signals, TermSum, label_loss};

/// The name of the term that is a mean over all samples.
const SOFT_TERM: &str = "soft";

/// Distillation by soft targets: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural
/// Network" (2015), section 2.
///
/// # What it does
/// The student learns the teacher's probabilities at temperature `T`, and, where a sample has one,
/// its label.
///
/// # When to use it
/// First. It needs logits only, costs little, and most other methods are judged against it. With
/// `temperature = 1` and `alpha = 1` it is the plain fit on the teacher's softmax outputs.
///
/// # Formula
/// `alpha T^2 mean_i sum_c p_ic (log p_ic - log q_ic) + (1 - alpha) mean_j -log s_j,y(j)`
///
/// `p` and `q` are the softmax of the teacher's and the student's logits divided by `T`, `s` the
/// student's softmax at temperature 1; `i` runs over all samples, `j` over those with a label. The
/// factor `T^2` keeps the size of the gradient as `T` changes (section 2.1 of the paper). The soft
/// part is the divergence itself, so 0 means that student and teacher agree.
///
/// # Options
/// `temperature` (default 4), `alpha` (default 0.9).
///
/// # Cost
/// Two softmaxes of the logits; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "kd"
/// temperature = 4.0
/// alpha = 0.9
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kd {
    /// `T`, above 0.
    pub temperature: f64,
    /// Weight of the soft part, from 0 to 1; the label part has the rest.
    pub alpha: f64,
}

impl Default for Kd {
    fn default() -> Self {
        Self { temperature: 4.0, alpha: 0.9 }
    }
}

impl Kd {
    /// Reads `temperature`; `alpha` is what it is by default.
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let default = Self::default();
        let temperature = read_temperature(section, default.temperature)?;
        Ok(Self { temperature, ..default })
    }
}

impl Method for Kd {
    fn name(&self) -> &'static str {
        "kd"
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        let mut parts = Vec::with_capacity(2);
        if self.alpha > 0.0 {
            let teacher = signals.teacher(self.name())?.logits();
            let student = signals.student.for_teacher().clone();
            let value = soft_target_loss(student, teacher, self.temperature);
            parts.push(Part { name: SOFT_TERM, weight: self.alpha, value });
        }
        if self.alpha < 1.0 {
            let value = label_loss(signals.student.for_labels(), signals.labels)?;
            parts.push(Part { name: LABEL_TERM, weight: 1.0 - self.alpha, value });
        }
        Ok(parts)
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        Some(self)
    }

    fn trains_both_heads(&self) -> bool {
        self.alpha > 0.0 && self.alpha < 1.0
    }

    fn weighs_labels(&self) -> bool {
        self.alpha < 1.0
    }

    fn learns_without_labels(&self) -> bool {
        self.alpha > 0.0
    }

    /// Without its own term it is the label term alone.
    fn needs_single_samples(&self) -> bool {
        false
    }

    /// At higher temperatures the classes that are not known any more count too much.
    fn learns_from_first(&self, _classes: usize) -> bool {
        self.temperature == 1.0
    }

    fn temperature(&self) -> Option<f64> {
        Some(self.temperature)
    }

    fn with_temperature(&self, temperature: f64) -> Option<Arc<dyn Method>> {
        Some(Arc::new(Self { temperature, ..*self }))
    }
}

impl LogitLoss for Kd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        if self.alpha == 0.0 {
            return label_term(1.0, batch, sum);
        }
        let teacher = batch.teacher(self.name())?;
        let soft = Soft::of(teacher, self.temperature);
        let loss = |terms, gradient: &mut [f32]| {
            ops::soft_targets::loss(Level::best(), batch.student, batch.classes, terms, gradient)
        };
        let labels = batch.labels()?;
        if self.alpha < 1.0 && labels.mixed.is_none() && labels.targets.rows().is_none() {
            let named = [(SOFT_TERM, self.alpha), (LABEL_TERM, 1.0 - self.alpha)];
            let weighted = Weighted { labels: labels.classes, weights: labels.weights };
            sum.add_together(named, |[of_soft, weight], gradient| {
                let label = Label { labels: weighted, smoothing: labels.smoothing, weight };
                let soft = Soft { weight: of_soft, ..soft };
                loss(Terms { soft: Some(soft), label: Some(label) }, gradient)
            });
            return Ok(());
        }
        sum.add(SOFT_TERM, self.alpha, |gradient| {
            let [value, _] = loss(soft.alone(), gradient);
            value
        });
        if self.alpha < 1.0 {
            label_term(1.0 - self.alpha, batch, sum)?;
        }
        Ok(())
    }
}

/// `T^2` times the divergence of the student's softened probabilities from the teacher's, summed
/// over classes and averaged over samples; both tensors are `[batch, classes]` logits.
pub fn soft_target_loss(student: Tensor<2>, teacher: Tensor<2>, temperature: f64) -> Tensor<1> {
    if let Some(loss) = tensors::soft_target_loss(&student, &teacher, temperature) {
        return loss;
    }
    let [batch, _] = student.dims();
    let teacher = log_softmax(teacher / temperature, 1);
    let student = log_softmax(student / temperature, 1);
    let divergence = teacher.clone().exp() * (teacher - student);
    divergence.sum() * (temperature * temperature / batch.max(1) as f64)
}
