//! How fast a model predicts on this machine. These numbers are the only ones of a job that
//! depend on time, and they decide nothing.

use std::ops::Range;
use std::time::{Duration, Instant};

use data::{Corpus, Samples};
use eval::Latency;
use nn::{Network, Taps, batch};

use crate::JobError;
use crate::ready::Ready;

/// Predictions of one sample that are timed, after as many that are not.
const SINGLES: usize = 200;
/// Samples of the batches that throughput is timed with.
const BATCH: usize = 256;
/// Batches that are timed.
const BATCHES: usize = 8;

/// Microseconds that a model is given for each of the two measurements, once it is warm.
const BUDGET: f64 = 500_000.0;

/// Time to predict.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    /// For one sample at a time, in microseconds.
    pub(crate) latency: Latency,
    /// Samples a second in batches of 256, or of as many as take about half a second.
    pub(crate) throughput: f64,
}

/// Times a network on the first samples of `samples`.
pub(crate) fn measure<N: Network>(network: &N, samples: &Samples) -> Result<Speed, JobError> {
    let network = network.valid();
    let width = samples.shape.len();
    // In memory, whatever holds the samples: a disk is no part of a model.
    let first = samples.blocks().next().unwrap_or_default();
    let timed_rows = first.end.min(BATCH * BATCHES);
    let known = samples.rows(0..timed_rows)?;
    timed(timed_rows, |rows| {
        let values = known.get(rows.start * width..rows.end * width);
        let logits = network.forward(batch(values.unwrap_or_default(), width), &mut Taps::none());
        // Reading the result waits for devices that compute asynchronously.
        let _ = logits.into_data();
        Ok(())
    })
}

/// Times a teacher that was not trained here on the first samples of the test part; none where it computes nothing.
pub(crate) fn measure_ready(ready: &Ready, corpus: &Corpus) -> Result<Option<Speed>, JobError> {
    if !ready.computes {
        return Ok(None);
    }
    let said = |rows: Range<usize>| ready.ask_test(corpus, &rows.collect::<Vec<usize>>());
    timed(corpus.test.len(), said).map(Some)
}

/// Times predictions of rows from 0 to `count`.
fn timed(
    count: usize,
    mut predict: impl FnMut(Range<usize>) -> Result<(), JobError>,
) -> Result<Speed, JobError> {
    let mut measured = |rows: Range<usize>| -> Result<Duration, JobError> {
        let start = Instant::now();
        predict(rows)?;
        Ok(start.elapsed())
    };
    let count = count.max(1);
    // A residual network takes milliseconds a sample; a quarter of a second a model is enough.
    let budget = Instant::now();
    let mut durations = Vec::with_capacity(SINGLES);
    for row in (0..count).cycle().take(2 * SINGLES) {
        durations.push(measured(row..row + 1)?);
        if budget.elapsed().as_micros() as f64 > BUDGET && durations.len() >= 20 {
            break;
        }
    }
    let warm = durations.len() / 2;
    let latency = Latency::of(durations.get(warm..).unwrap_or_default())?;

    let affordable = (BUDGET / latency.p50.max(1e-3)) as usize;
    let size = affordable.clamp(1, BATCH.min(count));
    measured(0..size)?; // warms up
    let (mut seconds, mut predicted) = (0.0, 0);
    let starts = (0..count).step_by(size).cycle();
    for start in starts.take(BATCHES) {
        let rows = start..(start + size).min(count);
        predicted += rows.len();
        seconds += measured(rows)?.as_secs_f64();
        if seconds > 1.0 {
            break;
        }
    }
    Ok(Speed { latency, throughput: predicted as f64 / seconds.max(1e-9) })
}
