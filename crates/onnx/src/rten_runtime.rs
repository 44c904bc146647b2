//! Passes by `rten`.

use std::sync::Arc;

use rten::{NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::{AsView, Layout};

use crate::OnnxError;
use crate::guard::guarded;
use crate::inputs::{Filled, Inputs};
use crate::model::Pass;

/// Elements of an input that numbers can become: it reads `int64` and `bool` as `int32`, and `double` and `float16` as `float`. One
/// of which the file does not say what it is takes floats.
pub(crate) const ELEMENTS: [&str; 8] =
    ["float", "double", "float16", "int32", "int64", "uint8", "bool", "unknown"];

/// A model with its inputs and the outputs that are used of it.
pub(crate) struct RtenModel {
    model: rten::Model,
    inputs: Vec<NodeId>,
    outputs: Vec<NodeId>,
    /// A pool of one thread for each thread of the program.
    pools: Vec<Arc<ThreadPool>>,
}

impl RtenModel {
    pub(crate) fn load(
        bytes: Vec<u8>,
        inputs: &Inputs,
        outputs: &[String],
        threads: usize,
    ) -> Result<Self, OnnxError> {
        let model = loaded(bytes)?;
        let node = |name: &String| model.node_id(name).map_err(|error| refused(&error));
        let inputs = inputs.ports().map(|port| node(&port.name)).collect::<Result<_, _>>()?;
        let outputs = outputs.iter().map(node).collect::<Result<_, _>>()?;
        let pools = (0..threads).map(|_| Arc::new(ThreadPool::with_num_threads(1))).collect();
        Ok(Self { model, inputs, outputs, pools })
    }

    /// Something that takes one pass at a time, for each thread.
    pub(crate) fn pools(&self) -> &[Arc<ThreadPool>] {
        &self.pools
    }

    /// One pass: what it gives for each output.
    pub(crate) fn pass(
        &self,
        pool: &Arc<ThreadPool>,
        filled: Vec<Filled<'_>>,
    ) -> Result<Vec<Pass>, OnnxError> {
        let mut inputs = Vec::with_capacity(filled.len());
        for (node, filled) in self.inputs.iter().zip(filled) {
            inputs.push((*node, value(filled)?.into()));
        }
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let given = guarded(|| self.model.run(inputs, &self.outputs, Some(options)))
            .map_err(OnnxError::Run)?
            .map_err(|error| failed(&error))?;
        Ok(given.into_iter().map(numbers).collect())
    }
}

fn value(filled: Filled<'_>) -> Result<Value, OnnxError> {
    let sizes = &filled.sizes;
    match filled.port.element.as_str() {
        "int32" | "int64" | "bool" => {
            Value::from_shape(sizes, filled.integers()?).map_err(|error| failed(&error))
        }
        "uint8" => Value::from_shape(sizes, filled.bytes()?).map_err(|error| failed(&error)),
        _ => Value::from_shape(sizes, filled.values).map_err(|error| failed(&error)),
    }
}

fn numbers(given: Value) -> Pass {
    match given {
        Value::FloatTensor(tensor) => {
            let sizes = tensor.shape().to_vec();
            Pass::Numbers { sizes, values: tensor.to_vec() }
        }
        other => Pass::Other(format!("{:?}", other.dtype())),
    }
}

/// Whether the runtime can take the model.
pub(crate) fn check(bytes: Vec<u8>) -> Result<(), OnnxError> {
    loaded(bytes).map(drop)
}

fn loaded(bytes: Vec<u8>) -> Result<rten::Model, OnnxError> {
    guarded(|| rten::Model::load(bytes))
        .map_err(|reason| refused(&reason))?
        .map_err(|error| refused(&error))
}

fn refused(reason: &dyn std::fmt::Display) -> OnnxError {
    OnnxError::Unsupported { runtime: "rten", reason: reason.to_string() }
}

fn failed(error: &dyn std::fmt::Display) -> OnnxError {
    OnnxError::Run(error.to_string())
}
