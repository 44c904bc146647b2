/*!
Teachers: where soft targets come from.

A teacher is asked once about every view of the transfer set, in inference form, and what it says is
kept as [`SoftTargets`] at temperature 1. The training loop reads them by view and sample, so a
target can never belong to another sample than the one that the student sees. Where each epoch has a view of
its own, it is asked at each step instead; both are a [`LogitSource`]. Where a method compares
taps, the teacher is asked for them again at each step ([`TapSource`]), or once ([`StoredTaps`]).

A teacher that is not trained here is a [`ReadyTeacher`]: a saved network or weights of another framework
([`Frozen`]), a network of another framework ([`OnnxNetwork`]), outputs that
someone recorded ([`Recorded`]), or the mean of several ([`Ensemble`]). [`Source`] is what a recipe
says about it.
*/

#![deny(clippy::indexing_slicing)]

mod confidence;
mod ensemble;
mod error;
mod frozen;
mod kind;
mod logit_source;
mod mean;
mod onnx_network;
mod onnx_options;
mod onnx_taps;
mod options;
mod output_form;
mod output_options;
mod ready;
mod recorded;
mod sample_form;
mod soft_targets;
mod stored_taps;
mod tap_source;
mod weight_options;

pub use ensemble::Ensemble;
pub use error::{About, TeacherError};
pub use frozen::{Frozen, view_logits};
pub use kind::OutputKind;
pub use logit_source::LogitSource;
pub use mean::Mean;
pub use onnx_network::OnnxNetwork;
pub use onnx_options::OnnxOptions;
pub use options::{EnsembleOptions, Member, Source};
pub use output_form::OutputForm;
pub use output_options::OutputOptions;
pub use ready::{Part, ReadyTeacher, View};
pub use recorded::{Outputs, Recorded};
pub use sample_form::SampleForm;
pub use soft_targets::{Recorder, SoftTargets, check_finite};
pub use stored_taps::{StoredTaps, TapOutputs};
pub use tap_source::{NetworkTaps, Shown, TapSource};
pub use weight_options::WeightOptions;
