//! Sums of columns.

use potstill_ops::Level;
use potstill_ops::sums::column_sums;
use random::Stream;

fn normal(count: usize, mean: f64) -> Vec<f32> {
    let mut generator = Stream::new(1, "sums").generator();
    (0..count).map(|_| (mean + generator.normal()) as f32).collect()
}

#[test]
fn sums_of_columns_are_exact() {
    for level in Level::all() {
        for (rows, columns) in
            [(0, 3), (1, 1), (9, 10), (65, 17), (1023, 1), (300, 100), (50_000, 3), (40_003, 32)]
        {
            let x = normal(rows * columns, 1.0);
            let found = column_sums(level, &x, columns);
            assert_eq!(found.len(), columns);
            for (column, found) in found.iter().enumerate() {
                let values =
                    || x.iter().skip(column).step_by(columns).map(|&value| f64::from(value));
                let (expected, size) = (values().sum::<f64>(), values().map(f64::abs).sum::<f64>());
                let error = (f64::from(*found) - expected).abs();
                assert!(error <= 1.2e-7 * size, "{rows}x{columns}: {found} {expected}");
            }
        }
    }
}

#[test]
fn sums_do_not_depend_on_threads() {
    let x = normal(40_003 * 10, 0.0);
    let sums = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| column_sums(Level::best(), &x, 10))
    };
    let one = sums(1);
    assert_eq!(one, sums(2));
    assert_eq!(one, sums(3));
}
