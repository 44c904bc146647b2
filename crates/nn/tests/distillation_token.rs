//! A vision transformer with a distillation token says what NumPy's says in float64.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::tensor::Tensor;
use data::SampleShape;
use potstill_nn::{
    Architecture, Initial, Network, Output, Parameter, Taps, VisionTransformer,
    VisionTransformerSizes, Weights, batch, count_parameters, cpu, totals, write_weights,
};
use random::Stream;
use serde_json::Value;

const CLASSES: usize = 3;
const SIZES: VisionTransformerSizes = VisionTransformerSizes {
    patch: 4,
    width: 6,
    depth: 2,
    heads: 2,
    hidden: 10,
    distillation_token: true,
};

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

fn network(sizes: VisionTransformerSizes) -> VisionTransformer {
    VisionTransformer::new(
        [2, 8, 8],
        sizes,
        CLASSES,
        &Initial::new(Stream::new(1, "weights"), &cpu()),
    )
}

fn compare(what: &str, found: &Tensor<2>, expected: &[f32]) {
    let found = found.to_data().try_to_vec::<f32>().unwrap();
    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-5 * largest, "{what}: {found} {expected}");
    }
}

#[test]
fn both_heads_and_their_mean_are_those_of_the_oracle() {
    let oracle: Value =
        serde_json::from_str(include_str!("oracle/distillation_token.json")).unwrap();
    let weight = |(path, weight): (&String, &Value)| {
        let shape = numbers(&weight["shape"]).into_iter().map(|size| size as usize).collect();
        (path.clone(), Parameter { shape, values: numbers(&weight["values"]) })
    };
    let weights: Weights = oracle["weights"].as_object().unwrap().iter().map(weight).collect();
    let network = write_weights(network(SIZES), &weights).unwrap();
    let inputs = batch(&numbers(&oracle["inputs"]), 2 * 8 * 8);
    let output = network.observe(inputs, Taps::none());
    let (labels, teacher) = (numbers(&oracle["labels"]), numbers(&oracle["teacher"]));
    compare("labels", output.for_labels(), &labels);
    compare("teacher", output.for_teacher(), &teacher);
    let mean: Vec<f32> =
        labels.iter().zip(&teacher).map(|(one, other)| (one + other) / 2.0).collect();
    compare("mean", &output.logits, &mean);
}

#[test]
fn without_the_token_there_is_one_head() {
    let plain = network(VisionTransformerSizes { distillation_token: false, ..SIZES });
    let output: Output = plain.observe(batch(&[0.5; 256], 128), Taps::none());
    assert!(!output.has_two_heads());
    compare("labels", output.for_labels(), &output.logits.to_data().try_to_vec::<f32>().unwrap());
    assert_eq!(count_parameters(&network(SIZES)), count_parameters(&plain) + 6 + 6 * 3 + 3);
}

#[test]
fn the_summary_counts_the_token_and_its_head() {
    let shape = SampleShape::Image { channels: 2, height: 8, width: 8 };
    let layers = Architecture::VisionTransformer(SIZES).layers(shape, CLASSES).unwrap();
    let totals = totals(&layers);
    assert_eq!(totals.parameters, count_parameters(&network(SIZES)));
    // Four patches of 32 numbers; in each of two layers five tokens with 3 x 6 x 6 + 6 x 6 products of
    // attention and 2 x 6 x 10 of the dense layers, and 2 x 5 x 5 x 6 of scores and mixing; two heads.
    let layer = 5 * (4 * 36 + 120) + 2 * 25 * 6;
    assert_eq!(totals.multiply_adds, 4 * 32 * 6 + 2 * layer + 2 * 18);
}
