//! Own networks are compared by the taps that they offer, and those without are refused before any training.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use burn::module::Module;
use burn::tensor::Tensor;
use data::{DataOptions, load};
use methods::{FitNet, MethodError, Rkd, TapMethod};
use nn::{Initial, Linear, Mlp, Network, Taps};
use potstill_job::{Distilled, Distiller, JobError};

/// A network of one layer, which has nothing to tap.
#[derive(Module, Debug)]
struct Flat {
    output: Linear,
}

impl Network for Flat {
    fn forward(&self, inputs: Tensor<2>, _: &mut Taps) -> Tensor<2> {
        self.output.forward(inputs)
    }
}

fn run<T: Network, S: Network>(distiller: &Distiller<T, S>) -> Result<Distilled<T, S>, JobError> {
    let options = DataOptions { rows: Some(200), ..DataOptions::default() };
    let digits = load(&options, ".".as_ref()).unwrap();
    distiller.run(&digits.train, &digits.validation, &digits.test, 10)
}

fn dense(units: usize) -> impl Fn(&Initial) -> Mlp {
    move |initial| Mlp::new(64, &[units], 10, initial)
}

#[test]
fn own_networks_are_distilled_by_their_taps() {
    let by = |method: TapMethod<FitNet>| {
        run(&Distiller::new(dense(16), dense(8)).method(method).seeds(1)).unwrap()
    };
    let [one, again] = [(); 2].map(|()| by(TapMethod::new(FitNet)));
    let student = |distilled: &Distilled<Mlp, Mlp>| nn::read_weights(&distilled.models[0].student);
    assert_eq!(student(&one), student(&again));
    let lighter = by(TapMethod::new(FitNet).weighted(1.0));
    assert_ne!(student(&one), student(&lighter));
}

#[test]
fn networks_without_taps_are_refused_before_any_training() {
    let flat = |initial: &Initial| Flat { output: Linear::new(64, 10, initial) };
    let method = TapMethod::new(Rkd::default());
    let error = run(&Distiller::new(flat, dense(8)).method(method)).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let JobError::Method(error) = error else { panic!("{error}") };
    assert!(matches!(*error, MethodError::NoTaps { .. }), "{error}");
}
