//! Tensors of the processor's backend as plain numbers, and back.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Tensor, TensorData};
use ops::memory::Buffer;

/// A tensor of Burn's processor backend: numbers in a row, shared until they are written.
pub(crate) type Numbers = FloatTensor<Flex>;

/// The same with its place on a tape.
pub(crate) type Taped = FloatTensor<Autodiff<Flex>>;

/// A tensor of numbers in `f32` on the processor, with or without a tape.
#[derive(Debug)]
pub(crate) enum Value {
    /// Without a tape.
    Plain(Numbers),
    /// With one.
    Taped(Taped),
}

impl Value {
    /// The inside of a tensor; none where it lives on another backend, is not `f32`, or belongs to
    /// a tape of another kind, so that Burn's own operation has to be used.
    pub(crate) fn of<const D: usize>(tensor: &Tensor<D>) -> Option<Self> {
        let value = if tensor.is_autodiff() {
            Self::Taped(tensor.clone().try_into_primitive::<Autodiff<Flex>>().ok()?)
        } else {
            Self::Plain(tensor.clone().try_into_primitive::<Flex>().ok()?)
        };
        (value.numbers().dtype() == DType::F32).then_some(value)
    }

    /// The numbers without the tape.
    pub(crate) fn numbers(&self) -> &Numbers {
        match self {
            Self::Plain(numbers) => numbers,
            Self::Taped(taped) => taped.primitive(),
        }
    }

    /// The tensor of a value; its rank must be `D`.
    pub(crate) fn tensor<const D: usize>(self) -> Tensor<D> {
        match self {
            Self::Plain(numbers) => Tensor::from_primitive::<Flex>(numbers),
            Self::Taped(taped) => Tensor::from_primitive::<Autodiff<Flex>>(taped),
        }
    }

    pub(crate) fn is_taped(&self) -> bool {
        matches!(self, Self::Taped(_))
    }
}

/// The numbers of a tensor row by row; `numbers` must have been made contiguous.
pub(crate) fn slice(numbers: &Numbers) -> &[f32] {
    numbers.as_slice::<f32>().unwrap_or_default()
}

/// The sizes of the axes.
pub(crate) fn shape(numbers: &Numbers) -> Vec<usize> {
    numbers.layout().shape().to_vec()
}

/// A tensor of these numbers.
pub(crate) fn numbers(values: Buffer, shape: &[usize]) -> Numbers {
    Numbers::from_data(TensorData::new(values.into_vec(), shape.to_vec()))
}

/// Keeps the memory of tensors that are not needed any more for the next ones of their size; one
/// that is still in use elsewhere is left alone.
pub(crate) fn recycle(tensors: impl IntoIterator<Item = Numbers>) {
    for numbers in tensors {
        if numbers.is_unique() && numbers.is_contiguous() {
            // Numbers that were allocated as something else stay with the system's allocator.
            if let Ok(values) = numbers.into_data().try_into_vec::<f32>() {
                Buffer::recycle(values);
            }
        }
    }
}
