//! Logarithms of softened probabilities, in `f64`.
//!
//! Losses beyond the plain soft targets take differences, ratios and tails of probabilities. In `f64`
//! none of these loses a digit that `f32` could show.

use crate::Level;
use crate::blocks::{LANES, WIDEST, less_most, load, sum as sum_of_rows, unload};
use crate::exponential::{exp_of_negative, ln};
use crate::lanes::largest;
use crate::loops::Loops;
use crate::threads::each_piece;

/// Numbers of one piece of work, as far as rows are not longer.
const PIECE: usize = 1 << 12;

/// Multiplications and additions for one logit, about.
const WORK: usize = 32;

/// Logarithm and value of the softmax of each row of `logits` divided by `temperature`; all three
/// slices are `[rows, classes]`. Probabilities below 1e-307 are 0, their logarithms exact.
pub fn log_softmax(
    level: Level,
    logits: &[f32],
    classes: usize,
    temperature: f64,
    log: &mut [f64],
    probability: &mut [f64],
) {
    if classes == 0 {
        return;
    }
    let piece = (PIECE / classes).max(1) * classes;
    let inverse = 1.0 / temperature;
    let outputs = log.chunks_mut(piece).zip(probability.chunks_mut(piece));
    let pieces = logits.chunks(piece).zip(outputs).collect();
    let run = |(logits, (log, probability)): (_, (&mut [f64], &mut [f64]))| {
        if classes <= WIDEST {
            return level.run(Loops(
                #[inline(always)]
                || short_rows(logits, classes, inverse, log, probability),
            ));
        }
        level.run(Loops(
            #[inline(always)]
            || rows(logits, classes, inverse, log, probability),
        ));
    };
    each_piece(pieces, logits.len() * WORK, run);
}

/// Rows of at most [`WIDEST`] numbers.
#[inline(always)]
fn short_rows(
    logits: &[f32],
    classes: usize,
    inverse: f64,
    log: &mut [f64],
    probability: &mut [f64],
) {
    let block = LANES * classes;
    let mut scratch = [[[0.0; LANES]; WIDEST]; 2];
    let [logs, probabilities] = scratch.each_mut().map(|table| &mut table[..classes]);
    let outputs = log.chunks_mut(block).zip(probability.chunks_mut(block));
    for (logits, (log, probability)) in logits.chunks(block).zip(outputs) {
        load(logits, logs);
        less_most(logs, f64::NEG_INFINITY);
        let numbers = logs.as_flattened_mut().iter_mut();
        for (log, probability) in numbers.zip(probabilities.as_flattened_mut()) {
            *log *= inverse;
            *probability = exp_of_negative(*log);
        }
        let totals = sum_of_rows(probabilities);
        let (mut shifts, mut factors) = ([0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            (shifts[lane], factors[lane]) = (ln(totals[lane]), 1.0 / totals[lane]);
        }
        for (log, probability) in logs.iter_mut().zip(&mut *probabilities) {
            for lane in 0..LANES {
                log[lane] -= shifts[lane];
                probability[lane] *= factors[lane];
            }
        }
        unload(logs, log);
        unload(probabilities, probability);
    }
}

/// The gradient of the logits of rows from slopes by the logarithms of their probabilities, each as if it
/// were free: `factor (slope - probability sum of slopes)`. All slices are `[rows, classes]`.
pub fn pull_back(
    level: Level,
    slopes: &[f64],
    probability: &[f64],
    classes: usize,
    factor: f64,
    gradient: &mut [f32],
) {
    level.run(Loops(
        #[inline(always)]
        || {
            let rows = slopes.chunks_exact(classes).zip(probability.chunks_exact(classes));
            for ((slopes, probability), gradient) in rows.zip(gradient.chunks_exact_mut(classes)) {
                let total = sum(slopes);
                for ((gradient, slope), probability) in
                    gradient.iter_mut().zip(slopes).zip(probability)
                {
                    *gradient = (factor * (slope - probability * total)) as f32;
                }
            }
        },
    ));
}

/// Exponentials are taken of all rows at once.
#[inline(always)]
fn rows(logits: &[f32], classes: usize, inverse: f64, log: &mut [f64], probability: &mut [f64]) {
    for (logits, log) in logits.chunks_exact(classes).zip(log.chunks_exact_mut(classes)) {
        let most = f64::from(largest(logits));
        for (log, &logit) in log.iter_mut().zip(logits) {
            *log = (f64::from(logit) - most) * inverse;
        }
    }
    for (probability, log) in probability.iter_mut().zip(&*log) {
        *probability = exp_of_negative(*log);
    }
    let both = log.chunks_exact_mut(classes).zip(probability.chunks_exact_mut(classes));
    for (log, probability) in both {
        let total = sum(probability);
        let (shift, factor) = (ln(total), 1.0 / total);
        for (log, probability) in log.iter_mut().zip(probability) {
            *log -= shift;
            *probability *= factor;
        }
    }
}

/// The sum in an order that vector instructions can keep.
#[inline(always)]
fn sum(values: &[f64]) -> f64 {
    const LANES: usize = 8;
    let (chunks, rest) = values.as_chunks::<LANES>();
    let rest: f64 = rest.iter().sum();
    if chunks.is_empty() {
        return rest;
    }
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    rest + (((a + b) + (c + d)) + ((e + f) + (g + h)))
}

/// `ln sum exp(x)`; minus infinity of nothing.
pub fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + ln(values.map(|value| exp_of_negative(value - most)).sum())
}
