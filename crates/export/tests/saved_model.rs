//! Students as files: read back to the bit, read by others, and damage refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use data::{
    Column, ColumnScale, Fill, ImagePreprocessing, Preprocessing, TablePreprocessing, Task,
};
use nn::{Architecture, NnError, Parameter, Weights, cpu, infer, read_weights};
use potstill_export::{ExportError, SavedModel, decode_tensors, encode_tensors};
use random::Stream;
use serde_json::Value;

const STUDENT: &[u8] = include_bytes!("oracle/student.safetensors");

fn classes() -> Vec<String> {
    ["ash", "birch", "cedar"].map(str::to_owned).to_vec()
}

fn table(columns: usize) -> Preprocessing {
    let scale = |column: usize| ColumnScale::Standardised {
        mean: 0.1 * column as f64,
        deviation: 1.0 / (column + 3) as f64,
        fill: None,
    };
    let column = |index| Column { name: format!("column {index}"), scale: scale(index) };
    let columns = (0..columns).map(column).collect();
    let (label, missing) = ("tree".into(), None);
    Preprocessing::Table(TablePreprocessing {
        task: Task::Classes,
        label,
        classes: classes(),
        target_scales: Vec::new(),
        missing,
        columns,
    })
}

fn image() -> Preprocessing {
    Preprocessing::Image(ImagePreprocessing {
        height: 8,
        width: 9,
        mean: vec![0.3, 0.4],
        deviation: vec![0.1, 0.2],
        unit: 255.0,
        reading: data::ImageReading::default(),
        classes: classes(),
    })
}

/// A model all of whose numbers are drawn, running statistics and biases too.
fn model(architecture: Architecture, preprocessing: Preprocessing) -> SavedModel {
    let stream = Stream::new(21, "weights");
    let network = architecture.build(preprocessing.shape(), 3, stream.clone(), &cpu()).unwrap();
    let mut weights = read_weights(&network);
    for (path, weight) in &mut weights {
        let mut generator = stream.named(path).generator();
        weight.values.fill_with(|| 0.5 + generator.uniform_between(-0.4, 0.4));
    }
    SavedModel { architecture, preprocessing, weights }
}

fn student() -> SavedModel {
    model(Architecture::Mlp { hidden: vec![5] }, table(4))
}

const TRANSFORMER: &str = r#"{"model":"vit","patch":1,"width":4,"depth":1,"heads":2,"hidden":5}"#;
const LAYERS: &str = r#"{"model":"layers","layers":[
    {"kind":"conv","channels":3,"kernel":3,"stride":2,"bias":true,"groups":1},
    {"kind":"residual","inner":[{"kind":"batch-norm"},{"kind":"dropout","rate":0.5}],
     "shortcut":"projection"},{"kind":"flatten"},{"kind":"dense","units":4}]}"#;
const TABULAR: &str =
    r#"{"model":"tabular-resnet","blocks":1,"units":3,"hidden_multiplier":2,"dropout":0.25}"#;

/// An architecture as the metadata of a file has it.
fn architecture(text: &str) -> Architecture {
    serde_json::from_str(text).unwrap()
}

fn models() -> Vec<SavedModel> {
    vec![
        student(),
        model(Architecture::Mlp { hidden: vec![] }, image()),
        model(Architecture::Cnn { channels: vec![3, 4] }, image()),
        model(Architecture::Resnet { depth: 8, width: 2 }, image()),
        model(architecture(r#"{"model":"wrn","depth":10,"widening":1}"#), image()),
        model(architecture(r#"{"model":"shufflenet-v2","width_multiplier":0.5}"#), image()),
        model(architecture(TRANSFORMER), image()),
        model(architecture(LAYERS), image()),
        model(architecture(TABULAR), table(4)),
    ]
}

/// The bytes of `model` with another description.
fn described(model: &SavedModel, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let (tensors, description) = decode_tensors(&model.to_bytes().unwrap()).unwrap();
    let mut description = serde_json::from_str(&description.unwrap()).unwrap();
    change(&mut description);
    encode_tensors(&tensors, &description.to_string()).unwrap()
}

fn error(bytes: &[u8]) -> ExportError {
    SavedModel::from_bytes(bytes).unwrap_err()
}

#[test]
fn a_model_comes_back_as_it_was() {
    for model in models() {
        let name = model.architecture.name();
        let bytes = model.to_bytes().unwrap();
        let back = SavedModel::from_bytes(&bytes).unwrap();
        assert!(back == model, "{name}");
        assert!(back.to_bytes().unwrap() == bytes, "{name}: equal models have equal bytes");
        assert_eq!(back.classes(), ["ash", "birch", "cedar"]);
        assert!(read_weights(&back.network().unwrap()) == model.weights, "{name}");
    }
}

#[test]
fn the_tensors_have_the_names_and_shapes_of_pytorch() {
    let architecture = Architecture::Cnn { channels: vec![3] };
    let bytes = model(architecture, image()).to_bytes().unwrap();
    let (tensors, _) = decode_tensors(&bytes).unwrap();
    let shapes: Vec<(&str, &[usize])> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), &tensor.shape[..])).collect();
    let expected: [(&str, &[usize]); 7] = [
        ("output.bias", &[3]),
        ("output.weight", &[3, 3 * 4 * 4]),
        ("stages.0.convolution.weight", &[3, 2, 3, 3]),
        ("stages.0.norm.bias", &[3]),
        ("stages.0.norm.running_mean", &[3]),
        ("stages.0.norm.running_var", &[3]),
        ("stages.0.norm.weight", &[3]),
    ];
    assert_eq!(shapes, expected);
}

#[test]
fn another_reader_finds_dense_weights_by_outputs_and_inputs() {
    let model = student();
    let bytes = model.to_bytes().unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let stored = file.tensor("hidden.0.weight").unwrap();
    assert_eq!(stored.shape(), [5, 4]);
    let numbers: Vec<f32> =
        stored.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let weight = &model.weights["hidden.0.weight"];
    assert_eq!(weight.shape, [4, 5]);
    for output in 0..5 {
        for input in 0..4 {
            assert_eq!(numbers[output * 4 + input], weight.values[input * 5 + output]);
        }
    }
}

#[test]
fn every_kind_of_preprocessing_comes_back() {
    let options = data::DataOptions { rows: Some(200), ..data::DataOptions::default() };
    let digits = data::load(&options, std::path::Path::new("")).unwrap().preprocessing;
    let levels = ["", "\"quoted\"", "größer"].map(str::to_owned).to_vec();
    let mut words = table(3);
    if let Preprocessing::Table(table) = &mut words {
        table.columns[1].scale = ColumnScale::OneHot { levels };
        let fill = Some(Fill { median: -0.0, indicator: true });
        table.columns[2].scale = ColumnScale::Standardised { mean: 1e300, deviation: 3.0, fill };
        table.missing = Some(vec!["?".into()]);
    }
    for preprocessing in [digits, words] {
        let architecture = Architecture::Mlp { hidden: vec![4] };
        let (shape, classes) = (preprocessing.shape(), preprocessing.classes().len());
        let network = architecture.build(shape, classes, Stream::new(23, "w"), &cpu()).unwrap();
        let model = SavedModel { architecture, preprocessing, weights: read_weights(&network) };
        assert!(SavedModel::from_bytes(&model.to_bytes().unwrap()).unwrap() == model);
    }
}

#[test]
fn the_stored_student_is_read_and_written_as_ever() {
    assert!(SavedModel::from_bytes(STUDENT).unwrap() == student());
    assert!(student().to_bytes().unwrap() == STUDENT);
}

#[test]
fn the_stored_student_says_what_others_read_in_its_file() {
    let oracle: Value = serde_json::from_str(include_str!("oracle/student.json")).unwrap();
    let numbers = |key: &str| -> Vec<f64> {
        oracle[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    };
    let inputs: Vec<f32> = numbers("inputs").into_iter().map(|value| value as f32).collect();
    let network = SavedModel::from_bytes(STUDENT).unwrap().network().unwrap();
    let found = infer(&network, &inputs, 4, 3).unwrap();
    let expected = numbers("logits");
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for (&found, expected) in found.iter().zip(expected) {
        assert!((f64::from(found) - expected).abs() <= 1e-5 * largest, "{found}, {expected}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for length in 0..STUDENT.len() {
        let error = error(&STUDENT[..length]);
        assert!(matches!(error, ExportError::Format(_)), "{length}: {error}");
    }
    let longer = [STUDENT, &[0]].concat();
    assert!(matches!(error(&longer), ExportError::Format(_)));
}

#[test]
fn no_changed_byte_makes_a_panic() {
    let header = u64::from_le_bytes(*STUDENT.first_chunk().unwrap()) as usize + 8;
    for place in 0..header {
        for mask in [0x01, 0x10, 0x80, 0xff] {
            let mut bytes = STUDENT.to_vec();
            bytes[place] ^= mask;
            // A changed class name or mean is still a model; all else is an error.
            if let Ok(model) = SavedModel::from_bytes(&bytes) {
                assert_eq!(model.shape().len(), 4, "{place}");
                assert!(model.weights == student().weights, "{place}");
            }
        }
    }
}

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    let bytes = described(&student(), |description| {
        description["format"] = 2.into();
        // What a later version may say need not be understood.
        description["architecture"] = "unheard of".into();
    });
    let error = error(&bytes);
    assert!(matches!(error, ExportError::Newer { expected: 1, found: 2 }), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn a_file_that_describes_no_model_is_refused() {
    let (tensors, _) = decode_tensors(STUDENT).unwrap();
    let bytes = encode_tensors(&tensors, "{").unwrap();
    assert!(matches!(error(&bytes), ExportError::Description(_)));
    let plain = b"\x02\0\0\0\0\0\0\0{}";
    assert!(matches!(error(plain), ExportError::NotAModel));
    let half = br#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#;
    let bytes = [&(half.len() as u64).to_le_bytes()[..], half, &[0, 0]].concat();
    let error = decode_tensors(&bytes).unwrap_err();
    assert!(matches!(error, ExportError::Type { .. }), "{error}");
}

#[test]
fn one_class_and_numbers_without_their_scale_are_refused() {
    let Preprocessing::Table(rows) = table(4) else { unreachable!("a table") };
    let mut one = rows.clone();
    one.classes.truncate(1);
    let numbers = TablePreprocessing { task: Task::Numbers, ..rows };
    for (rows, expected) in [
        (one, "expected at least 2 classes, found 1"),
        (numbers, "expected 3 scales of numbers, found 0"),
    ] {
        let preprocessing = Preprocessing::Table(rows);
        let outputs = preprocessing.classes().len();
        let architecture = Architecture::Mlp { hidden: vec![5] };
        let network =
            architecture.build(preprocessing.shape(), outputs, Stream::new(1, "w"), &cpu());
        let weights = read_weights(&network.unwrap());
        let bytes = SavedModel { architecture, preprocessing, weights }.to_bytes().unwrap();
        assert!(error(&bytes).to_string().ends_with(expected), "{}", error(&bytes));
    }
}

#[test]
fn weights_of_another_architecture_are_refused() {
    for hidden in [vec![4], vec![], vec![5, 3]] {
        let bytes = described(&student(), |description| {
            description["architecture"]["hidden"] = hidden.clone().into();
        });
        let error = error(&bytes);
        let weights = matches!(
            error,
            ExportError::Size { .. }
                | ExportError::Weights(
                    NnError::MissingWeight { .. }
                        | NnError::UnknownWeight { .. }
                        | NnError::WeightShape { .. }
                )
        );
        assert!(weights, "{error}");
    }
    let image = model(Architecture::Cnn { channels: vec![3] }, image());
    let bytes = described(&image, |description| {
        description["preprocessing"] = serde_json::to_value(table(4)).unwrap();
    });
    assert!(matches!(error(&bytes), ExportError::Weights(NnError::Shape { .. })));
}

#[test]
fn a_network_larger_than_the_file_is_never_built() {
    for hidden in [vec![60_000; 3], vec![60_000; 100]] {
        let bytes = described(&student(), |description| {
            description["architecture"]["hidden"] = hidden.clone().into();
        });
        let error = error(&bytes);
        assert!(matches!(error, ExportError::Size { found: 43, .. }), "{error}");
    }
    let bytes = described(&student(), |description| {
        description["architecture"]["hidden"] = vec![u64::MAX / 2].into();
    });
    assert!(matches!(error(&bytes), ExportError::Weights(NnError::Shape { .. })));
}

#[test]
fn columns_without_rows_take_no_time() {
    let (mut tensors, description) = decode_tensors(STUDENT).unwrap();
    let empty = Parameter { shape: vec![0, usize::MAX], values: vec![] };
    tensors.insert("hidden.0.weight".to_owned(), empty);
    let bytes = encode_tensors(&tensors, &description.unwrap()).unwrap();
    let error = error(&bytes);
    assert!(matches!(error, ExportError::Size { found: 23, .. }), "{error}");
}

#[test]
fn shapes_and_lengths_that_disagree_are_not_written() {
    let tensor = Parameter { shape: vec![2, 3], values: vec![0.0; 5] };
    let tensors: Weights = BTreeMap::from([("a".to_owned(), tensor)]);
    assert!(matches!(encode_tensors(&tensors, "").unwrap_err(), ExportError::Format(_)));
}
