//! Rows of a table of weights, chosen by tokens.

/// `out` gets the row of `weights`, `[vocabulary, units]`, of each of `tokens`, which are whole numbers.
/// One outside of the vocabulary gets no numbers (NaN), so that it cannot pass unseen.
pub fn embedding(weights: &[f32], units: usize, tokens: &[f32], out: &mut [f32]) {
    for (&token, out) in tokens.iter().zip(out.chunks_exact_mut(units.max(1))) {
        match row(token, units).and_then(|row| weights.get(row)) {
            Some(row) => out.copy_from_slice(row),
            None => out.fill(f32::NAN),
        }
    }
}

/// The gradient of the weights from that of the output of [`embedding`]. Each row has the sum over its
/// tokens, in their order and in `f64`: of a frequent token there are hundreds of thousands in a batch.
pub fn embedding_gradient(units: usize, tokens: &[f32], gradient: &[f32], out: &mut [f32]) {
    let mut sums = vec![0.0_f64; out.len()];
    for (&token, gradient) in tokens.iter().zip(gradient.chunks_exact(units.max(1))) {
        if let Some(sums) = row(token, units).and_then(|row| sums.get_mut(row)) {
            for (sum, &value) in sums.iter_mut().zip(gradient) {
                *sum += f64::from(value);
            }
        }
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = sum as f32;
    }
}

/// Where the row of a token lies; none for what is no whole number from 0.
fn row(token: f32, units: usize) -> Option<std::ops::Range<usize>> {
    if token < 0.0 || token.fract() != 0.0 {
        return None;
    }
    let start = (token as usize).checked_mul(units)?;
    Some(start..start.checked_add(units)?)
}
