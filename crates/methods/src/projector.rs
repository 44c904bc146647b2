//! Trainable maps from the student's channels to the teacher's.

use burn::tensor::Tensor;
use nn::{Parameter, TapShape, Weights};
use random::Stream;

use crate::{MethodError, OwnParameters, TapPair};

/// Whether a trained 1x1 convolution with a bias, which for vectors is a dense layer, maps the student's channels
/// to the teacher's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// No.
    None,
    /// Where the numbers of channels differ.
    WhereNeeded,
    /// In each pair of taps.
    Always,
}

/// The maps of all pairs of taps of a method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Projector {
    /// Whose they are.
    pub(crate) method: &'static str,
    /// Which pairs have one.
    pub(crate) projection: Projection,
}

impl Projector {
    /// Weights and biases of all pairs, uniform within `1 / sqrt(inputs)`, as PyTorch's layers.
    pub(crate) fn parameters(self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let pairs = pairs.iter().map(|pair| pair.map(TapShape::channels)).enumerate();
        let needed = pairs.filter(|(_, [inputs, outputs])| self.projects(*inputs, *outputs));
        let of = |(number, [inputs, outputs]): (usize, [usize; 2])| {
            let [weight, bias] = names(number);
            let weights = uniform(stream, &weight, vec![inputs, outputs], inputs);
            let biases = uniform(stream, &bias, vec![outputs], inputs);
            [(weight, weights), (bias, biases)]
        };
        needed.flat_map(of).collect()
    }

    /// The pair with the student's side in the teacher's channels.
    ///
    /// # Errors
    /// [`MethodError::NotFitted`] where the parameters are missing.
    fn project(
        self,
        number: usize,
        pair: TapPair,
        parameters: &OwnParameters,
    ) -> Result<TapPair, MethodError> {
        let [_, inputs, _] = pair.student().dims();
        let outputs = pair.teacher().channels;
        if !self.projects(inputs, outputs) {
            return Ok(pair);
        }
        let [weight, bias] = names(number);
        let missing = MethodError::NotFitted { method: self.method };
        let (Some(weight), Some(bias)) = (parameters.get(&weight), parameters.get(&bias)) else {
            return Err(missing);
        };
        let weight = weight.clone().reshape([inputs, outputs]);
        Ok(pair.with_student(pointwise(pair.student(), weight, bias.clone())))
    }

    /// All pairs, each as [`project`](Self::project) gives it.
    ///
    /// # Errors
    /// As [`project`](Self::project).
    pub(crate) fn project_all(
        self,
        pairs: Vec<TapPair>,
        parameters: &OwnParameters,
    ) -> Result<Vec<TapPair>, MethodError> {
        let numbered = pairs.into_iter().enumerate();
        numbered.map(|(number, pair)| self.project(number, pair, parameters)).collect()
    }

    fn projects(self, inputs: usize, outputs: usize) -> bool {
        match self.projection {
            Projection::None => false,
            Projection::WhereNeeded => inputs != outputs,
            Projection::Always => true,
        }
    }
}

fn names(number: usize) -> [String; 2] {
    ["weight", "bias"].map(|name| format!("projector.{number}.{name}"))
}

/// Uniform within `1 / sqrt(inputs)`.
pub(crate) fn uniform(stream: &Stream, name: &str, shape: Vec<usize>, inputs: usize) -> Parameter {
    let limit = (1.0 / (inputs.max(1) as f64).sqrt()) as f32;
    let mut generator = stream.named(name).generator();
    let count = shape.iter().product();
    let values = (0..count).map(|_| generator.uniform_between(-limit, limit)).collect();
    Parameter { shape, values }
}

/// The same dense layer at each position: `[batch, inputs, positions]`, `[inputs, outputs]` and `[outputs]` to
/// `[batch, outputs, positions]`.
pub(crate) fn pointwise(value: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<3> {
    let [batch, inputs, positions] = value.dims();
    let [outputs] = bias.dims();
    let rows = value.swap_dims(1, 2).reshape([batch * positions, inputs]);
    let rows = tensors::dense(rows, weight, bias);
    rows.reshape([batch, positions, outputs]).swap_dims(1, 2)
}
