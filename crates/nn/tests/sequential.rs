//! A list of layers: read from a recipe, checked for shapes, and equal to PyTorch in float64
//! (`oracles/named_networks.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod judge;

use data::SampleShape;
use judge::{CLASSES, SINGLE, Tolerance, WIDE, judge};
use options::Document;
use potstill_nn::{AnyNetwork, Architecture, Initial, cpu, totals};
use random::Stream;
use serde_json::Value;

const EVERY_KIND: &str = r#"
[[student.layers]]
kind = "conv"
channels = 6
[[student.layers]]
kind = "batch-norm"
[[student.layers]]
kind = "relu"
[[student.layers]]
kind = "residual"
shortcut = "projection"
inner = [
    { kind = "conv", channels = 8, stride = 2, bias = false },
    { kind = "batch-norm" },
    { kind = "gelu" },
    { kind = "depthwise-conv" },
]
[[student.layers]]
kind = "relu6"
[[student.layers]]
kind = "average-pool"
[[student.layers]]
kind = "conv"
channels = 8
groups = 2
[[student.layers]]
kind = "residual"
inner = [{ kind = "conv", channels = 8, kernel = 1 }]
[[student.layers]]
kind = "max-pool"
size = 2
[[student.layers]]
kind = "flatten"
[[student.layers]]
kind = "dense"
units = 10
[[student.layers]]
kind = "layer-norm"
[[student.layers]]
kind = "gelu"
[[student.layers]]
kind = "residual"
shortcut = "projection"
inner = [{ kind = "dense", units = 12 }, { kind = "batch-norm" }]
[[student.layers]]
kind = "dropout"
"#;

/// Two encoder layers of a transformer, the second after the attention of a convolution's pixels alone.
const TRANSFORMER: &str = r#"
[[student.layers]]
kind = "conv"
channels = 12
kernel = 2
stride = 2
[[student.layers]]
kind = "residual"
inner = [{ kind = "layer-norm" }, { kind = "attention", heads = 3 }]
[[student.layers]]
kind = "residual"
inner = [
    { kind = "layer-norm" },
    { kind = "conv", channels = 20, kernel = 1 },
    { kind = "gelu" },
    { kind = "conv", channels = 12, kernel = 1 },
]
[[student.layers]]
kind = "attention"
heads = 2
[[student.layers]]
kind = "layer-norm"
[[student.layers]]
kind = "global-average-pool"
"#;

const GLOBAL_POOL: &str = r#"
layers = [{ kind = "conv", channels = 4 }, { kind = "global-average-pool" }]
"#;

fn image(channels: usize, height: usize, width: usize) -> SampleShape {
    SampleShape::Image { channels, height, width }
}

/// The network, and the recipe with every default.
fn read(layers: &str) -> (Architecture, String) {
    let text = format!("[student]\nmodel = \"layers\"\n{layers}");
    let mut document = Document::parse("test", &text).unwrap();
    let mut section = document.section("student", "The student.");
    let architecture = Architecture::read(&mut section, &[]).unwrap();
    section.finish().unwrap();
    (architecture, document.resolved())
}

fn case(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("oracle/named_networks.json")).unwrap();
    all["cases"][name].clone()
}

/// Builds on the device of `initial`, whose stream the judge replaces with its own weights.
fn built(architecture: &Architecture, shape: SampleShape) -> impl Fn(&Initial) -> AnyNetwork {
    move |initial| {
        let stream = Stream::new(1, "replaced");
        architecture.build(shape, CLASSES, stream, initial.device()).unwrap()
    }
}

#[test]
fn every_kind_of_layer_is_that_of_pytorch() {
    let single = Tolerance { gradients: 1e-3, ..SINGLE };
    for (name, layers, shape) in [
        ("every kind of layer", EVERY_KIND, image(2, 12, 12)),
        ("global pool", GLOBAL_POOL, image(2, 5, 4)),
        ("transformer", TRANSFORMER, image(2, 6, 8)),
    ] {
        let (architecture, _) = read(layers);
        let case = case(name);
        judge(name, &case, shape.len(), &WIDE, built(&architecture, shape));
        judge(name, &case, shape.len(), &single, built(&architecture, shape));
        let found = totals(&architecture.layers(shape, CLASSES).unwrap());
        assert_eq!(found.parameters, case["parameters"].as_u64().unwrap(), "{name}");
        assert_eq!(found.multiply_adds, case["multiply_adds"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn the_resolved_recipe_reads_back_the_same() {
    for layers in [EVERY_KIND, GLOBAL_POOL, TRANSFORMER] {
        let (architecture, resolved) = read(layers);
        assert!(resolved.contains("{ kind = \"conv\", channels = "), "{resolved}");
        assert!(resolved.contains("groups = 1"), "{resolved}");
        let mut document = Document::parse("resolved", &resolved).unwrap();
        let again = Architecture::read(&mut document.section("student", ""), &[]).unwrap();
        assert_eq!(again, architecture);
        let saved = serde_json::to_string(&architecture).unwrap();
        assert_eq!(serde_json::from_str::<Architecture>(&saved).unwrap(), architecture);
    }
}

#[test]
fn shapes_are_checked_before_anything_is_built() {
    let cases = [
        (
            r#"{ kind = "conv" }, { kind = "dense" }"#,
            image(1, 8, 8),
            "what reaches `layers.1` (dense, layer 2): expected values in a row, found images of 16x8x8",
        ),
        (
            r#"{ kind = "conv" }"#,
            image(1, 8, 8),
            "what reaches the output: expected values in a row, found images of 16x8x8",
        ),
        (
            r#"{ kind = "relu" }, { kind = "conv" }"#,
            SampleShape::Vector(4),
            "what reaches `layers.1` (conv, layer 2): expected images, found 4 values",
        ),
        (
            r#"{ kind = "max-pool", size = 9 }"#,
            image(1, 8, 8),
            "what reaches `layers.0` (max-pool, layer 1): expected images of at least 9x9 pixels, found \
             images of 1x8x8",
        ),
        (
            r#"{ kind = "conv", kernel = 12 }"#,
            image(1, 8, 0),
            "the data: expected 1 to 268435456 values in a sample, found 0",
        ),
        (
            r#"{ kind = "conv", channels = 6, groups = 4 }"#,
            image(4, 8, 8),
            "`layers.0` (conv, layer 1): expected channels that are multiples of the 4 groups, found 4 before \
             it and 6 behind it",
        ),
        (
            r#"{ kind = "residual", inner = [{ kind = "conv", channels = 6 }] }"#,
            image(4, 8, 8),
            "what the layers inside of `layers.0` (residual, layer 1) give: expected images of 4x8x8, as \
             go in, found images of 6x8x8",
        ),
        (
            r#"{ kind = "residual", inner = [{ kind = "relu" }, { kind = "dense" }] }"#,
            image(4, 8, 8),
            "what reaches `layers.0.inner.1` (dense, layer 2): expected values in a row, found \
             images of 4x8x8",
        ),
        (
            r#"{ kind = "relu" }, { kind = "attention" }"#,
            SampleShape::Vector(8),
            "what reaches `layers.1` (attention, layer 2): expected images, each pixel a position, such as an \
             `embedding` gives, found 8 values",
        ),
        (
            r#"{ kind = "attention", heads = 3 }"#,
            image(4, 8, 8),
            "`layers.0` (attention, layer 1): expected channels that are a multiple of the 3 heads, found 4 \
             before it",
        ),
        (
            r#"{ kind = "residual", inner = [{ kind = "attention", heads = 1 }] }"#,
            image(1, 200, 100),
            "`layers.0.inner.0` (attention, layer 1): expected scores between positions from 1 to 4194304, \
             found 400000000",
        ),
    ];
    for (layers, shape, expected) in cases {
        let (architecture, _) = read(&format!("layers = [{layers}]"));
        let error = architecture.layers(shape, CLASSES).unwrap_err();
        // Another model is no advice to who lists layers.
        let hint = error.hint().unwrap();
        assert!(!hint.contains("`model`") || expected.starts_with("the data"), "{hint}");
        let error = error.to_string();
        assert!(error.ends_with(expected), "{error}");
        let stream = Stream::new(1, "test");
        assert!(architecture.build(shape, CLASSES, stream, &cpu()).is_err());
    }
}

#[test]
fn descriptions_from_a_file_are_checked_too() {
    let huge = usize::MAX / 2;
    let layers = [
        format!(r#"{{ "kind": "dense", "units": {huge} }}"#),
        r#"{ "kind": "dropout", "rate": 1.5 }"#.to_owned(),
        r#"{ "kind": "attention", "heads": 0 }"#.to_owned(),
        format!(r#"{{ "kind": "attention", "heads": {huge} }}"#),
        format!(r#"{{ "kind": "max-pool", "size": {huge} }}"#),
        r#"{ "kind": "max-pool", "size": 0 }"#.to_owned(),
        format!(
            r#"{{ "kind": "conv", "channels": 1, "kernel": {huge}, "stride": 1, "bias": true, "groups": 1 }}"#
        ),
        r#"{ "kind": "conv", "channels": 1, "kernel": 1, "stride": 0, "bias": true, "groups": 1 }"#
            .to_owned(),
        r#"{ "kind": "conv", "channels": 1, "kernel": 1, "stride": 1, "bias": true, "groups": 0 }"#
            .to_owned(),
    ];
    for layer in layers {
        let text = format!(r#"{{ "model": "layers", "layers": [{layer}] }}"#);
        let architecture: Architecture = serde_json::from_str(&text).unwrap();
        for shape in [image(1, 8, 8), SampleShape::Vector(4)] {
            assert!(architecture.layers(shape, CLASSES).is_err(), "{layer}");
        }
    }
}
