//! Activations and their gradients.

use potstill_ops::activation::Activation;
use potstill_ops::activation::Activation::{None, Relu, Relu6};
use random::Stream;

/// Numbers to both sides of both kinks, and the kinks themselves.
fn numbers(count: usize) -> Vec<f32> {
    let mut generator = Stream::new(1, "activation").generator();
    let mut numbers: Vec<f32> = (0..count).map(|_| 5.0 * generator.normal() as f32).collect();
    for (number, kink) in numbers.iter_mut().zip([0.0, -0.0, 6.0, 6.000_001, 5.999_999, -1e-30]) {
        *number = kink;
    }
    numbers
}

fn activated(activation: Activation, x: &[f32]) -> Vec<f32> {
    let mut out = x.to_vec();
    activation.apply_to(&mut out);
    out
}

#[test]
fn activations_cut_off_at_their_limits() {
    for count in [0, 1, 7, 1000] {
        let x = numbers(count);
        assert_eq!(activated(None, &x), x);
        for (x, y) in x.iter().zip(activated(Relu, &x)) {
            assert_eq!(y, if *x > 0.0 { *x } else { 0.0 });
        }
        for (x, y) in x.iter().zip(activated(Relu6, &x)) {
            assert_eq!(y, x.clamp(0.0, 6.0));
        }
    }
}

#[test]
fn a_gradient_passes_only_between_the_limits() {
    for (activation, low, high) in
        [(None, f32::NEG_INFINITY, f32::INFINITY), (Relu, 0.0, f32::INFINITY), (Relu6, 0.0, 6.0)]
    {
        let x = numbers(1001);
        for (x, y) in x.iter().zip(activated(activation, &x)) {
            assert_eq!(activation.passes(y), *x > low && *x < high, "{activation:?} at {x}");
        }
    }
}

#[test]
fn what_is_not_a_number_is_not_hidden() {
    for activation in [None, Relu, Relu6] {
        assert!(activated(activation, &[f32::NAN; 40]).iter().all(|y| y.is_nan()));
    }
}
