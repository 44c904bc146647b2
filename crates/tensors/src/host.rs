//! Numbers out of tensors, for what is not a tensor operation.

use std::ops::Deref;

use burn::tensor::Tensor;
use ops::memory::Buffer;

use crate::value::{self, Numbers, Value, slice};

/// A copy of the numbers of a tensor, row by row.
pub fn copied<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    if let Some(value) = Value::of(tensor) {
        let numbers = value.numbers().to_contiguous();
        let values = slice(&numbers);
        let mut copy = Buffer::exact(values.len());
        copy.copy_from_slice(values);
        return copy.into_vec();
    }
    tensor.clone().into_data().iter::<f32>().collect()
}

/// The numbers of a tensor, row by row, to be read: shared with the tensor where it lives on the
/// processor, a copy where it does not.
#[derive(Debug)]
pub struct HostNumbers(Place);

#[derive(Debug)]
enum Place {
    Shared(Numbers),
    Copied(Vec<f32>),
}

impl HostNumbers {
    /// The numbers of `tensor`.
    pub fn of<const D: usize>(tensor: &Tensor<D>) -> Self {
        Self(match Value::of(tensor) {
            Some(value) => Place::Shared(value.numbers().to_contiguous()),
            None => Place::Copied(copied(tensor)),
        })
    }
}

impl Deref for HostNumbers {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &self.0 {
            Place::Shared(numbers) => slice(numbers),
            Place::Copied(values) => values,
        }
    }
}

/// The numbers of a tensor, row by row; without a copy where nobody else uses them.
pub fn taken<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    if data.as_slice::<f32>().is_err() {
        return data.iter::<f32>().collect();
    }
    data.try_into_vec::<f32>().unwrap_or_default()
}

/// Keeps the memory of numbers that are not needed any more for tensors to come.
pub fn recycle(values: Vec<f32>) {
    Buffer::recycle(values);
}

/// Keeps the memory of a tensor that is not needed any more for tensors to come. One that is in use elsewhere, has a tape or
/// does not live on the processor is left alone.
pub fn let_go<const D: usize>(tensor: Tensor<D>) {
    if let Some(Value::Plain(numbers)) = Value::of(&tensor) {
        drop(tensor);
        value::recycle([numbers]);
    }
}

/// Whether a tensor lives on the processor in `f32`, which the operations here are made for.
pub fn is_native<const D: usize>(tensor: &Tensor<D>) -> bool {
    Value::of(tensor).is_some()
}
