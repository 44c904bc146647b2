//! Softened probabilities against the plain formula in `f64`, at every level, and at any number of
//! threads.

use potstill_ops::Level;
use potstill_ops::softmax::{log_softmax, log_sum_exp, pull_back};

/// Numbers from -`reach` to `reach` that look random.
fn numbers(count: usize, reach: f32) -> Vec<f32> {
    let mut state = 9_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * reach
    };
    (0..count).map(|_| next()).collect()
}

fn softened(level: Level, logits: &[f32], classes: usize, temperature: f64) -> [Vec<f64>; 2] {
    let mut log = vec![0.0; logits.len()];
    let mut probability = vec![0.0; logits.len()];
    log_softmax(level, logits, classes, temperature, &mut log, &mut probability);
    [log, probability]
}

#[test]
fn every_level_agrees_with_the_plain_formula() {
    for level in Level::all() {
        for (rows, classes) in [(1, 1), (3, 2), (33, 10), (2, 1000), (0, 4)] {
            for (reach, temperature) in [(5.0, 1.0), (5.0, 4.0), (1e4, 1.0), (1e4, 20.0)] {
                let logits = numbers(rows * classes, reach);
                let [log, probability] = softened(level, &logits, classes, temperature);
                for (row, logits) in logits.chunks(classes).enumerate() {
                    let scaled: Vec<f64> =
                        logits.iter().map(|&logit| f64::from(logit) / temperature).collect();
                    let most = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let total: f64 = scaled.iter().map(|logit| (logit - most).exp()).sum();
                    for (class, logit) in scaled.iter().enumerate() {
                        let expected = logit - most - total.ln();
                        let at = row * classes + class;
                        let error = (log[at] - expected).abs();
                        let slack = 1e-15 * (logit.abs() + most.abs() + 10.0);
                        assert!(error <= slack, "{level:?} {error}");
                        let error = (probability[at] - expected.exp()).abs();
                        // The exponent of the reference is itself rounded.
                        assert!(error <= 1e-12 * expected.exp() + 1e-300, "{level:?} {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn threads_and_neighbours_change_no_bit() {
    let logits = numbers(4096 * 100, 8.0);
    let whole = softened(Level::best(), &logits, 100, 3.0);
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| softened(Level::best(), &logits, 100, 3.0)) == whole);
    }
}

#[test]
fn logarithms_of_sums_hold_where_exponentials_do_not() {
    let values = [-1e5, -1e5, -2e5];
    assert!((log_sum_exp(values.into_iter()) - (-1e5 + 2.0_f64.ln())).abs() < 1e-10);
    assert_eq!(log_sum_exp(std::iter::empty()), f64::NEG_INFINITY);
}

#[test]
fn slopes_by_logarithms_become_the_gradient_of_the_logits() {
    for level in Level::all() {
        for (rows, classes) in [(1, 1), (5, 10), (3, 40)] {
            let logits = numbers(rows * classes, 4.0);
            let slopes: Vec<f64> = numbers(2 * rows * classes, 1.0)[rows * classes..]
                .iter()
                .map(|&x| x.into())
                .collect();
            // A loss that is linear in the logarithms, so that `slopes` are its slopes everywhere.
            let loss = |logits: &[f32]| -> f64 {
                let [log, _] = softened(level, logits, classes, 1.0);
                log.iter().zip(&slopes).map(|(log, slope)| log * slope).sum()
            };
            let [_, probability] = softened(level, &logits, classes, 1.0);
            let mut gradient = vec![f32::NAN; logits.len()];
            pull_back(level, &slopes, &probability, classes, 2.0, &mut gradient);
            for (place, found) in gradient.iter().enumerate() {
                let at = |step: f32| {
                    let mut moved = logits.clone();
                    moved[place] += step;
                    (loss(&moved), f64::from(moved[place]))
                };
                let ((high, above), (low, below)) = (at(1e-2), at(-1e-2));
                let slope = 2.0 * (high - low) / (above - below);
                assert!((f64::from(*found) - slope).abs() < 1e-3, "{found} is not {slope}");
            }
        }
    }
}
