//! A step on several batches: which ones, and what batch normalisation makes of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use methods::Alone;
use potstill_train::{Batch, Settings};
use toy::{ROWS, cnn, feed, mlp, samples, trainer, views};

fn inputs(batches: &[Batch]) -> Vec<f32> {
    batches.iter().flat_map(|batch| tensors::copied(&batch.inputs)).collect()
}

#[test]
fn the_steps_of_an_epoch_have_its_batches_and_none_of_the_next() {
    let shape = mlp().1;
    let (samples, views) = (samples(shape, ROWS), views(shape));
    let mut single = feed(&samples, &views);
    for accumulate in [1, 2, 4, 6, 100] {
        let mut joint = feed(&samples, &views).accumulating(accumulate);
        let steps = 6_u64.div_ceil(accumulate);
        for epoch in 0..3 {
            let mut next = 6 * epoch;
            for step in 0..steps {
                let batches = joint.step(epoch * steps + step).unwrap();
                let left = 6 * (epoch + 1) - next;
                assert_eq!(batches.len() as u64, accumulate.min(left));
                let expected: Vec<Batch> = (next..next + batches.len() as u64)
                    .map(|at| single.batch(at).unwrap())
                    .collect();
                assert_eq!(inputs(&batches), inputs(&expected), "{accumulate}: {epoch} {step}");
                next += batches.len() as u64;
            }
            assert_eq!(next, 6 * (epoch + 1));
        }
    }
}

#[test]
fn settings_count_the_short_step_at_the_end_of_an_epoch() {
    let count = |rows, batch_size, accumulate| {
        let settings = Settings { batch_size, accumulate, ..Settings::default() };
        (settings.batches_per_epoch(rows), settings.steps_per_epoch(rows))
    };
    assert_eq!(count(24, 4, 1), (6, 6));
    assert_eq!(count(25, 4, 3), (7, 3));
    assert_eq!(count(3, 4, 8), (1, 1));
    assert_eq!(count(0, 4, 2), (1, 1));
}

/// Each batch is normalised by its own statistics, so that a step on the same batch twice has the
/// loss and the gradient of one, and running statistics that have moved twice.
#[test]
fn batch_normalisation_sees_each_batch_by_itself() {
    let model = cnn();
    let (samples, views) = (samples(model.1, ROWS), views(model.1));
    let batch = feed(&samples, &views).batch(0).unwrap();
    let mut once = trainer(&model, &Alone, Settings::default());
    let mut twice = trainer(&model, &Alone, Settings::default());
    let before = once.state().weights;
    let [single, double] =
        [once.step(&batch).unwrap(), twice.joint_step(&[batch.clone(), batch.clone()]).unwrap()];
    assert!((single.loss - double.loss).abs() < 1e-6);
    let (once, twice) = (once.state().weights, twice.state().weights);
    for (path, start) in before {
        let changes = start.values.iter().zip(&once[&path].values).zip(&twice[&path].values);
        for ((start, once), twice) in changes {
            // A tenth of the way, and a tenth of the rest.
            let factor = if path.contains("running") { 1.9 } else { 1.0 };
            let expected = start + factor * (once - start);
            assert!((twice - expected).abs() < 1e-5, "{path}: {twice}, not {expected}");
        }
    }
}
