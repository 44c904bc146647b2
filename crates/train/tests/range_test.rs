//! The learning rate range test on the real loop.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use methods::Alone;
use potstill_train::optimizer::{Adam, OptimizerOptions, Sgd};
use potstill_train::{RangeTest, Settings};
use toy::{ROWS, cnn, feed, mlp, samples, trainer, views};

const STEPS: u64 = 60;

fn test(model: &(nn::Architecture, data::SampleShape), optimizer: OptimizerOptions) -> RangeTest {
    let (samples, views) = (samples(model.1, ROWS), views(model.1));
    let base = Settings { optimizer, patience: Some(1), ..Settings::default() };
    let mut trainer = trainer(model, &Alone, RangeTest::settings(&base, STEPS));
    RangeTest::run(&mut trainer, &mut feed(&samples, &views), STEPS).unwrap()
}

#[test]
fn the_rate_rises_by_the_same_factor_until_the_loss_diverges() {
    for model in [mlp(), cnn()] {
        for optimizer in
            [OptimizerOptions::Sgd(Sgd::default()), OptimizerOptions::Adam(Adam::default())]
        {
            let found = test(&model, optimizer);
            let factor = 1e7_f64.powf(1.0 / 59.0);
            for (step, point) in found.points.iter().enumerate() {
                let expected = 1e-6 * factor.powi(step as i32);
                assert!((point.rate / expected - 1.0).abs() < 1e-9, "{step}: {}", point.rate);
                assert!(point.loss.is_finite() && point.smoothed.is_finite());
            }
            assert!(found.diverged == (found.points.len() < STEPS as usize), "{found:?}");
            let suggested = found.suggestion.unwrap();
            assert!((1e-5..1.0).contains(&suggested), "{suggested}");
            assert_eq!(found, test(&model, optimizer), "the same each time");
        }
    }
}

#[test]
fn numbers_that_are_not_finite_end_the_test() {
    let model = mlp();
    let mut samples = samples(model.1, ROWS);
    let values = samples.values.in_memory().unwrap().iter();
    samples.values = values.map(|value| value * 1e15).collect();
    let views = views(model.1);
    let optimizer = OptimizerOptions::Sgd(Sgd::default());
    let base = Settings { optimizer, ..Settings::default() };
    let mut trainer = trainer(&model, &Alone, RangeTest::settings(&base, STEPS));
    let found = RangeTest::run(&mut trainer, &mut feed(&samples, &views), STEPS).unwrap();
    assert!(found.diverged && found.points.len() < 10, "{found:?}");
}
