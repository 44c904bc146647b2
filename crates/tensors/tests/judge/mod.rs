//! Judges an operation by Burn's own operations in `f64` on the same numbers.

#![allow(dead_code, reason = "each file of tests uses a part")]

use burn::tensor::{DType, Device, Tensor, TensorData};
use random::Stream;

/// What a result may differ by, as a share of the largest expected number.
pub(crate) const TOLERANCE: f64 = 5e-6;
/// The same for operations in `f64`: on the way back Burn takes the reciprocal of a number that was
/// divided by in `f32`.
const TOLERANCE_IN_F64: f64 = 1e-7;

/// Standard normal numbers, the same for a name each time.
pub(crate) fn normal(name: &str, count: usize) -> Vec<f32> {
    let mut generator = Stream::new(5, name).generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// Numbers on the processor, without a tape.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

/// The numbers of a tensor, whatever they are stored as.
pub(crate) fn wide<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.clone().into_data().iter::<f64>().collect()
}

/// How the numbers of an operation's input lie in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View {
    Plain,
    /// All axes in reverse.
    Permuted,
    /// All but the first of a larger tensor.
    Narrowed,
    /// One number for the whole first axis.
    Expanded,
}

pub(crate) const VIEWS: [View; 4] = [View::Plain, View::Permuted, View::Narrowed, View::Expanded];

/// A shape and a view: what a flat row of numbers becomes before an operation gets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shaped<const D: usize>(pub(crate) [usize; D], pub(crate) View);

impl<const D: usize> Shaped<D> {
    /// Length of the flat row.
    pub(crate) fn count(&self) -> usize {
        let all: usize = self.0.iter().product();
        match self.1 {
            View::Plain | View::Permuted => all,
            View::Narrowed => all / self.0[0] * (self.0[0] + 1),
            View::Expanded => all / self.0[0],
        }
    }

    pub(crate) fn of(&self, flat: &Tensor<1>) -> Tensor<D> {
        let flat = flat.clone();
        let mut shape = self.0;
        match self.1 {
            View::Plain => flat.reshape(shape),
            View::Permuted => {
                shape.reverse();
                flat.reshape(shape).permute(std::array::from_fn(|axis| (D - 1 - axis) as isize))
            }
            View::Narrowed => {
                shape[0] += 1;
                flat.reshape(shape).narrow(0, 1, self.0[0])
            }
            View::Expanded => {
                shape[0] = 1;
                flat.reshape(shape).expand(self.0)
            }
        }
    }
}

/// What is made of the result before the gradients are taken; each lets them arrive differently.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Loss {
    /// A row of numbers.
    Weighted,
    /// One number for all.
    Sum,
    /// One number for all.
    Mean,
    /// The numbers in another order.
    Permuted,
    /// Two results of the same inputs, which are used beside them too.
    Twice,
}

const LOSSES: [Loss; 5] = [Loss::Weighted, Loss::Sum, Loss::Mean, Loss::Permuted, Loss::Twice];

/// Value and gradients.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) value: Vec<f64>,
    /// None for inputs without one.
    pub(crate) gradients: Vec<Option<Vec<f64>>>,
}

/// Where an input is, if it is not a leaf with a gradient.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Leaf,
    Constant,
    Plain,
}

fn weights<const D: usize>(like: &Tensor<D>, name: &str) -> Tensor<D> {
    let shape = like.dims();
    let values = normal(name, shape.iter().product());
    Tensor::from_data(TensorData::new(values, shape), (&like.device(), like.dtype()))
}

fn loss_of<const D: usize>(
    loss: Loss,
    inputs: &[Tensor<1>],
    value: &Tensor<D>,
    again: impl Fn() -> Tensor<D>,
) -> Tensor<1> {
    let count = value.shape().num_elements() as f64;
    let value = value.clone();
    match loss {
        Loss::Weighted => (value.clone() * weights(&value, "weights")).sum(),
        Loss::Sum => value.sum(),
        Loss::Mean => value.mean() * count,
        Loss::Permuted => {
            let value = value.swap_dims(0, D - 1);
            (value.clone() * weights(&value, "weights")).sum()
        }
        Loss::Twice => {
            let mut sum = (value.clone() * weights(&value, "weights")).sum();
            sum = sum + (again() * weights(&value, "other weights")).sum();
            for input in inputs {
                sum = sum + (input.clone() * weights(input, "beside")).sum();
            }
            sum
        }
    }
}

fn run<const D: usize>(
    values: &[Vec<f32>],
    places: &[Place],
    dtype: DType,
    loss: Loss,
    operation: &impl Fn(&[Tensor<1>]) -> Option<Tensor<D>>,
) -> Option<Found> {
    let inputs: Vec<Tensor<1>> = values
        .iter()
        .zip(places)
        .map(|(values, place)| {
            let data = TensorData::new(values.clone(), [values.len()]);
            let device = Device::flex();
            match place {
                Place::Plain => Tensor::from_data(data, (&device, dtype)),
                Place::Constant => Tensor::from_data(data, (&device.autodiff(), dtype)),
                Place::Leaf => Tensor::from_data(data, (&device.autodiff(), dtype)).require_grad(),
            }
        })
        .collect();
    let output = operation(&inputs)?;
    assert_eq!(output.dtype(), dtype);
    assert!(output.is_autodiff());
    let value = wide(&output);
    let gradients = loss_of(loss, &inputs, &output, || operation(&inputs).unwrap()).backward();
    // Memory is used again: neither the inputs nor the output may be among it.
    assert_eq!(wide(&output), value, "the backward pass changed the output");
    for (input, values) in inputs.iter().zip(values) {
        let expected: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        assert_eq!(wide(input), expected, "the operation changed its input");
    }
    let gradient = |(input, place): (&Tensor<1>, &Place)| {
        let found = if *place == Place::Plain { None } else { input.grad(&gradients) };
        found.map(|gradient| wide(&gradient))
    };
    Some(Found { value, gradients: inputs.iter().zip(places).map(gradient).collect() })
}

/// The largest difference as a share of the largest expected number, or of `terms` if that is larger.
pub(crate) fn difference(found: &[f64], expected: &[f64], terms: f64) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(terms, |most, value| most.max(value.abs()));
    let off = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    // A number that is not one counts as infinitely far off.
    off.map(|off| if off.is_nan() { f64::INFINITY } else { off }).fold(0.0, f64::max) / largest
}

fn worst(found: &Found, expected: &Found, name: &str, terms: f64, tolerance: f64) -> f64 {
    let mut worst = difference(&found.value, &expected.value, terms);
    assert!(worst <= tolerance, "{name}: value off by {worst}");
    assert_eq!(found.gradients.len(), expected.gradients.len());
    for (number, (found, expected)) in found.gradients.iter().zip(&expected.gradients).enumerate() {
        let (Some(found), Some(expected)) = (found, expected) else {
            panic!("{name}: input {number} has no gradient");
        };
        let off = difference(found, expected, terms);
        assert!(off <= tolerance, "{name}: gradient of input {number} off by {off}");
        worst = worst.max(off);
    }
    worst
}

/// Judges `ours` by `reference`, which gets the same numbers in `f64`; returns the largest
/// difference. Inputs are flat rows of normal numbers of these lengths. `ours` is judged in `f32`;
/// in `f64`, if it computes there; with gradients that arrive in different ways; without a tape; and
/// with each input in turn without a gradient.
///
/// `terms` is the size of what the operation adds up: a sum that is almost 0 can be no nearer to the
/// truth than its terms are.
pub(crate) fn judge<const D: usize>(
    name: &str,
    lengths: &[usize],
    terms: f64,
    ours: impl Fn(&[Tensor<1>]) -> Option<Tensor<D>>,
    reference: impl Fn(&[Tensor<1>]) -> Tensor<D>,
) -> f64 {
    let values: Vec<Vec<f32>> = (0..lengths.len())
        .map(|number| normal(&format!("{name} {number}"), lengths[number]))
        .collect();
    judge_on(name, &values, terms, ours, reference)
}

/// [`judge`] on these numbers.
pub(crate) fn judge_on<const D: usize>(
    name: &str,
    values: &[Vec<f32>],
    terms: f64,
    ours: impl Fn(&[Tensor<1>]) -> Option<Tensor<D>>,
    reference: impl Fn(&[Tensor<1>]) -> Tensor<D>,
) -> f64 {
    let reference = |inputs: &[Tensor<1>]| Some(reference(inputs));
    let leaves = vec![Place::Leaf; values.len()];
    let mut most = 0.0_f64;
    for loss in LOSSES {
        let name = format!("{name}, {loss:?}");
        let expected = run(values, &leaves, DType::F64, loss, &reference).unwrap();
        let found = run(values, &leaves, DType::F32, loss, &ours).unwrap();
        most = most.max(worst(&found, &expected, &name, terms, TOLERANCE));
        if let Some(found) = run(values, &leaves, DType::F64, loss, &ours) {
            worst(&found, &expected, &format!("{name}, in f64"), terms, TOLERANCE_IN_F64);
        }
    }
    let full = run(values, &leaves, DType::F32, Loss::Weighted, &ours).unwrap();
    without_tape(name, values, &full, &ours);
    if values.len() > 1 {
        for left in 0..values.len() {
            for place in [Place::Constant, Place::Plain] {
                let mut places = leaves.clone();
                places[left] = place;
                let found = run(values, &places, DType::F32, Loss::Weighted, &ours).unwrap();
                assert_eq!(found.value, full.value, "{name}");
                for (number, (found, full)) in
                    found.gradients.iter().zip(&full.gradients).enumerate()
                {
                    let expected = if number == left { &None } else { full };
                    assert!(found == expected, "{name}: input {number} without gradient {left}");
                }
            }
        }
    }
    most
}

fn without_tape<const D: usize>(
    name: &str,
    values: &[Vec<f32>],
    full: &Found,
    ours: &impl Fn(&[Tensor<1>]) -> Option<Tensor<D>>,
) {
    let plain: Vec<Tensor<1>> =
        values.iter().map(|values| tensor(values.clone(), [values.len()])).collect();
    let output = ours(&plain).unwrap();
    assert!(!output.is_autodiff(), "{name}: a tape out of nothing");
    assert_eq!(wide(&output), full.value, "{name}: another value without a tape");
}
