//! Compares a network with PyTorch in float64 (`oracles/networks.py`): logits in inference and training,
//! gradients, running statistics. Both sides draw the weights by the same formula.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and shows")]
#![allow(unreachable_pub, reason = "every test file uses it")]

use std::collections::BTreeMap;

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::tensor::activation::log_softmax;
use burn::tensor::{DType, Gradients, Int, Tensor, TensorData};
use potstill_nn::{
    Initial, Network, Path, batch, count_parameters, cpu, read_weights, write_weights,
};
use random::Stream;
use serde_json::Value;

pub const CLASSES: usize = 3;
const BATCH: usize = 5;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Numbers in `[-1, 1)` of 24 bits: SplitMix64 from the FNV-1a hash of a name, as the oracle has it.
fn hashed(name: &str, count: usize) -> Vec<f64> {
    let start = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    let number = |index: u64| {
        let z = start.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 23) - 1.0
    };
    (1..=count as u64).map(number).collect()
}

fn filled<N: Network>(network: N, seed: u64) -> N {
    let mut weights = read_weights(&network);
    for (path, weight) in &mut weights {
        let rank = weight.shape.len();
        let (middle, spread) = if path.ends_with("running_variance") {
            (1.0, 0.5)
        } else if rank == 1 && path.ends_with("weight") {
            (1.0, 0.3)
        } else if rank == 1 || path == "positions" {
            (0.0, 0.3)
        } else if rank == 2 {
            (0.0, (6.0 / weight.shape[0] as f64).sqrt())
        } else {
            (0.0, (6.0 / weight.shape[1..].iter().product::<usize>() as f64).sqrt())
        };
        let numbers = hashed(&format!("{seed}/{path}"), weight.values.len());
        for (value, number) in weight.values.iter_mut().zip(numbers) {
            *value = (middle + spread * number) as f32;
        }
    }
    write_weights(network, &weights).unwrap()
}

/// The weights in `f64`, where the layers leave everything to Burn.
struct Widen;

impl ModuleMapper for Widen {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let gradient = tensor.is_require_grad();
            tensor.detach().cast(DType::F64).detach().set_require_grad(gradient)
        })
    }
}

/// The largest deviation as a share of the largest expected number.
fn deviation(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let pairs = found.iter().zip(expected);
    let error = pairs.map(|(found, expected)| (found - expected).abs());
    // A number that is not one counts as infinitely far off.
    error.map(|off| if off.is_nan() { f64::INFINITY } else { off }).fold(0.0, f64::max) / largest
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

type ByPath = BTreeMap<String, Vec<f64>>;

/// Gradients, or running statistics where there are none.
struct Collector<'a> {
    path: Path,
    gradients: Option<&'a Gradients>,
    found: ByPath,
}

impl ModuleVisitor for Collector<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path.joined();
        let found = match self.gradients {
            Some(gradients) => param.val().grad(gradients),
            None => path.contains("running_").then(|| param.val()),
        };
        if let Some(found) = found {
            self.found.insert(path, values(found));
        }
    }
}

fn collected<N: Network>(network: &N, gradients: Option<&Gradients>) -> ByPath {
    let mut collector = Collector { path: Path::default(), gradients, found: BTreeMap::new() };
    network.visit(&mut collector);
    collector.found
}

/// Length and product with other numbers of each tensor are the expected ones; differences are
/// measured by the length, or by a thousandth of the longest, because some are 0 in truth.
fn compare(name: &str, found: &ByPath, expected: &Value, tolerance: f64) {
    let expected: BTreeMap<&str, Vec<f64>> = expected
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, checks)| (path.as_str(), numbers(checks)))
        .collect();
    assert!(found.keys().eq(expected.keys()), "{name}");
    let longest = expected.values().fold(0.0_f64, |most, checks| most.max(checks[0]));
    let mut worst = (0.0, "");
    for (path, values) in found {
        let probe = hashed(&format!("probe/{path}"), values.len());
        let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        let product = values.iter().zip(&probe).map(|(value, probe)| value * probe).sum::<f64>();
        let checks = &expected[path.as_str()];
        let scale = checks[0].max(longest / 1000.0);
        let (first, second) = ((length - checks[0]).abs(), (product - checks[1]).abs());
        assert!(first / scale < tolerance, "{name} {path}: {}", first / scale);
        assert!(second / scale < tolerance, "{name} {path}: {}", second / scale);
        if first.max(second) / scale > worst.0 {
            worst = (first.max(second) / scale, path);
        }
    }
    println!("{name} {:.1e} at {}", worst.0, worst.1);
}

/// What the results of one precision may differ by.
pub struct Tolerance {
    pub dtype: DType,
    pub inference: f64,
    pub training: f64,
    pub gradients: f64,
    pub running: f64,
}

/// This judges the form of the network. Where attention and GELU divide by a number, Burn takes its
/// reciprocal in `f32` on the way back.
pub const WIDE: Tolerance = Tolerance {
    dtype: DType::F64,
    inference: 1e-9,
    training: 1e-9,
    gradients: 1e-7,
    running: 1e-9,
};

/// This judges the operations.
pub const SINGLE: Tolerance = Tolerance {
    dtype: DType::F32,
    inference: 1e-5,
    training: 1e-5,
    gradients: 1e-4,
    running: 1e-5,
};

pub fn judge<N: Network>(
    name: &str,
    case: &Value,
    features: usize,
    tolerance: &Tolerance,
    build: impl Fn(&Initial) -> N,
) {
    let network = build(&Initial::new(Stream::new(1, "test"), &cpu().autodiff()));
    assert_eq!(count_parameters(&network), case["parameters"].as_u64().unwrap());
    let seed = case["seed"].as_u64().unwrap();
    let mut network = filled(network, seed);
    if tolerance.dtype == DType::F64 {
        network = network.map(&mut Widen);
    }
    let inputs = hashed(&format!("{seed}/inputs"), BATCH * features);
    let inputs: Vec<f32> = inputs.into_iter().map(|number| (1.7 * number) as f32).collect();
    let inputs = batch(&inputs, features).cast(tolerance.dtype);
    let name = format!("{name} in {:?}", tolerance.dtype);

    let logits = network.valid().logits(inputs.clone());
    let error = deviation(&values(logits), &numbers(&case["inference_logits"]));
    println!("{name}: inference logits {error:.1e}");
    assert!(error < tolerance.inference, "{name}: {error}");

    let logits = network.logits(inputs.autodiff());
    let error = deviation(&values(logits.clone()), &numbers(&case["training_logits"]));
    println!("{name}: training logits {error:.1e}");
    assert!(error < tolerance.training, "{name}: {error}");

    let labels: Vec<i64> = (0..BATCH).map(|row| (row % CLASSES) as i64).collect();
    let labels = TensorData::new(labels, [BATCH, 1]);
    let labels = Tensor::<2, Int>::from_data(labels, &logits.device());
    let loss = log_softmax(logits, 1).gather(1, labels).sum() * (-1.0 / BATCH as f64);
    let error = deviation(&values(loss.clone()), &[case["loss"].as_f64().unwrap()]);
    assert!(error < tolerance.training, "{name}: {error}");

    let gradients = loss.backward();
    let found = collected(&network, Some(&gradients));
    compare(&format!("{name}: gradients"), &found, &case["gradients"], tolerance.gradients);
    let found = collected(&network.valid(), None);
    compare(&format!("{name}: running statistics"), &found, &case["running"], tolerance.running);
}
