//! Products of the rows of matrices with one another.

/// `a b'`, of rows with rows.
///
/// Each sum runs in the order of its terms, and the sums of a row of the result are taken side by side: one
/// after the other, each addition would wait for the one before.
pub(crate) fn products(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let rows = b.len() / width;
    let columns = transposed(b, width);
    let mut out = vec![0.0; a.len() / width * rows];
    for (a, out) in a.chunks_exact(width).zip(out.chunks_exact_mut(rows.max(1))) {
        for (a, column) in a.iter().zip(columns.chunks_exact(rows.max(1))) {
            for (out, b) in out.iter_mut().zip(column) {
                *out += a * b;
            }
        }
    }
    out
}

/// The columns of a matrix of rows of `width` numbers, one behind the other.
fn transposed(rows: &[f64], width: usize) -> Vec<f64> {
    let column = |place| rows.chunks_exact(width).filter_map(move |row| row.get(place).copied());
    (0..width).flat_map(column).collect()
}

/// `slopes += factor a b`, where `a` has a column for each row of `b`.
pub(crate) fn add_product(a: &[f64], b: &[f64], width: usize, factor: f64, slopes: &mut [f64]) {
    let rows = b.len() / width;
    for (a, slopes) in a.chunks_exact(rows.max(1)).zip(slopes.chunks_exact_mut(width)) {
        for (a, b) in a.iter().zip(b.chunks_exact(width)) {
            for (slope, b) in slopes.iter_mut().zip(b) {
                *slope += factor * a * b;
            }
        }
    }
}

/// `slopes += factor a' b`, of two matrices with as many rows.
pub(crate) fn add_transposed_product(
    a: &[f64],
    b: &[f64],
    [wide, width]: [usize; 2],
    factor: f64,
    slopes: &mut [f64],
) {
    for (a, b) in a.chunks_exact(wide.max(1)).zip(b.chunks_exact(width.max(1))) {
        for (a, slopes) in a.iter().zip(slopes.chunks_exact_mut(width.max(1))) {
            for (slope, b) in slopes.iter_mut().zip(b) {
                *slope += factor * a * b;
            }
        }
    }
}
