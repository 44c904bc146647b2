//! Batch normalisation against plain float64, and its gradients against finite differences.

use potstill_ops::Level;
use potstill_ops::activation::Activation::{self, None as Plain, Relu, Relu6};
use potstill_ops::batch_norm::{
    Affine, Forward, Gradients, Statistics, backward, normalise, statistics,
};
use random::Stream;

const EPSILON: f64 = 1e-5;

const SHAPES: [(usize, usize); 12] = [
    (1, 5),
    (2, 1),
    (3, 64),
    (63, 17),
    (64, 10),
    (129, 3),
    (1000, 1),
    (777, 32),
    (500, 65),
    (70, 130),
    (4099, 16),
    (12_000, 24),
];

fn normal(seed: u64, count: usize, mean: f64, deviation: f64) -> Vec<f32> {
    let mut generator = Stream::new(seed, "batch norm").generator();
    (0..count).map(|_| (mean + deviation * generator.normal()) as f32).collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// Mean and variance of each channel, in two passes.
fn exact_statistics(x: &[f64], channels: usize) -> (Vec<f64>, Vec<f64>) {
    let pixels = (x.len() / channels) as f64;
    let of_channel = |channel: usize| {
        let values = || x.iter().skip(channel).step_by(channels);
        let mean = values().sum::<f64>() / pixels;
        (mean, values().map(|value| (value - mean).powi(2)).sum::<f64>() / pixels)
    };
    (0..channels).map(of_channel).unzip()
}

fn activated(activation: Activation, x: f64) -> f64 {
    match activation {
        Plain => x,
        Relu => x.max(0.0),
        Relu6 => x.clamp(0.0, 6.0),
    }
}

/// One layer and the gradient of its output.
struct Layer {
    channels: usize,
    x: Vec<f32>,
    residual: Vec<f32>,
    dy: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    activation: Activation,
    /// From the moments that the code under test computed.
    mean: Vec<f32>,
    inverse_deviation: Vec<f32>,
}

impl Layer {
    fn new(
        level: Level,
        (pixels, channels): (usize, usize),
        mean: f64,
        activation: Activation,
    ) -> Self {
        let count = pixels * channels;
        let x = normal(1, count, mean, 1.0);
        let Statistics { mean, variance } = statistics(level, &x, channels);
        let inverse = variance.iter().map(|&v| (1.0 / (f64::from(v) + EPSILON).sqrt()) as f32);
        Self {
            channels,
            residual: normal(2, count, 1.0, 1.0),
            dy: normal(3, count, 0.5, 1.0),
            gamma: normal(4, channels, 1.5, 0.5),
            beta: normal(5, channels, 0.3, 0.5),
            activation,
            inverse_deviation: inverse.collect(),
            mean,
            x,
        }
    }

    fn output(&self, level: Level, residual: bool) -> Vec<f32> {
        let scale: Vec<f32> =
            self.gamma.iter().zip(&self.inverse_deviation).map(|(a, b)| a * b).collect();
        let affine = Affine { mean: &self.mean, scale: &scale, shift: &self.beta };
        let residual = residual.then_some(self.residual.as_slice());
        let mut out = vec![f32::NAN; self.x.len()];
        normalise(level, &self.x, affine, residual, self.activation, &mut out);
        out
    }

    fn gradients(&self, level: Level, y: &[f32]) -> (Vec<f32>, Vec<f32>, Gradients) {
        let forward = Forward {
            x: &self.x,
            y,
            mean: &self.mean,
            inverse_deviation: &self.inverse_deviation,
            gamma: &self.gamma,
            activation: self.activation,
        };
        let mut dx = vec![f32::NAN; self.x.len()];
        let mut dresidual = vec![f32::NAN; self.x.len()];
        let gradients = backward(level, forward, &self.dy, &mut dx, Some(&mut dresidual));
        let mut alone = vec![f32::NAN; self.x.len()];
        assert_eq!(backward(level, forward, &self.dy, &mut alone, None), gradients);
        assert_eq!(alone, dx);
        (dx, dresidual, gradients)
    }

    /// The gradients in float64 from the same mean and deviation.
    fn exact_gradients(&self, y: &[f32]) -> Exact {
        let places = 0..self.x.len();
        let channel = |place: usize| place % self.channels;
        let inverse = |channel: usize| f64::from(self.inverse_deviation[channel]);
        let passes = |y: f32| match self.activation {
            Plain => true,
            Relu => y > 0.0,
            Relu6 => y > 0.0 && y < 6.0,
        };
        let dz = places.clone().map(|p| if passes(y[p]) { f64::from(self.dy[p]) } else { 0.0 });
        let dz: Vec<f64> = dz.collect();
        let difference = |p: usize| f64::from(self.x[p]) - f64::from(self.mean[channel(p)]);
        let z = places.clone().map(|p| difference(p) * inverse(channel(p)));
        let z: Vec<f64> = z.collect();
        let mut dgamma = vec![(0.0, 0.0); self.channels];
        let mut dbeta = vec![(0.0, 0.0); self.channels];
        let add = |sum: &mut (f64, f64), term: f64| *sum = (sum.0 + term, sum.1 + term.abs());
        for place in places.clone() {
            add(&mut dgamma[channel(place)], dz[place] * z[place]);
            add(&mut dbeta[channel(place)], dz[place]);
        }
        let pixels = (self.x.len() / self.channels) as f64;
        let of_place = |p: usize| {
            let c = channel(p);
            let means = (dbeta[c].0 + z[p] * dgamma[c].0) / pixels;
            f64::from(self.gamma[c]) * inverse(c) * (dz[p] - means)
        };
        let dx = places.map(of_place).collect();
        Exact { dx, dz, dgamma, dbeta }
    }
}

/// Gradients in float64, sums with the sum of the sizes of their terms.
struct Exact {
    dx: Vec<f64>,
    dz: Vec<f64>,
    dgamma: Vec<(f64, f64)>,
    dbeta: Vec<(f64, f64)>,
}

/// The largest number, at least 0. One that is none counts as infinite: `max` passes it over.
fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.map(|number| if number.is_nan() { f64::INFINITY } else { number }).fold(0.0, f64::max)
}

/// The largest difference of a sum, relative to the sum of the sizes of its terms.
fn error_of_sums(found: &[f32], expected: &[(f64, f64)]) -> f64 {
    let error = |(found, (expected, size)): (&f32, &(f64, f64))| {
        (f64::from(*found) - expected).abs() / size.max(1e-30)
    };
    largest(found.iter().zip(expected).map(error))
}

/// The largest difference, relative to the largest number.
fn error(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let size = largest(expected.iter().map(|value| value.abs())).max(1e-30);
    let difference = |(found, expected): (&f32, &f64)| (f64::from(*found) - expected).abs();
    largest(found.iter().zip(expected).map(difference)) / size
}

#[test]
fn moments_are_exact_also_where_the_mean_is_large() {
    for level in Level::all() {
        for (pixels, channels) in SHAPES {
            for (mean, deviation) in [(0.0, 1.0), (3.0, 1.0), (1000.0, 1.0), (-2e5, 30.0)] {
                let mut x = normal(7, pixels * channels, mean, deviation);
                // A different scale for each channel, and a part that is all the same.
                let half = x.len() / 2;
                x[..half].fill(mean as f32);
                x.chunks_exact_mut(channels).for_each(|pixel| {
                    for (channel, value) in pixel.iter_mut().enumerate() {
                        *value *= 1.0 + channel as f32;
                    }
                });
                let found = statistics(level, &x, channels);
                let (means, variances) = exact_statistics(&wide(&x), channels);
                for channel in 0..channels {
                    let (mean, variance) = (means[channel], variances[channel]);
                    let of_mean = (f64::from(found.mean[channel]) - mean).abs();
                    // Half a unit in the last place of an f32, and what the sums may lose.
                    let allowed = 6.1e-8 * mean.abs() + 3e-7 * variance.sqrt();
                    assert!(of_mean <= allowed, "{pixels}x{channels} {mean} {of_mean}");
                    let of_variance = (f64::from(found.variance[channel]) - variance).abs();
                    assert!(
                        of_variance <= 3e-7 * variance,
                        "{pixels}x{channels} {variance} {of_variance}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_outlying_first_block_spoils_no_moments() {
    for level in Level::all() {
        let mut x = normal(8, 20_000 * 4, 0.0, 1.0);
        x[..4 * 256].fill(1e4);
        let found = statistics(level, &x, 4);
        let (means, variances) = exact_statistics(&wide(&x), 4);
        assert!(error(&found.mean, &means) < 2e-7);
        assert!(error(&found.variance, &variances) < 2e-7);
    }
}

#[test]
fn the_output_is_the_normalised_input() {
    for level in Level::all() {
        for shape in SHAPES {
            for (activation, mean) in [(Plain, 0.0), (Relu, 2.0), (Relu6, 1000.0)] {
                let layer = Layer::new(level, shape, mean, activation);
                let (means, variances) = exact_statistics(&wide(&layer.x), layer.channels);
                for residual in [false, true] {
                    let expected: Vec<f64> = (0..layer.x.len())
                        .map(|place| {
                            let c = place % layer.channels;
                            let scale = f64::from(layer.gamma[c]) / (variances[c] + EPSILON).sqrt();
                            let z = (f64::from(layer.x[place]) - means[c]) * scale
                                + f64::from(layer.beta[c]);
                            let more =
                                if residual { f64::from(layer.residual[place]) } else { 0.0 };
                            activated(activation, z + more)
                        })
                        .collect();
                    // The mean is an f32 too.
                    let rounding = 3e-7 + 6.1e-8 * mean.abs();
                    let found = error(&layer.output(level, residual), &expected);
                    assert!(found < 3.0 * rounding, "{shape:?} {activation:?} {found}");
                }
            }
        }
    }
}

#[test]
fn gradients_are_as_exact_as_float32_can_say() {
    for level in Level::all() {
        for shape in SHAPES {
            for (activation, mean) in [(Plain, 0.0), (Relu, 0.0), (Relu6, 2.0), (Relu, 1000.0)] {
                // A pixel alone has no deviation, and the gradient is a difference of equal numbers.
                if shape.0 < 3 {
                    continue;
                }
                let layer = Layer::new(level, shape, mean, activation);
                let y = layer.output(level, true);
                let (dx, dresidual, Gradients { dgamma, dbeta }) = layer.gradients(level, &y);
                let exact = layer.exact_gradients(&y);
                assert_eq!(error(&dresidual, &exact.dz), 0.0);
                let errors = [
                    error(&dx, &exact.dx),
                    error_of_sums(&dgamma, &exact.dgamma),
                    error_of_sums(&dbeta, &exact.dbeta),
                ];
                let good = errors.iter().zip([3e-7, 2e-7, 2e-7]).all(|(a, b)| *a < b);
                assert!(good, "{shape:?} {activation:?} {errors:?}");
            }
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_forward_pass() {
    let (pixels, channels) = (11, 3);
    for activation in [Plain, Relu, Relu6] {
        let layer = Layer::new(Level::best(), (pixels, channels), 0.5, activation);
        // The whole layer in float64: moments depend on the input.
        let loss = |x: &[f64], gamma: &[f64], beta: &[f64], residual: &[f64]| {
            let (means, variances) = exact_statistics(x, channels);
            let term = |place: usize| {
                let c = place % channels;
                let z =
                    (x[place] - means[c]) / (variances[c] + EPSILON).sqrt() * gamma[c] + beta[c];
                f64::from(layer.dy[place]) * activated(activation, z + residual[place])
            };
            (0..x.len()).map(term).sum::<f64>()
        };
        let (dx, dresidual, Gradients { dgamma, dbeta }) =
            layer.gradients(Level::best(), &layer.output(Level::best(), true));
        let inputs = [wide(&layer.x), wide(&layer.gamma), wide(&layer.beta), wide(&layer.residual)];
        for (which, gradient) in [dx, dgamma, dbeta, dresidual].iter().enumerate() {
            for (place, &found) in gradient.iter().enumerate() {
                let at = |step: f64| {
                    let mut inputs = inputs.clone();
                    inputs[which][place] += step;
                    loss(&inputs[0], &inputs[1], &inputs[2], &inputs[3])
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!(
                    (f64::from(found) - slope).abs() < 1e-5,
                    "{activation:?} {which} {place}: {found} {slope}"
                );
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_threads() {
    let level = Level::best();
    let all = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let layer = Layer::new(level, (20_011, 17), 1.0, Relu);
            let y = layer.output(level, true);
            let gradients = layer.gradients(level, &y);
            (layer.mean, layer.inverse_deviation, y, gradients)
        })
    };
    let one = all(1);
    assert!(one == all(2) && one == all(3));
}

#[test]
fn an_empty_batch_is_no_error() {
    for channels in [0, 4] {
        let found = statistics(Level::best(), &[], channels);
        assert_eq!(found, Statistics { mean: vec![0.0; channels], variance: vec![0.0; channels] });
        let ones = vec![1.0; channels];
        let affine = Affine { mean: &ones, scale: &ones, shift: &ones };
        normalise(Level::best(), &[], affine, Option::None, Relu, &mut []);
        let forward = Forward {
            x: &[],
            y: &[],
            mean: &ones,
            inverse_deviation: &ones,
            gamma: &ones,
            activation: Relu,
        };
        let gradients = backward(Level::best(), forward, &[], &mut [], Some(&mut []));
        assert_eq!(gradients.dgamma, vec![0.0; channels]);
    }
}
