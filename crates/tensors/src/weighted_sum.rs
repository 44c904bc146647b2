//! The sum of the parts of a loss.

use burn::tensor::Tensor;

use crate::operation::{Operation, apply};
use crate::value::{Numbers, Value, slice};

/// The sum of single numbers, each times its weight, as one operation; none of no parts.
pub fn weighted_sum(parts: &[(Tensor<1>, f64)]) -> Option<Tensor<1>> {
    let fused = match parts {
        [_] => fused::<1>(parts),
        [_, _] => fused::<2>(parts),
        [_, _, _] => fused::<3>(parts),
        _ => None,
    };
    fused.or_else(|| {
        let weighted = parts.iter().map(|(part, weight)| part.clone() * *weight);
        weighted.reduce(|sum, part| sum + part)
    })
}

fn fused<const N: usize>(parts: &[(Tensor<1>, f64)]) -> Option<Tensor<1>> {
    let values = parts.iter().map(|(part, _)| Value::of(part)).collect::<Option<Vec<_>>>()?;
    let weights = parts.iter().map(|(_, weight)| *weight as f32).collect::<Vec<_>>();
    let (values, weights) = (values.try_into().ok()?, weights.try_into().ok()?);
    Some(apply(WeightedSum::<N> { weights }, values).tensor())
}

#[derive(Clone, Copy, Debug)]
struct WeightedSum<const N: usize> {
    weights: [f32; N],
}

/// The only number of a tensor.
fn number(numbers: &Numbers) -> f32 {
    slice(numbers).first().copied().unwrap_or_default()
}

impl<const N: usize> Operation<N> for WeightedSum<N> {
    type Saved = ();

    fn forward(&self, parts: [Numbers; N], taped: bool) -> (Numbers, Option<()>) {
        let weighted = parts.iter().zip(self.weights).map(|(part, weight)| number(part) * weight);
        let sum = weighted.reduce(|sum, part| sum + part).unwrap_or_default();
        (Numbers::from_data([sum].into()), taped.then_some(()))
    }

    fn backward(&self, (): (), gradient: Numbers, _wanted: [bool; N]) -> [Option<Numbers>; N] {
        let factor = number(&gradient);
        self.weights.map(|weight| Some(Numbers::from_data([factor * weight].into())))
    }
}
