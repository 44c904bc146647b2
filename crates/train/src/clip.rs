/*!
Clipping of the gradient by its global norm (Pascanu, Mikolov and Bengio, 2013, algorithm 1).

All gradients are seen as one vector; when it is longer than allowed, all of them are multiplied by
one factor, so that the direction of the step stays. Definition as in PyTorch's `clip_grad_norm_`.
*/

/// The Euclidean norm of all `gradients` together.
///
/// The squares are added in `f64` in an order that depends on the lengths alone, so the result is
/// the same bits for the same gradients in the same order. It is not finite exactly when a gradient
/// is not.
pub fn global_norm<'a>(gradients: impl IntoIterator<Item = &'a [f32]>) -> f64 {
    gradients.into_iter().map(sum_of_squares).sum::<f64>().sqrt()
}

/// The factor that brings gradients of global norm `norm` to at most `maximum`:
/// `min(1, maximum / (norm + 1e-6))`, 1e-6 being PyTorch's guard against division by zero.
///
/// A norm that is not a number gives a factor that is none either; the caller checks the norm first.
pub fn scale(norm: f64, maximum: f64) -> f32 {
    let factor = maximum / (norm + 1e-6);
    if factor >= 1.0 { 1.0 } else { factor as f32 }
}

/// Eight sums beside each other, which the processor can work on at once, added at the end.
fn sum_of_squares(values: &[f32]) -> f64 {
    let (blocks, rest) = values.as_chunks::<8>();
    let mut sums = [0.0_f64; 8];
    for block in blocks {
        for (sum, &value) in sums.iter_mut().zip(block) {
            *sum += f64::from(value) * f64::from(value);
        }
    }
    let rest = rest.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_gradients_do_not_overflow() {
        let norm = global_norm([[f32::MAX; 9].as_slice()]);
        assert!((norm / (3.0 * f64::from(f32::MAX)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_gradient_that_is_no_number_is_seen_in_norm_and_factor() {
        for place in [0, 7, 8] {
            let mut gradient = [1.0; 9];
            gradient[place] = f32::NAN;
            let norm = global_norm([gradient.as_slice()]);
            assert!(norm.is_nan());
            assert!(scale(norm, 1.0).is_nan());
        }
    }
}
