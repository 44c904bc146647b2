//! Networks that teach one another: against PyTorch in float64 (`oracles/mutual_learning.py`), each a constant to the
//! others, resumed to the same bits, and chosen on validation alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use burn::tensor::{Tensor, TensorData};
use data::{SampleShape, Targets};
use methods::{Alone, Kd, Method, TeacherOutput};
use nn::{
    AnyNetwork, Architecture, TabularResnetSizes, batch, cpu, infer, read_weights, write_weights,
};
use potstill_train::optimizer::{OptimizerOptions, Sgd};
use potstill_train::schedule::Schedule;
use potstill_train::{
    Batch, EpochRecord, Select, Settings, StepReport, TrainError, Trainer, Validation, Watcher,
};
use random::Stream;
use serde_json::Value;
use toy::{CLASSES, Judge, Taped, cnn, feed, mlp, samples, views};

const TOLERANCE: f64 = 1e-4;
const KD: Kd = Kd { temperature: 1.0, alpha: 0.5 };

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn compare(found: &[f32], expected: &Value, place: &str) {
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{place}");
    let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for (&found, expected) in found.iter().zip(expected) {
        let error = (f64::from(found) - expected).abs() / largest;
        assert!(error <= TOLERANCE, "{place}: {error}");
    }
}

fn follow(document: &Value, case: &Value, method: &dyn Method, pieces: usize) {
    let [features, classes] = ["features", "classes"].map(|key| size(&document[key]));
    let settings = Settings {
        optimizer: OptimizerOptions::Sgd(Sgd { momentum: 0.0, ..Sgd::default() }),
        schedule: Schedule::constant(document["rate"].as_f64().unwrap()),
        ..Settings::default()
    };
    let trainer = |initial: &Value| {
        let architecture = Architecture::Mlp { hidden: vec![size(&document["hidden"])] };
        let (shape, stream) = (SampleShape::Vector(features), Stream::new(1, "test"));
        let built = architecture.build(shape, classes, stream.clone(), &cpu().autodiff());
        let network = built.unwrap();
        let mut weights = read_weights(&network);
        for (path, weight) in &mut weights {
            weight.values = numbers(&initial[path]).into_iter().map(|x| x as f32).collect();
        }
        let network = write_weights(network, &weights).unwrap();
        Trainer::new(network, method, settings.clone(), classes, 5, stream).unwrap()
    };
    let count = case["weights"]["1"].as_array().unwrap().len();
    let initial = document["initial"].as_array().unwrap();
    let peers = initial[1..count].iter().map(trainer).collect();
    let mut trainer = trainer(&initial[0]).with_peers(peers);
    let inputs: Vec<f32> = numbers(&document["inputs"]).into_iter().map(|x| x as f32).collect();
    let labels = numbers(&document["labels"]);
    for (step, rows) in document["order"].as_array().unwrap().iter().enumerate() {
        let rows: Vec<usize> = rows.as_array().unwrap().iter().map(size).collect();
        let part = |rows: &[usize]| {
            let values: Vec<f32> =
                rows.iter().flat_map(|row| inputs[row * features..][..features].to_vec()).collect();
            let label = |&row: &usize| (labels[row] >= 0.0).then_some(labels[row] as u32);
            shown(batch(&values, features), rows.iter().map(label).collect())
        };
        let batches: Vec<Batch> = rows.chunks(pieces).map(part).collect();
        let report = trainer.joint_step(&batches).unwrap();
        let expected = case["losses"][step].as_f64().unwrap();
        assert!((report.loss - expected).abs() < TOLERANCE, "loss of step {step}");
        let at = (step + 1).to_string();
        let Some(expected) = case["weights"].get(&at) else { continue };
        let state = trainer.state();
        for (path, weight) in &state.weights {
            compare(&weight.values, &expected[0][path], &format!("{path} after {at} steps"));
            for number in 2..=count {
                let found = &state.buffers[&format!("peer-{number}/weights/{path}")];
                let place = format!("{path} of {number} after {at} steps");
                compare(found, &expected[number - 1][path], &place);
            }
        }
    }
}

fn shown(inputs: Tensor<2>, labels: Vec<Option<u32>>) -> Batch {
    Batch {
        rows: Vec::new(),
        inputs,
        labels,
        weights: Vec::new(),
        teacher: None,
        targets: Targets::Classes,
        mixed: None,
    }
}

/// Two and three networks, with a tape and without, in whole batches and in pieces.
#[test]
fn two_and_three_networks_that_teach_one_another_follow_the_oracle() {
    let document: Value =
        serde_json::from_str(include_str!("oracle/mutual_learning.json")).unwrap();
    let taped = Taped(KD);
    for case in document["cases"].as_array().unwrap() {
        let methods: [&dyn Method; 2] = [&KD, &taped];
        for method in methods {
            follow(&document, case, method, 8);
            follow(&document, case, method, 3);
        }
    }
}

type Model = (Architecture, SampleShape);

/// Other initial weights and noise than those of [`toy::trainer`].
fn other<'a>(
    model: &Model,
    method: &'a dyn Method,
    settings: &Settings,
) -> Trainer<'a, AnyNetwork> {
    let stream = Stream::new(31, "other");
    let (architecture, shape) = model;
    let network = architecture.build(*shape, CLASSES, stream.clone(), &cpu().autodiff()).unwrap();
    Trainer::new(network, method, settings.clone(), CLASSES, 6, stream).unwrap()
}

fn both<'a>(model: &Model, method: &'a dyn Method, settings: &Settings) -> Trainer<'a, AnyNetwork> {
    let first = toy::trainer(model, method, settings.clone());
    first.with_peers(vec![other(model, method, settings)])
}

/// A step of both is a step of each by itself, with what the other says as a constant that was written down.
#[test]
fn no_network_gets_a_gradient_from_the_loss_of_another() {
    let model = mlp();
    let settings = Settings::default();
    let material = samples(model.1, 8);
    let inputs = batch(material.values.in_memory().unwrap(), model.1.len());
    let seen = shown(inputs.clone(), material.labels.clone());
    let mut together = both(&model, &KD, &settings);
    let mut alone = [toy::trainer(&model, &KD, settings.clone()), other(&model, &KD, &settings)];
    for _ in 0..3 {
        let said = alone.each_ref().map(|one| {
            let network = one.selected().unwrap();
            infer(&network, material.values.in_memory().unwrap(), model.1.len(), CLASSES).unwrap()
        });
        together.step(&seen).unwrap();
        for (one, said) in alone.iter_mut().zip(said.iter().rev()) {
            let logits = TensorData::new(said.clone(), [8, CLASSES]);
            let teacher = Some(TeacherOutput::new(Tensor::from_data(logits, &cpu())));
            one.step(&Batch { teacher, ..seen.clone() }).unwrap();
        }
        let found = together.state();
        assert_eq!(found.weights, alone[0].state().weights);
        for (path, weight) in alone[1].state().weights {
            assert_eq!(found.buffers[&format!("peer-2/weights/{path}")], weight.values, "{path}");
        }
    }
}

/// The convolution network has running statistics, which are part of its weights.
#[test]
fn peers_that_do_not_count_leave_each_the_network_that_it_is_alone() {
    let kd = Kd { alpha: 0.0, ..KD };
    for model in [mlp(), cnn()] {
        let settings = Settings { epochs: 2, ..Settings::default() };
        let (material, views) = (samples(model.1, toy::ROWS), views(model.1));
        let run = |mut trainer: Trainer<'_, AnyNetwork>| {
            let mut judge = Judge::new(&material);
            assert!(trainer.run(&mut feed(&material, &views), &mut judge).unwrap());
            trainer.state()
        };
        let found = run(both(&model, &kd, &settings));
        assert_eq!(found.weights, run(toy::trainer(&model, &Alone, settings.clone())).weights);
        for (path, weight) in run(other(&model, &Alone, &settings)).weights {
            assert_eq!(found.buffers[&format!("peer-2/weights/{path}")], weight.values, "{path}");
        }
    }
}

#[test]
fn a_training_of_peers_that_was_stopped_at_any_step_goes_on_to_the_same_bits() {
    let settings = Settings { epochs: 2, ema: Some(0.9), ..Settings::default() };
    for model in [mlp(), cnn()] {
        let (material, views) = (samples(model.1, toy::ROWS), views(model.1));
        let mut whole = both(&model, &KD, &settings);
        assert!(whole.run(&mut feed(&material, &views), &mut Judge::new(&material)).unwrap());
        for stop in [1, 5, 6, 11] {
            let mut judge = Judge { stop_after: Some(stop), ..Judge::new(&material) };
            let mut first = both(&model, &KD, &settings);
            assert!(!first.run(&mut feed(&material, &views), &mut judge).unwrap());
            let mut rest = both(&model, &KD, &settings).restore(first.state()).unwrap();
            let judge = &mut Judge::new(&material);
            assert!(rest.run(&mut feed(&material, &views), judge).unwrap());
            assert!(rest.state() == whole.state(), "stopped after step {stop}");
        }
    }
}

/// Dropout and the batch normalisation of the convolution network are those of the pass in which a peer learns itself: twins
/// with the same noise say the same to the bit, and have nothing to learn from one another.
#[test]
fn twins_say_the_same() {
    let sizes = TabularResnetSizes { blocks: 1, units: 6, hidden_multiplier: 2, dropout: 0.5 };
    for model in [cnn(), (Architecture::TabularResnet(sizes), SampleShape::Vector(4))] {
        let (material, views) = (samples(model.1, toy::ROWS), views(model.1));
        let one = || toy::trainer(&model, &KD, Settings::default());
        let mut twins = one().with_peers(vec![one()]);
        let mut feed = feed(&material, &views);
        for step in 0..6 {
            let report = twins.step(&feed.batch(step).unwrap()).unwrap();
            let soft = report.parts.iter().find(|(name, _)| *name == "soft").unwrap();
            assert_eq!(soft.1, 0.0, "step {step}");
        }
        let state = twins.state();
        for (path, weight) in state.weights {
            assert_eq!(state.buffers[&format!("peer-2/weights/{path}")], weight.values, "{path}");
        }
    }
}

#[test]
fn a_state_without_the_peers_is_refused() {
    let (model, settings) = (mlp(), Settings::default());
    let state = toy::trainer(&model, &KD, settings.clone()).state();
    let error = both(&model, &KD, &settings).restore(state).unwrap_err();
    assert!(error.to_string().contains("peers: expected `peer-2/weights/"), "{error}");
}

/// Gives the scores of a script, epoch by epoch and network by network, and keeps the networks.
struct Script {
    scores: Vec<f64>,
    judged: Vec<AnyNetwork>,
    told: Vec<f64>,
}

impl Watcher<AnyNetwork> for Script {
    type Error = TrainError;

    fn validate(&mut self, network: &AnyNetwork) -> Result<Option<Validation>, TrainError> {
        let accuracy = self.scores[self.judged.len()];
        self.judged.push(network.clone());
        Ok(Some(Validation::Classes { accuracy, nll: 1.0, agreement: None }))
    }

    fn after_epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
        self.told.push(record.validation.unwrap().score());
        Ok(())
    }

    fn after_step(
        &mut self,
        _: &Trainer<'_, AnyNetwork>,
        _: &StepReport,
    ) -> Result<bool, TrainError> {
        Ok(true)
    }
}

#[test]
fn the_network_that_is_handed_over_is_the_best_on_validation() {
    let model = mlp();
    let (material, views) = (samples(model.1, toy::ROWS), views(model.1));
    for (select, scores, chosen) in [
        (Select::Last, [0.9, 0.1, 0.2, 0.3], 3),
        (Select::Last, [0.1, 0.9, 0.3, 0.3], 2),
        (Select::Best, [0.1, 0.9, 0.3, 0.2], 1),
        (Select::Best, [0.1, 0.2, 0.3, 0.2], 2),
    ] {
        let settings = Settings { epochs: 2, select, ..Settings::default() };
        let mut trainer = both(&model, &KD, &settings);
        let mut script = Script { scores: scores.to_vec(), judged: Vec::new(), told: Vec::new() };
        assert!(trainer.run(&mut feed(&material, &views), &mut script).unwrap());
        let found = read_weights(&trainer.selected().unwrap());
        assert_eq!(found, read_weights(&script.judged[chosen]), "{select:?} of {scores:?}");
        let best = [scores[0].max(scores[1]), scores[2].max(scores[3])];
        assert_eq!(script.told, best);
        let restored = both(&model, &KD, &settings).restore(trainer.state()).unwrap();
        assert_eq!(read_weights(&restored.selected().unwrap()), found);
    }
}
