//! Initial weights as a function of seed and path, and weights into and out of networks.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use data::SampleShape;
use potstill_nn::{
    AnyNetwork, Architecture, Network, NnError, Parameter, batch, cpu, infer, read_weights,
    write_weights,
};
use random::Stream;

const IMAGE: SampleShape = SampleShape::Image { channels: 2, height: 8, width: 8 };

fn mlp(hidden: &[usize]) -> Architecture {
    Architecture::Mlp { hidden: hidden.to_vec() }
}

fn cnn() -> Architecture {
    Architecture::Cnn { channels: vec![3, 4] }
}

fn resnet(width: usize) -> Architecture {
    Architecture::Resnet { depth: 8, width }
}

fn built(architecture: &Architecture, seed: u64) -> AnyNetwork {
    let stream = Stream::new(seed, "weights");
    architecture.build(IMAGE, 3, stream, &cpu().autodiff()).unwrap()
}

/// `rows` seeded samples of [`IMAGE`].
fn samples(rows: usize, seed: u64) -> Vec<f32> {
    let mut generator = Stream::new(seed, "samples").generator();
    (0..rows * IMAGE.len()).map(|_| generator.normal() as f32).collect()
}

fn train_forward(network: &AnyNetwork, seed: u64) {
    let _ = network.logits(batch(&samples(4, seed), IMAGE.len()).autodiff());
}

fn moments(values: &[f32]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let squares = values.iter().map(|&value| (f64::from(value) - mean).powi(2));
    (mean, squares.sum::<f64>() / count)
}

#[test]
fn initial_weights_are_a_function_of_the_seed() {
    for architecture in [mlp(&[5, 4]), cnn(), resnet(4)] {
        let first = read_weights(&built(&architecture, 1));
        assert!(first == read_weights(&built(&architecture, 1)), "{}", architecture.name());
        for (path, other) in read_weights(&built(&architecture, 2)) {
            let drawn = other.shape.len() > 1;
            assert_eq!(first[&path] != other, drawn, "{path}");
        }
    }
}

#[test]
fn every_layer_has_its_own_initial_weights() {
    let weights = read_weights(&built(&resnet(4), 1));
    let drawn: Vec<_> = weights.values().filter(|weight| weight.shape.len() > 1).collect();
    for (index, left) in drawn.iter().enumerate() {
        for right in &drawn[index + 1..] {
            assert_ne!(left.values[..8], right.values[..8]);
        }
    }
}

#[test]
fn a_layer_keeps_its_initial_weights_when_another_layer_changes() {
    let pairs = [
        (mlp(&[5, 4, 6]), mlp(&[5, 4, 7]), vec!["hidden.0.weight", "hidden.1.weight"]),
        (mlp(&[5, 4, 6]), mlp(&[9, 4, 6]), vec!["hidden.2.weight", "output.weight"]),
        (mlp(&[5]), mlp(&[5, 5]), vec!["hidden.0.weight", "output.weight"]),
        (
            resnet(4),
            Architecture::Resnet { depth: 14, width: 4 },
            vec!["stem.weight", "stage2.0.shortcut.convolution.weight", "output.weight"],
        ),
    ];
    for (left, right, same) in pairs {
        let (left, right) = (read_weights(&built(&left, 3)), read_weights(&built(&right, 3)));
        for path in same {
            assert!(left[path] == right[path], "{path}");
        }
    }
}

#[test]
fn dense_weights_fill_the_interval_of_glorot_evenly() {
    let weights = read_weights(&built(&mlp(&[400]), 4));
    let weight = &weights["hidden.0.weight"];
    assert_eq!(weight.shape, [128, 400]);
    let limit = (6.0_f64 / (128.0 + 400.0)).sqrt();
    let largest = weight.values.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    assert!(f64::from(largest) <= limit * (1.0 + 1e-6), "{largest} of {limit}");
    assert!(f64::from(largest) > 0.999 * limit, "{largest} of {limit}");
    let (mean, variance) = moments(&weight.values);
    // 51,200 draws: the mean has a standard error of limit / 392, the variance of 0.4 %.
    assert!(mean.abs() < 4.0 * limit / 392.0, "{mean}");
    assert!((variance / (limit * limit / 3.0) - 1.0).abs() < 0.016, "{variance}");
    assert!(weights["hidden.0.bias"].values.iter().all(|&value| value == 0.0));
}

#[test]
fn convolutions_have_the_variance_of_he() {
    let weights = read_weights(&built(&resnet(32), 5));
    let weight = &weights["stage3.0.convolution2.weight"];
    assert_eq!(weight.shape, [128, 128, 3, 3]);
    let (mean, variance) = moments(&weight.values);
    let expected = 2.0 / (128.0 * 9.0);
    // 147,456 draws: four standard errors are 0.0104 deviations of the mean and 1.5 % of the variance.
    assert!(mean.abs() < 0.0105 * f64::sqrt(expected), "{mean}");
    assert!((variance / expected - 1.0).abs() < 0.015, "{variance}");

    // Fan out, not fan in: 128 outputs of 64 inputs.
    let (_, variance) = moments(&weights["stage3.0.convolution1.weight"].values);
    assert!((variance / expected - 1.0).abs() < 0.021, "{variance}");
    let norm = |name: &str| weights[&format!("stem_norm.{name}")].values.clone();
    for (name, value) in
        [("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_variance", 1.0)]
    {
        assert_eq!(norm(name), [value; 32], "{name}");
    }
}

#[test]
fn weights_come_back_to_the_bit_with_their_running_statistics() {
    for architecture in [mlp(&[5, 4]), cnn(), resnet(4)] {
        let name = architecture.name();
        let network = built(&architecture, 6);
        let initial = read_weights(&network);
        for seed in 0..3 {
            train_forward(&network, seed);
        }
        let weights = read_weights(&network);
        assert!(read_weights(&network) == weights, "{name}: reading changes nothing");
        let moved = weights.iter().filter(|(path, weight)| initial[*path] != **weight);
        let running = weights.keys().filter(|path| path.contains("running_")).count();
        assert_eq!(moved.count(), running, "{name}: no pending update is lost");

        let copy = write_weights(built(&architecture, 7), &weights).unwrap();
        assert!(read_weights(&copy) == weights, "{name}");
        let rows = samples(3, 9);
        let logits = |network| infer(network, &rows, IMAGE.len(), 3).unwrap();
        assert_eq!(logits(&network), logits(&copy), "{name}");

        // Both go on alike.
        train_forward(&network, 10);
        train_forward(&copy, 10);
        assert!(read_weights(&network) == read_weights(&copy), "{name}");
    }
}

#[test]
fn numbers_of_every_kind_come_back_to_the_bit() {
    let network = built(&mlp(&[4]), 1);
    let mut weights = read_weights(&network);
    let odd = [-0.0, f32::MIN_POSITIVE / 8.0, f32::MAX, f32::MIN];
    weights.get_mut("hidden.0.bias").unwrap().values = odd.to_vec();
    let back = read_weights(&write_weights(network, &weights).unwrap());
    let bits: Vec<u32> = back["hidden.0.bias"].values.iter().map(|v| v.to_bits()).collect();
    assert_eq!(bits, odd.map(f32::to_bits));
}

#[test]
fn writing_into_a_copy_leaves_the_original_alone() {
    for architecture in [cnn(), resnet(4)] {
        let network = built(&architecture, 6);
        let first = read_weights(&network);
        train_forward(&network, 1);
        let second = read_weights(&network);
        let copy = write_weights(network.clone(), &first).unwrap();
        assert!(read_weights(&copy) == first);
        assert!(read_weights(&network) == second, "{}", architecture.name());
        train_forward(&copy, 2);
        assert!(read_weights(&network) == second, "{}", architecture.name());
    }
}

#[test]
fn running_statistics_do_not_depend_on_the_thread_of_a_step() {
    let here = built(&cnn(), 6);
    let elsewhere = built(&cnn(), 6);
    for seed in 0..4 {
        train_forward(&here, seed);
        if seed % 2 == 0 {
            train_forward(&elsewhere, seed);
        } else {
            std::thread::scope(|scope| {
                scope.spawn(|| train_forward(&elsewhere, seed));
            });
        }
    }
    assert!(read_weights(&here) == read_weights(&elsewhere));
}

#[test]
fn weights_of_another_network_are_refused_by_name() {
    let network = || built(&cnn(), 6);
    let own = read_weights(&network());

    let mut missing = own.clone();
    missing.remove("stages.1.norm.running_mean");
    let error = write_weights(network(), &missing).unwrap_err();
    assert!(
        matches!(&error, NnError::MissingWeight { path, expected }
            if path == "stages.1.norm.running_mean" && *expected == [4]),
        "{error}"
    );

    let mut unknown = own.clone();
    unknown.insert(
        "stages.1.norm.runing_mean".into(),
        Parameter { shape: vec![1], values: vec![1.0] },
    );
    let error = write_weights(network(), &unknown).unwrap_err();
    assert!(
        matches!(&error, NnError::UnknownWeight { path, similar: Some(similar) }
            if path == "stages.1.norm.runing_mean" && similar == "stages.1.norm.running_mean"),
        "{error}"
    );

    for (shape, length) in [(vec![3, 2, 9], 54), (vec![3, 2, 3, 3], 53), (vec![2, 3, 3, 3], 54)] {
        let mut wrong = own.clone();
        let values = vec![0.0; length];
        wrong.insert("stages.0.convolution.weight".into(), Parameter { shape, values });
        let error = write_weights(network(), &wrong).unwrap_err();
        assert!(
            matches!(&error, NnError::WeightShape { path, expected, .. }
                if path == "stages.0.convolution.weight" && *expected == [3, 2, 3, 3]),
            "{error}"
        );
    }
}

#[test]
fn samples_that_are_no_numbers_give_logits_that_are_none() {
    for architecture in [mlp(&[5, 4]), cnn(), resnet(4)] {
        let mut rows = samples(2, 1);
        rows[IMAGE.len() + 37] = f32::NAN;
        let logits = infer(&built(&architecture, 1), &rows, IMAGE.len(), 3).unwrap();
        let name = architecture.name();
        assert!(logits[..3].iter().all(|logit| logit.is_finite()), "{name}: {logits:?}");
        assert!(logits[3..].iter().all(|logit| logit.is_nan()), "{name}: {logits:?}");
    }
}

#[test]
fn networks_that_cannot_be_are_refused_before_they_are_built() {
    let huge = usize::MAX / 3;
    let vector = SampleShape::Vector(4);
    let image = |height, width| SampleShape::Image { channels: 1, height, width };
    let cases = [
        (mlp(&[0]), vector, 3),
        (mlp(&[4, huge]), vector, 3),
        (mlp(&[4]), SampleShape::Vector(0), 3),
        (mlp(&[4]), SampleShape::Vector(huge), 3),
        (mlp(&[4]), vector, 0),
        (mlp(&[4]), vector, huge),
        (cnn(), vector, 3),
        (cnn(), image(3, 9), 3),
        (cnn(), image(huge, 9), 3),
        (Architecture::Cnn { channels: vec![1; 70] }, image(64, 64), 3),
        (Architecture::Cnn { channels: vec![0] }, image(8, 8), 3),
        (Architecture::Cnn { channels: vec![huge] }, image(8, 8), 3),
        (resnet(0), image(8, 8), 3),
        (resnet(huge), image(8, 8), 3),
        (resnet(4), image(3, 8), 3),
        (resnet(4), vector, 3),
        (Architecture::Resnet { depth: 9, width: 4 }, image(8, 8), 3),
        (Architecture::Resnet { depth: 2, width: 4 }, image(8, 8), 3),
        (Architecture::Resnet { depth: 6 * 1_000_000_000 + 2, width: 4 }, image(8, 8), 3),
    ];
    for (architecture, shape, classes) in cases {
        let error = architecture.layers(shape, classes).expect_err(&architecture.name());
        assert!(matches!(error, NnError::Shape { .. }), "{error}");
        let stream = Stream::new(1, "test");
        assert!(architecture.build(shape, classes, stream, &cpu()).is_err());
    }
}
