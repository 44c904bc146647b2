//! The parts of `kd` and their gradients against PyTorch's autograd in float64
//! (`oracles/methods.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::tensor::{Device, Tensor, TensorData};
use potstill_methods::{TeacherOutput, label_loss, soft_target_loss};
use serde_json::Value;

/// Relative to the largest number of a tensor.
const TOLERANCE: f64 = 1e-5;

/// Probabilities and their logarithms are rounded to `f32`, so where student and teacher almost agree
/// their difference keeps an absolute error of about this size, however small it is itself.
const ROUNDING: f64 = 2.0 * f32::EPSILON as f64;

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let row = |row: &Value| row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    value.as_array().unwrap().iter().map(row).collect()
}

fn tensor(value: &Value, device: &Device) -> Tensor<2> {
    let rows = rows(value);
    let shape = [rows.len(), rows[0].len()];
    let values: Vec<f32> = rows.into_iter().flatten().map(|value| value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn labels(value: &Value) -> Vec<Option<u32>> {
    value.as_array().unwrap().iter().map(|x| u32::try_from(x.as_i64().unwrap()).ok()).collect()
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    let values = tensor.try_into_vec_as::<f32>().unwrap();
    values.into_iter().map(f64::from).collect()
}

/// Compares with a tolerance relative to the largest expected number, or `floor` if that is more.
fn assert_close(found: &[f64], expected: &[f64], floor: f64, place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}");
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let allowed = (TOLERANCE * largest).max(floor);
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        assert!(error <= allowed, "{place}: {found} is not {expected} within {allowed}");
    }
}

#[test]
fn values_and_gradients_agree_with_the_oracle() {
    let document: Value = serde_json::from_str(include_str!("oracle/kd.json")).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 179);
    let device = Device::flex().autodiff();
    for case in cases {
        let temperature = case["temperature"].as_f64().unwrap();
        let teacher = TeacherOutput::new(tensor(&case["teacher"], &device));
        let gradient = |key: &str| rows(&case[key]).into_iter().flatten().collect::<Vec<_>>();
        let number = |key: &str| vec![case[key].as_f64().unwrap()];
        let student = tensor(&case["student"], &device).require_grad();
        let [batch, classes] = student.dims();
        let place = |what: &str| {
            format!("{} ({batch} of {classes}, T = {temperature}), {what}", case["name"])
        };

        let soft = soft_target_loss(student.clone(), teacher.logits(), temperature);
        let floor = ROUNDING * temperature * temperature;
        assert_close(&flat(soft.clone()), &number("soft_scaled"), floor, &place("soft"));
        let found = flat(student.grad(&soft.backward()).unwrap());
        let floor = ROUNDING * temperature / batch as f64;
        assert_close(&found, &gradient("soft_scaled_gradient"), floor, &place("soft gradient"));

        let student = student.detach().require_grad();
        let labels = labels(&case["labels"]);
        let hard = label_loss(&student, &labels).unwrap();
        assert_close(&flat(hard.clone()), &number("hard"), ROUNDING, &place("hard"));
        if labels.iter().all(Option::is_none) {
            assert_eq!(flat(hard.clone()), [0.0]);
            assert!(!hard.is_tracked());
            continue;
        }
        let found = flat(student.grad(&hard.backward()).unwrap());
        let floor = ROUNDING / batch as f64;
        assert_close(&found, &gradient("hard_gradient"), floor, &place("hard gradient"));
    }
}
