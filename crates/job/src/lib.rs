/*!
Jobs: a checked recipe carried out, from the data to the report.

A job trains the teacher, records what it says, trains the student alone and distilled under the same
budget and seeds, judges all three on the test part, and leaves everything in a run folder that can
be resumed at any step. This crate knows neither a method nor a file format by name; it moves what
the crates below it make from one to the next, and tells an [`Observer`] what happens. It prints
nothing.
*/

#![deny(clippy::indexing_slicing)]

mod agreement;
mod apart;
mod archive;
mod bias_shift;
mod cells;
mod chain;
mod choices;
mod compare;
mod contest;
mod distill;
mod distiller;
mod error;
mod event;
mod finish;
mod fit;
mod folders;
mod foreign_file;
mod found;
mod hint;
mod init;
mod insight;
mod inspect;
mod judgement;
mod kept_taps;
mod label;
mod labelling;
mod lesson;
mod located;
mod machine;
mod measures;
mod model;
mod opening;
mod pixel_columns;
mod plan;
mod prepared;
mod question;
mod rates;
mod ready;
mod record;
mod reuse;
mod row_order;
mod shown_rows;
mod single;
mod speed;
mod start;
mod summary;
mod sweep;
mod threads;
mod training;
mod training_memory;
mod tutor;
mod view;

pub use agreement::{Agreement, SeedAgreement};
pub use compare::{Leaderboard, Place, compare};
pub use distill::{Outcome, Request, distill, resume, train};
pub use distiller::{Distilled, Distiller, Models};
pub use error::JobError;
pub use event::{Card, Event, Observer, Phase, Silent};
pub use finish::{Finished, Unjudged};
pub use init::{FirstRecipe, FirstTarget, first_recipe, likely_label};
pub use inspect::{Inspection, inspect};
pub use judgement::{Judgement, Scaled, Score, SeedScores};
pub use label::{LabelTask, LabelledSet, label};
pub use machine::{Machine, machine, peak_memory};
pub use model::{Evaluation, Predicted, evaluate, predict};
pub use plan::{Plan, check, plan, report, synthesise};
pub use rates::{RateSearch, find_rate};
pub use record::{RunRecord, Status};
pub use report::summary::Role;
pub use single::Single;
pub use sweep::{
    PointRecord, SweepOutcome, SweepRecord, is_sweep, parse_axis, resume_sweep, sweep, usual_axes,
};
pub use threads::{threads, use_threads, use_threads_of};
