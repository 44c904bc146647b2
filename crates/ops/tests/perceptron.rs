//! Dense layers forwards and backwards, against plain loops in float64.

use potstill_ops::Level;
use potstill_ops::memory::Buffer;
use potstill_ops::perceptron::{Dense, Gradient, Passed, backward, forward};
use random::Stream;

fn normal(name: &str, count: usize) -> Vec<f32> {
    let mut generator = Stream::new(1, name).generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// Weights and biases of layers of these sizes.
struct Network(Vec<(Vec<f32>, Vec<f32>)>);

impl Network {
    fn new(sizes: &[usize]) -> Self {
        let layers = sizes.windows(2).enumerate().map(|(number, size)| {
            let scale = (2.0 / size[0].max(1) as f32).sqrt();
            let weight = normal(&format!("weight{number}"), size[0] * size[1]);
            (
                weight.iter().map(|value| value * scale).collect(),
                normal(&format!("bias{number}"), size[1]),
            )
        });
        Self(layers.collect())
    }

    fn layers(&self) -> Vec<Dense<'_>> {
        self.0.iter().map(|(weight, bias)| Dense { weight, bias }).collect()
    }

    /// All outputs, layer after layer.
    fn outputs(&self, rows: usize, input: &[f32]) -> Vec<Vec<f64>> {
        let mut value: Vec<f64> = input.iter().map(|&value| value.into()).collect();
        let mut outputs = Vec::new();
        for (number, (weight, bias)) in self.0.iter().enumerate() {
            let (columns, last) = (bias.len(), number + 1 == self.0.len());
            let inner = weight.len() / columns;
            let mut out = vec![0.0; rows * columns];
            for row in 0..rows {
                for column in 0..columns {
                    let products = (0..inner).map(|place| {
                        value[row * inner + place] * f64::from(weight[place * columns + column])
                    });
                    let sum = products.sum::<f64>() + f64::from(bias[column]);
                    out[row * columns + column] = if last { sum } else { sum.max(0.0) };
                }
            }
            value.clone_from(&out);
            outputs.push(out);
        }
        outputs
    }
}

fn close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-30, |most: f64, value| most.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (f64::from(*found) - expected).abs() / largest;
        assert!(error < 5e-6, "{what}: {found} for {expected}, off by {error}");
    }
}

const SIZES: [&[usize]; 6] =
    [&[64, 32, 32, 10], &[7, 5], &[1, 1, 1], &[33, 48, 17, 3], &[784, 96, 10], &[300, 257, 11]];

#[test]
fn layers_are_what_plain_loops_give() {
    for level in Level::all() {
        for sizes in SIZES {
            let network = Network::new(sizes);
            for rows in [0, 1, 2, 63, 64, 65, 200] {
                let input = normal("input", rows * sizes[0]);
                let found = forward(level, &network.layers(), rows, &input);
                for (found, expected) in found.iter().zip(network.outputs(rows, &input)) {
                    close(found, &expected, &format!("{sizes:?}, {rows} rows"));
                }
            }
        }
    }
}

/// The gradients by plain loops, from the outputs that `forward` gave: where a number is within
/// rounding of zero, another way of rounding would switch its ReLU.
fn plain_gradients(
    network: &Network,
    rows: usize,
    passed: Passed<'_>,
    gradient: &[f32],
) -> (Vec<[Vec<f64>; 2]>, Vec<f64>) {
    let mut above: Vec<f64> = gradient.iter().map(|&value| value.into()).collect();
    let mut found = Vec::new();
    for (number, (weight, bias)) in network.0.iter().enumerate().rev() {
        let (columns, inner) = (bias.len(), weight.len() / bias.len());
        let input = if number == 0 { passed.input } else { &passed.outputs[number - 1] };
        let mut of_weight = vec![0.0; weight.len()];
        let mut of_bias = vec![0.0; columns];
        let mut below = vec![0.0; rows * inner];
        for row in 0..rows {
            for column in 0..columns {
                let above = above[row * columns + column];
                of_bias[column] += above;
                for place in 0..inner {
                    let value = f64::from(input[row * inner + place]);
                    of_weight[place * columns + column] += value * above;
                    let lets_pass = number == 0 || value > 0.0;
                    if lets_pass {
                        below[row * inner + place] +=
                            f64::from(weight[place * columns + column]) * above;
                    }
                }
            }
        }
        found.push([of_weight, of_bias]);
        above = below;
    }
    found.reverse();
    (found, above)
}

#[test]
fn gradients_are_what_plain_loops_give() {
    for level in Level::all() {
        for sizes in SIZES {
            let network = Network::new(sizes);
            let layers = network.layers();
            for rows in [1, 2, 64, 65, 200] {
                let input = normal("input", rows * sizes[0]);
                let outputs = forward(level, &layers, rows, &input);
                let gradient = normal("gradient", rows * sizes[sizes.len() - 1]);
                let passed = Passed { input: &input, outputs: &outputs };
                let mut of_input = vec![f32::NAN; input.len()];
                let found = backward(level, &layers, rows, passed, &gradient, Some(&mut of_input));
                let (expected, below) = plain_gradients(&network, rows, passed, &gradient);
                let what = format!("{sizes:?}, {rows} rows");
                for (found, [weight, bias]) in found.iter().zip(&expected) {
                    close(&found.weight, weight, &what);
                    close(&found.bias, bias, &what);
                }
                close(&of_input, &below, &what);
            }
        }
    }
}

#[test]
fn no_row_has_gradients_of_zero() {
    let network = Network::new(&[4, 3, 2]);
    let outputs = [Buffer::zeros(0), Buffer::zeros(0)];
    let passed = Passed { input: &[], outputs: &outputs };
    let found = backward(Level::best(), &network.layers(), 0, passed, &[], None);
    assert_eq!(found.len(), 2);
    for Gradient { weight, bias } in found {
        assert!(weight.iter().chain(&bias).all(|value| *value == 0.0));
    }
}

#[test]
fn layers_do_not_depend_on_threads() {
    let network = Network::new(&[784, 64, 64, 10]);
    let (rows, layers) = (512, network.layers());
    let input = normal("input", rows * 784);
    let gradient = normal("gradient", rows * 10);
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let outputs = forward(Level::best(), &layers, rows, &input);
            let passed = Passed { input: &input, outputs: &outputs };
            let found = backward(Level::best(), &layers, rows, passed, &gradient, None);
            let gradients = found.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
            let all = outputs.iter().flat_map(|output| output.iter()).chain(gradients);
            all.map(|value| value.to_bits()).collect::<Vec<_>>()
        })
    };
    let one = bits(1);
    assert_eq!(one, bits(2));
    assert_eq!(one, bits(3));
}
