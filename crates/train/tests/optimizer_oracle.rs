//! Optimisers, schedules and clipping against PyTorch and Keras in float64
//! (`oracles/optimizers.py`), and what they do with wrong input.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use potstill_train::clip::{global_norm, scale};
use potstill_train::optimizer::{
    Adam, AdamW, Epsilon, Optimizer, OptimizerError, OptimizerOptions, RmsProp, Sgd,
};
use potstill_train::schedule::{Plan, Schedule, Shape};
use serde_json::Value;

const TOLERANCE: f64 = 1e-5;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/optimizers.json")).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn singles(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|value| value as f32).collect()
}

/// Compares with a tolerance relative to the largest expected number.
fn assert_close(found: &[f32], expected: &[f64], place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}");
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= TOLERANCE * largest, "{place}[{index}]: {found} is not {expected}");
    }
}

fn options(case: &Value) -> OptimizerOptions {
    let set = |key: &str| number(&case["options"][key]);
    let epsilon = || match case["options"]["form"].as_str().unwrap() {
        "pytorch" => Epsilon::PyTorch(set("epsilon")),
        "keras" => Epsilon::Keras(set("epsilon")),
        other => panic!("{other}"),
    };
    match case["kind"].as_str().unwrap() {
        "sgd" => OptimizerOptions::Sgd(Sgd {
            momentum: set("momentum"),
            nesterov: case["options"]["nesterov"].as_bool().unwrap(),
            weight_decay: set("weight_decay"),
        }),
        "rmsprop" => OptimizerOptions::RmsProp(RmsProp {
            smoothing: set("smoothing"),
            epsilon: set("epsilon"),
            momentum: set("momentum"),
            weight_decay: set("weight_decay"),
        }),
        "adam" => OptimizerOptions::Adam(Adam {
            beta1: set("beta1"),
            beta2: set("beta2"),
            epsilon: epsilon(),
            weight_decay: set("weight_decay"),
        }),
        "adamw" => OptimizerOptions::AdamW(AdamW {
            beta1: set("beta1"),
            beta2: set("beta2"),
            epsilon: epsilon(),
            weight_decay: set("weight_decay"),
        }),
        other => panic!("{other}"),
    }
}

/// Makes the steps `from..to` (counted from 0) of a case, calling `after` behind each.
fn run(
    optimizer: &mut Optimizer,
    parameter: &mut [f32],
    steps: std::ops::Range<usize>,
    document: &Value,
    case: &Value,
    mut after: impl FnMut(usize, &[f32]),
) {
    let gradients = &list(document, "gradients")[steps.clone()];
    let rates = &list(case, "learning_rates")[steps.clone()];
    for ((step, gradient), rate) in steps.zip(gradients).zip(rates) {
        optimizer.begin_step();
        optimizer.update("layer.weight", parameter, &singles(gradient), number(rate)).unwrap();
        after(step, parameter);
    }
}

#[test]
fn parameters_and_buffers_agree_with_the_oracle() {
    let document = oracle();
    let cases = list(&document, "cases");
    assert_eq!(cases.len(), 19);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let mut optimizer = Optimizer::new(options(case)).unwrap();
        let mut parameter = singles(&document["start"]);
        let mut compared = 0;
        run(&mut optimizer, &mut parameter, 0..50, &document, case, |step, parameter| {
            if let Some(expected) = case["after"].get((step + 1).to_string()) {
                assert_close(parameter, &numbers(expected), &format!("{name}, step {}", step + 1));
                compared += 1;
            }
        });
        assert_eq!(compared, 4);
        for (kind, expected) in case["buffers"].as_object().unwrap() {
            let path = format!("{kind}/layer.weight");
            let (_, found) = optimizer.buffers().find(|(name, _)| *name == path).unwrap();
            assert_close(found, &numbers(expected), &format!("{name}, {path}"));
        }
    }
}

#[test]
fn the_two_places_of_epsilon_differ_where_they_should() {
    let first_step = |epsilon: Epsilon, gradient: f32| {
        let adam = OptimizerOptions::Adam(Adam { epsilon, ..Adam::default() });
        let mut optimizer = Optimizer::new(adam).unwrap();
        let mut parameter = [0.0];
        optimizer.begin_step();
        optimizer.update("p", &mut parameter, &[gradient], 1.0).unwrap();
        -f64::from(parameter[0])
    };
    // g / (g + e) and g / (g + e / sqrt(0.001)) by hand, g = e.
    assert!((first_step(Epsilon::PyTorch(1e-7), 1e-7) - 0.5).abs() < 1e-6);
    let keras = 1.0 / (1.0 + 1.0 / 0.001_f64.sqrt());
    assert!((first_step(Epsilon::Keras(1e-7), 1e-7) - keras).abs() < 1e-6);
}

#[test]
fn a_saved_and_loaded_state_continues_with_the_same_bits() {
    let document = oracle();
    for case in list(&document, "cases") {
        let mut parameter = singles(&document["start"]);
        let mut whole = Optimizer::new(options(case)).unwrap();
        run(&mut whole, &mut parameter, 0..23, &document, case, |_, _| ());

        let mut resumed = Optimizer::new(options(case)).unwrap();
        resumed.set_step(whole.step());
        for (name, values) in whole.buffers() {
            resumed.load_buffer(&name, values.to_vec()).unwrap();
        }
        let mut copy = parameter.clone();
        run(&mut whole, &mut parameter, 23..50, &document, case, |_, _| ());
        run(&mut resumed, &mut copy, 23..50, &document, case, |_, _| ());
        assert_eq!(parameter, copy, "{}", case["name"]);
        assert!(whole.buffers().eq(resumed.buffers()), "{}", case["name"]);
    }
}

#[test]
fn learning_rates_agree_with_the_oracle() {
    let document = oracle();
    let schedules = list(&document, "schedules");
    assert_eq!(schedules.len(), 15);
    for case in schedules {
        let schedule = Schedule {
            rate: number(&case["base"]),
            warmup_steps: case["warmup_steps"].as_u64().unwrap(),
            shape: match case["shape"].as_str().unwrap() {
                "constant" => Shape::Constant,
                "step" => Shape::Step {
                    milestones: numbers(&case["milestones"]).iter().map(|&at| at as u64).collect(),
                    factor: number(&case["factor"]),
                },
                "polynomial" => Shape::Polynomial { power: number(&case["power"]) },
                "one-cycle" => Shape::OneCycle,
                "exponential" => Shape::Exponential {
                    start: number(&case["start"]),
                    steps: case["steps"].as_u64().unwrap(),
                },
                _ => Shape::Cosine { final_fraction: number(&case["final_fraction"]) },
            },
        };
        let total = case["total_steps"].as_u64().unwrap();
        let epochs = case["epochs"].as_u64().unwrap();
        let plan = Plan { epochs, steps_per_epoch: total / epochs };
        let expected = numbers(&case["learning_rates"]);
        assert_eq!(expected.len() as u64, plan.total_steps());
        for (step, expected) in (0..total).zip(expected) {
            let found = schedule.learning_rate(step, plan);
            assert!((found - expected).abs() <= 1e-12 * schedule.rate, "{schedule:?} {step}");
        }
    }
}

#[test]
fn clipping_agrees_with_the_oracle() {
    let document = oracle();
    let clips = list(&document, "clips");
    assert_eq!(clips.len(), 5);
    for case in clips {
        let gradients: Vec<Vec<f32>> = list(case, "gradients").iter().map(singles).collect();
        let norm = global_norm(gradients.iter().map(Vec::as_slice));
        let expected = number(&case["norm"]);
        assert!((norm - expected).abs() <= 1e-12 * expected, "{case}");
        let factor = scale(norm, number(&case["maximum"]));
        for (gradient, expected) in gradients.iter().zip(list(case, "clipped")) {
            let clipped: Vec<f32> = gradient.iter().map(|value| value * factor).collect();
            assert_close(&clipped, &numbers(expected), case["name"].as_str().unwrap());
        }
    }
}

#[test]
fn settings_out_of_range_are_refused_with_their_name() {
    let refused = |options: OptimizerOptions, text: &str| {
        let error = Optimizer::new(options).unwrap_err();
        assert_eq!(error.to_string(), text);
        assert!(error.hint().is_some());
    };
    refused(
        OptimizerOptions::Sgd(Sgd { momentum: 1.0, ..Sgd::default() }),
        "optimiser option `momentum`: expected at least 0 and below 1, found 1",
    );
    refused(
        OptimizerOptions::Sgd(Sgd { momentum: 0.0, nesterov: true, weight_decay: 0.0 }),
        "optimiser option `nesterov`: expected a `momentum` above 0, found 0",
    );
    refused(
        OptimizerOptions::Adam(Adam { beta2: f64::NAN, ..Adam::default() }),
        "optimiser option `beta2`: expected at least 0 and below 1, found NaN",
    );
    refused(
        OptimizerOptions::AdamW(AdamW { weight_decay: -0.1, ..AdamW::default() }),
        "optimiser option `weight_decay`: expected a finite number of at least 0, found -0.1",
    );
    for epsilon in [0.0, -1e-8, 1e-60, f64::INFINITY, f64::NAN] {
        for epsilon in [Epsilon::PyTorch(epsilon), Epsilon::Keras(epsilon)] {
            let adam = OptimizerOptions::Adam(Adam { epsilon, ..Adam::default() });
            assert!(matches!(
                Optimizer::new(adam),
                Err(OptimizerError::Option { option: "epsilon", .. })
            ));
        }
    }
}

#[test]
fn a_spared_parameter_knows_no_weight_decay() {
    let (gradient, start) = ([0.3, -0.2], [1.0, -2.0]);
    let weight_decay = 0.1;
    let all = |weight_decay| {
        [
            OptimizerOptions::Sgd(Sgd { weight_decay, ..Sgd::default() }),
            OptimizerOptions::RmsProp(RmsProp { weight_decay, ..RmsProp::default() }),
            OptimizerOptions::Adam(Adam { weight_decay, ..Adam::default() }),
            OptimizerOptions::AdamW(AdamW { weight_decay, ..AdamW::default() }),
        ]
    };
    for (decaying, free) in all(weight_decay).into_iter().zip(all(0.0)) {
        let run = |options, spared: bool| {
            let mut optimizer = Optimizer::new(options).unwrap();
            if spared {
                optimizer.spare_from_decay(["a.bias".to_owned()]);
            }
            let mut parameters = [start; 2];
            for _ in 0..3 {
                optimizer.begin_step();
                for (path, parameter) in ["a.bias", "a.weight"].iter().zip(&mut parameters) {
                    optimizer.update(path, parameter, &gradient, 0.05).unwrap();
                }
            }
            parameters
        };
        let [decayed, spared, never] = [(decaying, false), (decaying, true), (free, false)]
            .map(|(options, spared)| run(options, spared));
        assert_eq!(spared[0], never[0], "{decaying:?}");
        assert_eq!(spared[1], decayed[1], "{decaying:?}");
        assert_ne!(spared[0], decayed[0], "{decaying:?}");
    }
}

#[test]
fn wrong_lengths_and_lost_buffers_are_errors_that_change_nothing() {
    let mut optimizer = Optimizer::new(OptimizerOptions::Adam(Adam::default())).unwrap();
    let mut parameter = [1.0, 2.0];
    let mut update = |optimizer: &mut Optimizer, gradient: &[f32]| {
        let result = optimizer.update("a.weight", &mut parameter, gradient, 0.1);
        (result, parameter)
    };
    let untouched = [1.0, 2.0];

    let (result, parameter) = update(&mut optimizer, &[1.0, 1.0]);
    assert_eq!(result, Err(OptimizerError::NotBegun { path: "a.weight".into() }));
    assert_eq!(parameter, untouched);

    optimizer.begin_step();
    let (result, parameter) = update(&mut optimizer, &[1.0]);
    assert_eq!(
        result.unwrap_err().to_string(),
        "gradient of parameter `a.weight`: expected 2 numbers, found 1"
    );
    assert_eq!(parameter, untouched);

    optimizer.set_step(7);
    optimizer.begin_step();
    let (result, parameter) = update(&mut optimizer, &[1.0, 1.0]);
    assert_eq!(result, Err(OptimizerError::Missing { path: "a.weight".into(), step: 8 }));
    assert_eq!(parameter, untouched);

    optimizer.load_buffer("first/a.weight", vec![0.0, 0.0]).unwrap();
    let (result, parameter) = update(&mut optimizer, &[1.0, 1.0]);
    assert_eq!(
        result.unwrap_err().to_string(),
        "second of parameter `a.weight`: expected 2 numbers, found 0"
    );
    assert_eq!(parameter, untouched);

    optimizer.load_buffer("second/a.weight", vec![0.0, 0.0]).unwrap();
    assert_eq!(update(&mut optimizer, &[1.0, 1.0]).0, Ok(true));

    for name in ["momentum/a.weight", "a.weight", ""] {
        let error = optimizer.load_buffer(name, Vec::new()).unwrap_err();
        assert!(matches!(error, OptimizerError::UnknownBuffer { .. }), "{error}");
    }
}

#[test]
fn plain_gradient_descent_keeps_no_buffer_and_needs_none() {
    let sgd = Sgd { momentum: 0.0, ..Sgd::default() };
    let mut optimizer = Optimizer::new(OptimizerOptions::Sgd(sgd)).unwrap();
    optimizer.set_step(5);
    optimizer.begin_step();
    let mut parameter = [1.0];
    optimizer.update("p", &mut parameter, &[0.5], 0.5).unwrap();
    assert_eq!(parameter, [0.75]);
    assert_eq!(optimizer.buffers().count(), 0);
}
