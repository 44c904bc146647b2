//! Training of dense layers without a tape, whose bookkeeping would cost more than their arithmetic.

use std::collections::BTreeMap;

use burn::module::{ModuleVisitor, Param};
use burn::tensor::Tensor;
use methods::{LogitBatch, LogitLoss, Method, OwnNumbers, Term, TermSum};
use nn::{Network, check_logits, check_samples};
use ops::Level;
use ops::memory::Buffer;
use ops::perceptron::{self, Dense, Passed};
use tensors::{HostNumbers, copied, is_native};

use crate::TrainError;
use crate::batch::Batch;
use crate::gradients::{Layout, update};
use crate::joint::Share;
use crate::optimizer::Optimizer;

/// Dense layers with ReLU between them, their parameters as plain numbers.
#[derive(Debug)]
pub(crate) struct DenseLayers {
    /// Inputs of the first layer, outputs of the last.
    ends: [usize; 2],
    /// Weight and bias of one layer after the other, as in [`Layout::parameters`].
    parameters: Vec<Vec<f32>>,
    /// Memory for as many, so that those of before a step are there until it has succeeded.
    spare: Vec<Vec<f32>>,
}

/// What a batch says about the parameters.
pub(crate) struct Differentiated {
    /// The terms of the loss.
    pub(crate) terms: Vec<Term>,
    /// The gradient of each parameter for the batch's share of a step.
    pub(crate) gradients: Vec<Vec<f32>>,
    /// The gradient of each of the method's own parameters that the loss touched, in the same way.
    pub(crate) of_own: BTreeMap<String, Vec<f32>>,
    /// What the student says, `[batch, classes]`.
    pub(crate) logits: Buffer,
}

impl DenseLayers {
    /// The layers of a network that has no others, for a loss that is a function of logits; none
    /// where training needs a tape.
    pub(crate) fn of<N: Network>(network: &N, method: &dyn Method) -> Option<Self> {
        // What a method remembers it takes from a tape's signals.
        method.on_logits().filter(|_| method.memory().is_empty())?;
        let sizes = network.dense_layers()?;
        let ends = [sizes.first()?[0], sizes.last()?[1]];
        let mut reader = Reader { parameters: Vec::new(), native: true };
        network.visit(&mut reader);
        let expected = sizes.iter().flat_map(|[inputs, outputs]| [inputs * outputs, *outputs]);
        let fits = expected.eq(reader.parameters.iter().map(Vec::len));
        let parameters = reader.parameters;
        let spare = parameters.clone();
        (fits && reader.native).then_some(Self { ends, parameters, spare })
    }

    /// The loss of a batch, a function of logits and of the method's own parameters, differentiated by each
    /// parameter.
    ///
    /// # Errors
    /// [`TrainError::Network`] or [`TrainError::Method`] when shapes or labels do not fit.
    pub(crate) fn differentiate(
        &self,
        (loss, own): (&dyn LogitLoss, &OwnNumbers<'_>),
        batch: &Batch,
        classes: usize,
        smoothing: f64,
        share: &Share<'_>,
    ) -> Result<Differentiated, TrainError> {
        let rows = batch.labels.len();
        let [inputs, outputs] = self.ends;
        check_samples(batch.inputs.dims(), [rows, inputs])?;
        check_logits([rows, outputs], [rows, classes])?;
        let input = HostNumbers::of(&batch.inputs);
        let layers = self.layers();
        let mut outputs = perceptron::forward(Level::best(), &layers, rows, &input);
        let student = outputs.pop().unwrap_or_default();

        let teacher = batch.teacher.as_ref().map(|teacher| teacher.logits());
        let teacher = teacher.map(|logits| (HostNumbers::of(&logits), logits.dims()));
        let teacher = teacher.as_ref().map(|(numbers, dims)| (&**numbers, *dims));
        let labels = batch.labels(smoothing);
        let logits = LogitBatch { student: &student, teacher, labels, classes, own };
        let mut gradient = vec![0.0; student.len()];
        let share = |name: &str| share.of_term(name);
        let mut sum = TermSum::sharing(&mut gradient, &share);
        loss.terms(&logits, &mut sum)?;
        let (terms, of_own) = sum.terms_and_own();

        let passed = Passed { input: &input, outputs: &outputs };
        let found = perceptron::backward(Level::best(), &layers, rows, passed, &gradient, None);
        let gradients = found.into_iter().flat_map(|layer| [layer.weight.into_vec(), layer.bias]);
        Ok(Differentiated { terms, gradients: gradients.collect(), of_own, logits: student })
    }

    /// One step of the optimiser, which has begun the step, on every parameter.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] when a new weight or moment is not finite; the parameters are then
    /// as they were, the optimiser is not.
    pub(crate) fn update(
        &mut self,
        layout: &Layout,
        gradients: &[Vec<f32>],
        optimizer: &mut Optimizer,
        learning_rate: f64,
    ) -> Result<(), TrainError> {
        let updates = self.parameters.iter().zip(&mut self.spare).zip(gradients);
        for ((path, _), ((weights, updated), gradient)) in layout.parameters.iter().zip(updates) {
            updated.copy_from_slice(weights);
            update(optimizer, path, updated, gradient, learning_rate)?;
        }
        std::mem::swap(&mut self.parameters, &mut self.spare);
        Ok(())
    }

    /// Weight and bias of one layer after the other, as in [`Layout::parameters`].
    pub(crate) fn parameters(&self) -> &[Vec<f32>] {
        &self.parameters
    }

    fn layers(&self) -> Vec<Dense<'_>> {
        let pairs = self.parameters.as_chunks::<2>().0;
        pairs.iter().map(|[weight, bias]| Dense { weight, bias }).collect()
    }
}

struct Reader {
    parameters: Vec<Vec<f32>>,
    native: bool,
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        self.native &= tensor.is_require_grad() && is_native(&tensor);
        self.parameters.push(copied(&tensor));
    }
}
