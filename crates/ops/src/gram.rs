//! Products of the rows of matrices with one another, in `f64`.

use crate::Level;
use crate::loops::Loops;

/// `a b'`, of rows with rows.
///
/// Each sum runs in the order of its terms, and the sums of a row of the result are taken side by side: one
/// after the other, each addition would wait for the one before.
pub fn products(level: Level, a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let rows = b.len() / width;
    let columns = transposed(b, width);
    let mut out = vec![0.0; a.len() / width * rows];
    level.run(Loops(
        #[inline(always)]
        || {
            for (a, out) in a.chunks_exact(width).zip(out.chunks_exact_mut(rows.max(1))) {
                add_rows(a, 1.0, &columns, out);
            }
        },
    ));
    out
}

/// The columns of a matrix of rows of `width` numbers, one behind the other.
pub fn transposed(rows: &[f64], width: usize) -> Vec<f64> {
    let height = rows.len() / width;
    let mut columns = vec![0.0; rows.len()];
    for (place, row) in rows.chunks_exact(width).enumerate() {
        let places = columns.iter_mut().skip(place).step_by(height);
        places.zip(row).for_each(|(out, value)| *out = *value);
    }
    columns
}

/// `slopes += factor a b`, where `a` has a column for each row of `b`.
pub fn add_product(
    level: Level,
    [a, b]: [&[f64]; 2],
    width: usize,
    factor: f64,
    slopes: &mut [f64],
) {
    let rows = b.len() / width;
    level.run(Loops(
        #[inline(always)]
        || {
            for (a, slopes) in a.chunks_exact(rows.max(1)).zip(slopes.chunks_exact_mut(width)) {
                add_rows(a, factor, b, slopes);
            }
        },
    ));
}

/// Adds the rows of `b`, each as wide as `sum`, times `factor` and its number of `a`; four at a time, so that the
/// sums are read and written less often.
#[inline(always)]
fn add_rows(a: &[f64], factor: f64, b: &[f64], sum: &mut [f64]) {
    let width = sum.len();
    let (fours, rest) = a.as_chunks::<4>();
    let (blocks, last) = b.split_at((4 * fours.len() * width).min(b.len()));
    for (four, block) in fours.iter().zip(blocks.chunks_exact(4 * width)) {
        let [k, l, m, n] = four.map(|a| factor * a);
        let (first, second) = block.split_at(2 * width);
        let ((b, c), (d, e)) = (first.split_at(width), second.split_at(width));
        for ((sum, (b, c)), (d, e)) in sum.iter_mut().zip(b.iter().zip(c)).zip(d.iter().zip(e)) {
            *sum = *sum + k * b + l * c + m * d + n * e;
        }
    }
    for (a, b) in rest.iter().zip(last.chunks_exact(width)) {
        let a = factor * a;
        sum.iter_mut().zip(b).for_each(|(sum, b)| *sum += a * b);
    }
}

/// `slopes += factor a' b`, of two matrices with as many rows.
pub fn add_transposed_product(
    level: Level,
    [a, b]: [&[f64]; 2],
    [wide, width]: [usize; 2],
    factor: f64,
    slopes: &mut [f64],
) {
    level.run(Loops(
        #[inline(always)]
        || {
            for (a, b) in a.chunks_exact(wide.max(1)).zip(b.chunks_exact(width.max(1))) {
                for (a, slopes) in a.iter().zip(slopes.chunks_exact_mut(width.max(1))) {
                    for (slope, b) in slopes.iter_mut().zip(b) {
                        *slope += factor * a * b;
                    }
                }
            }
        },
    ));
}
