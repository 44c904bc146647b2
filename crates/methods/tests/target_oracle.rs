//! The losses of labels and of numbers, and their gradients, against definitions that mpmath
//! evaluates with 60 digits (`oracles/targets.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod targets;

use potstill_methods::{Alone, Bernoulli, Huber, Method, Mse, TeacherBounded};
use serde_json::Value;
use targets::{Batch, term};

/// Relative to the largest number.
const TOLERANCE: f64 = 1e-6;

fn rows(value: &Value) -> Vec<Option<Vec<f32>>> {
    let number = |value: &Value| value.as_f64().unwrap() as f32;
    let row = |row: &Value| row.as_array().map(|row| row.iter().map(number).collect());
    value.as_array().unwrap().iter().map(row).collect()
}

fn flat(value: &Value) -> Vec<f32> {
    rows(value).into_iter().flatten().flatten().collect()
}

fn batch(case: &Value, are_labels: bool) -> Batch {
    let outputs = rows(&case["student"])[0].as_ref().unwrap().len();
    Batch {
        outputs,
        student: flat(&case["student"]),
        teacher: flat(&case["teacher"]),
        targets: rows(&case["targets"]),
        are_labels,
    }
}

fn assert_close(found: &[f64], expected: &[f64], place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}");
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs();
        // Where all is 0, the oracle's own rounding is left.
        assert!(error <= TOLERANCE * largest.max(1e-20), "{place}: {found} is not {expected}");
    }
}

/// The method that has a loss of the oracle as its part, and the part's name.
fn method(loss: &Value) -> (Box<dyn Method>, &'static str) {
    let option = |key: &str| loss[key].as_f64().unwrap();
    match loss["name"].as_str().unwrap() {
        "label" => (Box::new(Alone), "label"),
        "bernoulli" => (Box::new(Bernoulli { temperature: option("temperature") }), "soft"),
        "mse" => (Box::new(Mse), "mse"),
        "huber" => (Box::new(Huber { delta: option("delta") }), "huber"),
        "bounded" => (Box::new(TeacherBounded { margin: option("margin") }), "bounded"),
        other => panic!("{other}"),
    }
}

#[test]
fn values_and_gradients_agree_with_the_oracle() {
    let document: Value = serde_json::from_str(include_str!("oracle/targets.json")).unwrap();
    let mut count = 0;
    for (task, are_labels) in [("labels", true), ("numbers", false)] {
        for case in document[task].as_array().unwrap() {
            let batch = batch(case, are_labels);
            for loss in case["losses"].as_array().unwrap() {
                let (method, name) = method(loss);
                let place = format!("{task}, {}, {}", case["name"], loss["name"]);
                let expected: Vec<f64> = loss["gradient"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|row| row.as_array().unwrap())
                    .map(|value| value.as_f64().unwrap())
                    .collect();
                let value = [loss["value"].as_f64().unwrap()];
                let found = batch.taped(method.as_ref());
                let found = term(&found, name);
                assert_close(&[found.value], &value, &place);
                assert_close(&found.gradient, &expected, &format!("{place}, gradient"));
                let (terms, _) = batch.untaped(method.as_ref());
                let untaped = terms.iter().find(|(term, _)| *term == name).unwrap().1;
                assert_close(&[untaped], &value, &format!("{place}, without a tape"));
                count += 1;
            }
        }
    }
    // At the bound itself there is no gradient, so four cases lack one of their losses.
    assert_eq!(count, (16 + 16) * 4 + (20 + 12) * 6 - 4);
}
