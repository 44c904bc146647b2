//! The same bits with any number of threads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use data::{Order, SampleShape};
use methods::Alone;
use nn::{Architecture, infer};
use potstill_train::{Feed, Settings, Trainer};
use random::Stream;
use toy::{CLASSES, bits, network, samples, views};

const BATCH: usize = 32;

/// Three steps and one inference in a pool of so many threads: all weights, buffers and logits.
fn trained(
    architecture: &Architecture,
    shape: SampleShape,
    batch: usize,
    threads: usize,
) -> Vec<(String, Vec<u32>)> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        assert_eq!(rayon::current_num_threads(), threads);
        let samples = samples(shape, 3 * batch);
        let views = views(shape);
        let order = Order::new(Stream::new(1, "order"), (0..3 * batch).collect(), batch).unwrap();
        let mut feed = Feed::new(&samples, &views, order, None, 3);
        let noise = Stream::new(2, "noise");
        let network = network(architecture, shape);
        let mut trainer =
            Trainer::new(network, &Alone, Settings::default(), CLASSES, 3, noise).unwrap();
        for step in 0..3 {
            trainer.step(&feed.batch(step).unwrap()).unwrap();
        }
        let mut all = bits(&trainer.state());
        let trained = trainer.selected().unwrap();
        let logits =
            infer(&trained, samples.values.in_memory().unwrap(), shape.len(), CLASSES).unwrap();
        all.push(("logits".to_owned(), logits.iter().map(|logit| logit.to_bits()).collect()));
        all
    })
}

fn assert_same_bits(architecture: &Architecture, shape: SampleShape, batch: usize) {
    let expected = trained(architecture, shape, batch, 1);
    for threads in [2, 3, 4] {
        let found = trained(architecture, shape, batch, threads);
        let differing: Vec<&String> = expected
            .iter()
            .zip(&found)
            .filter(|(expected, found)| expected != found)
            .map(|((name, _), _)| name)
            .collect();
        assert!(differing.is_empty(), "{threads} threads: {differing:?}");
    }
}

#[test]
fn a_resnet_learns_the_same_bits_with_any_number_of_threads() {
    let shape = SampleShape::Image { channels: 3, height: 16, width: 16 };
    assert_same_bits(&Architecture::Resnet { depth: 8, width: 16 }, shape, BATCH);
}

#[test]
fn a_cnn_learns_the_same_bits_with_any_number_of_threads() {
    let shape = SampleShape::Image { channels: 1, height: 28, width: 28 };
    assert_same_bits(&Architecture::Cnn { channels: vec![16, 32] }, shape, BATCH);
}

#[test]
fn a_large_mlp_learns_the_same_bits_with_any_number_of_threads() {
    let architecture = Architecture::Mlp { hidden: vec![512, 300] };
    assert_same_bits(&architecture, SampleShape::Vector(784), 256);
}

#[test]
fn a_shufflenet_learns_the_same_bits_with_any_number_of_threads() {
    let shape = SampleShape::Image { channels: 3, height: 16, width: 16 };
    assert_same_bits(&Architecture::ShuffleNetV1, shape, BATCH);
}

#[test]
fn a_list_of_layers_learns_the_same_bits_with_any_number_of_threads() {
    let layers = r#"{ "model": "layers", "layers": [
        { "kind": "conv", "channels": 12, "kernel": 3, "stride": 1, "bias": true, "groups": 3 },
        { "kind": "gelu" }, { "kind": "average-pool", "size": 2 },
        { "kind": "flatten" }, { "kind": "dense", "units": 64 }, { "kind": "layer-norm" },
        { "kind": "dropout", "rate": 0.3 }] }"#;
    let shape = SampleShape::Image { channels: 3, height: 32, width: 32 };
    assert_same_bits(&serde_json::from_str(layers).unwrap(), shape, BATCH);
}
