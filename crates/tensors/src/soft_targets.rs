//! The losses of distillation by soft targets, value and gradient at once.

use burn::tensor::Tensor;
use ops::Level;
use ops::memory::Buffer;
use ops::soft_targets::{Label, Soft, Weighted, loss};

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, numbers, shape, slice};

/// `T^2` times the divergence of the student's probabilities at temperature `T` from the teacher's,
/// summed over classes and averaged over samples: Hinton et al. (2015). Both are `[batch, classes]`
/// logits; the teacher's have no tape. None where a tensor does not live on the processor or is
/// not `f32`.
pub fn soft_target_loss(
    student: &Tensor<2>,
    teacher: &Tensor<2>,
    temperature: f64,
) -> Option<Tensor<1>> {
    let (Some(student), Some(Value::Plain(teacher))) = (Value::of(student), Value::of(teacher))
    else {
        return None;
    };
    let teacher = teacher.to_contiguous();
    Some(apply(Loss::Soft { teacher, temperature }, [student]).tensor())
}

/// The mean of `-log softmax(logits)[label]` over the samples with a label, of which there must be
/// one for each row, each below the number of classes, smoothed as
/// [`ops::soft_targets::Label`] says. None as in [`soft_target_loss`].
pub fn label_loss(logits: &Tensor<2>, labels: &[Option<u32>], smoothing: f64) -> Option<Tensor<1>> {
    weighted_label_loss(logits, Weighted { labels, weights: &[] }, smoothing)
}

/// As [`label_loss`], with the loss of each sample times its weight.
pub fn weighted_label_loss(
    logits: &Tensor<2>,
    Weighted { labels, weights }: Weighted<'_>,
    smoothing: f64,
) -> Option<Tensor<1>> {
    let (labels, weights) = (labels.to_vec(), weights.to_vec());
    Some(apply(Loss::Label { labels, weights, smoothing }, [Value::of(logits)?]).tensor())
}

#[derive(Clone, Debug)]
enum Loss {
    Soft { teacher: Numbers, temperature: f64 },
    Label { labels: Vec<Option<u32>>, weights: Vec<f32>, smoothing: f64 },
}

impl Operation<1> for Loss {
    /// The gradient of the loss.
    type Saved = Numbers;

    fn forward(&self, [logits]: [Numbers; 1], taped: bool) -> (Numbers, Option<Numbers>) {
        let sizes = shape(&logits);
        let classes = sizes.last().copied().unwrap_or_default();
        let logits = slice(&logits);
        let mut gradient = Buffer::exact(logits.len());
        let terms = match self {
            Self::Soft { teacher, temperature } => Soft::of(slice(teacher), *temperature).alone(),
            Self::Label { labels, weights, smoothing } => {
                Label::of(Weighted { labels, weights }, *smoothing).alone()
            }
        };
        let [soft, label] = loss(Level::best(), logits, classes, terms, &mut gradient);
        let value = soft + label;
        (Numbers::from_data([value as f32].into()), taped.then(|| numbers(gradient, &sizes)))
    }

    fn backward(
        &self,
        saved: Numbers,
        gradient: Numbers,
        _wanted: [bool; 1],
    ) -> [Option<Numbers>; 1] {
        let factor = slice(&gradient).first().copied().unwrap_or_default();
        let mut out = Buffer::exact(slice(&saved).len());
        for (out, saved) in out.iter_mut().zip(slice(&saved)) {
            *out = factor * saved;
        }
        [Some(numbers(out, &shape(&saved)))]
    }
}
