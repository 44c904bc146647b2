//! Passes by `rten`.

use std::sync::Arc;

use rten::{DataType, NodeId, RunOptions, ThreadPool, Value, ValueType};
use rten_tensor::{AsView, Layout};

use crate::guard::guarded;
use crate::model::{Pass, whole};
use crate::{OnnxError, Port};

/// A model with the input and the outputs that are used of it.
pub(crate) struct RtenModel {
    model: rten::Model,
    input: (NodeId, Port),
    outputs: Vec<NodeId>,
    integers: bool,
    /// A pool of one thread for each thread of the program.
    pools: Vec<Arc<ThreadPool>>,
}

impl RtenModel {
    pub(crate) fn load(
        bytes: Vec<u8>,
        input: &Port,
        outputs: &[String],
        threads: usize,
    ) -> Result<Self, OnnxError> {
        let model = loaded(bytes)?;
        let node = |name: &String| model.node_id(name).map_err(|error| refused(&error));
        let outputs = outputs.iter().map(node).collect::<Result<_, _>>()?;
        let node = node(&input.name)?;
        let kind = model.node_info(node).and_then(|node| node.dtype());
        let integers = match kind {
            None | Some(ValueType::Tensor(DataType::Float)) => false,
            Some(ValueType::Tensor(DataType::Int32)) => true,
            Some(other) => {
                let found = format!("{input} ({other:?})");
                let what = "the input of the model".to_owned();
                return Err(OnnxError::Port { what, expected: "float or int".to_owned(), found });
            }
        };
        let pools = (0..threads).map(|_| Arc::new(ThreadPool::with_num_threads(1))).collect();
        Ok(Self { model, input: (node, input.clone()), outputs, integers, pools })
    }

    /// Something that takes one pass at a time, for each thread.
    pub(crate) fn pools(&self) -> &[Arc<ThreadPool>] {
        &self.pools
    }

    /// One pass: what it gives for each output.
    pub(crate) fn pass(
        &self,
        pool: &Arc<ThreadPool>,
        rows: Vec<f32>,
        sizes: &[usize],
    ) -> Result<Vec<Pass>, OnnxError> {
        let failed = |error: &dyn std::fmt::Display| OnnxError::Run(error.to_string());
        let value = match self.integers {
            true => Value::from_shape(sizes, whole(&self.input.1, &rows)?)
                .map_err(|error| failed(&error))?,
            false => Value::from_shape(sizes, rows).map_err(|error| failed(&error))?,
        };
        let inputs = vec![(self.input.0, value.into())];
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let given = guarded(|| self.model.run(inputs, &self.outputs, Some(options)))
            .map_err(OnnxError::Run)?
            .map_err(|error| failed(&error))?;
        Ok(given.into_iter().map(numbers).collect())
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
