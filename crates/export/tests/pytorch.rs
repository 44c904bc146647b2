//! Weights that PyTorch saved (`oracles/pytorch_weights.py`): the same logits, the same tensors back,
//! and every key that does not fit is named.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use data::SampleShape;
use nn::{AnyNetwork, Architecture, KeyRules, cpu, infer};
use potstill_export::{ExportError, Misfits, decode_tensors, read_pytorch, write_pytorch};
use random::Stream;
use safetensors::SafeTensors;
use serde_json::Value;

const RESNET: &[u8] = include_bytes!("oracle/pytorch_resnet8.safetensors");
const TRANSFORMER: &[u8] = include_bytes!("oracle/pytorch_vit.safetensors");
const TABULAR: &[u8] = include_bytes!("oracle/pytorch_tabular-resnet.safetensors");

const IMAGE: SampleShape = SampleShape::Image { channels: 2, height: 8, width: 8 };
const ROW: SampleShape = SampleShape::Vector(7);

const CASES: [(&str, &str, SampleShape, &[u8]); 3] = [
    ("resnet8", r#"{"model":"resnet","depth":8,"width":2}"#, IMAGE, RESNET),
    (
        "vit",
        r#"{"model":"vit","patch":4,"width":8,"depth":1,"heads":2,"hidden":12}"#,
        IMAGE,
        TRANSFORMER,
    ),
    (
        "tabular-resnet",
        r#"{"model":"tabular-resnet","blocks":1,"units":6,"hidden_multiplier":2,"dropout":0.1}"#,
        ROW,
        TABULAR,
    ),
];

fn network(description: &str, shape: SampleShape) -> AnyNetwork {
    let architecture: Architecture = serde_json::from_str(description).unwrap();
    architecture.build(shape, 3, Stream::new(1, "replaced"), &cpu()).unwrap()
}

fn misfits(read: Result<AnyNetwork, ExportError>) -> Misfits {
    match read {
        Err(ExportError::Keys(misfits)) => *misfits,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("read"),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn networks_say_what_they_say_in_pytorch() {
    let oracle: Value = serde_json::from_str(include_str!("oracle/pytorch.json")).unwrap();
    for (name, description, shape, bytes) in CASES {
        let network =
            read_pytorch(network(description, shape), bytes, &KeyRules::default()).unwrap();
        let inputs = numbers(&oracle[name]["inputs"]).into_iter().map(|value| value as f32);
        let found = infer(&network, &inputs.collect::<Vec<_>>(), shape.len(), 3).unwrap();
        let expected = numbers(&oracle[name]["logits"]);
        assert_eq!(found.len(), expected.len());
        let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        for (found, expected) in found.iter().zip(expected) {
            let error = (f64::from(*found) - expected).abs() / largest;
            assert!(error < 1e-5, "{name}: {error}");
        }
    }
}

const FOREIGN: &[u8] = include_bytes!("oracle/foreign.safetensors");
const FOREIGN_IMAGE: SampleShape = SampleShape::Image { channels: 2, height: 4, width: 4 };
const RULES: [&str; 9] = [
    "module.* -> *",
    "auxiliary.* ->",
    "conv1.* -> stem.*",
    "bn1.* -> stem_norm.*",
    "layer*.*.conv*.* -> stage*.*.convolution*.*",
    "layer*.*.bn*.* -> stage*.*.norm*.*",
    "layer*.*.downsample.0.* -> stage*.*.shortcut.convolution.*",
    "layer*.*.downsample.1.* -> stage*.*.shortcut.norm.*",
    "fc.* -> output.*",
];

fn foreign(rules: &[&str]) -> Result<AnyNetwork, ExportError> {
    let network = network(r#"{"model":"resnet","depth":8,"width":2}"#, FOREIGN_IMAGE);
    read_pytorch(network, FOREIGN, &KeyRules::parse(rules).unwrap())
}

/// `oracles/foreign_weights.py`: names of torchvision, three precisions.
#[test]
fn a_network_with_foreign_names_says_what_it_says_in_pytorch() {
    let oracle: Value = serde_json::from_str(include_str!("oracle/foreign.json")).unwrap();
    let inputs = numbers(&oracle["inputs"]).into_iter().map(|value| value as f32);
    let inputs: Vec<f32> = inputs.collect();
    let found = infer(&foreign(&RULES).unwrap(), &inputs, FOREIGN_IMAGE.len(), 3).unwrap();
    let expected = numbers(&oracle["logits"]);
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (f64::from(*found) - expected).abs() / largest;
        assert!(error < 1e-5, "{error}");
    }
}

#[test]
fn a_name_that_no_rule_brings_home_is_told_with_the_rule_that_would() {
    let Misfits { missing, unused, misshapen, similar } = misfits(foreign(&RULES[..8]));
    assert_eq!(missing, ["output.bias", "output.weight"]);
    assert_eq!(unused, ["fc.bias", "fc.weight"]);
    assert!(misshapen.is_empty());
    assert_eq!(similar, ["fc.bias -> output.bias", "fc.weight -> output.weight"]);
    // Among several of one shape the one with the same numbers in its name.
    let without = [&RULES[..4], &RULES[5..]].concat();
    let Misfits { similar, .. } = misfits(foreign(&without));
    let expected = "layer3.0.conv2.weight -> stage3.0.convolution2.weight";
    assert!(similar.contains(&expected.to_owned()), "{similar:?}");
    let idle = foreign(&[&RULES[..], &["features.* -> *"]].concat()).unwrap_err();
    assert!(idle.to_string().contains("`features.* -> *` of `keys` fits no name"), "{idle}");
    assert!(idle.hint().unwrap().contains("potstill inspect"));
}

#[test]
fn the_same_tensors_come_back_to_the_bit() {
    for (name, description, shape, bytes) in CASES {
        let network =
            read_pytorch(network(description, shape), bytes, &KeyRules::default()).unwrap();
        let written = write_pytorch(&network).unwrap();
        let (found, expected) =
            (SafeTensors::deserialize(&written).unwrap(), SafeTensors::deserialize(bytes).unwrap());
        let mut expected: Vec<_> = expected.iter().collect();
        expected.retain(|(key, _)| !key.ends_with("num_batches_tracked"));
        assert_eq!(found.len(), expected.len(), "{name}");
        for (key, expected) in expected {
            assert_eq!(found.tensor(key).unwrap(), expected, "{name} {key}");
        }
        let (_, header) = SafeTensors::read_metadata(&written).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
        // What was written is also read here.
        assert!(decode_tensors(&written).is_ok());
    }
}

#[test]
fn every_key_that_does_not_fit_is_named() {
    let (_, _, shape, bytes) = CASES[0];
    let deeper = network(r#"{"model":"resnet","depth":14,"width":2}"#, shape);
    let plain = KeyRules::default();
    let Misfits { missing, unused, misshapen, similar } =
        misfits(read_pytorch(deeper, bytes, &plain));
    assert!(similar.is_empty());
    // A block without shortcut has two convolutions and two normalisations of four tensors each.
    assert_eq!(missing.len(), 3 * (2 + 2 * 4));
    assert_eq!(missing[0], "stage1.1.convolution1.weight");
    assert!(unused.is_empty() && misshapen.is_empty());

    let narrow = network(r#"{"model":"resnet","depth":8,"width":1}"#, shape);
    let Misfits { missing, unused, misshapen, .. } = misfits(read_pytorch(narrow, bytes, &plain));
    assert!(missing.is_empty() && unused.is_empty());
    assert!(misshapen.contains(&"output.weight (expected [3, 4], found [3, 8])".to_owned()));

    let other = network(r#"{"model":"mlp","hidden":[4]}"#, shape);
    let error = read_pytorch(other, bytes, &plain).unwrap_err().to_string();
    assert!(error.contains("; missing: hidden.0.bias, hidden.0.weight; unused: "), "{error}");
    assert!(error.contains("; of another shape: output.weight"), "{error}");
}

#[test]
fn a_number_that_is_not_finite_is_told_with_its_tensor() {
    let (_, description, shape, bytes) = CASES[0];
    for bad in [f32::NAN, f32::INFINITY] {
        let mut damaged = bytes.to_vec();
        let last = damaged.len() - 4;
        damaged[last..].copy_from_slice(&bad.to_le_bytes());
        let read = read_pytorch(network(description, shape), &damaged, &KeyRules::default());
        let error = read.unwrap_err();
        assert!(matches!(error, ExportError::NotFinite { .. }), "{error}");
        assert!(error.to_string().contains(&format!("holds {bad}")), "{error}");
    }
}

#[test]
fn a_variance_below_0_is_told_with_its_tensor() {
    let (_, description, shape, bytes) = CASES[0];
    let mut damaged = bytes.to_vec();
    let file = SafeTensors::deserialize(bytes).unwrap();
    let is_variance = |name: &&str| name.ends_with("running_var");
    let name = file.names().into_iter().find(is_variance).unwrap();
    let place = file.tensor(name).unwrap().data().as_ptr().addr() - bytes.as_ptr().addr();
    damaged[place..place + 4].copy_from_slice(&(-0.5_f32).to_le_bytes());
    let read = read_pytorch(network(description, shape), &damaged, &KeyRules::default());
    let error = read.unwrap_err().to_string();
    assert!(error.contains(name) && error.contains("holds -0.5: expected variances"), "{error}");
}
