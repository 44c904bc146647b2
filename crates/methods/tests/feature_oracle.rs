//! Every method that compares taps against PyTorch's autograd in float64 (`oracles/feature_methods.py`):
//! terms, their gradients by the student's taps, and those by the method's own parameters.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod tapped;

use std::collections::BTreeMap;

use nn::TapShape;
use serde_json::Value;
use tapped::{Held, answers, fitted, method_of};

/// Relative to a number or to the usual size of its gradient, whichever is more.
const TOLERANCE: f64 = 1e-5;
/// Where both sides are equal but for rounding.
const FLOOR: f64 = 1e-12;

/// As in the oracle.
struct Generator(u64);

impl Generator {
    fn values(&mut self, count: usize, make: fn(f64) -> f64) -> Vec<f32> {
        let mut unit = || {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 48) as f64 / 65536.0
        };
        (0..count).map(|_| make(unit()) as f32).collect()
    }
}

fn shape(sizes: &Value) -> TapShape {
    let sizes: Vec<usize> =
        sizes.as_array().unwrap().iter().map(|size| size.as_u64().unwrap() as usize).collect();
    match *sizes.as_slice() {
        [values] => TapShape::Vector(values),
        [positions, features] => TapShape::Sequence { positions, features },
        [channels, height, width] => TapShape::Map { channels, height, width },
        _ => panic!("a tap has one to three axes"),
    }
}

/// The taps of student and teacher.
fn taps(case: &Value) -> [Vec<Held>; 2] {
    let kind = case["kind"].as_str().unwrap();
    let batch = case["batch"].as_u64().unwrap() as usize;
    let make: fn(f64) -> f64 = match kind {
        "relu" => |unit| (3.0 * unit - 1.5).max(0.0),
        "extreme" => |unit| 20000.0 * unit - 10000.0,
        "ties" => |unit| (3.0 * unit).floor() - 1.0,
        _ => |unit| 4.0 * unit - 2.0,
    };
    let mut generator = Generator(case["seed"].as_u64().unwrap());
    let mut side = |key: &str| -> Vec<Held> {
        let shapes = case[key].as_array().unwrap().iter().map(shape);
        let held = shapes.map(|shape| {
            let width = shape.channels() * shape.positions();
            let mut values = generator.values(batch * width, make);
            if kind == "relu" {
                values[..width].fill(0.0);
            }
            if kind == "ties" {
                values.copy_within((batch - 1) * width.., 0);
            }
            Held { batch, shape, values }
        });
        held.collect()
    };
    let [student, teacher] = [side("student"), side("teacher")];
    if kind == "same" { [student.clone(), student] } else { [student, teacher] }
}

fn assert_near(found: f64, expected: f64, usual: f64, place: &str) {
    let allowed = TOLERANCE * expected.abs().max(usual) + FLOOR;
    assert!((found - expected).abs() <= allowed, "{place}: {found} is not {expected}");
}

fn assert_gradient(found: &[f32], expected: &Value, floor: f64, place: &str) {
    let found: Vec<f64> = found.iter().map(|&slope| f64::from(slope)).collect();
    let norm = found.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
    let usual = (norm / (found.len() as f64).sqrt()).max(floor);
    assert_near(norm, expected["norm"].as_f64().unwrap(), floor, place);
    let some = expected["some"].as_array().unwrap();
    let step = found.len().div_ceil(8);
    for (found, expected) in found.iter().step_by(step).zip(some) {
        assert_near(*found, expected.as_f64().unwrap(), usual, place);
    }
}

#[test]
fn every_method_of_taps_agrees_with_the_oracle() {
    let text = std::fs::read_to_string("tests/oracle/feature_methods.json").unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for case in document["cases"].as_array().unwrap() {
        let [student, teacher] = taps(case);
        for (name, expected) in case["methods"].as_object().unwrap() {
            let chosen = method_of(name, [student.len(), teacher.len()]);
            let fit = fitted(chosen.as_ref(), &student, &teacher).unwrap();
            let mut generator = Generator(case["seed"].as_u64().unwrap() + 1000);
            let own: BTreeMap<String, Vec<f32>> = fit
                .parameters()
                .into_iter()
                .map(|(path, own)| (path, generator.values(own.values.len(), |unit| unit - 0.5)))
                .collect();
            let found = answers(fit.as_ref(), &student, &teacher, &own);
            assert_eq!(found.len(), expected.as_object().unwrap().len(), "{name}");
            for answer in found {
                let place = format!(
                    "{name}, {}, {} of {} and {}, batch {}",
                    answer.name, case["kind"], case["student"], case["teacher"], case["batch"]
                );
                let expected = &expected[answer.name];
                assert_near(answer.value, expected["value"].as_f64().unwrap(), 0.0, &place);
                let extreme = if case["kind"] == "extreme" { 1e-9 } else { 0.0 };
                for (found, expected) in
                    answer.taps.iter().zip(expected["taps"].as_array().unwrap())
                {
                    assert_gradient(found, expected, extreme, &place);
                }
                let expected = expected["own"].as_object().unwrap();
                assert!(answer.own.keys().eq(expected.keys()), "{place}: {:?}", answer.own.keys());
                // What is 0 but for the rounding of a sum, as the slope of a bias in front of a softmax, is
                // so beside the slopes of the other parameters.
                let usual = |own: &Vec<f32>| {
                    let squares = own.iter().map(|slope| f64::from(*slope).powi(2));
                    (squares.sum::<f64>() / own.len() as f64).sqrt()
                };
                let floor = answer.own.values().map(usual).fold(extreme, f64::max);
                for (path, found) in &answer.own {
                    assert_gradient(found, &expected[path], floor, &format!("{place}, {path}"));
                }
                assert!(!answer.reaches_teacher, "{place}");
                compared += 1;
            }
        }
    }
    assert!(compared > 2600, "only {compared} terms");
}
