//! Networks against PyTorch in float64 (`oracles/networks.py`): logits in inference and training,
//! gradients, running statistics and costs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Gradients, Int, Tensor, TensorData};
use data::SampleShape;
use potstill_nn::{
    AnyNetwork, Architecture, Network, Parameter, Path, Weights, batch, count_parameters, cpu,
    infer, read_weights, totals, write_weights,
};
use random::Stream;
use serde_json::Value;

const CLASSES: usize = 3;
const BATCH: usize = 5;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/networks.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn singles(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|number| number as f32).collect()
}

fn by_path(value: &Value) -> BTreeMap<String, Vec<f64>> {
    let entries = value.as_object().unwrap().iter();
    entries.map(|(path, values)| (path.clone(), numbers(values))).collect()
}

fn image(channels: usize, height: usize, width: usize) -> SampleShape {
    SampleShape::Image { channels, height, width }
}

fn resnet(depth: usize, width: usize) -> Architecture {
    Architecture::Resnet { depth, width }
}

fn cnn(channels: &[usize]) -> Architecture {
    Architecture::Cnn { channels: channels.to_vec() }
}

fn mlp(hidden: &[usize]) -> Architecture {
    Architecture::Mlp { hidden: hidden.to_vec() }
}

/// The networks of the oracle, on an autodiff device.
fn cases() -> Vec<(&'static str, SampleShape, AnyNetwork, Value)> {
    let oracle = oracle();
    let plans = [
        ("mlp", mlp(&[5, 4]), SampleShape::Vector(7)),
        ("cnn", cnn(&[3, 4]), image(1, 8, 8)),
        ("resnet8", resnet(8, 4), image(2, 8, 8)),
    ];
    plans
        .into_iter()
        .map(|(name, architecture, shape)| {
            let case = oracle["networks"][name].clone();
            let weights: Weights = case["weights"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(path, weight)| {
                    let shape = numbers(&weight["shape"]).into_iter().map(|size| size as usize);
                    let values = singles(&weight["values"]);
                    (path.clone(), Parameter { shape: shape.collect(), values })
                })
                .collect();
            let device = cpu().autodiff();
            let network =
                architecture.build(shape, CLASSES, Stream::new(1, "test"), &device).unwrap();
            (name, shape, write_weights(network, &weights).unwrap(), case)
        })
        .collect()
}

/// The largest deviation as a share of the largest expected number.
fn deviation(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let pairs = found.iter().zip(expected);
    let error = pairs.map(|(&found, &expected)| (f64::from(found) - expected).abs());
    // A number that is not one counts as infinitely far off.
    error.map(|off| if off.is_nan() { f64::INFINITY } else { off }).fold(0.0, f64::max) / largest
}

fn inputs(case: &Value, shape: SampleShape) -> Tensor<2> {
    batch(&singles(&case["inputs"]), shape.len())
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

struct Collector {
    path: Path,
    gradients: Gradients,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(&self.gradients) {
            self.found.insert(self.path.joined(), values(gradient));
        }
    }
}

#[test]
fn logits_of_inference_are_those_of_pytorch() {
    for (name, shape, network, case) in cases() {
        let expected = numbers(&case["inference_logits"]);
        let found = infer(&network, &singles(&case["inputs"]), shape.len(), CLASSES).unwrap();
        let error = deviation(&found, &expected);
        println!("{name}: inference logits {error:.1e}");
        assert!(error < 1e-5, "{name}: {error}");
    }
}

#[test]
fn inference_leaves_the_running_statistics_alone() {
    for (name, shape, network, case) in cases() {
        let before = read_weights(&network);
        infer(&network, &singles(&case["inputs"]), shape.len(), CLASSES).unwrap();
        assert!(read_weights(&network) == before, "{name}");
    }
}

#[test]
fn logits_loss_and_gradients_of_training_are_those_of_pytorch() {
    for (name, shape, network, case) in cases() {
        let logits = network.logits(inputs(&case, shape).autodiff());
        let error = deviation(&values(logits.clone()), &numbers(&case["training_logits"]));
        println!("{name}: training logits {error:.1e}");
        assert!(error < 1e-5, "{name}: {error}");

        let labels: Vec<i64> = numbers(&case["labels"]).iter().map(|&label| label as i64).collect();
        let labels = TensorData::new(labels, [BATCH, 1]);
        let labels = Tensor::<2, Int>::from_data(labels, &logits.device());
        let loss = log_softmax(logits, 1).gather(1, labels).mean().neg();
        let error = deviation(&values(loss.clone()), &[case["loss"].as_f64().unwrap()]);
        assert!(error < 1e-5, "{name}: {error}");

        let gradients = loss.backward();
        let mut collector = Collector { path: Path::default(), gradients, found: BTreeMap::new() };
        network.visit(&mut collector);
        let expected = by_path(&case["gradients"]);
        assert_eq!(
            collector.found.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{name}"
        );
        let mut worst = (0.0, "");
        for (path, expected) in &expected {
            let error = deviation(&collector.found[path], expected);
            assert!(error < 1e-4, "{name} {path}: {error}");
            if error > worst.0 {
                worst = (error, path);
            }
        }
        println!("{name}: gradients {:.1e} at {}", worst.0, worst.1);
    }
}

#[test]
fn running_statistics_after_one_step_are_those_of_pytorch() {
    for (name, shape, network, case) in cases() {
        let _ = network.logits(inputs(&case, shape).autodiff());
        let weights = read_weights(&network);
        let running = by_path(&case["running"]);
        let found = weights.keys().filter(|path| path.contains("running_"));
        assert_eq!(found.collect::<Vec<_>>(), running.keys().collect::<Vec<_>>(), "{name}");
        let mut worst = 0.0_f64;
        for (path, expected) in &running {
            let error = deviation(&weights[path].values, expected);
            assert!(error < 1e-5, "{name} {path}: {error}");
            worst = worst.max(error);
        }
        println!("{name}: running statistics {worst:.1e}");
    }
}

#[test]
fn costs_are_those_that_pytorch_counts() {
    let vector = SampleShape::Vector;
    let cases = [
        ("mlp", mlp(&[32, 16]), vector(64)),
        ("mlp without hidden layer", mlp(&[]), vector(64)),
        ("cnn", cnn(&[16, 32]), image(1, 28, 28)),
        ("cnn on odd sides", cnn(&[4, 8]), image(3, 15, 17)),
        ("resnet8", resnet(8, 16), image(3, 32, 32)),
        ("resnet8 on odd sides", resnet(8, 6), image(3, 15, 17)),
        ("resnet20", resnet(20, 16), image(3, 32, 32)),
        ("resnet110", resnet(110, 16), image(3, 32, 32)),
    ];
    let oracle = oracle();
    for (name, architecture, shape) in cases {
        let expected = &oracle["costs"][name];
        let totals = totals(&architecture.layers(shape, 10).unwrap());
        assert_eq!(totals.parameters, expected["parameters"].as_u64().unwrap(), "{name}");
        assert_eq!(totals.multiply_adds, expected["multiply_adds"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn the_summary_counts_the_values_that_training_changes() {
    let cases = [
        (mlp(&[]), SampleShape::Vector(9)),
        (mlp(&[11, 5]), image(1, 3, 4)),
        (cnn(&[]), image(2, 3, 5)),
        (cnn(&[3]), image(1, 5, 7)),
        (cnn(&[3, 5, 4]), image(3, 9, 11)),
        (resnet(8, 3), image(2, 9, 7)),
        (resnet(14, 2), image(1, 4, 4)),
        (resnet(20, 16), image(3, 32, 32)),
    ];
    for (architecture, shape) in cases {
        let stream = Stream::new(1, "test");
        let name = architecture.name();
        let totals = totals(&architecture.layers(shape, 4).unwrap());
        let network = architecture.build(shape, 4, stream.clone(), &cpu().autodiff()).unwrap();
        let weights = read_weights(&network);
        let trained = weights.iter().filter(|(path, _)| !path.contains(".running_"));
        let values: usize = trained.map(|(_, weight)| weight.values.len()).sum();
        assert_eq!(totals.parameters, values as u64, "{name}");
        assert_eq!(count_parameters(&network), totals.parameters, "{name}");
        assert_eq!(count_parameters(&network.valid()), totals.parameters, "{name} in inference");
        let network = architecture.build(shape, 4, stream, &cpu()).unwrap();
        assert_eq!(count_parameters(&network), totals.parameters, "{name} without tape");
    }
}
