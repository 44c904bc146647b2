//! The incoming weights of a unit stay within their limit.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod toy;

use data::Targets;
use methods::{Alone, Method};
use potstill_train::optimizer::{Optimizer, OptimizerOptions, Sgd, Units};
use potstill_train::{Batch, Settings};
use serde_json::Value;
use toy::{CLASSES, Taped, cnn, mlp, trainer};

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/max_norm.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

#[test]
fn descent_within_the_limit_gives_the_numbers_of_the_oracle() {
    let oracle = oracle();
    let (rate, largest) = (oracle["rate"].as_f64().unwrap(), oracle["largest"].as_f64().unwrap());
    for (name, units) in [("columns", Units::Columns(3)), ("rows", Units::Rows(6))] {
        let plain = OptimizerOptions::Sgd(Sgd { momentum: 0.0, ..Sgd::default() });
        let mut optimizer = Optimizer::new(plain).unwrap();
        optimizer.limit_norms([("weight".to_owned(), units)], largest);
        let mut weights = numbers(&oracle["start"]);
        let mut free = weights.clone();
        for gradient in oracle["gradients"].as_array().unwrap() {
            optimizer.begin_step();
            let gradient = numbers(gradient);
            assert!(optimizer.update("weight", &mut weights, &gradient, rate).unwrap());
            assert!(optimizer.update("bias", &mut free, &gradient, rate).unwrap());
        }
        for (found, expected) in weights.iter().zip(numbers(&oracle[name])) {
            assert!((found - expected).abs() < 1e-6, "{name}: {found} {expected}");
        }
        // What was not named goes where it likes.
        assert!(free.iter().any(|weight| f64::from(weight.abs()) > largest), "{free:?}");
    }
}

fn batch(features: usize) -> Batch {
    let inputs: Vec<f32> = (0..6 * features).map(|at| (at * 7 % 11) as f32 - 5.0).collect();
    Batch {
        rows: Vec::new(),
        inputs: nn::batch(&inputs, features),
        labels: (0..6).map(|row| Some((row % CLASSES) as u32)).collect(),
        targets: Targets::Classes,
        weights: Vec::new(),
        teacher: None,
        mixed: None,
    }
}

#[test]
fn every_unit_of_a_network_stays_within_its_limit_with_and_without_a_tape() {
    let largest = 0.5;
    let settings = Settings { max_norm: Some(largest), ..Settings::default() };
    let taped = Taped(Alone);
    let cases: [(_, &dyn Method, usize); 3] =
        [(mlp(), &Alone, 4), (mlp(), &taped, 4), (cnn(), &Alone, 16)];
    for (model, method, features) in cases {
        let mut trainer = trainer(&model, method, settings.clone());
        trainer.step(&batch(features)).unwrap();
        let mut at_the_limit = 0;
        for (path, weight) in trainer.state().weights {
            let units = match weight.shape[..] {
                [_, units] => units,
                [units, _, _, _] => units,
                _ => continue,
            };
            let length = weight.values.len() / units;
            for unit in 0..units {
                let place = |at: usize| match weight.shape.len() {
                    2 => at * units + unit,
                    _ => unit * length + at,
                };
                let squares = (0..length).map(|at| f64::from(weight.values[place(at)]).powi(2));
                let norm = squares.sum::<f64>().sqrt();
                assert!(norm < largest + 1e-6, "{path} {unit}: {norm}");
                at_the_limit += usize::from(norm > largest - 1e-6);
            }
        }
        assert!(at_the_limit > 0);
    }
}
