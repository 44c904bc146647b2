//! Smoothed and mixed labels against PyTorch's `cross_entropy` in float64 (`oracles/label_smoothing.py`), with
//! a tape and without one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::tensor::{Device, Tensor, TensorData};
use nn::{Output, Taps};
use potstill_methods::{
    Alone, Kd, Labels, LogitBatch, LogitLoss, Method, OwnNumbers, Signals, TeacherOutput, TermSum,
    label_loss,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-5;

fn numbers(value: &Value) -> Vec<f64> {
    let row = |row: &Value| row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    value.as_array().unwrap().iter().flat_map(|value| -> Vec<f64> { row(value) }).collect()
}

/// The classes of a list in which -1 is none; of nothing where there is no list.
fn known(list: &Value) -> Vec<Option<u32>> {
    let labels = list.as_array().map_or(&[][..], Vec::as_slice);
    labels.iter().map(|label| u32::try_from(label.as_i64().unwrap()).ok()).collect()
}

fn assert_close(found: &[f32], expected: &[f64], floor: f64, place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}");
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for (&found, &expected) in found.iter().zip(expected) {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= (TOLERANCE * largest).max(floor), "{place}: {found} is not {expected}");
    }
}

#[test]
fn values_and_gradients_agree_with_pytorch() {
    let document: Value =
        serde_json::from_str(include_str!("oracle/label_smoothing.json")).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 48);
    let device = Device::flex().autodiff();
    for (index, case) in cases.iter().enumerate() {
        let smoothing = case["smoothing"].as_f64().unwrap();
        let labels = case["labels"].as_array().unwrap();
        let shape = [labels.len(), case["logits"][0].as_array().unwrap().len()];
        let [classes, partners] = ["labels", "partners"].map(|key| known(&case[key]));
        let mixed = case["share"].as_f64().map(|share| (partners.as_slice(), share));
        let labels = Labels { smoothing, mixed, ..(&classes).into() };
        let logits: Vec<f32> = numbers(&case["logits"]).into_iter().map(|x| x as f32).collect();
        let (expected, slopes) = (case["loss"].as_f64().unwrap(), numbers(&case["gradient"]));
        let floor = 2.0 * f64::from(f32::EPSILON);
        let place = format!("case {index}, {shape:?}, {smoothing}");

        let tensor = Tensor::<2>::from_data(TensorData::new(logits.clone(), shape), &device);
        let tensor = tensor.require_grad();
        let loss = label_loss(&tensor, labels).unwrap();
        let value = loss.clone().try_into_vec_as::<f32>().unwrap();
        assert_close(&value, &[expected], floor, &place);
        let gradient = tensor.grad(&loss.backward()).unwrap().try_into_vec_as::<f32>().unwrap();
        assert_close(&gradient, &slopes, floor / shape[0] as f64, &place);

        let mut gradient = vec![0.0; logits.len()];
        let mut sum = TermSum::new(&mut gradient);
        let batch = LogitBatch {
            student: &logits,
            teacher: None,
            labels,
            classes: shape[1],
            own: &OwnNumbers::new(),
        };
        Alone.terms(&batch, &mut sum).unwrap();
        let terms = sum.terms();
        assert_close(&[terms[0].value as f32], &[expected], floor, &place);
        assert_close(&gradient, &slopes, floor / shape[0] as f64, &place);
    }
}

/// In `f64` the loss is made of Burn's own operations.
#[test]
fn another_number_format_gives_the_same_loss() {
    let document: Value =
        serde_json::from_str(include_str!("oracle/label_smoothing.json")).unwrap();
    for case in document["cases"].as_array().unwrap() {
        let labels = case["labels"].as_array().unwrap();
        let shape = [labels.len(), case["logits"][0].as_array().unwrap().len()];
        let [classes, partners] = ["labels", "partners"].map(|key| known(&case[key]));
        let mixed = case["share"].as_f64().map(|share| (partners.as_slice(), share));
        let smoothing = case["smoothing"].as_f64().unwrap();
        // The shortest decimals of f32 numbers.
        let logits = numbers(&case["logits"]).into_iter().map(|x| f64::from(x as f32));
        let data = TensorData::new(logits.collect::<Vec<f64>>(), shape);
        let options = (&Device::flex(), burn::tensor::DType::F64);
        let logits = Tensor::<2>::from_data(data, options);
        let loss = label_loss(&logits, Labels { smoothing, mixed, ..(&classes).into() }).unwrap();
        let found = loss.into_data().iter::<f64>().next().unwrap();
        let expected = case["loss"].as_f64().unwrap();
        assert!((found - expected).abs() <= 1e-12 * expected, "{found} is not {expected}");
    }
}

#[test]
fn the_soft_part_knows_nothing_of_it() {
    let device = Device::flex();
    let logits = Tensor::<2>::from_floats([[2.0, -1.0, 0.5]], &device);
    let student = Output { logits, taps: Taps::none() };
    let teacher = TeacherOutput::new(Tensor::from_floats([[0.0, 1.0, 0.0]], &device));
    let parts = |smoothing| {
        let labels = Labels { smoothing, ..(&[Some(0)]).into() };
        let signals = Signals { student: &student, teacher: Some(&teacher), labels };
        let parts = Kd { temperature: 2.0, alpha: 0.5 }.parts(&signals).unwrap();
        parts.iter().map(|part| part.term().value).collect::<Vec<f64>>()
    };
    let (sharp, smooth) = (parts(0.0), parts(0.2));
    assert_eq!(sharp[0], smooth[0]);
    // By hand: the labels' loss and the mean of -log p over the classes, 0.8 to 0.2.
    let log = |logit: f64| logit - (2.0_f64.exp() + (-1.0_f64).exp() + 0.5_f64.exp()).ln();
    let expected = -0.8 * log(2.0) - 0.2 * (log(2.0) + log(-1.0) + log(0.5)) / 3.0;
    assert!((smooth[1] - expected).abs() < 1e-6, "{} is not {expected}", smooth[1]);
}
