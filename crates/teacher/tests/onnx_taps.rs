//! The taps of an ONNX teacher are the values that ONNX Runtime gives for the same samples (`oracles/onnx_taps.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use data::{
    Corpus, DataOptions, ImagePreprocessing, ImageReading, PixelScale, Preprocessing, SampleShape,
    Samples, Targets,
};
use nn::{Feature, TapKind, TapShape, batch};
use onnx::Runtime;
use potstill_teacher::{
    OnnxNetwork, OnnxOptions, OutputKind, ReadyTeacher, SampleForm, Shown, TeacherError,
};
use serde_json::Value;

const SHAPE: SampleShape = SampleShape::Image { channels: 3, height: 9, width: 8 };
const RELU: &str = "/body/body.2/Relu_output_0";
const FLAT: &str = "/body/body.7/Flatten_output_0";

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

fn model(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).unwrap()
}

/// The twelve images that the model was asked about, their channels first as samples have them.
fn corpus() -> Corpus {
    let text = include_str!("../../onnx/tests/models/values.json");
    let values = serde_json::from_str::<Value>(text).unwrap()["channels_last"]["inputs"].take();
    let images = numbers(&values);
    let first = images.chunks(9 * 8 * 3).flat_map(|image| {
        (0..3).flat_map(move |channel| image.iter().skip(channel).step_by(3).copied())
    });
    let samples = |values: Vec<f32>| Samples {
        shape: SHAPE,
        labels: vec![Some(0); values.len() / SHAPE.len()],
        values: values.into(),
        targets: Targets::Classes,
    };
    let preprocessing = ImagePreprocessing {
        height: 9,
        width: 8,
        mean: vec![0.0; 3],
        deviation: vec![1.0; 3],
        unit: 1.0,
        reading: ImageReading::default(),
        classes: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
    };
    Corpus {
        copied: None,
        train: samples(first.collect()),
        weights: Vec::new(),
        omitted: Vec::new(),
        validation: samples(Vec::new()),
        test: samples(Vec::new()),
        classes: preprocessing.classes.clone(),
        preprocessing: Preprocessing::Image(preprocessing),
        cells: BTreeMap::new(),
        sources: Vec::new(),
        skipped: Vec::new(),
    }
}

fn network(corpus: &Corpus, taps: bool) -> OnnxNetwork {
    let pixels = PixelScale { range: 1.0, mean: Vec::new(), deviation: Vec::new() };
    let wanted = OnnxOptions {
        file: "net.onnx".to_owned(),
        runtime: Runtime::Rten,
        input: None,
        constants: Vec::new(),
        output: None,
        kind: OutputKind::Probabilities,
        floor: 1e-6,
        samples: SampleForm { scaled: true, pixels },
        channels_last: true,
    };
    let (file, seen) =
        ((model("channels_last"), "hash".to_owned()), (corpus.preprocessing.clone(), None));
    OnnxNetwork::new(file, wanted, seen, DataOptions::default(), corpus, taps).unwrap()
}

fn shown(corpus: &Corpus, rows: &[usize]) -> Tensor<2> {
    let mut values: Vec<f32> = Vec::new();
    rows.iter().for_each(|&row| values.extend_from_slice(&corpus.train.row(row).unwrap()));
    batch(&values, SHAPE.len())
}

#[test]
fn taps_are_the_values_of_onnx_runtime_with_their_channels_first() {
    let corpus = corpus();
    let network = network(&corpus, true);
    let offered = network.taps();
    assert!(offered.iter().all(|tap| tap.kind == TapKind::Inner && tap.name != "scores"));
    let shape = |name: &str| offered.iter().find(|tap| tap.name == name).map(|tap| tap.shape);
    assert_eq!(shape(RELU), Some(TapShape::Map { channels: 6, height: 9, width: 8 }));
    assert_eq!(shape(FLAT), Some(TapShape::Vector(8)));

    let text = include_str!("../../onnx/tests/models/taps.json");
    let expected = serde_json::from_str::<Value>(text).unwrap()["channels_last"].take();
    let expected = |name: &str| {
        let all = expected.as_array().unwrap();
        numbers(&all.iter().find(|tap| tap["name"] == name).unwrap()["values"])
    };
    let names = vec![FLAT.to_owned(), RELU.to_owned()];
    let source = network.tap_source(&corpus, 0, names).unwrap().unwrap();
    // The oracle has the first two images, here in the other order and between others.
    let rows = [7, 1, 4, 0];
    let inputs = shown(&corpus, &rows);
    let found = source.taps(Shown { inputs: &inputs, rows: &rows, view: 0, mix: None }).unwrap();
    let Some(Feature::Map(map)) = found.get(RELU) else { panic!("{found:?}") };
    assert_eq!(map.dims(), [4, 6, 9, 8]);
    let Some(Feature::Vector(flat)) = found.get(FLAT) else { panic!("{found:?}") };
    assert_eq!(flat.dims(), [4, 8]);
    for (name, values) in [(RELU, map.to_data()), (FLAT, flat.to_data())] {
        let values: Vec<f32> = values.iter::<f32>().collect();
        let width = values.len() / 4;
        for (place, row) in [(1, 1), (3, 0)] {
            let expected = &expected(name)[row * width..][..width];
            for (found, expected) in values[place * width..].iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{name}: {found} {expected}");
            }
        }
    }
}

#[test]
fn taps_are_offered_to_who_asks_for_them_alone() {
    let corpus = corpus();
    let network = network(&corpus, false);
    assert!(network.taps().is_empty());
    let source: Result<_, TeacherError> = network.tap_source(&corpus, 0, vec![RELU.to_owned()]);
    assert!(source.unwrap().is_none());
}
