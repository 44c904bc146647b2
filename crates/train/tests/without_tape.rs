//! Dense layers are trained without a tape to what they are trained to with one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use data::Targets;
use methods::{Alone, Combination, Ctkd, Kd, Member, Method, TeacherOutput};
use nn::batch;
use potstill_train::optimizer::{Adam, AdamW, OptimizerOptions, Sgd};
use potstill_train::{Batch, Settings, StepReport};
use random::Stream;
use toy::{CLASSES, Taped, mlp, trainer};

/// Rows of which every third has no label.
fn rows(step: u64, count: usize) -> Batch {
    let mut generator = Stream::new(step, "rows").generator();
    let mut normal = |count| (0..count).map(|_| generator.normal() as f32).collect::<Vec<_>>();
    let (inputs, teacher) = (normal(4 * count), normal(CLASSES * count));
    let label = |row: usize| (!row.is_multiple_of(3)).then_some((row % CLASSES) as u32);
    Batch {
        rows: Vec::new(),
        inputs: batch(&inputs, 4),
        labels: (0..count).map(label).collect(),
        weights: (0..count).map(|row| [0.0, 0.5, 1.0, 4.0][row % 4]).collect(),
        teacher: Some(TeacherOutput::new(batch(&teacher, CLASSES))),
        targets: Targets::Classes,
        mixed: None,
    }
}

fn close(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance * left.abs().max(right.abs()).max(1e-3)
}

fn same_report(left: &StepReport, right: &StepReport) {
    assert_eq!(left.step, right.step);
    assert!(close(left.loss, right.loss, 1e-6), "{left:?} {right:?}");
    for ((name, value), (expected_name, expected)) in left.parts.iter().zip(&right.parts) {
        assert_eq!(name, expected_name);
        assert!(close(*value, *expected, 1e-6), "{left:?} {right:?}");
    }
}

fn compare<M: Method + Clone>(method: M, optimizer: OptimizerOptions, count: usize) {
    let label_smoothing = 0.2;
    let clip_norm = Some(0.5);
    let max_norm = Some(0.8);
    let settings =
        Settings { optimizer, label_smoothing, clip_norm, max_norm, ..Settings::default() };
    let taped = Taped(method.clone());
    let mut with = trainer(&mlp(), &taped, settings.clone());
    let mut without = trainer(&mlp(), &method, settings);
    for step in 0..12 {
        let batch = rows(step, count);
        same_report(&without.step(&batch).unwrap(), &with.step(&batch).unwrap());
    }
    let (with, without) = (with.state(), without.state());
    assert!(without.buffers.keys().eq(with.buffers.keys()));
    for (name, values) in &without.buffers {
        for (found, expected) in values.iter().zip(&with.buffers[name]) {
            assert!(close((*found).into(), (*expected).into(), 1e-4), "{name}: {found} {expected}");
        }
    }
    for (path, weight) in &without.weights {
        let expected = &with.weights[path];
        assert_eq!(weight.shape, expected.shape, "{path}");
        for (found, expected) in weight.values.iter().zip(&expected.values) {
            assert!(close((*found).into(), (*expected).into(), 1e-4), "{path}: {found} {expected}");
        }
    }
}

#[test]
fn a_tape_makes_no_difference() {
    let optimizers = [
        OptimizerOptions::Sgd(Sgd::default()),
        OptimizerOptions::Adam(Adam::default()),
        OptimizerOptions::AdamW(AdamW::default()),
    ];
    for optimizer in optimizers {
        for count in [1, 33, 200] {
            compare(Alone, optimizer, count);
            for alpha in [0.0, 0.5, 1.0] {
                compare(Kd { temperature: 3.0, alpha }, optimizer, count);
            }
            compare(Ctkd { ramp_epochs: 1, ..Ctkd::default() }, optimizer, count);
            let alone = Kd { temperature: 3.0, alpha: 1.0 };
            let both = Combination::new(0.7).with(Member::new(alone));
            compare(both.with(Member::new(Ctkd::default())), optimizer, count);
        }
    }
}

#[test]
fn a_batch_of_another_width_is_an_error() {
    for tape in [false, true] {
        let taped = Taped(Alone);
        let method: &dyn Method = if tape { &taped } else { &Alone };
        let mut trainer = trainer(&mlp(), method, Settings::default());
        let mut wrong = rows(0, 8);
        wrong.labels.pop();
        let error = trainer.step(&wrong).unwrap_err().to_string();
        assert!(error.contains("expected") && error.contains("found"), "{error}");
    }
    let mut trainer = trainer(&mlp(), &Alone, Settings::default());
    let mut wide = rows(0, 8);
    wide.inputs = batch(&[0.0; 40], 5);
    let error = trainer.step(&wide).unwrap_err().to_string();
    assert!(error.contains("expected a batch of shape [8, 4], found [8, 5]"), "{error}");
}

#[test]
fn a_label_or_teacher_that_does_not_fit_is_the_same_error() {
    for tape in [false, true] {
        let taped = Taped(Kd::default());
        let kd = Kd::default();
        let method: &dyn Method = if tape { &taped } else { &kd };
        let failing = |change: fn(&mut Batch)| {
            let mut batch = rows(0, 6);
            change(&mut batch);
            let mut trainer = trainer(&mlp(), method, Settings::default());
            trainer.step(&batch).unwrap_err().to_string()
        };
        let error = failing(|batch| batch.labels[2] = Some(CLASSES as u32));
        assert_eq!(error, "label of sample 2 of the batch: expected a class below 3, found 3");
        let error = failing(|rows| rows.teacher = None);
        assert_eq!(error, "method `kd`: expected the outputs of a teacher, found none");
        let error = failing(|rows| {
            rows.teacher = Some(TeacherOutput::new(batch(&[0.0; 24], 4)));
        });
        assert!(error.ends_with("found 6 of 4"), "{error}");
    }
}
