//! What taps hold that are not the values between two layers, and that looking at them changes nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Tensor, TensorData};
use data::SampleShape;
use options::Document;
use potstill_nn::{
    AnyNetwork, Architecture, Attention, Feature, Initial, Network, Output, TapKind, Taps, batch,
    cpu, probe,
};
use random::Stream;

const CLASSES: usize = 3;
const SHAPE: SampleShape = SampleShape::Image { channels: 2, height: 32, width: 32 };
const MODELS: [&str; 10] = [
    "model = \"mlp\"\nhidden = [5, 4]",
    "model = \"cnn\"\nchannels = [3, 4]",
    "model = \"resnet8\"",
    "model = \"wrn-10-1\"",
    "model = \"vgg8\"",
    "model = \"mobilenet-v2\"",
    "model = \"shufflenet-v1\"",
    "model = \"shufflenet-v2\"",
    "model = \"vit\"\nembedding = 6\ndepth = 2\nheads = 2\nfeed_forward = 8",
    "model = \"layers\"\nlayers = [{ kind = \"conv\", channels = 4, kernel = 8, stride = 8 }, \
     { kind = \"attention\", heads = 2 }, { kind = \"residual\", inner = [{ kind = \"layer-norm\" }, \
     { kind = \"attention\", heads = 1 }] }, { kind = \"global-average-pool\" }]",
];

fn architecture(model: &str) -> Architecture {
    let mut document = Document::parse("job.toml", &format!("[student]\n{model}\n")).unwrap();
    let mut section = document.section("student", "");
    Architecture::read(&mut section, &[]).unwrap()
}

fn network(model: &str) -> AnyNetwork {
    let stream = Stream::new(4, "weights");
    architecture(model).build(SHAPE, CLASSES, stream, &cpu()).unwrap()
}

fn inputs() -> Tensor<2> {
    let mut generator = Stream::new(5, "inputs").generator();
    let values: Vec<f32> = (0..2 * SHAPE.len()).map(|_| generator.normal() as f32).collect();
    batch(&values, SHAPE.len())
}

fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

fn assert_near(found: &[f32], expected: &[f32], place: &str) {
    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert_eq!(found.len(), expected.len(), "{place}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * largest, "{place}: {found} {expected}");
    }
}

fn map(output: &Output, name: &str) -> Tensor<4> {
    match output.taps.get(name) {
        Some(Feature::Map(map)) => map.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_network_offers_the_taps_that_it_lists_and_says_the_same_with_them() {
    for model in MODELS {
        let network = network(model);
        let found: Vec<String> =
            probe(&network, SHAPE.len()).into_iter().map(|tap| tap.name).collect();
        assert_eq!(found, architecture(model).taps(), "{model}");
        let seen = network.observe(inputs(), Taps::all());
        assert_near(&numbers(&seen.logits), &numbers(&network.logits(inputs())), model);
    }
}

#[test]
fn the_mean_of_the_map_of_a_class_is_its_logit() {
    let mut with_maps = 0;
    for model in MODELS {
        let network = network(model);
        let maps =
            probe(&network, SHAPE.len()).into_iter().filter(|tap| tap.kind == TapKind::ClassMaps);
        for tap in maps {
            let output = network.observe(inputs(), Taps::all());
            let means: Tensor<2> = map(&output, &tap.name).mean_dims(&[2, 3]).reshape([2, CLASSES]);
            assert_near(&numbers(&means), &numbers(&output.logits), model);
            with_maps += 1;
        }
    }
    assert_eq!(with_maps, 6);
}

#[test]
fn the_relu_of_the_values_in_front_of_it_is_the_tap_behind_it() {
    for (model, stages) in [("model = \"resnet8\"", 3), ("model = \"vgg8\"", 5)] {
        let network = network(model);
        let output = network.observe(inputs(), Taps::all());
        for stage in 1..=stages {
            let before = map(&output, &format!("stage{stage}.preactivation"));
            assert!(numbers(&before).iter().any(|value| *value < 0.0), "{model}");
            let behind = map(&output, &format!("stage{stage}"));
            assert_eq!(numbers(&relu(before)), numbers(&behind), "{model}");
        }
    }
    let output = network(MODELS[1]).observe(inputs(), Taps::all());
    let before = relu(map(&output, "stage1.preactivation"));
    let [_, _, height, width] = before.dims();
    let windows = before.reshape([6, height / 2, 2, width / 2, 2]).max_dim(4).max_dim(2);
    assert_eq!(numbers(&windows), numbers(&map(&output, "stage1")));
}

/// Attention is the softmax of the scores times the values, so that the layer can be put together of them.
#[test]
fn the_softmax_of_the_scores_mixes_the_values_of_attention() {
    const TOKENS: usize = 5;
    const WIDTH: usize = 6;
    const HEADS: usize = 2;
    let layer = Attention::new(WIDTH, HEADS, &Initial::new(Stream::new(2, "weights"), &cpu()));
    let mut generator = Stream::new(3, "inputs").generator();
    let values: Vec<f32> = (0..2 * TOKENS * WIDTH).map(|_| generator.normal() as f32).collect();
    let input = Tensor::from_data(TensorData::new(values, [2 * TOKENS, WIDTH]), &cpu());
    let mut taps = Taps::all();
    let made = layer.forward(input.clone(), TOKENS, ("scores", &mut taps));
    assert_eq!(taps.kind("scores"), TapKind::Attention);
    let Some(Feature::Map(scores)) = taps.get("scores") else { panic!("no scores") };
    assert_eq!(scores.dims(), [2, HEADS, TOKENS, TOKENS]);
    // The last third of what the layer projects are the values, head by head.
    let of = layer.projection.forward(input).narrow(1, 2 * WIDTH, WIDTH);
    let of = of.reshape([2, TOKENS, HEADS, WIDTH / HEADS]).swap_dims(1, 2);
    let mixed = softmax(scores.clone(), 3).matmul(of).swap_dims(1, 2);
    let expected = layer.output.forward(mixed.reshape([2 * TOKENS, WIDTH]));
    assert_near(&numbers(&made), &numbers(&expected), "attention");
}
