//! Weight decay pulls at every parameter, or spares norms and biases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use data::Targets;
use methods::Alone;
use nn::{Weights, batch};
use potstill_train::optimizer::{AdamW, OptimizerOptions};
use potstill_train::schedule::Schedule;
use potstill_train::{Batch, Settings};
use toy::{cnn, mlp, samples, trainer};

/// The weights before and after a step in which no sample has a label, so that decay acts alone.
fn step(
    model: &(nn::Architecture, data::SampleShape),
    decay_norms_and_biases: bool,
) -> [Weights; 2] {
    let samples = samples(model.1, 8);
    let optimizer = OptimizerOptions::AdamW(AdamW { weight_decay: 0.5, ..AdamW::default() });
    let schedule = Schedule::constant(0.1);
    let settings = Settings { optimizer, decay_norms_and_biases, schedule, ..Settings::default() };
    let mut trainer = trainer(model, &Alone, settings);
    let inputs = batch(samples.values.in_memory().unwrap(), model.1.len());
    let before = trainer.state().weights;
    trainer
        .step(&Batch {
            rows: Vec::new(),
            inputs,
            labels: vec![None; 8],
            targets: Targets::Classes,
            weights: Vec::new(),
            teacher: None,
            mixed: None,
        })
        .unwrap();
    [before, trainer.state().weights]
}

#[test]
fn spared_are_the_parameters_with_a_single_axis() {
    for model in [mlp(), cnn()] {
        for decays in [true, false] {
            let [before, after] = step(&model, decays);
            let mut spared = Vec::new();
            for (path, old) in before.iter().filter(|(path, _)| !path.contains("running")) {
                let kept = if decays || old.shape.len() > 1 { 0.95 } else { 1.0 };
                for (new, old) in after[path].values.iter().zip(&old.values) {
                    assert!((new - old * kept).abs() <= 1e-7, "{path}: {new} {old}");
                }
                if kept == 1.0 {
                    spared.push(path.as_str());
                }
            }
            let names = spared.iter().all(|path| path.contains("norm") || path.ends_with("bias"));
            assert!(names && spared.is_empty() == decays, "{spared:?}");
        }
    }
}
