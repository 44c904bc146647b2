//! Layer normalisation against its definition in `f64`.

use potstill_ops::Level;
use potstill_ops::layer_norm::{Gradients, layer_norm, layer_norm_backward};
use random::Stream;

const EPSILON: f64 = 1e-5;

struct Case {
    width: usize,
    x: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    dy: Vec<f32>,
}

fn case(rows: usize, width: usize) -> Case {
    let place = Stream::new(2, "layer norm").at(rows as u64).at(width as u64);
    let mut generator = place.generator();
    let mut numbers = |count: usize, mean: f64| -> Vec<f32> {
        (0..count).map(|_| (mean + generator.normal()) as f32).collect()
    };
    Case {
        width,
        x: numbers(rows * width, 0.7),
        gamma: numbers(width, 1.0),
        beta: numbers(width, 0.0),
        dy: numbers(rows * width, 0.2),
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

/// The rows normalised, without `gamma` and `beta`.
fn normalised(x: &[f64], width: usize) -> Vec<f64> {
    let of_row = |row: &[f64]| {
        let mean = row.iter().sum::<f64>() / width as f64;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64;
        row.iter().map(|x| (x - mean) / (variance + EPSILON).sqrt()).collect::<Vec<_>>()
    };
    x.chunks(width).flat_map(of_row).collect()
}

/// The sum of the outputs, each times its gradient.
fn loss(x: &[f64], gamma: &[f64], beta: &[f64], dy: &[f64]) -> f64 {
    let normalised = normalised(x, gamma.len());
    let terms = normalised.iter().zip(dy).enumerate();
    terms.map(|(i, (n, dy))| (n * gamma[i % gamma.len()] + beta[i % gamma.len()]) * dy).sum()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (&found, &expected) in found.iter().zip(expected) {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= tolerance * largest, "{found} is not {expected}");
    }
}

fn backward(level: Level, case: &Case) -> (Vec<f32>, Vec<f32>, Gradients) {
    let mut out = vec![f32::NAN; case.x.len()];
    let mut dx = vec![f32::NAN; case.x.len()];
    let statistics = layer_norm(level, &case.x, [&case.gamma, &case.beta], EPSILON, &mut out);
    let gradients =
        layer_norm_backward(level, &case.x, &case.gamma, &statistics, &case.dy, &mut dx);
    (out, dx, gradients)
}

#[test]
fn outputs_are_those_of_the_definition() {
    for level in Level::all() {
        for (rows, width) in [(1, 2), (3, 3), (7, 10), (5, 17), (300, 128), (129, 200)] {
            let case = case(rows, width);
            let normalised = normalised(&wide(&case.x), width);
            let expected: Vec<f64> = (normalised.iter().enumerate())
                .map(|(i, n)| {
                    n * f64::from(case.gamma[i % width]) + f64::from(case.beta[i % width])
                })
                .collect();
            assert_close(&backward(level, &case).0, &expected, 4e-7);
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_definition() {
    for level in Level::all() {
        for (rows, width) in [(1, 4), (2, 3), (4, 10), (3, 17), (2, 64), (2, 70)] {
            let case = case(rows, width);
            let (_, dx, gradients) = backward(level, &case);
            let inputs = [&case.x, &case.gamma, &case.beta].map(|values| wide(values));
            let dy = wide(&case.dy);
            let found = [&dx, &gradients.gamma, &gradients.beta];
            for (which, found) in found.into_iter().enumerate() {
                let slope = |place: usize| {
                    let at = |step: f64| {
                        let mut inputs = inputs.clone();
                        inputs[which][place] += step;
                        loss(&inputs[0], &inputs[1], &inputs[2], &dy)
                    };
                    (at(1e-5) - at(-1e-5)) / 2e-5
                };
                let expected: Vec<f64> = (0..found.len()).map(slope).collect();
                assert_close(found, &expected, 2e-6);
            }
        }
    }
}

#[test]
fn gradients_of_many_rows_are_exact_sums() {
    let case = case(1000, 128);
    let normalised = normalised(&wide(&case.x), case.width);
    let mut expected = [vec![0.0; case.width], vec![0.0; case.width]];
    for (i, (n, &dy)) in normalised.iter().zip(&case.dy).enumerate() {
        expected[0][i % case.width] += n * f64::from(dy);
        expected[1][i % case.width] += f64::from(dy);
    }
    for level in Level::all() {
        let (_, _, gradients) = backward(level, &case);
        assert_close(&gradients.gamma, &expected[0], 2e-7);
        assert_close(&gradients.beta, &expected[1], 1e-7);
    }
}

#[test]
fn a_row_far_from_zero_is_normalised_too() {
    let (rows, width) = (4, 128);
    let mut case = case(rows, width);
    case.x.iter_mut().for_each(|x| *x += 1000.0);
    let expected: Vec<f64> = (normalised(&wide(&case.x), width).iter().enumerate())
        .map(|(i, n)| n * f64::from(case.gamma[i % width]) + f64::from(case.beta[i % width]))
        .collect();
    // The mean is rounded to half a unit of a thousand, 3e-5.
    assert_close(&backward(Level::best(), &case).0, &expected, 4e-5);
}

#[test]
fn results_are_the_same_bits_at_any_number_of_threads() {
    let case = case(1500, 128);
    for level in Level::all() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| backward(level, &case))
        };
        let expected = run(1);
        assert_eq!(run(2), expected);
        assert_eq!(run(3), expected);
    }
}

#[test]
fn a_constant_row_becomes_beta_and_no_rows_give_zero_gradients() {
    let mut case = case(1, 16);
    case.x.fill(3.25);
    assert_eq!(backward(Level::best(), &case).0, case.beta);
    let empty = Case { x: Vec::new(), dy: Vec::new(), ..case };
    let (out, dx, gradients) = backward(Level::best(), &empty);
    assert!(out.is_empty() && dx.is_empty());
    assert_eq!(gradients, Gradients { gamma: vec![0.0; 16], beta: vec![0.0; 16] });
}
