//! Numbers that are not finite stop a step before it is committed; clipping and batches without
//! labels.
#![allow(clippy::panic, reason = "a test may fail by panicking")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod toy;

use burn::tensor::{Tensor, TensorData};
use data::{SampleShape, Targets};
use methods::{Alone, Kd, Method, TeacherOutput};
use nn::{Architecture, batch, cpu, read_weights, write_weights};
use potstill_train::optimizer::{Adam, AdamW, OptimizerOptions, Sgd};
use potstill_train::schedule::Schedule;
use potstill_train::{Batch, Settings, State, TrainError, Trainer};
use toy::{CLASSES, bits, cnn, mlp, samples, trainer};

const ROWS: usize = 8;

fn clean(shape: SampleShape) -> Batch {
    let samples = samples(shape, ROWS);
    Batch {
        rows: Vec::new(),
        inputs: batch(samples.values.in_memory().unwrap(), shape.len()),
        labels: samples.labels,
        weights: Vec::new(),
        teacher: Some(teacher([0.5; ROWS * CLASSES])),
        targets: Targets::Classes,
        mixed: None,
    }
}

fn teacher(logits: [f32; ROWS * CLASSES]) -> TeacherOutput {
    let data = TensorData::new(logits.to_vec(), [ROWS, CLASSES]);
    TeacherOutput::new(Tensor::from_data(data, &cpu()))
}

fn with_input(shape: SampleShape, value: f32) -> Batch {
    let mut values = samples(shape, ROWS).values.in_memory().unwrap().to_vec();
    values[shape.len() + 1] = value;
    Batch { inputs: batch(&values, shape.len()), ..clean(shape) }
}

fn with_teacher(shape: SampleShape, value: f32) -> Batch {
    let mut logits = [0.5; ROWS * CLASSES];
    logits[4] = value;
    Batch { teacher: Some(teacher(logits)), ..clean(shape) }
}

fn sgd(rate: f64) -> Settings {
    let optimizer = OptimizerOptions::Sgd(Sgd { momentum: 0.0, ..Sgd::default() });
    Settings { optimizer, schedule: Schedule::constant(rate), ..Settings::default() }
}

/// The tensor that the error names, and its step.
fn named(error: &TrainError) -> (String, u64) {
    match error {
        TrainError::NotFinite { tensor, step, found } => {
            assert!(!found.is_finite());
            assert!(error.is_numeric() && error.hint().is_some());
            (tensor.clone(), *step)
        }
        other => panic!("{other}"),
    }
}

/// A bad batch after a clean one: the error names `tensor`, and the training goes on from the clean
/// one as if the bad one had never been.
fn is_not_committed(
    model: &(Architecture, SampleShape),
    method: &dyn Method,
    bad: &Batch,
    tensor: &str,
) {
    let clean = clean(model.1);
    let settings = Settings::default();
    let mut guarded = trainer(model, method, settings.clone());
    let mut spared = trainer(model, method, settings);
    guarded.step(&clean).unwrap();
    spared.step(&clean).unwrap();
    let error = guarded.step(bad).expect_err(tensor);
    assert_eq!(named(&error), (tensor.to_owned(), 2));
    assert_same(&guarded, &spared);
    guarded.step(&clean).unwrap();
    spared.step(&clean).unwrap();
    assert_same(&guarded, &spared);
}

fn assert_same<N: nn::Network>(left: &Trainer<'_, N>, right: &Trainer<'_, N>) {
    let [left, right]: [State; 2] = [left.state(), right.state()];
    assert!(bits(&left) == bits(&right));
    assert_eq!(left.progress, right.progress);
}

#[test]
fn inputs_that_are_no_numbers_stop_the_step() {
    let kd = Kd::default();
    for model in [mlp(), cnn()] {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let bad = with_input(model.1, value);
            is_not_committed(&model, &Alone, &bad, "loss part `label`");
            is_not_committed(&model, &kd, &bad, "loss part `soft`");
        }
    }
}

#[test]
fn a_teacher_that_says_no_number_stops_the_step() {
    for model in [mlp(), cnn()] {
        for value in [f32::NAN, f32::INFINITY] {
            let bad = with_teacher(model.1, value);
            is_not_committed(&model, &Kd::default(), &bad, "loss part `soft`");
        }
    }
}

#[test]
fn a_gradient_that_overflows_stops_the_step_though_the_loss_is_finite() {
    let model = (Architecture::Mlp { hidden: vec![] }, SampleShape::Vector(4));
    let network = toy::network(&model.0, model.1);
    let mut weights = read_weights(&network);
    weights.values_mut().for_each(|weight| weight.values.fill(0.0));
    let network = write_weights(network, &weights).unwrap();
    let method = Kd { temperature: 1000.0, alpha: 1.0 };
    let noise = random::Stream::new(1, "noise");
    let mut trainer =
        Trainer::new(network, &method, Settings::default(), CLASSES, 6, noise).unwrap();
    let before = trainer.state();
    let inputs = batch(&[1e38; ROWS * 4], 4);
    let mut logits = [0.0; ROWS * CLASSES];
    logits.iter_mut().step_by(CLASSES).for_each(|logit| *logit = 1e4);
    let error = trainer
        .step(&Batch {
            rows: Vec::new(),
            inputs,
            labels: vec![None; ROWS],
            weights: Vec::new(),
            teacher: Some(teacher(logits)),
            targets: Targets::Classes,
            mixed: None,
        })
        .unwrap_err();
    assert_eq!(named(&error), ("gradient of `output.weight`".to_owned(), 1));
    assert!(trainer.state() == before);
}

#[test]
fn a_learning_rate_far_too_large_stops_the_step() {
    for model in [mlp(), cnn()] {
        let adam = OptimizerOptions::Adam(Adam::default());
        for optimizer in [sgd(1.0).optimizer, adam] {
            let schedule = Schedule::constant(1e42);
            let settings = Settings { optimizer, schedule, ..Settings::default() };
            let mut trainer = trainer(&model, &Alone, settings);
            let before = trainer.state();
            let (tensor, step) = named(&trainer.step(&clean(model.1)).unwrap_err());
            assert!(tensor.starts_with("weight `"), "{tensor}");
            assert_eq!(step, 1);
            assert!(trainer.state().weights == before.weights);
            assert_eq!(trainer.state().progress, before.progress);
        }
    }
}

#[test]
fn a_moment_that_overflows_stops_the_step() {
    // The square of this gradient is infinite in f32, and Adam would never move the weight again.
    let model = (Architecture::Mlp { hidden: vec![] }, SampleShape::Vector(4));
    let network = toy::network(&model.0, model.1);
    let mut weights = read_weights(&network);
    weights.values_mut().for_each(|weight| weight.values.fill(0.0));
    let network = write_weights(network, &weights).unwrap();
    let noise = random::Stream::new(1, "noise");
    let mut trainer =
        Trainer::new(network, &Alone, Settings::default(), CLASSES, 6, noise).unwrap();
    let inputs = batch(&[1e21; ROWS * 4], 4);
    let error = trainer.step(&Batch { inputs, ..clean(model.1) }).unwrap_err();
    assert_eq!(named(&error), ("optimiser buffer `second/output.weight`".to_owned(), 1));
    assert!(trainer.state().weights == weights);
}

#[test]
fn clipping_shortens_the_step_and_keeps_its_direction() {
    for model in [mlp(), cnn()] {
        let step = |clip_norm| {
            let mut trainer = trainer(&model, &Alone, Settings { clip_norm, ..sgd(1.0) });
            let before = trainer.state().weights;
            trainer.step(&clean(model.1)).unwrap();
            let after = trainer.state().weights;
            let trained = before.iter().filter(|(path, _)| !path.contains("running"));
            let changes = trained.flat_map(|(path, old)| {
                let new = after[path].values.iter().zip(&old.values);
                new.map(|(new, old)| f64::from(new - old)).collect::<Vec<_>>()
            });
            changes.collect::<Vec<f64>>()
        };
        let norm = |change: &[f64]| change.iter().map(|x| x * x).sum::<f64>().sqrt();
        let free = step(None);
        let length = norm(&free);
        assert!(length > 0.1, "{length}");
        assert!(step(Some(length * 1.01)) == free, "a short gradient stays as it is");
        let clipped = step(Some(0.05));
        assert!((norm(&clipped) - 0.05).abs() < 1e-5, "{}", norm(&clipped));
        let dot: f64 = free.iter().zip(&clipped).map(|(a, b)| a * b).sum();
        assert!((dot / (length * 0.05) - 1.0).abs() < 1e-4, "{dot}");
    }
}

#[test]
fn a_batch_without_labels_is_a_step_with_gradient_zero() {
    let model = mlp();
    let unlabelled = Batch { labels: vec![None; ROWS], ..clean(model.1) };
    let optimizer = OptimizerOptions::AdamW(AdamW { weight_decay: 0.5, ..AdamW::default() });
    let settings = Settings { optimizer, schedule: Schedule::constant(0.1), ..Settings::default() };
    let mut trainer = trainer(&model, &Alone, settings);
    let before = trainer.state().weights;
    let report = trainer.step(&unlabelled).unwrap();
    assert_eq!(report.loss, 0.0);
    let after = trainer.state();
    for (path, old) in &before {
        for (new, old) in after.weights[path].values.iter().zip(&old.values) {
            assert!((new - old * 0.95).abs() <= 1e-7, "{path}: the decay alone");
        }
    }
    assert!(after.buffers.values().flatten().all(|&value| value == 0.0));
    assert_eq!(after.buffers.len(), 2 * before.len());
    trainer.step(&clean(model.1)).unwrap();
}
