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

mod ab;
mod at;
mod attention;
mod bank;
mod bernoulli;
mod binary_cross_entropy;
mod cat_kd;
mod catalogue;
mod cc;
mod combination;
mod contrast;
mod cosines;
mod course;
mod crd;
mod cross_entropy;
mod ctkd;
mod cwd;
mod dist;
mod dkd;
mod entries;
mod error;
mod feature_map;
mod fitnet;
mod fsp;
mod ft;
mod gram_difference;
mod hard;
mod hidden;
mod huber;
mod ickd;
mod jsd;
mod kd;
mod kdsvd;
mod labels;
mod logit_loss;
mod logit_method;
mod logit_parts;
mod method;
mod mgd;
mod mlkd;
mod mse;
mod nkd;
mod normalised_map;
mod nst;
mod odds;
mod ofd;
mod other_task;
mod own_layers;
mod own_numbers;
mod pkd;
mod pkt;
mod projector;
mod reverse_kl;
mod reviewkd;
mod rkd;
mod row_loss;
mod semckd;
mod shifted;
mod signals;
mod simkd;
mod singular;
mod skew_kl;
mod softened;
mod some_weight;
mod sp;
mod staged;
mod standardised;
mod tap_loss;
mod tap_method;
mod tap_pair;
mod taps;
mod teacher_bounded;
mod term_sum;
mod tf_kd;
mod top_k;
mod total_variation;
mod transformed;
mod vid;
mod wsld;

pub use ab::Ab;
pub use at::{At, AttentionForm};
pub use attention::{Attention, ScoreForm};
pub use bernoulli::Bernoulli;
pub use cat_kd::CatKd;
pub use catalogue::{MEMBER, names, read, read_member};
pub use cc::Cc;
pub use combination::{Combination, Member};
pub use course::{Course, Moment};
pub use crd::Crd;
pub use cross_entropy::{Alone, label_loss};
pub use ctkd::Ctkd;
pub use cwd::Cwd;
pub use dist::Dist;
pub use dkd::Dkd;
pub use error::MethodError;
pub use fitnet::FitNet;
pub use fsp::Fsp;
pub use ft::Ft;
pub use hard::Hard;
pub use hidden::{Hidden, HiddenForm};
pub use huber::Huber;
pub use ickd::Ickd;
pub use jsd::Jsd;
pub use kd::{Kd, soft_target_loss};
pub use kdsvd::KdSvd;
pub use labels::Labels;
pub use logit_loss::{LogitBatch, LogitLoss};
pub use logit_method::LogitMethod;
pub use logit_parts::{logit_parts, logit_parts_with};
pub use method::{Method, OwnParameters, Part, Remembered};
pub use mgd::{Masked, Mgd};
pub use mlkd::Mlkd;
pub use mse::Mse;
pub use nkd::Nkd;
pub use nst::Nst;
pub use ofd::Ofd;
pub use own_numbers::OwnNumbers;
pub use pkd::{Pkd, SummaryToken};
pub use pkt::Pkt;
pub use projector::Projection;
pub use reverse_kl::ReverseKl;
pub use reviewkd::ReviewKd;
pub use rkd::Rkd;
pub use semckd::SemCkd;

pub use shifted::Shifted;
pub use signals::{Signals, TeacherOutput};
pub use simkd::SimKd;
pub use skew_kl::{Direction, SkewKl};
pub use sp::Sp;
pub use staged::Staged;
pub use standardised::Standardised;
pub use tap_loss::{Known, Misfit, TapLoss};
pub use tap_method::TapMethod;
pub use tap_pair::TapPair;
pub use taps::{OfferedTaps, Side, TapNames, Usable, Usual};
pub use teacher_bounded::TeacherBounded;
pub use term_sum::{Term, TermSum};
pub use tf_kd::TfKd;
pub use top_k::{Tail, TopK};
pub use total_variation::TotalVariation;
pub use transformed::{Transform, Transformed};
pub use vid::Vid;
pub use wsld::Wsld;
