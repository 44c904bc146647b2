//! Values on the way through a model are those that ONNX Runtime gives (`oracles/onnx_taps.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

use potstill_onnx::{Description, Feed, Given, Intermediate, Model, Runtime};
use serde_json::Value;

fn bytes(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

fn sizes(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|size| size as usize).collect()
}

#[test]
fn values_on_the_way_are_those_of_onnx_runtime() {
    let values: Value = serde_json::from_str(include_str!("models/values.json")).unwrap();
    let taps: Value = serde_json::from_str(include_str!("models/taps.json")).unwrap();
    for (name, expected) in taps.as_object().unwrap() {
        let bytes = bytes(name);
        let expected = expected.as_array().unwrap();
        let names: Vec<String> =
            expected.iter().map(|tap| tap["name"].as_str().unwrap().to_owned()).collect();
        let known: Vec<String> =
            Intermediate::all(&bytes).unwrap().into_iter().map(|value| value.name).collect();
        assert!(names.iter().all(|name| known.contains(name)), "{known:?}");
        let model = Model::tapped(&bytes, &Feed::default(), names, Runtime::Rten).unwrap();
        let shape = sizes(&values[name]["shape"]);
        let samples = sizes(&expected[0]["shape"])[0];
        let width = shape[1..].iter().product::<usize>();
        let inputs = numbers(&values[name]["inputs"])[..samples * width].to_vec();
        let given = model.give(&inputs, &shape[1..]).unwrap();
        assert_eq!(given.len(), expected.len());
        for (given, expected) in given.iter().zip(expected) {
            let Given::Numbers { shape, values } = given else { panic!("{name}: {given:?}") };
            assert_eq!(shape[..], sizes(&expected["shape"])[1..], "{name} {}", expected["name"]);
            let expected = numbers(&expected["values"]);
            assert_eq!(values.len(), expected.len());
            for (found, expected) in values.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{name}: {found} {expected}");
            }
        }
    }
}

#[test]
fn a_file_with_more_outputs_is_the_same_model_and_keeps_its_own() {
    let whole = bytes("channels_last");
    let taps = Intermediate::all(&whole).unwrap();
    let conv = taps.iter().find(|value| value.operator == "Conv").unwrap();
    let values: Value = serde_json::from_str(include_str!("models/values.json")).unwrap();
    let inputs = numbers(&values["channels_last"]["inputs"]);
    let names = vec!["scores".to_owned(), conv.name.clone()];
    let tapped = Model::tapped(&whole, &Feed::default(), names, Runtime::Rten).unwrap();
    let plain = Model::load(whole.clone(), &Feed::default(), None, Runtime::Rten).unwrap();
    let scores = plain.run(&inputs, &[9, 8, 3], 4).unwrap();
    let given = tapped.give(&inputs, &[9, 8, 3]).unwrap();
    let Given::Numbers { values, .. } = &given[0] else { panic!("{:?}", given[0]) };
    for (found, expected) in values.iter().zip(&scores) {
        assert!((found - expected).abs() < 1e-6);
    }
    assert!(matches!(&given[1], Given::Numbers { shape, .. } if shape[..] == [6, 9, 8]));
    assert_eq!(tapped.parameters(), plain.parameters());
    assert_eq!(Description::read(&whole).unwrap().outputs.len(), 1);
}

/// The places of the numbers that are not 0 are as many as there are such.
#[test]
fn a_value_whose_shape_depends_on_the_sample_is_said_to_be_one() {
    let bytes = bytes("changing");
    let names: Vec<String> =
        Intermediate::all(&bytes).unwrap().into_iter().map(|value| value.name).collect();
    assert_eq!(names, ["places", "numbers", "changing", "twice", "scores"]);
    let model = Model::tapped(&bytes, &Feed::default(), names, Runtime::Rten).unwrap();
    let given = model.give(&[1.0, 2.0, 0.0, 4.0, 5.0, 0.0, 0.0, 8.0], &[4]).unwrap();
    let other = |given: &Given| match given {
        Given::Other(found) => found.clone(),
        Given::Numbers { shape, .. } => panic!("{shape:?}"),
    };
    assert!(other(&given[0]).contains("Int32"), "{given:?}");
    assert_eq!(other(&given[1]), "[2, 3]");
    assert_eq!(other(&given[2]), "[2, 3] for one sample and [2, 2] for another");
    let twice = vec![2.0, 4.0, 0.0, 8.0, 10.0, 0.0, 0.0, 16.0];
    assert_eq!(given[3], Given::Numbers { shape: vec![4], values: twice });
    // The first two of twice the row are compared, and the last two.
    let scores = vec![-2.0, -8.0, 10.0, -16.0];
    assert_eq!(given[4], Given::Numbers { shape: vec![2], values: scores });
}

#[test]
fn names_that_are_no_values_and_files_that_are_none_are_errors() {
    let names = vec!["nowhere".to_owned()];
    let error = Model::tapped(&bytes("dense"), &Feed::default(), names, Runtime::Rten).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    let whole = bytes("dense");
    for cut in (0..whole.len()).map(|length| &whole[..length]) {
        if Description::read(cut).is_err() {
            let tapped =
                Model::tapped(cut, &Feed::default(), vec!["scores".to_owned()], Runtime::Rten);
            assert!(tapped.is_err(), "{} bytes", cut.len());
        }
    }
    assert!(Intermediate::all(&whole[..whole.len() / 2]).is_err());
}
