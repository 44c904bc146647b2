//! The learning rate range test.

use nn::Network;
use serde::Serialize;

use crate::TrainError;
use crate::batch::Feed;
use crate::schedule::{Schedule, Shape};
use crate::settings::{Select, Settings};
use crate::trainer::Trainer;

/// The learning rates that are tried.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 10.0;
/// The loss has diverged when the mean of this many steps is so many times the best one so far; where that is
/// near or below 0, when it has risen by more than three quarters of what it had fallen.
const RECENT: usize = 5;
const DIVERGED: f64 = 4.0;

/// What a learning rate range test found: Smith, "Cyclical Learning Rates for Training Neural
/// Networks" (2017), section 3.3.
///
/// A training whose learning rate rises exponentially, the same factor in every step, until the loss
/// diverges or all steps are made. The loss is smoothed by the mean over a tenth of the steps around
/// each. The suggestion is the rate at which it falls fastest, in proportion to the step of the
/// rate's logarithm, between the first tenth of its fall and its lowest point; there is none where it never falls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeTest {
    /// The steps that were made.
    pub points: Vec<RatePoint>,
    /// Whether the loss diverged before all of them were made.
    pub diverged: bool,
    /// The rate at which the smoothed loss falls fastest.
    pub suggestion: Option<f64>,
}

/// One step of a learning rate range test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RatePoint {
    /// Learning rate.
    pub rate: f64,
    /// Loss of the batches of the step, before it was made.
    pub loss: f64,
    /// The loss, smoothed.
    pub smoothed: f64,
}

impl RangeTest {
    /// `settings` with a learning rate that rises over so many steps, and without an early end.
    pub fn settings(settings: &Settings, steps: u64) -> Settings {
        let shape = Shape::Exponential { start: LOWEST / HIGHEST, steps };
        let schedule = Schedule { rate: HIGHEST, warmup_steps: 0, shape };
        let (patience, select) = (None, Select::Last);
        let stages = Vec::new();
        Settings { epochs: steps, stages, schedule, patience, select, ..settings.clone() }
    }

    /// Makes the test with a trainer that has made no step, and whose settings are those of
    /// [`settings`](Self::settings) for as many steps.
    ///
    /// # Errors
    /// What a step fails with, apart from numbers that are not finite: those end the test.
    pub fn run<N: Network>(
        trainer: &mut Trainer<'_, N>,
        feed: &mut Feed<'_>,
        steps: u64,
    ) -> Result<Self, TrainError> {
        let (mut rates, mut losses) = (Vec::new(), Vec::new());
        let mut diverged = false;
        let mut best = f64::INFINITY;
        for step in 0..steps {
            let rate = trainer.learning_rate();
            match trainer.joint_step(&feed.step(step)?) {
                Ok(report) => losses.push(report.loss),
                Err(error) if error.is_numeric() => diverged = true,
                Err(error) => return Err(error),
            }
            if !diverged {
                rates.push(rate);
                let recent = mean(losses.iter().rev().take(RECENT));
                let first = losses.first().copied().unwrap_or_default();
                diverged = has_diverged(recent, best, first);
                if losses.len() >= RECENT {
                    best = best.min(recent);
                }
            }
            if diverged {
                break;
            }
        }
        Ok(Self::judge(&rates, &losses, steps, diverged))
    }

    /// Smooths the losses of the steps that were made, and finds where they fall fastest.
    fn judge(rates: &[f64], losses: &[f64], steps: u64, diverged: bool) -> Self {
        let reach = (steps as usize / 20).max(1);
        let smoothed: Vec<f64> = (0..losses.len())
            .map(|at| mean(losses.iter().take(at + reach + 1).skip(at.saturating_sub(reach))))
            .collect();
        let lowest = smoothed.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        let lowest = lowest.map_or(0, |(at, _)| at);
        let slope = |at: usize| {
            let (before, after) =
                (smoothed.get(at.checked_sub(reach)?)?, smoothed.get(at + reach)?);
            Some(after - before)
        };
        let slopes =
            (fall_begins(&smoothed, lowest)..=lowest).filter_map(|at| Some((at, slope(at)?)));
        let steepest = slopes.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, slope)| *slope < 0.0);
        let suggestion = steepest.and_then(|(at, _)| rates.get(at).copied());
        let points = rates.iter().zip(losses).zip(&smoothed);
        let points = points.map(|((&rate, &loss), &smoothed)| RatePoint { rate, loss, smoothed });
        Self { points: points.collect(), diverged, suggestion }
    }
}

/// The step up to which the loss has made a tenth of its way to its lowest point for good: what it does before is noise of the
/// batches, which may be steep. Its way begins at what nine tenths of the steps before are below.
fn fall_begins(smoothed: &[f64], lowest: usize) -> usize {
    let way = smoothed.get(..=lowest).unwrap_or_default();
    let mut sorted = way.to_vec();
    sorted.sort_by(|one, other| other.total_cmp(one));
    let (Some(high), Some(low)) = (sorted.get(sorted.len() / 10), sorted.last()) else { return 0 };
    let level = low + 0.9 * (high - low);
    way.iter().rposition(|loss| *loss >= level).unwrap_or(0)
}

/// Whether the loss has risen from its best so far more than noise does. That it is below 0 is no matter.
fn has_diverged(recent: f64, best: f64, first: f64) -> bool {
    recent - best > (DIVERGED - 1.0) * best.abs().max((first - best) / DIVERGED)
}

fn mean<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loss that falls by a logistic curve in the logarithm of the rate, steepest at `middle`.
    fn falling(middle: f64, count: usize) -> (Vec<f64>, Vec<f64>) {
        let rates: Vec<f64> = (0..count).map(|at| 1e-6 * 1.17_f64.powi(at as i32)).collect();
        let loss = |rate: &f64| 2.0 / (1.0 + (rate / middle).powi(2)) + 0.1;
        let losses = rates.iter().map(loss).collect();
        (rates, losses)
    }

    #[test]
    fn the_suggestion_is_where_the_loss_falls_fastest() {
        for middle in [1e-4, 3e-3, 0.05] {
            let (rates, losses) = falling(middle, 100);
            let found = RangeTest::judge(&rates, &losses, 100, false).suggestion;
            let ratio = found.map_or(0.0, |found| found / middle);
            assert!((0.9..1.1).contains(&ratio), "{found:?} for {middle}");
        }
    }

    #[test]
    fn a_fall_after_the_lowest_point_does_not_count() {
        let (rates, mut losses) = falling(1e-4, 60);
        losses.extend([30.0; 20].iter().chain(&[3.0; 20]));
        let rates: Vec<f64> =
            rates.into_iter().chain((0..40).map(|at| 0.1 + f64::from(at))).collect();
        let found = RangeTest::judge(&rates, &losses, 100, true).suggestion;
        assert!(found.is_some_and(|rate| (0.9e-4..1.1e-4).contains(&rate)), "{found:?}");
    }

    #[test]
    fn noise_before_the_fall_suggests_nothing() {
        let (rates, mut losses) = falling(3e-3, 100);
        // The first batch is an outlier: nothing falls faster than the mean behind it.
        losses[0] += 40.0;
        let found = RangeTest::judge(&rates, &losses, 100, false).suggestion;
        let ratio = found.map_or(0.0, |found| found / 3e-3);
        assert!((0.8..1.25).contains(&ratio), "{found:?}");
    }

    #[test]
    fn a_loss_diverges_by_its_rise_also_below_0() {
        let unknown = f64::INFINITY;
        for (recent, best, first, expected) in [
            (2.0, unknown, 2.3, false),
            (2.1, 0.5, 2.3, true),
            (1.9, 0.5, 2.3, false),
            (-0.2, -0.1, 1.0, false),
            (-0.05, -0.2, 1.0, false),
            (0.9, -0.2, 1.0, true),
            // Close to 0 a small rise is none.
            (0.4, 0.001, 1.0, false),
        ] {
            assert_eq!(has_diverged(recent, best, first), expected, "{recent} {best} {first}");
        }
    }

    #[test]
    fn a_loss_that_never_falls_has_no_suggestion() {
        let rates = vec![0.1; 40];
        for losses in [vec![1.0; 40], (0..40).map(f64::from).collect(), Vec::new()] {
            let rates = &rates[..losses.len()];
            assert_eq!(RangeTest::judge(rates, &losses, 40, false).suggestion, None);
        }
    }
}
