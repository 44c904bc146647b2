//! The named networks against PyTorch in float64 (`oracles/named_networks.py`), and their costs against
//! what PyTorch counts and what was published.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod judge;

use data::SampleShape;
use judge::{CLASSES, SINGLE, Tolerance, WIDE, judge};
use options::Document;
use potstill_nn::{
    Architecture, Resnet, ShuffleNetV1, ShuffleNetV2, ShuffleNetV2Sizes, TabularResnet,
    TabularResnetSizes, Totals, Vgg, VggSizes, WideResnet, WideResnetSizes, totals,
};
use serde_json::Value;

const IMAGE: SampleShape = SampleShape::Image { channels: 3, height: 32, width: 32 };

fn oracle(part: &str, name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("oracle/named_networks.json")).unwrap();
    all[part][name].clone()
}

fn case(name: &str) -> Value {
    oracle("cases", name)
}

/// The last normalisations of deep networks see few numbers a channel, which makes much of small
/// errors in `f32`.
const DEEP: Tolerance = Tolerance { training: 1e-4, gradients: 5e-4, ..SINGLE };

#[test]
fn residual_networks_of_four_times_the_width_are_those_of_pytorch() {
    let (name, case) = ("resnet8x4", case("resnet8x4"));
    let build = |initial: &_| Resnet::new([3, 8, 8], 1, [32, 64, 128, 256], CLASSES, initial);
    judge(name, &case, 192, &WIDE, build);
    judge(name, &case, 192, &DEEP, build);
}

#[test]
fn wide_residual_networks_are_those_of_pytorch() {
    let (name, case) = ("wrn-10-1", case("wrn-10-1"));
    let sizes = WideResnetSizes { depth: 10, widening: 1 };
    let build = |initial: &_| WideResnet::new([3, 8, 8], sizes, CLASSES, initial);
    judge(name, &case, 192, &WIDE, build);
    judge(name, &case, 192, &DEEP, build);
}

#[test]
fn vgg_is_that_of_pytorch() {
    let (name, case) = ("vgg8", case("vgg8"));
    let build = |initial: &_| Vgg::new([3, 16, 16], VggSizes { depth: 8 }, CLASSES, initial);
    judge(name, &case, 768, &WIDE, build);
    judge(name, &case, 768, &DEEP, build);
}

#[test]
fn shufflenet_v1_is_that_of_pytorch() {
    let (name, case) = ("shufflenet-v1", case("shufflenet-v1"));
    let build = |initial: &_| ShuffleNetV1::new([3, 16, 16], CLASSES, initial);
    judge(name, &case, 768, &WIDE, build);
    judge(name, &case, 768, &DEEP, build);
}

#[test]
fn shufflenet_v2_is_that_of_pytorch() {
    let (name, case) = ("shufflenet-v2", case("shufflenet-v2"));
    let sizes = ShuffleNetV2Sizes { width_multiplier: 0.5 };
    let build = |initial: &_| ShuffleNetV2::new([3, 16, 16], sizes, CLASSES, initial);
    judge(name, &case, 768, &WIDE, build);
    judge(name, &case, 768, &DEEP, build);
}

#[test]
fn the_residual_network_for_tables_is_that_of_pytorch() {
    let (name, case) = ("tabular-resnet", case("tabular-resnet"));
    let sizes = TabularResnetSizes { blocks: 2, units: 12, hidden_multiplier: 2, dropout: 0.0 };
    let build = |initial: &_| TabularResnet::new(7, sizes, CLASSES, initial);
    judge(name, &case, 7, &WIDE, build);
    judge(name, &case, 7, &DEEP, build);
}

/// The network of a recipe; a number behind ` x` is its width multiplier.
fn named(name: &str) -> Architecture {
    let (model, multiplier) = name.split_once(" x").unwrap_or((name, ""));
    let mut text = format!("[student]\nmodel = \"{model}\"\n");
    if !multiplier.is_empty() {
        text.push_str(&format!("width_multiplier = {multiplier}\n"));
    }
    let mut document = Document::parse("test", &text).unwrap();
    let mut section = document.section("student", "");
    let architecture = Architecture::read(&mut section, &[]).unwrap();
    section.finish().unwrap();
    architecture
}

fn counted(name: &str, classes: usize) -> Totals {
    totals(&named(name).layers(IMAGE, classes).unwrap())
}

#[test]
fn costs_of_every_named_network_are_those_that_pytorch_counts() {
    let all: Value = serde_json::from_str(include_str!("oracle/named_networks.json")).unwrap();
    let costs = all["costs"].as_object().unwrap();
    assert_eq!(costs.len(), 2 * 30);
    for (name, expected) in costs {
        let (model, classes) = name.trim_end_matches(" classes").split_once(", ").unwrap();
        let found = counted(model, classes.parse().unwrap());
        assert_eq!(found.parameters, expected["parameters"].as_u64().unwrap(), "{name}");
        assert_eq!(found.multiply_adds, expected["multiply_adds"].as_u64().unwrap(), "{name}");
    }
}

/// Millions with as many decimals as were published.
fn millions(count: u64, like: &str) -> String {
    let decimals = like.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{:.decimals$}", count as f64 / 1e6)
}

#[test]
fn parameters_are_as_many_millions_as_published() {
    // [1] He et al. (2016), table 6; with shortcuts without weights, so only to two digits. [2]
    // Zagoruyko and Komodakis (2016), tables 2 and 5. [3] github.com/chenyaofo/pytorch-cifar-models.
    // [4] github.com/bearpaw/pytorch-classification. [5] Hassani et al. (2021), ViT-Lite-6/4.
    let cases = [
        ("resnet20", "0.27"),          // 1, 3
        ("resnet32", "0.47"),          // 3
        ("resnet44", "0.66"),          // 1, 3
        ("resnet56", "0.86"),          // 3
        ("resnet110", "1.7"),          // 1
        ("wrn-40-1", "0.6"),           // 2
        ("wrn-40-2", "2.2"),           // 2
        ("wrn-28-10", "36.5"),         // 2
        ("wrn-28-10", "36.48"),        // 4
        ("mobilenet-v2 x0.5", "0.70"), // 3, as the next
        ("mobilenet-v2 x0.75", "1.37"),
        ("mobilenet-v2", "2.24"),
        ("mobilenet-v2 x1.4", "4.33"),
        ("shufflenet-v2 x0.5", "0.35"),
        ("shufflenet-v2", "1.26"),
        ("shufflenet-v2 x1.5", "2.49"),
        ("shufflenet-v2 x2.0", "5.37"),
        ("vit", "3.19"), // 5
    ];
    for (name, published) in cases {
        // The shufflenet-v2 of [3] begins with a 3x3 convolution.
        let larger = if name.starts_with("shufflenet-v2") { 3 * 24 * 8 } else { 0 };
        let found = counted(name, 10).parameters + larger;
        assert_eq!(millions(found, published), published, "{name}");
    }
    // [4] gives its convolutions a bias.
    let biases = 2 * 64 + 2 * 128 + 4 * 256 + 8 * 512;
    assert_eq!(millions(counted("vgg19", 10).parameters + biases, "20.04"), "20.04");
}

#[test]
fn multiply_adds_are_as_many_millions_as_published() {
    // github.com/chenyaofo/pytorch-cifar-models.
    let cases = [
        ("resnet20", "40.81"),
        ("resnet32", "69.12"),
        ("resnet44", "97.44"),
        ("resnet56", "125.75"),
        ("mobilenet-v2 x0.5", "27.97"),
        ("mobilenet-v2 x0.75", "59.31"),
        ("mobilenet-v2", "87.98"),
        ("mobilenet-v2 x1.4", "170.07"),
        ("shufflenet-v2 x0.5", "10.90"),
        ("shufflenet-v2", "45.00"),
        ("shufflenet-v2 x1.5", "94.26"),
        ("shufflenet-v2 x2.0", "187.81"),
    ];
    for (name, published) in cases {
        let larger = if name.starts_with("shufflenet-v2") { 3 * 24 * 8 * 32 * 32 } else { 0 };
        let found = counted(name, 10).multiply_adds + larger;
        assert_eq!(millions(found, published), published, "{name}");
    }
}
