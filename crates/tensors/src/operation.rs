//! How an operation of our own gets on Burn's tape.

use std::fmt::Debug;

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};

use crate::value::{Numbers, Taped, Value, recycle};

/// A function of `N` tensors with its derivative. Inputs and gradients are contiguous.
pub(crate) trait Operation<const N: usize>: Clone + Debug + Send + 'static {
    /// What the derivative needs of the forward pass.
    type Saved: Clone + Debug + Send + 'static;

    /// The value; `saved` is asked for only when a derivative will be.
    fn forward(&self, inputs: [Numbers; N], taped: bool) -> (Numbers, Option<Self::Saved>);

    /// The gradients with respect to the wanted inputs.
    fn backward(
        &self,
        saved: Self::Saved,
        gradient: Numbers,
        wanted: [bool; N],
    ) -> [Option<Numbers>; N];
}

/// The value of an operation, on the tape if any input is.
pub(crate) fn apply<O: Operation<N>, const N: usize>(operation: O, inputs: [Value; N]) -> Value {
    if inputs.iter().any(Value::is_taped) {
        let inputs = inputs.map(|value| match value {
            Value::Plain(numbers) => Taped::new(numbers),
            Value::Taped(taped) => taped,
        });
        Value::Taped(record(operation, inputs))
    } else {
        let inputs = inputs.map(|value| match value {
            Value::Plain(numbers) => numbers.to_contiguous(),
            Value::Taped(taped) => taped.into_primitive().to_contiguous(),
        });
        Value::Plain(operation.forward(inputs, false).0)
    }
}

fn record<O: Operation<N>, const N: usize>(operation: O, inputs: [Taped; N]) -> Taped {
    let guards = inputs.each_ref().map(|taped| taped.node());
    let inputs = inputs.map(|taped| taped.into_primitive().to_contiguous());
    let recorded = Recorded { operation: operation.clone() };
    match recorded.prepare::<NoCheckpointing>(guards).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => match operation.forward(inputs, true) {
            (output, Some(saved)) => prepared.finish(saved, output),
            (output, None) => Taped::new(output),
        },
        OpsKind::UnTracked(prepared) => prepared.finish(operation.forward(inputs, false).0),
    }
}

/// An operation on the tape.
#[derive(Clone, Debug)]
struct Recorded<O> {
    operation: O,
}

impl<O: Operation<N>, const N: usize> Backward<Flex, N> for Recorded<O> {
    type State = O::Saved;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = self.operation.backward(ops.state, gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            match (parent, gradient) {
                (Some(node), Some(gradient)) => gradients.register::<Flex>(node.id, gradient),
                (None, Some(gradient)) => recycle([gradient]),
                (_, None) => {}
            }
        }
    }
}
