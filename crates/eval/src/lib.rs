/*!
What a trained model is worth, in numbers that a sceptic can check.

This crate owns the metrics of a classifier (accuracy, negative log-likelihood, Brier score,
calibration, confusion), of a model of several labels and of one of numbers, what a distilled student has in common with its teacher, the paired
statistics over seeds and test samples, and the verdict drawn from them. It works on slices of
numbers: it knows no tensor library, reads no clock and no file, and must never see a training.

```
use potstill_eval::{Metrics, Predictions};

let predictions = Predictions::from_logits(3, &[2.0, 0.5, -1.0, 0.1, 0.2, 0.3])?;
let metrics = Metrics::measure(&predictions, &[0, 1])?;
assert_eq!(metrics.accuracy, 0.5);
assert_eq!(metrics.confusion[1], [0, 0, 1]);
# Ok::<(), potstill_eval::EvalError>(())
```
*/

#![deny(clippy::indexing_slicing)]

mod answers;
mod calibration;
mod comparison;
mod error;
mod fidelity;
mod label_metrics;
mod latency;
mod metrics;
mod number_metrics;
mod paired;
mod predictions;
mod quantile;
mod spread;
mod student_t;
mod temperature;
mod verdict;

pub use answers::{Answers, Measured, ScoreKind, Truth};
pub use calibration::{BINS, Bin};
pub use comparison::{agreement, gap_recovered};
pub use error::EvalError;
pub use fidelity::{Fidelity, divergences};
pub use label_metrics::{LabelMetrics, LabelPredictions, LabelScore};
pub use latency::Latency;
pub use metrics::{MAX_CLASSES, Metrics};
pub use number_metrics::{NumberMetrics, NumberPredictions, OutputMetrics};
pub use paired::{PairedDifference, paired_difference};
pub use predictions::Predictions;
pub use spread::{Spread, spread};
pub use temperature::scaling_temperature;
pub use verdict::Verdict;
