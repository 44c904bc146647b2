/*!
Models as files: named tensors and whole students in the safetensors format.

This crate turns models into bytes and bytes into models; the `store` crate moves the bytes. Bytes
come from outside and are checked before anything is made of them: safetensors checks its header
against the length of the file, and a model's weights are checked against its architecture when
they are put into it.
*/

#![deny(clippy::indexing_slicing)]

mod elements;
mod error;
mod pytorch;
mod saved_model;
mod tensors;

pub use error::{ExportError, Misfits};
pub use pytorch::{read_pytorch, read_pytorch_start, write_pytorch};
pub use saved_model::SavedModel;
pub use tensors::{TensorCard, decode_tensors, encode_tensors, list_tensors};
