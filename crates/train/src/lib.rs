/*!
Training: the one loop, with its optimisers, schedules, guards and state.

The loop knows no method by name: a [`Method`](methods::Method) turns the signals of a batch into
named parts of a loss, and the loop adds them up, checks that they are finite, and steps. Nothing
here reads a file, prints, or looks at the clock. What decides how a training goes on is its
[`State`], and a training restored from it continues to the same bits.
*/

#![deny(clippy::indexing_slicing)]

mod average;
mod batch;
pub mod clip;
mod dense;
mod error;
mod gradients;
mod joint;
mod mixed;
pub mod optimizer;
mod own;
mod own_teacher;
mod progress;
mod pull;
mod range_test;
pub mod schedule;
mod settings;
mod stage;
mod state;
mod trainer;
mod watcher;

pub use batch::{Batch, Feed};
pub use error::TrainError;
pub use mixed::Mixed;
pub use own_teacher::OwnTeacher;
pub use progress::{BestEpoch, Ending, EpochRecord, Progress, Sums, Validation};
pub use range_test::{RangeTest, RatePoint};
pub use settings::{Select, Settings};
pub use stage::Stage;
pub use state::State;
pub use trainer::Trainer;
pub use watcher::{NamedValues, StepReport, Watcher};
