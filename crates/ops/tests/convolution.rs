//! Convolution and its gradients agree with plain loops in float64.

use ops::Level;
use ops::convolution::{ForwardWeights, Shape, data_gradient, forward, weight_gradient};
use potstill_ops as ops;
use random::Stream;

fn numbers(name: &str, count: usize) -> Vec<f32> {
    let mut generator = Stream::new(7, name).generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// The three results in float64: output, gradient of the input, gradient of the weights.
fn reference(shape: &Shape, input: &[f32], weights: &[f32], gradient: &[f32]) -> [Vec<f64>; 3] {
    let Shape { batch, height, width, inputs, outputs, kernel, stride, padding } = *shape;
    let mut out = vec![0.0; gradient.len()];
    let mut input_gradient = vec![0.0; input.len()];
    let mut weight_gradient = vec![0.0; weights.len()];
    let (rows, columns) = (shape.output_height(), shape.output_width());
    let places = (0..batch * rows * columns * kernel * kernel).filter_map(|number| {
        let (pixel, tap) = (number / (kernel * kernel), number % (kernel * kernel));
        let (image, row, column) =
            (pixel / (rows * columns), pixel / columns % rows, pixel % columns);
        let y = (row * stride + tap / kernel).checked_sub(padding).filter(|y| *y < height)?;
        let x = (column * stride + tap % kernel).checked_sub(padding).filter(|x| *x < width)?;
        Some(((image * height + y) * width + x, pixel, tap))
    });
    for (from, to, tap) in places {
        for output in 0..outputs {
            for channel in 0..inputs {
                let (from, to) = (from * inputs + channel, to * outputs + output);
                let weight = (output * inputs + channel) * kernel * kernel + tap;
                let [x, w, g] = [input[from], weights[weight], gradient[to]].map(f64::from);
                out[to] += x * w;
                input_gradient[from] += w * g;
                weight_gradient[weight] += x * g;
            }
        }
    }
    [out, input_gradient, weight_gradient]
}

/// The largest difference over the largest number.
fn difference(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1e-30_f64, |most, value| most.max(value.abs()));
    let off = found.iter().zip(expected).map(|(found, expected)| f64::from(*found) - expected);
    // A number that is not one counts as infinitely far off.
    off.map(|off| if off.is_nan() { f64::INFINITY } else { off.abs() }).fold(0.0, f64::max)
        / largest
}

fn compute(level: Level, shape: &Shape, seed: &str) -> [Vec<f32>; 3] {
    let input = numbers(&format!("{seed} input"), shape.input_len());
    let weights = numbers(&format!("{seed} weights"), shape.weight_len());
    let gradient = numbers(&format!("{seed} gradient"), shape.output_len());
    // Results must be written, not added to, whatever was there.
    let mut out = vec![f32::NAN; shape.output_len()];
    let mut input_gradient = vec![f32::NAN; shape.input_len()];
    let mut weights_gradient = vec![f32::NAN; shape.weight_len()];
    let ready = ForwardWeights::new(level, shape, &weights);
    forward(level, shape, &input, &ready, &mut out, |_, _, _| ());
    data_gradient(level, shape, &weights, &gradient, &mut input_gradient);
    weight_gradient(level, shape, &input, &gradient, &mut weights_gradient);
    [out, input_gradient, weights_gradient]
}

fn check(shape: Shape) {
    let seed = format!("{shape:?}");
    let input = numbers(&format!("{seed} input"), shape.input_len());
    let weights = numbers(&format!("{seed} weights"), shape.weight_len());
    let gradient = numbers(&format!("{seed} gradient"), shape.output_len());
    let expected = reference(&shape, &input, &weights, &gradient);
    for level in Level::all() {
        for (found, expected) in compute(level, &shape, &seed).iter().zip(&expected) {
            let off = difference(found, expected);
            assert!(off < 3e-6, "{shape:?} at {}: off by {off}", level.name());
        }
    }
}

#[test]
fn convolutions_of_odd_shapes_agree_with_plain_loops() {
    let mut generator = Stream::new(11, "shapes").generator();
    let mut draw = |from: usize, to: usize| from + generator.below((to - from + 1) as u64) as usize;
    for _ in 0..120 {
        let kernel = draw(1, 5);
        let shape = Shape {
            batch: draw(1, 3),
            height: draw(1, 9),
            width: draw(1, 9),
            inputs: draw(1, 20),
            outputs: draw(1, 35),
            kernel,
            stride: draw(1, 3),
            padding: draw(0, kernel),
        };
        if shape.output_len() > 0 {
            check(shape);
        }
    }
}

#[test]
fn the_fast_form_for_three_by_three_agrees_with_plain_loops() {
    for (batch, height, width, inputs, outputs) in [
        (1, 2, 2, 16, 16),
        (2, 4, 6, 16, 32),
        (1, 8, 8, 48, 16),
        (3, 12, 2, 32, 64),
        (2, 32, 32, 16, 16),
        // Tiles of six by six pixels, but for the gradient of the weights of the second, and for the last.
        (1, 16, 20, 64, 64),
        (2, 8, 8, 64, 80),
        (3, 4, 8, 16, 32),
        (1, 12, 8, 256, 16),
        (3, 4, 4, 32, 32),
    ] {
        check(Shape { batch, height, width, inputs, outputs, kernel: 3, stride: 1, padding: 1 });
    }
}

#[test]
fn what_comes_out_for_an_image_does_not_depend_on_the_images_beside_it() {
    for size in [4, 6, 16] {
        let (kernel, stride, padding) = (3, 1, 1);
        let (height, width, inputs, outputs) = (size, size, 48, 32);
        let shape = Shape { batch: 7, height, width, inputs, outputs, kernel, stride, padding };
        let one = Shape { batch: 1, ..shape };
        let input = numbers("input", shape.input_len());
        let weights = numbers("weights", shape.weight_len());
        // Made for one image, they serve any number.
        let ready = ForwardWeights::new(Level::best(), &one, &weights);
        let output = |shape: &Shape, input: &[f32]| {
            let mut out = vec![f32::NAN; shape.output_len()];
            forward(Level::best(), shape, input, &ready, &mut out, |_, _, _| ());
            out
        };
        let apart = input.chunks(one.input_len()).flat_map(|input| output(&one, input));
        assert_eq!(apart.collect::<Vec<_>>(), output(&shape, &input), "{size}");
    }
}

#[test]
fn the_shapes_of_residual_and_mobile_networks_agree_with_plain_loops() {
    for (size, inputs, outputs, kernel, stride) in [
        (8, 3, 32, 3, 1),
        (8, 32, 64, 3, 2),
        (8, 32, 64, 1, 2),
        (4, 96, 24, 1, 1),
        (4, 16, 96, 1, 1),
    ] {
        let (height, width, padding) = (size, size, kernel / 2);
        check(Shape { batch: 5, height, width, inputs, outputs, kernel, stride, padding });
    }
}

#[test]
fn an_empty_batch_has_no_output_and_gradients_of_zero() {
    for padding in [0, 1] {
        let (kernel, stride) = (3, 1);
        let shape = Shape {
            batch: 0,
            height: 4,
            width: 4,
            inputs: 16,
            outputs: 16,
            kernel,
            stride,
            padding,
        };
        let [out, input, weights] = compute(Level::best(), &shape, "empty");
        assert!(out.is_empty() && input.is_empty());
        assert!(weights.iter().all(|&value| value == 0.0));
    }
}

#[test]
fn the_bits_are_the_same_at_any_number_of_threads() {
    let fast = Shape {
        batch: 9,
        height: 16,
        width: 16,
        inputs: 32,
        outputs: 32,
        kernel: 3,
        stride: 1,
        padding: 1,
    };
    let strided = Shape { stride: 2, inputs: 33, ..fast };
    for shape in [fast, strided] {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| compute(Level::best(), &shape, "threads"))
        };
        let one = with(1);
        for threads in [2, 3, 4] {
            assert_eq!(with(threads), one, "{threads} threads");
        }
    }
}

#[test]
fn every_part_of_the_output_is_finished_once_with_its_place() {
    for (inputs, outputs, stride) in [(16, 32, 1), (3, 19, 2), (20, 5, 1)] {
        let shape =
            Shape { batch: 2, height: 8, width: 8, inputs, outputs, kernel: 3, stride, padding: 1 };
        let input = vec![0.0; shape.input_len()];
        let weights = vec![1.0; shape.weight_len()];
        let mut out = vec![f32::NAN; shape.output_len()];
        let ready = ForwardWeights::new(Level::best(), &shape, &weights);
        forward(Level::best(), &shape, &input, &ready, &mut out, |place, column, part| {
            for (offset, value) in part.iter_mut().enumerate() {
                assert_eq!((place + offset) % outputs, column + offset);
                *value += (place + offset) as f32;
            }
        });
        assert!(out.iter().enumerate().all(|(place, &value)| value == place as f32));
    }
}
