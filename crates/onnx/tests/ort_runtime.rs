//! ONNX Runtime gives what it gives in Python, in a build with the feature `ort`. Where its shared library is not found, the tests say
//! so and look at nothing else:
//! `ORT_DYLIB_PATH=.../libonnxruntime.so cargo test --release -p potstill-onnx --features ort --target-dir target/onnx`.

#![cfg(feature = "ort")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

use potstill_onnx::{Feed, Given, Model, OnnxError, OrtLibrary, Runtime, ort_library};
use serde_json::Value;

fn bytes(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

/// Whether the library is there.
fn found() -> bool {
    match ort_library() {
        OrtLibrary::Found(version) => {
            assert_eq!(Runtime::Ort.version(), Some(version));
            true
        }
        other => {
            eprintln!("skipped: ONNX Runtime is {other}");
            false
        }
    }
}

fn close(found: &[f32], expected: &[f32], name: &str) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{name}: {found} {expected}");
    }
}

#[test]
fn outputs_are_those_of_onnx_runtime_from_python() {
    if !found() {
        return;
    }
    let values: Value = serde_json::from_str(include_str!("models/values.json")).unwrap();
    for (name, case) in values.as_object().unwrap() {
        let model = Model::load(bytes(name), &Feed::default(), None, Runtime::Ort).unwrap();
        let shape: Vec<usize> =
            numbers(&case["shape"]).into_iter().map(|size| size as usize).collect();
        let classes = case["classes"].as_u64().unwrap() as usize;
        let found = model.run(&numbers(&case["inputs"]), &shape[1..], classes).unwrap();
        close(&found, &numbers(&case["outputs"]), name);
    }
}

/// Written by `oracles/onnx_taps.py`.
#[test]
fn values_on_the_way_are_those_of_onnx_runtime_from_python() {
    if !found() {
        return;
    }
    let values: Value = serde_json::from_str(include_str!("models/values.json")).unwrap();
    let taps: Value = serde_json::from_str(include_str!("models/taps.json")).unwrap();
    for (name, expected) in taps.as_object().unwrap() {
        let expected = expected.as_array().unwrap();
        let names = expected.iter().map(|tap| tap["name"].as_str().unwrap().to_owned()).collect();
        let model = Model::tapped(&bytes(name), &Feed::default(), names, Runtime::Ort).unwrap();
        let sizes = |value: &Value| -> Vec<usize> {
            numbers(value).into_iter().map(|size| size as usize).collect()
        };
        let shape = sizes(&values[name]["shape"]);
        let samples = sizes(&expected[0]["shape"])[0];
        let width = samples * shape[1..].iter().product::<usize>();
        let inputs = numbers(&values[name]["inputs"])[..width].to_vec();
        let given = model.give(&inputs, &shape[1..]).unwrap();
        assert_eq!(given.len(), expected.len(), "{name}");
        for (given, expected) in given.iter().zip(expected) {
            let Given::Numbers { shape, values } = given else { unreachable!("{given:?}") };
            assert_eq!(shape[..], sizes(&expected["shape"])[1..], "{name}");
            close(values, &numbers(&expected["values"]), name);
        }
    }
}

#[test]
fn a_forest_which_rten_lacks_is_run_by_onnx_runtime() {
    let refused =
        Model::load(bytes("forest"), &Feed::default(), Some("scores"), Runtime::Rten).unwrap_err();
    assert!(refused.to_string().contains("TreeEnsembleClassifier"), "{refused}");
    assert!(refused.hint().unwrap().contains("runtime = \"ort\""));
    if !found() {
        return;
    }
    Model::check(bytes("forest"), Runtime::Ort).unwrap();
    let case: Value = serde_json::from_str(include_str!("models/forest.json")).unwrap();
    let model =
        Model::load(bytes("forest"), &Feed::default(), Some("scores"), Runtime::Ort).unwrap();
    let (inputs, outputs) = (numbers(&case["inputs"]), numbers(&case["outputs"]));
    close(&model.run(&inputs, &[4], 3).unwrap(), &outputs, "forest");
    // The other output holds classes, which are no numbers for each of them.
    let labels =
        Model::load(bytes("forest"), &Feed::default(), Some("label"), Runtime::Ort).unwrap();
    let wrong = labels.run(&inputs, &[4], 3).unwrap_err().to_string();
    assert!(wrong.contains("expected 3 numbers for each sample"), "{wrong}");
}

#[test]
fn a_row_has_the_same_bits_whoever_is_asked_with_it_and_by_how_many_threads() {
    if !found() {
        return;
    }
    let values: Value = serde_json::from_str(include_str!("models/values.json")).unwrap();
    let all = numbers(&values["dense"]["inputs"]);
    let asked = |threads: usize, rows: &[f32]| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let load = || Model::load(bytes("dense"), &Feed::default(), None, Runtime::Ort).unwrap();
        pool.install(|| load().run(rows, &[4], 3).unwrap())
    };
    let together = asked(1, &all);
    for threads in [2, 3, 8] {
        assert_eq!(asked(threads, &all), together, "{threads}");
    }
    let alone: Vec<f32> = all.chunks(4).flat_map(|row| asked(2, row)).collect();
    assert_eq!(alone, together);
}

#[test]
fn what_is_wrong_is_named() {
    if !found() {
        return;
    }
    let mut unknown = bytes("forest");
    let name = b"TreeEnsembleClassifier";
    let place = unknown.windows(name.len()).position(|part| part == name).unwrap();
    unknown[place + name.len() - 1] = b'X';
    let refused = Model::load(unknown, &Feed::default(), Some("scores"), Runtime::Ort).unwrap_err();
    assert!(matches!(refused, OnnxError::Unsupported { runtime: "ONNX Runtime", .. }));
    assert!(refused.to_string().contains("TreeEnsembleClassifieX"), "{refused}");
    let dense = Model::load(bytes("dense"), &Feed::default(), None, Runtime::Ort).unwrap();
    let failed = |shape: &[usize], classes| dense.run(&[0.5; 20], shape, classes).unwrap_err();
    assert!(failed(&[5], 3).to_string().contains("expected `input` float [?, 4], found [5]"));
    assert!(failed(&[4], 7).to_string().contains("expected 7 numbers for each sample"));
    let whole = Model::load(bytes("bytes"), &Feed::default(), None, Runtime::Ort).unwrap();
    let halves = whole.run(&[0.5; 11], &[11], 3).unwrap_err();
    assert!(matches!(halves, OnnxError::Number { found: 0.5, .. }), "{halves}");
}
