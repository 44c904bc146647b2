//! Weighted labels against PyTorch in float64 (`oracles/label_weights.py`), with a tape, without one, and by
//! Burn's own operations.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::tensor::{DType, Device, Tensor, TensorData};
use nn::{Output, Taps};
use potstill_methods::{
    Alone, Kd, Labels, LogitBatch, LogitLoss, Method, MethodError, OwnNumbers, Signals,
    TeacherOutput, TermSum, label_loss,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-5;

fn numbers(value: &Value) -> Vec<f32> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    let number = |value: &Value| match value {
        Value::Array(_) => numbers(value),
        number => vec![number.as_f64().unwrap() as f32],
    };
    list.iter().flat_map(number).collect()
}

/// The classes of a list in which -1 is none.
fn known(list: &Value) -> Vec<Option<u32>> {
    let labels = list.as_array().map_or(&[][..], Vec::as_slice);
    labels.iter().map(|label| u32::try_from(label.as_i64().unwrap()).ok()).collect()
}

fn assert_close(found: &[f32], expected: &[f32], floor: f64, place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}");
    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = f64::from((found - expected).abs());
        let allowed = (TOLERANCE * f64::from(largest)).max(floor);
        assert!(error <= allowed, "{place}: {found} is not {expected}");
    }
}

#[test]
fn values_and_gradients_agree_with_pytorch() {
    let document: Value = serde_json::from_str(include_str!("oracle/label_weights.json")).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 25);
    for (index, case) in cases.iter().enumerate() {
        let [classes, partners] = ["labels", "partners"].map(|key| known(&case[key]));
        let [weights, partner_weights] =
            ["weights", "partner_weights"].map(|key| numbers(&case[key]));
        let labels = Labels {
            classes: &classes,
            weights: &weights,
            smoothing: case["smoothing"].as_f64().unwrap(),
            mixed: case["share"].as_f64().map(|share| (partners.as_slice(), share)),
            partner_weights: &partner_weights,
            ..Labels::from(&classes)
        };
        let shape = [classes.len(), case["logits"][0].as_array().unwrap().len()];
        let logits = numbers(&case["logits"]);
        let expected = case["loss"].as_f64().unwrap();
        let slopes = numbers(&case["gradient"]);
        let floor = 2.0 * f64::from(f32::EPSILON);
        let place = format!("case {index}, {shape:?}");

        let data = TensorData::new(logits.clone(), shape);
        let tensor = Tensor::<2>::from_data(data, &Device::flex().autodiff()).require_grad();
        let loss = label_loss(&tensor, labels).unwrap();
        let value = loss.clone().try_into_vec_as::<f32>().unwrap();
        assert_close(&value, &[expected as f32], floor, &place);
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
        assert_close(&[terms[0].value as f32], &[expected as f32], floor, &place);
        assert_close(&gradient, &slopes, floor / shape[0] as f64, &place);

        // In `f64` the loss is made of Burn's own operations.
        let wide: Vec<f64> = logits.iter().copied().map(f64::from).collect();
        let data = TensorData::new(wide, shape);
        let tensor = Tensor::<2>::from_data(data, (&Device::flex(), DType::F64));
        let found = label_loss(&tensor, labels).unwrap().into_data().iter::<f64>().next().unwrap();
        assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{place}: {found}");
    }
}

fn parts(weights: &[f32]) -> Result<Vec<f64>, MethodError> {
    let device = Device::flex();
    let logits = Tensor::<2>::from_floats([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0]], &device);
    let student = Output { logits, taps: Taps::none() };
    let teacher = Tensor::from_floats([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0]], &device);
    let labels = Labels { weights, ..(&[Some(0), Some(1)]).into() };
    let teacher = TeacherOutput::new(teacher);
    let signals = Signals { student: &student, teacher: Some(&teacher), labels };
    let parts = Kd { temperature: 2.0, alpha: 0.5 }.parts(&signals)?;
    Ok(parts.iter().map(|part| part.term().value).collect())
}

#[test]
fn the_soft_part_knows_nothing_of_them() {
    let (plain, weighted) = (parts(&[]).unwrap(), parts(&[0.5, 1.5]).unwrap());
    assert_eq!(plain[0], weighted[0]);
    assert!((plain[1] - weighted[1]).abs() > 0.1);
    // Weights of 1 are no weights, to the bit.
    assert_eq!(parts(&[1.0, 1.0]).unwrap(), plain);
}

#[test]
fn one_weight_for_each_sample_is_demanded() {
    let error = parts(&[1.0]).unwrap_err();
    assert_eq!(error.to_string(), "weights: expected one for each of 2 samples, found 1");
    assert!(error.hint().is_some());
}
