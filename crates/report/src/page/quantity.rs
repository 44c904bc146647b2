//! The rows of the table of three: what is measured of each model, how it is written, and which way is better.

use crate::escape;
use crate::number::{self, NOT_AVAILABLE};
use crate::summary::{MeasureUnit, Model, SeedRun, Summary};
use crate::wording::wording;

/// A measured quantity of which more or less is better.
pub(crate) struct Quality {
    /// What it is called; markup.
    pub(crate) name: String,
    value: Source,
    pub(crate) write: fn(f64) -> String,
    pub(crate) more_is_better: bool,
}

/// Where a quantity is in the result of a seed.
enum Source {
    Known(fn(&SeedRun) -> Option<f64>),
    Measured(usize),
}

impl Quality {
    pub(crate) fn value(&self, run: &SeedRun) -> Option<f64> {
        match self.value {
            Source::Known(value) => value(run),
            Source::Measured(place) => run.measured.get(place).copied(),
        }
    }
}

/// The qualities of the task, in the order of the table.
pub(crate) fn qualities(summary: &Summary) -> Vec<Quality> {
    let known = |name: &str, value, write, more_is_better| Quality {
        name: name.to_owned(),
        value: Source::Known(value),
        write,
        more_is_better,
    };
    let four: fn(f64) -> String = |value| number::fixed(value, 4);
    let percent: fn(f64) -> String = |value| number::percent(value, 2);
    if summary.knows_classes() {
        return vec![
            known("Accuracy", |run| Some(run.accuracy), percent, true),
            known("NLL <small>nats</small>", |run| Some(run.nll), four, false),
            known("Brier score", |run| Some(run.brier), four, false),
            known("Calibration error <small>ECE</small>", |run| Some(run.ece), percent, false),
            known("Agreement with the teacher", |run| run.agreement, percent, true),
        ];
    }
    let measured = summary.measures.iter().enumerate().map(|(place, measure)| Quality {
        name: escape::line(&measure.name),
        value: Source::Measured(place),
        write: match measure.unit {
            MeasureUnit::Share => percent,
            MeasureUnit::Number => number::significant,
        },
        more_is_better: measure.more_is_better,
    });
    let shares = wording(summary.task).is_share;
    let write = if shares { percent } else { number::significant };
    let agreement = known(wording(summary.task).agreement, |run| run.agreement, write, shares);
    measured.chain([agreement]).collect()
}

/// A cost of a model, and the words for less and more of it.
pub(super) struct Cost {
    pub(super) name: &'static str,
    pub(super) value: fn(&Model) -> f64,
    pub(super) write: fn(&Model) -> String,
    pub(super) less: &'static str,
    pub(super) more: &'static str,
}

/// The costs, in the order of the table.
pub(super) const COSTS: [Cost; 6] = [
    Cost {
        name: "Parameters",
        value: |model| model.parameters as f64,
        write: |model| known(model.parameters, number::count),
        less: "fewer",
        more: "more",
    },
    Cost {
        name: "Multiply-adds",
        value: |model| model.multiply_adds as f64,
        write: |model| known(model.multiply_adds, number::large_count),
        less: "fewer",
        more: "more",
    },
    Cost {
        name: "File size",
        value: |model| model.file_bytes as f64,
        write: |model| known(model.file_bytes, number::bytes),
        less: "smaller",
        more: "larger",
    },
    Cost {
        name: "Latency <small>p50, batch 1</small>",
        value: |model| model.latency_us_p50,
        write: |model| number::microseconds(model.latency_us_p50),
        less: "faster",
        more: "slower",
    },
    Cost {
        name: "Latency <small>p90, batch 1</small>",
        value: |model| model.latency_us_p90,
        write: |model| number::microseconds(model.latency_us_p90),
        less: "faster",
        more: "slower",
    },
    Cost {
        name: "Throughput <small>samples</small>",
        value: |model| model.throughput_per_second,
        write: |model| number::rate(model.throughput_per_second),
        less: "less",
        more: "more",
    },
];

/// A size; of a teacher whose outputs are all that is known it is 0.
fn known(size: u64, write: fn(u64) -> String) -> String {
    if size == 0 { NOT_AVAILABLE.to_owned() } else { write(size) }
}
