//! Products of rows against the plain sums, at every level.

use potstill_ops::Level;
use potstill_ops::gram::{add_product, add_transposed_product, products};
use random::Stream;

fn numbers(name: &str, count: usize) -> Vec<f64> {
    let mut generator = Stream::new(7, "gram").named(name).generator();
    (0..count).map(|_| generator.normal()).collect()
}

/// The sum over `of`, as far as it goes.
fn sum(count: usize, of: impl Fn(usize) -> f64) -> f64 {
    (0..count).map(of).sum()
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12, "{found} is not {expected}");
}

#[test]
fn products_are_the_sums_of_their_definition() {
    for level in Level::all() {
        for (rows, others, width) in [(1, 1, 1), (3, 5, 7), (32, 32, 10), (9, 4, 33)] {
            let (a, b) = (numbers("a", rows * width), numbers("b", others * width));
            let found = products(level, &a, &b, width);
            assert_eq!(found.len(), rows * others);
            for (place, found) in found.iter().enumerate() {
                let (row, other) = (place / others, place % others);
                assert_close(*found, sum(width, |k| a[row * width + k] * b[other * width + k]));
            }

            let start = numbers("start", rows * others);
            let mut slopes = start.clone();
            let columns = numbers("columns", width * others);
            add_product(level, [&a, &columns], others, -1.5, &mut slopes);
            for (place, found) in slopes.iter().enumerate() {
                let (row, column) = (place / others, place % others);
                let product = sum(width, |k| a[row * width + k] * columns[k * others + column]);
                assert_close(*found, start[place] - 1.5 * product);
            }

            let start = numbers("start", width * others);
            let mut slopes = start.clone();
            let beside = numbers("beside", rows * others);
            add_transposed_product(level, [&a, &beside], [width, others], 0.5, &mut slopes);
            for (place, found) in slopes.iter().enumerate() {
                let (row, column) = (place / others, place % others);
                let product = sum(rows, |k| a[k * width + row] * beside[k * others + column]);
                assert_close(*found, start[place] + 0.5 * product);
            }
        }
    }
}
