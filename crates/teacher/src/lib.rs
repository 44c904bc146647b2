/*!
Teachers: where soft targets come from.

A teacher is run once over every view of the transfer set, in inference form, and what it says is
kept as [`SoftTargets`] at temperature 1. The training loop reads them by view and sample, so a
target can never belong to another sample than the one that the student sees.
*/

#![deny(clippy::indexing_slicing)]

mod soft_targets;

pub use soft_targets::{SoftTargets, TeacherError};
