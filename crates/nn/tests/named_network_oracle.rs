//! The named networks against PyTorch in float64 (`oracles/named_networks.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod judge;

use judge::{CLASSES, SINGLE, Tolerance, WIDE, judge};
use potstill_nn::{
    Resnet, ShuffleNetV1, ShuffleNetV2, ShuffleNetV2Sizes, TabularResnet, TabularResnetSizes, Vgg,
    VggSizes, WideResnet, WideResnetSizes,
};
use serde_json::Value;

fn case(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("oracle/named_networks.json")).unwrap();
    all["cases"][name].clone()
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
