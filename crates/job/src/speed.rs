//! How fast a network predicts on this machine. These numbers are the only ones of a job that
//! depend on time, and they decide nothing.

use std::time::Instant;

use data::Samples;
use eval::Latency;
use nn::{Network, Taps, batch};

use crate::JobError;

/// Predictions of one sample that are timed, after as many that are not.
const SINGLES: usize = 200;
/// Samples of the batches that throughput is timed with.
const BATCH: usize = 256;
/// Batches that are timed.
const BATCHES: usize = 8;

/// Time to predict.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    /// For one sample at a time, in microseconds.
    pub(crate) latency: Latency,
    /// Samples a second in batches of 256.
    pub(crate) throughput: f64,
}

/// Times a network on the first samples of `samples`.
pub(crate) fn measure<N: Network>(network: &N, samples: &Samples) -> Result<Speed, JobError> {
    let network = network.valid();
    let width = samples.shape.len();
    let rows = samples.values.chunks(width.max(1));
    let predict = |values: &[f32]| {
        let start = Instant::now();
        let logits = network.forward(batch(values, width), &mut Taps::none());
        // Reading the result waits for devices that compute asynchronously.
        let _ = logits.into_data();
        start.elapsed()
    };
    // A residual network takes milliseconds a sample; a quarter of a second a model is enough.
    let budget = Instant::now();
    let mut durations = Vec::with_capacity(SINGLES);
    for row in rows.cycle().take(2 * SINGLES) {
        durations.push(predict(row));
        if budget.elapsed().as_millis() > 500 && durations.len() >= 20 {
            break;
        }
    }
    let warm = durations.len() / 2;
    let latency = Latency::of(durations.get(warm..).unwrap_or_default())?;

    let mut batches = samples.values.chunks(BATCH * width.max(1)).cycle();
    batches.next().map(&predict); // warms up
    let (mut seconds, mut predicted) = (0.0, 0);
    for values in batches.take(BATCHES) {
        seconds += predict(values).as_secs_f64();
        predicted += values.len() / width.max(1);
        if seconds > 1.0 {
            break;
        }
    }
    Ok(Speed { latency, throughput: predicted as f64 / seconds.max(1e-9) })
}
