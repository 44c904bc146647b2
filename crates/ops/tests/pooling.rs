//! Pooling against plain loops, with ties and numbers that are none.

use potstill_ops::Level;
use potstill_ops::pooling::{Shape, average, average_gradient, max, max_gradient};
use random::Stream;

const SHAPES: [[usize; 6]; 13] = [
    [0, 4, 4, 3, 2, 2],
    [1, 2, 2, 1, 2, 2],
    [2, 5, 7, 3, 2, 2],
    [3, 8, 8, 17, 2, 2],
    [1, 1, 9, 4, 2, 2],
    [1, 4, 1, 2, 2, 2],
    [2, 6, 6, 10, 3, 3],
    [2, 9, 7, 16, 3, 2],
    [2, 5, 5, 8, 3, 1],
    [2, 7, 7, 5, 1, 2],
    [1, 8, 9, 2, 2, 3],
    [1, 3, 3, 4, 4, 4],
    [40, 16, 16, 32, 2, 2],
];

fn shape([batch, height, width, channels, kernel, stride]: [usize; 6]) -> Shape {
    Shape { batch, height, width, channels, kernel, stride }
}

/// Few different numbers, so that many are equal.
fn with_ties(count: usize) -> Vec<f32> {
    let mut generator = Stream::new(1, "pooling").generator();
    (0..count).map(|_| generator.below(5) as f32 - 2.0).collect()
}

fn normal(seed: u64, count: usize) -> Vec<f32> {
    let mut generator = Stream::new(seed, "pooling").generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// For each output number, the place of the first largest number of its window in row order.
fn winners(shape: &Shape, x: &[f32]) -> Vec<usize> {
    let (height, width, channels) = (shape.height, shape.width, shape.channels);
    let mut winners = Vec::new();
    for image in 0..shape.batch {
        for row in (0..height).step_by(shape.stride).filter(|row| row + shape.kernel <= height) {
            for column in (0..width).step_by(shape.stride).filter(|c| c + shape.kernel <= width) {
                for channel in 0..channels {
                    let mut best: Option<usize> = None;
                    for down in 0..shape.kernel {
                        for right in 0..shape.kernel {
                            let pixel = (image * height + row + down) * width + column + right;
                            let place = pixel * channels + channel;
                            if best.is_none_or(|best| x[place] > x[best] || x[place].is_nan()) {
                                best = Some(place);
                            }
                        }
                    }
                    winners.extend(best);
                }
            }
        }
    }
    winners
}

fn pooled(level: Level, shape: &Shape, x: &[f32], outputs: usize) -> Vec<f32> {
    assert_eq!(
        outputs,
        shape.batch * shape.output_height() * shape.output_width() * shape.channels
    );
    let mut y = vec![f32::NAN; outputs];
    max(level, shape, x, &mut y);
    y
}

#[test]
fn each_output_is_the_largest_of_its_window_and_its_gradient_goes_there() {
    for level in Level::all() {
        for shape in SHAPES.map(shape) {
            let count = shape.batch * shape.height * shape.width * shape.channels;
            for x in [normal(2, count), with_ties(count)] {
                let winners = winners(&shape, &x);
                let y = pooled(level, &shape, &x, winners.len());
                let expected: Vec<f32> = winners.iter().map(|&place| x[place]).collect();
                assert_eq!(y, expected, "{shape:?}");

                // Whole numbers, so that sums are the same in any order.
                let dy: Vec<f32> = (0..y.len()).map(|place| (place % 1000 + 1) as f32).collect();
                let mut expected = vec![0.0; count];
                winners.iter().zip(&dy).for_each(|(&place, dy)| expected[place] += dy);
                let mut dx = vec![f32::NAN; count];
                max_gradient(level, &shape, &x, &y, &dy, &mut dx);
                assert_eq!(dx, expected, "{shape:?}");
            }
        }
    }
}

#[test]
fn what_is_not_a_number_wins() {
    for level in Level::all() {
        for place in 0..9 {
            let shape = shape([1, 3, 3, 20, 3, 3]);
            let mut x = normal(3, 9 * 20);
            x[place * 20 + 7] = f32::NAN;
            let y = pooled(level, &shape, &x, 20);
            assert!((0..20).all(|channel| y[channel].is_nan() == (channel == 7)));
            let mut dx = vec![f32::NAN; x.len()];
            max_gradient(level, &shape, &x, &y, &[1.0; 20], &mut dx);
            assert_eq!(dx[place * 20 + 7], 1.0);
        }
    }
}

#[test]
fn the_average_of_an_image_is_exact_and_its_gradient_is_even() {
    for level in Level::all() {
        for (batch, pixels, channels) in
            [(0, 4, 3), (1, 1, 1), (2, 49, 10), (5, 1000, 17), (40, 64, 64)]
        {
            let x = normal(4, batch * pixels * channels);
            let mut y = vec![f32::NAN; batch * channels];
            average(level, &x, [batch, pixels, channels], &mut y);
            for (place, &y) in y.iter().enumerate() {
                let (image, channel) = (place / channels, place % channels);
                let image = &x[image * pixels * channels..][..pixels * channels];
                let values = image.iter().skip(channel).step_by(channels);
                let expected = values.map(|&value| f64::from(value)).sum::<f64>() / pixels as f64;
                assert!((f64::from(y) - expected).abs() < 1e-7, "{y} {expected}");
            }
            let mut dx = vec![f32::NAN; x.len()];
            average_gradient(level, &y, [batch, pixels, channels], &mut dx);
            for (place, &dx) in dx.iter().enumerate() {
                let expected = y[place / (pixels * channels) * channels + place % channels];
                assert_eq!(dx, expected / pixels as f32);
            }
        }
    }
}

#[test]
fn pooling_does_not_depend_on_threads() {
    let shape = shape([30, 17, 17, 20, 3, 2]);
    let x = with_ties(30 * 17 * 17 * 20);
    let all = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let y = pooled(Level::best(), &shape, &x, 30 * 8 * 8 * 20);
            let mut dx = vec![0.0; x.len()];
            max_gradient(Level::best(), &shape, &x, &y, &normal(5, y.len()), &mut dx);
            let mut mean = vec![0.0; 30 * 20];
            average(Level::best(), &x, [30, 17 * 17, 20], &mut mean);
            (y, dx, mean)
        })
    };
    let one = all(1);
    assert!(one == all(2) && one == all(3));
}
