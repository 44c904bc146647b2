//! Laws of dropout: which values fall is a function of seed, step, name and place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::tensor::Tensor;
use potstill_nn::{Dropout, Taps, cpu};
use random::Stream;

const RATE: f64 = 0.25;
const ROWS: usize = 200;
const UNITS: usize = 50;

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn ones() -> Tensor<2> {
    Tensor::ones([ROWS, UNITS], &cpu()).autodiff()
}

fn step(number: u64) -> Taps {
    Taps::none().with_noise(Stream::new(5, "noise").at(number))
}

fn dropped(name: &str, number: u64) -> Vec<f32> {
    values(Dropout::new(name, RATE).forward(ones(), &step(number)))
}

#[test]
fn the_wanted_share_falls_and_the_rest_grows_so_that_the_mean_stays() {
    let found = dropped("layer", 1);
    let kept = (1.0 / (1.0 - RATE)) as f32;
    assert!(found.iter().all(|&value| value == 0.0 || value == kept));
    let share = found.iter().filter(|&&value| value == 0.0).count() as f64 / found.len() as f64;
    // Four standard errors of 10,000 draws.
    assert!((share - RATE).abs() < 4.0 * (RATE * (1.0 - RATE) / 1e4).sqrt(), "{share}");
}

#[test]
fn the_same_step_and_name_drop_the_same_values() {
    let found = dropped("layer", 1);
    assert_eq!(found, dropped("layer", 1));
    assert_ne!(found, dropped("layer", 2));
    assert_ne!(found, dropped("other", 1));
    // What falls in a row does not depend on the rows behind it.
    let fewer = ones().narrow(0, 0, 3);
    let fewer = values(Dropout::new("layer", RATE).forward(fewer, &step(1)));
    assert_eq!(fewer, found[..3 * UNITS]);
}

#[test]
fn nothing_falls_outside_of_training() {
    let layer = Dropout::new("layer", RATE);
    let all = vec![1.0; ROWS * UNITS];
    assert_eq!(values(layer.forward(ones(), &Taps::all())), all);
    assert_eq!(values(layer.forward(ones().inner(), &step(1))), all);
    assert_eq!(values(Dropout::new("layer", 0.0).forward(ones(), &step(1))), all);
}

#[test]
fn the_gradient_passes_where_the_value_passed() {
    let input = ones().require_grad();
    let output = Dropout::new("layer", RATE).forward(input.clone(), &step(1));
    let gradients = output.clone().sum().backward();
    assert_eq!(values(input.grad(&gradients).unwrap()), values(output));
}
