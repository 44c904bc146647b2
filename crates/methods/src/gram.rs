//! Products of the rows of matrices with one another.

/// `a b'`, of rows with rows.
pub(crate) fn products(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let rows = a.chunks_exact(width);
    rows.flat_map(|a| b.chunks_exact(width).map(move |b| dot(a, b))).collect()
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
