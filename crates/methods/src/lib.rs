/*!
Distillation methods: one published method a file, as a pure function of what teacher and student said.

A [`Method`] turns the [`Signals`] of one batch into named, weighted [`Part`]s of a loss; the training
loop adds them up and knows no method by name. Nothing here reads a file, holds a random number or
changes a weight. Every loss sums over classes, takes the mean over the samples it applies to, and does
nothing else; the teacher's side carries no tape, which its type [`TeacherOutput`] sees to.

```
use burn::tensor::{Device, Tensor};
use nn::{Output, Taps};
use potstill_methods::{Kd, Method, Signals, TeacherOutput};

let device = Device::flex().autodiff();
let logits = Tensor::<2>::from_floats([[2.0, 0.5], [0.3, 1.2]], &device).require_grad();
let student = Output { logits: logits.clone(), taps: Taps::none() };
let teacher = TeacherOutput::new(Tensor::from_floats([[3.0, 1.0], [-0.5, 2.5]], &device));
let signals = Signals { student: &student, teacher: Some(&teacher), labels: (&[Some(0), None]).into() };

let parts = Kd::default().parts(&signals)?;
assert_eq!(parts.iter().map(|part| part.name).collect::<Vec<_>>(), ["soft", "label"]);
let gradients = (parts[0].value.clone() * parts[0].weight).backward();
assert!(logits.grad(&gradients).is_some());
# Ok::<(), potstill_methods::MethodError>(())
```
*/

#![deny(clippy::indexing_slicing)]

mod bernoulli;
mod binary_cross_entropy;
mod blend;
mod cross_entropy;
mod error;
mod huber;
mod kd;
mod labels;
mod logit_loss;
mod method;
mod mse;
mod row_loss;
mod signals;
mod teacher_bounded;

pub use bernoulli::Bernoulli;
pub use cross_entropy::{Alone, label_loss};
pub use error::MethodError;
pub use huber::Huber;
pub use kd::{Kd, soft_target_loss};
pub use labels::Labels;
pub use logit_loss::{LogitBatch, LogitLoss, Term, TermSum};
pub use method::{Method, Part};
pub use mse::Mse;
pub use signals::{Signals, TeacherOutput};
pub use teacher_bounded::TeacherBounded;
