//! Networks with many weights against PyTorch in float64 (`oracles/networks.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod judge;

use judge::{CLASSES, SINGLE, Tolerance, WIDE, judge};
use potstill_nn::{
    Initial, MobileNetV2, MobileNetV2Sizes, VisionTransformer, VisionTransformerSizes,
    count_parameters, cpu,
};
use random::Stream;
use serde_json::Value;

const MOBILE: MobileNetV2Sizes = MobileNetV2Sizes { width_multiplier: 1.0 };

fn oracle(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("oracle/large_networks.json")).unwrap();
    all[name].clone()
}

#[test]
fn mobilenet_v2_is_that_of_pytorch() {
    let build = |initial: &Initial| MobileNetV2::new([3, 8, 8], MOBILE, CLASSES, initial);
    judge("mobilenet_v2", &oracle("mobilenet_v2"), 192, &WIDE, build);
    // The last normalisations see five numbers a channel, which makes much of small errors: PyTorch's
    // logits of training in f32 are 1.2e-4 off, too.
    let single = Tolerance { training: 1e-3, gradients: 1e-2, running: 1e-4, ..SINGLE };
    judge("mobilenet_v2", &oracle("mobilenet_v2"), 192, &single, build);
}

#[test]
fn the_vision_transformer_is_that_of_pytorch() {
    let sizes = VisionTransformerSizes {
        patch: 4,
        width: 24,
        depth: 2,
        heads: 4,
        hidden: 40,
        distillation_token: false,
    };
    let build = |initial: &Initial| VisionTransformer::new([3, 8, 12], sizes, CLASSES, initial);
    judge("vision_transformer", &oracle("vision_transformer"), 288, &WIDE, build);
    judge("vision_transformer", &oracle("vision_transformer"), 288, &SINGLE, build);
}

#[test]
fn mobilenet_v2_has_the_published_number_of_parameters() {
    let network =
        MobileNetV2::new([3, 32, 32], MOBILE, 1000, &Initial::new(Stream::new(1, "test"), &cpu()));
    // torchvision's documentation of `mobilenet_v2`.
    assert_eq!(count_parameters(&network), 3_504_872);
}
