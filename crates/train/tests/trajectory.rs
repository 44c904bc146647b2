//! Fifty steps of training against PyTorch in float64 (`oracles/trajectory.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use burn::tensor::{Tensor, TensorData};
use data::{SampleShape, Targets};
use methods::{Alone, Kd, Method, TeacherOutput};
use nn::{Architecture, Weights, batch, cpu, read_weights, write_weights};
use potstill_train::optimizer::{Adam, OptimizerOptions};
use potstill_train::schedule::Schedule;
use potstill_train::{Batch, Settings, Trainer};
use random::Stream;
use serde_json::Value;
use toy::Taped;

const TOLERANCE: f64 = 1e-4;

/// The case in which the teacher is the average of the weights.
const OWN_TEACHER: &str = "kd, taught by its own average";

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn singles(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|number| number as f32).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// The chosen rows of a matrix.
fn pick(values: &[f32], rows: &[usize], width: usize) -> Vec<f32> {
    rows.iter().flat_map(|row| values[row * width..][..width].to_vec()).collect()
}

/// Trains one case, each batch of eight rows in pieces of so many; gives the largest deviation of a weight, as a share of the largest of its tensor.
fn train(document: &Value, name: &str, method: &dyn Method, pieces: usize) -> f64 {
    let [features, classes] = ["features", "classes"].map(|key| size(&document[key]));
    let case = &document["cases"][name];
    let architecture = Architecture::Mlp { hidden: vec![size(&document["hidden"])] };
    let stream = Stream::new(1, "test");
    let network = architecture
        .build(SampleShape::Vector(features), classes, stream.clone(), &cpu().autodiff())
        .unwrap();
    let mut weights = read_weights(&network);
    for (path, weight) in &mut weights {
        weight.values = singles(&document["initial"][path]);
    }
    let network = write_weights(network, &weights).unwrap();
    let settings = Settings {
        optimizer: OptimizerOptions::Adam(Adam::default()),
        schedule: Schedule::constant(document["rate"].as_f64().unwrap()),
        ema: document["decay"].as_f64(),
        ..Settings::default()
    };
    let mut trainer = Trainer::new(network, method, settings, classes, 5, stream).unwrap();
    let own_teacher = name == OWN_TEACHER;
    if own_teacher {
        trainer = trainer.taught_by_average(document["decay"].as_f64().unwrap());
    }
    let [inputs, teacher] = ["inputs", "teacher"].map(|key| singles(&document[key]));
    let labels: Vec<Option<u32>> =
        numbers(&case["labels"]).into_iter().map(|l| (l >= 0.0).then_some(l as u32)).collect();
    let losses = numbers(&case["losses"]);
    let mut worst = 0.0_f64;
    for (step, rows) in document["order"].as_array().unwrap().iter().enumerate() {
        let rows: Vec<usize> = rows.as_array().unwrap().iter().map(size).collect();
        let part = |rows: &[usize]| {
            let logits = TensorData::new(pick(&teacher, rows, classes), [rows.len(), classes]);
            let said = TeacherOutput::new(Tensor::from_data(logits, &cpu()));
            Batch {
                rows: Vec::new(),
                inputs: batch(&pick(&inputs, rows, features), features),
                labels: rows.iter().map(|&row| labels[row]).collect(),
                weights: Vec::new(),
                teacher: Some(said).filter(|_| !own_teacher),
                targets: Targets::Classes,
                mixed: None,
            }
        };
        let batches: Vec<Batch> = rows.chunks(pieces).map(part).collect();
        let report = trainer.joint_step(&batches).unwrap();
        let error = (report.loss - losses[step]).abs();
        assert!(error <= TOLERANCE * losses[0].max(1.0), "{name}: loss of step {step}: {error}");
        let at = (step + 1).to_string();
        let Some(expected) = case["weights"].get(&at) else { continue };
        let mut compare = |weights: &Weights, expected: &Value| {
            for (path, weight) in weights {
                let expected = numbers(&expected[path]);
                let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
                for (&found, expected) in weight.values.iter().zip(expected) {
                    let error = (f64::from(found) - expected).abs() / largest;
                    assert!(error <= TOLERANCE, "{name}: {path} after {at} steps: {error}");
                    worst = worst.max(error);
                }
            }
        };
        compare(&trainer.state().weights, expected);
        compare(&read_weights(&trainer.selected().unwrap()), &case["averages"][&at]);
    }
    worst
}

/// The fixture's batches in pieces of 3, 3 and 2 rows, some of them without any label.
#[test]
fn a_step_on_several_batches_is_one_on_the_joint_batch() {
    let document: Value = serde_json::from_str(include_str!("oracle/trajectory.json")).unwrap();
    let kd = Kd { temperature: 2.0, alpha: 0.7 };
    let (taped_alone, taped_kd) = (Taped(Alone), Taped(kd));
    let methods: [(&dyn Method, &dyn Method); 2] = [(&Alone, &kd), (&taped_alone, &taped_kd)];
    for (alone, kd) in methods {
        for pieces in [1, 3, 5] {
            train(&document, "alone", alone, pieces);
            train(&document, "alone, first batch without labels", alone, pieces);
            train(&document, "kd, some labels missing", kd, pieces);
            train(&document, "kd, first batch without labels", kd, pieces);
            train(&document, OWN_TEACHER, kd, pieces);
        }
    }
}

#[test]
fn the_weights_after_1_5_and_50_steps_are_those_of_pytorch() {
    let document: Value = serde_json::from_str(include_str!("oracle/trajectory.json")).unwrap();
    let kd = Kd { temperature: 2.0, alpha: 0.7 };
    let cases: [(&str, &dyn Method); 5] = [
        ("alone", &Alone),
        ("alone, first batch without labels", &Alone),
        ("kd, some labels missing", &kd),
        ("kd, first batch without labels", &kd),
        (OWN_TEACHER, &kd),
    ];
    assert_eq!(document["cases"].as_object().unwrap().len(), cases.len());
    for (name, method) in cases {
        println!("{name}: {:.1e}", train(&document, name, method, 8));
    }
}
