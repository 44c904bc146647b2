//! The rows of the table of three: what is measured of each model, how it is written, and which way is better.

use crate::number::{self, NOT_AVAILABLE};
use crate::summary::{Model, SeedRun};

/// A measured quantity of which more or less is better.
pub(super) struct Quality {
    pub(super) name: &'static str,
    pub(super) value: fn(&SeedRun) -> Option<f64>,
    pub(super) write: fn(f64) -> String,
    pub(super) more_is_better: bool,
}

/// The qualities, in the order of the table.
pub(super) const QUALITIES: [Quality; 5] = [
    Quality {
        name: "Accuracy",
        value: |run| Some(run.accuracy),
        write: |value| number::percent(value, 2),
        more_is_better: true,
    },
    Quality {
        name: "NLL <small>nats</small>",
        value: |run| Some(run.nll),
        write: |value| number::fixed(value, 4),
        more_is_better: false,
    },
    Quality {
        name: "Brier score",
        value: |run| Some(run.brier),
        write: |value| number::fixed(value, 4),
        more_is_better: false,
    },
    Quality {
        name: "Calibration error <small>ECE</small>",
        value: |run| Some(run.ece),
        write: |value| number::percent(value, 2),
        more_is_better: false,
    },
    Quality {
        name: "Agreement with the teacher",
        value: |run| run.agreement,
        write: |value| number::percent(value, 2),
        more_is_better: true,
    },
];

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
