//! Numbers out of tensors, for what is not a tensor operation.

use burn::tensor::Tensor;
use ops::memory::Buffer;

use crate::value::{Value, slice};

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
