//! GELU against its definition in `f64`.

use potstill_ops::Level;
use potstill_ops::gelu::{gelu, gelu_backward};
use random::Stream;

/// The density of the standard normal distribution.
fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Its distribution function by the series `1/2 + f(x) (x + x^3 / 3 + x^5 / (3 5) + ...)`, whose
/// terms all have the sign of `x` (Marsaglia, "Evaluating the Normal Distribution", 2004).
fn distribution(x: f64) -> f64 {
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-18 * sum.abs() {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + density(x) * sum
}

fn reference(x: f64) -> f64 {
    x * distribution(x)
}

/// Everything from far in one tail to far in the other, and random numbers.
fn inputs() -> Vec<f32> {
    let mut generator = Stream::new(1, "gelu").generator();
    let grid = (-12_000..=12_000).map(|step| step as f32 * 1e-3);
    let tiny = (1..30).flat_map(|power| [0.5_f32.powi(power), -(0.5_f32.powi(power))]);
    let mut inputs: Vec<f32> = grid.chain(tiny).collect();
    inputs.extend((0..30_001).map(|_| (3.0 * generator.normal()) as f32));
    inputs
}

#[test]
fn values_are_those_of_the_definition() {
    let x = inputs();
    for level in Level::all() {
        let mut out = vec![f32::NAN; x.len()];
        gelu(level, &x, &mut out);
        for (&x, &out) in x.iter().zip(&out) {
            let expected = reference(x.into());
            let allowed = 2e-7 * f64::from(x.abs()).min(1.0) + 2e-7 * expected.abs();
            assert!((f64::from(out) - expected).abs() <= allowed, "gelu({x}) = {out}");
        }
    }
}

#[test]
fn the_left_tail_keeps_its_digits() {
    // Laplace's continued fraction of the tail.
    let expected = |x: f64| {
        let fraction = (1..200).rev().fold(-x, |fraction, k| -x + f64::from(k) / fraction);
        x * density(x) / fraction
    };
    let x: Vec<f32> = (30..90).map(|tenth| -0.1 * tenth as f32).collect();
    let mut out = vec![0.0; x.len()];
    gelu(Level::best(), &x, &mut out);
    for (&x, &out) in x.iter().zip(&out) {
        let expected = expected(x.into());
        let error = (f64::from(out) / expected - 1.0).abs();
        assert!(error < 4e-6, "gelu({x}) = {out}, not {expected}");
    }
}

#[test]
fn gradients_are_the_slopes_of_the_definition() {
    let x = inputs();
    let dy: Vec<f32> = x.iter().map(|x| 0.5 + (x * 3.0).sin()).collect();
    for level in Level::all() {
        let mut dx = vec![f32::NAN; x.len()];
        gelu_backward(level, &x, &dy, &mut dx);
        for ((&x, &dy), &dx) in x.iter().zip(&dy).zip(&dx) {
            let (x, dy) = (f64::from(x), f64::from(dy));
            let step = 1e-4;
            let slope = (reference(x + step) - reference(x - step)) / (2.0 * step);
            let error = (f64::from(dx) - dy * slope).abs();
            assert!(error <= 5e-7 * dy.abs().max(0.1), "at {x}: {dx}, not {}", dy * slope);
        }
    }
}

#[test]
fn what_is_not_a_number_stays_so_and_the_largest_numbers_pass() {
    let x = [f32::NAN, 1e30, -1e30, 0.0, -0.0, f32::MAX];
    let (mut out, mut dx) = ([7.0; 6], [7.0; 6]);
    gelu(Level::best(), &x, &mut out);
    gelu_backward(Level::best(), &x, &[1.0; 6], &mut dx);
    assert!(out[0].is_nan() && dx[0].is_nan());
    assert_eq!(out[1..], [1e30, 0.0, 0.0, 0.0, f32::MAX]);
    assert_eq!(dx[1..], [1.0, 0.0, 0.5, 0.5, 1.0]);
}

#[test]
fn results_are_the_same_bits_at_any_number_of_threads_and_every_level() {
    let x = inputs();
    let run = |threads, level| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (mut out, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        pool.install(|| {
            gelu(level, &x, &mut out);
            gelu_backward(level, &x, &out, &mut dx);
        });
        (out, dx)
    };
    let expected = run(1, Level::Portable);
    for level in Level::all() {
        for threads in [1, 2, 3] {
            assert_eq!(run(threads, level), expected);
        }
    }
}

#[test]
fn nothing_gives_nothing() {
    gelu(Level::best(), &[], &mut []);
    gelu_backward(Level::best(), &[], &[], &mut []);
}
