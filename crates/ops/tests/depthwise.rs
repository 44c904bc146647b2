//! Depthwise convolution against plain float64 loops, and its gradients against its linearity.

use potstill_ops::Level;
use potstill_ops::depthwise::{Shape, data_gradient, forward, weight_gradient};
use random::Stream;

const SHAPES: [[usize; 7]; 18] = [
    [0, 4, 4, 3, 3, 1, 1],
    [1, 1, 1, 1, 3, 1, 1],
    [2, 5, 7, 3, 3, 1, 1],
    [2, 6, 5, 10, 3, 2, 1],
    [1, 7, 8, 17, 3, 2, 1],
    [2, 8, 8, 16, 3, 1, 1],
    [1, 9, 9, 24, 3, 2, 1],
    [3, 4, 4, 33, 3, 1, 0],
    [2, 2, 3, 32, 3, 1, 1],
    [1, 6, 6, 20, 5, 1, 2],
    [1, 7, 9, 18, 5, 2, 2],
    [1, 9, 8, 5, 4, 3, 1],
    [1, 7, 7, 16, 1, 1, 0],
    [1, 7, 7, 16, 1, 2, 0],
    [1, 5, 5, 16, 2, 3, 1],
    [1, 3, 3, 16, 5, 1, 0],
    [1, 3, 70, 16, 3, 1, 3],
    [18, 20, 24, 40, 3, 1, 1],
];

fn shape([batch, height, width, channels, kernel, stride, padding]: [usize; 7]) -> Shape {
    Shape { batch, height, width, channels, kernel, stride, padding }
}

fn normal(seed: u64, count: usize) -> Vec<f32> {
    let mut generator = Stream::new(seed, "depthwise").generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// Input, weights and gradient of the output.
struct Case {
    shape: Shape,
    x: Vec<f32>,
    weights: Vec<f32>,
    dy: Vec<f32>,
}

impl Case {
    fn new(shape: Shape) -> Self {
        let pixels = shape.batch * shape.output_height() * shape.output_width();
        Self {
            x: normal(1, shape.batch * shape.height * shape.width * shape.channels),
            weights: normal(2, shape.channels * shape.kernel * shape.kernel),
            dy: normal(3, pixels * shape.channels),
            shape,
        }
    }

    /// Calls `each` with the places of an input, a weight and an output that belong together.
    fn products(&self, mut each: impl FnMut(usize, usize, usize)) {
        let Shape { batch, height, width, channels, kernel, stride, padding } = self.shape;
        let mut output = 0;
        for image in 0..batch {
            for row in
                (0..).map(|row| row * stride).take_while(|row| row + kernel <= height + 2 * padding)
            {
                for column in
                    (0..).map(|c| c * stride).take_while(|c| c + kernel <= width + 2 * padding)
                {
                    for channel in 0..channels {
                        for down in 0..kernel {
                            for right in 0..kernel {
                                let (row, column) = (row + down, column + right);
                                let inside = (padding..padding + height).contains(&row)
                                    && (padding..padding + width).contains(&column);
                                if inside {
                                    let pixel =
                                        (image * height + row - padding) * width + column - padding;
                                    let weight = (channel * kernel + down) * kernel + right;
                                    each(pixel * channels + channel, weight, output);
                                }
                            }
                        }
                        output += 1;
                    }
                }
            }
        }
        assert_eq!(output, self.dy.len());
    }

    fn output(&self, level: Level) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.dy.len()];
        forward(level, &self.shape, &self.x, &self.weights, &mut y, |_| ());
        y
    }

    fn data_gradient(&self, level: Level) -> Vec<f32> {
        let mut dx = vec![f32::NAN; self.x.len()];
        data_gradient(level, &self.shape, &self.weights, &self.dy, &mut dx);
        dx
    }

    fn weight_gradient(&self, level: Level) -> Vec<f32> {
        let mut dw = vec![f32::NAN; self.weights.len()];
        weight_gradient(level, &self.shape, &self.x, &self.dy, &mut dw);
        dw
    }
}

/// Each number within `allowed` of what is expected, relative to the sum of the sizes of its terms.
fn check(shape: &Shape, found: &[f32], expected: &[(f64, f64)], allowed: f64) {
    assert_eq!(found.len(), expected.len());
    for (place, (found, (expected, size))) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= allowed * size, "{shape:?} at {place}: {found}, not {expected}");
    }
}

#[test]
fn results_are_the_sums_over_the_kernel() {
    for level in Level::all() {
        for shape in SHAPES.map(shape) {
            let case = Case::new(shape);
            let mut y = vec![(0.0, 0.0); case.dy.len()];
            let mut dx = vec![(0.0, 0.0); case.x.len()];
            let mut dw = vec![(0.0, 0.0); case.weights.len()];
            let add = |sum: &mut (f64, f64), left: f32, right: f32| {
                let term = f64::from(left) * f64::from(right);
                *sum = (sum.0 + term, sum.1 + term.abs());
            };
            case.products(|input, weight, output| {
                add(&mut y[output], case.x[input], case.weights[weight]);
                add(&mut dx[input], case.dy[output], case.weights[weight]);
                add(&mut dw[weight], case.dy[output], case.x[input]);
            });
            // The sum over a kernel is rounded at each tap.
            let taps = (shape.kernel * shape.kernel) as f64;
            check(&shape, &case.output(level), &y, 2e-7 + 2e-8 * taps);
            check(&shape, &case.data_gradient(level), &dx, 2e-7 + 2e-8 * taps);
            check(&shape, &case.weight_gradient(level), &dw, 1.5e-7);
        }
    }
}

#[test]
fn gradients_are_the_slopes_of_the_forward_pass() {
    for shape in [[1, 4, 5, 3, 3, 1, 1], [1, 5, 4, 3, 3, 2, 1], [1, 5, 5, 2, 2, 3, 1]].map(shape) {
        let case = Case::new(shape);
        let loss = |x: &[f64], weights: &[f64]| {
            let mut loss = 0.0;
            case.products(|input, weight, output| {
                loss += f64::from(case.dy[output]) * x[input] * weights[weight];
            });
            loss
        };
        let wide = |values: &[f32]| -> Vec<f64> { values.iter().map(|&v| f64::from(v)).collect() };
        let inputs = [wide(&case.x), wide(&case.weights)];
        let gradients = [case.data_gradient(Level::best()), case.weight_gradient(Level::best())];
        for (which, gradient) in gradients.iter().enumerate() {
            for (place, &found) in gradient.iter().enumerate() {
                let at = |step: f64| {
                    let mut inputs = inputs.clone();
                    inputs[which][place] += step;
                    loss(&inputs[0], &inputs[1])
                };
                let slope = (at(1e-3) - at(-1e-3)) / 2e-3;
                assert!((f64::from(found) - slope).abs() < 1e-5, "{shape:?} {found} {slope}");
            }
        }
    }
}

#[test]
fn a_kernel_of_one_tap_moves_the_image() {
    let shape = shape([1, 3, 3, 1, 3, 1, 1]);
    let x: Vec<f32> = (1..10).map(|value| value as f32).collect();
    let mut weights = vec![0.0; 9];
    weights[1] = 2.0; // above the middle
    let mut y = vec![f32::NAN; 9];
    forward(Level::best(), &shape, &x, &weights, &mut y, |_| ());
    assert_eq!(y, [0.0, 0.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
}

#[test]
fn every_pixel_is_finished_once() {
    for level in Level::all() {
        for shape in SHAPES.map(shape) {
            let case = Case::new(shape);
            let mut finished = vec![f32::NAN; case.dy.len()];
            forward(level, &shape, &case.x, &case.weights, &mut finished, |pixel| {
                assert_eq!(pixel.len(), shape.channels);
                for (channel, value) in pixel.iter_mut().enumerate() {
                    *value += channel as f32;
                }
            });
            for (place, (found, plain)) in finished.iter().zip(case.output(level)).enumerate() {
                assert_eq!(*found, plain + (place % shape.channels) as f32, "{shape:?}");
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_threads() {
    let case = Case::new(shape([37, 13, 14, 40, 3, 1, 1]));
    let all = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let level = Level::best();
        pool.install(|| {
            (case.output(level), case.data_gradient(level), case.weight_gradient(level))
        })
    };
    let one = all(1);
    assert!(one == all(2) && one == all(3));
}
