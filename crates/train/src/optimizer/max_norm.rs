//! A limit on the incoming weights of each unit.

/// Where the incoming weights of a unit lie in a tensor of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// `[inputs, units]`, as in dense layers; the number of units.
    Columns(usize),
    /// `[units, ...]`, as in convolutions; the number of weights of a unit.
    Rows(usize),
}

/// Scales the incoming weights of each unit whose Euclidean norm is above `largest` down to it:
/// Srebro and Shraibman (2005), as Hinton et al. (2012), "Improving neural networks by preventing
/// co-adaptation of feature detectors", use it with dropout, and Keras' `MaxNorm`. The bias is no
/// incoming weight.
pub(super) fn constrain(weights: &mut [f32], units: Units, largest: f64) {
    match units {
        Units::Columns(count) => {
            let mut squares = vec![0.0; count];
            for row in weights.chunks_exact(count.max(1)) {
                for (sum, &weight) in squares.iter_mut().zip(row) {
                    *sum += f64::from(weight).powi(2);
                }
            }
            let scales: Vec<f32> = squares.iter().map(|&sum| scale(sum, largest)).collect();
            if scales.iter().all(|&scale| scale >= 1.0) {
                return;
            }
            for row in weights.chunks_exact_mut(count.max(1)) {
                row.iter_mut().zip(&scales).for_each(|(weight, scale)| *weight *= scale);
            }
        }
        Units::Rows(length) => {
            for row in weights.chunks_exact_mut(length.max(1)) {
                let sum = row.iter().map(|&weight| f64::from(weight).powi(2)).sum();
                let scale = scale(sum, largest);
                if scale < 1.0 {
                    row.iter_mut().for_each(|weight| *weight *= scale);
                }
            }
        }
    }
}

/// What the weights of a unit are multiplied by; 1 where their norm is within the limit, or no
/// number, which the step then reports.
fn scale(sum_of_squares: f64, largest: f64) -> f32 {
    let norm = sum_of_squares.sqrt();
    if norm > largest { (largest / norm) as f32 } else { 1.0 }
}
