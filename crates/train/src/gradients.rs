//! Gradients out of a backward pass, and new weights into a network.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};
use nn::Path;
use ops::Level;
use ops::optimizer::all_finite;
use tensors::{copied, recycle, taken};

use crate::TrainError;
use crate::optimizer::{Optimizer, Units};

/// The tensors of a network as the training loop sees them, in the order of the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    path: Path,
    /// Path and length of every parameter that has a gradient.
    pub(crate) parameters: Vec<(String, usize)>,
    /// Paths of those with a single axis: biases, and scales and shifts of normalisations.
    pub(crate) norms_and_biases: Vec<String>,
    /// Paths of the weights of dense layers and convolutions, and where their units are.
    pub(crate) weights: Vec<(String, Units)>,
    /// Whether there are other tensors, such as running statistics.
    pub(crate) has_statistics: bool,
}

impl Layout {
    pub(crate) fn of<M: Module>(module: &M) -> Self {
        let mut layout = Self::default();
        module.visit(&mut layout);
        layout
    }
}

impl ModuleVisitor for Layout {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        if tensor.is_require_grad() {
            let path = self.path.joined();
            if D < 2 {
                self.norms_and_biases.push(path.clone());
            } else if path.rsplit('.').next() == Some("weight") {
                self.weights.push((path.clone(), units(tensor.dims())));
            }
            self.parameters.push((path, tensor.shape().num_elements()));
        } else {
            self.has_statistics = true;
        }
    }
}

/// Where the units of a weight of this shape are: dense layers hold `[inputs, units]`, convolutions
/// `[units, inputs, height, width]`.
fn units<const D: usize>(shape: [usize; D]) -> Units {
    match *shape.as_slice() {
        [_, units] => Units::Columns(units),
        [_, ref incoming @ ..] => Units::Rows(incoming.iter().product()),
        [] => Units::Rows(0),
    }
}

/// Takes the gradients of `module` out of `gradients`, in the order of [`Layout::parameters`]. A
/// parameter that the loss did not touch has the gradient 0, and all have where there was no
/// backward pass.
pub(crate) fn collect<M: Module>(module: &M, gradients: Option<Gradients>) -> Vec<Vec<f32>> {
    let mut collector = Collector { gradients, found: Vec::new() };
    module.visit(&mut collector);
    collector.found
}

struct Collector {
    gradients: Option<Gradients>,
    found: Vec<Vec<f32>>,
}

impl ModuleVisitor for Collector {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        if !tensor.is_require_grad() {
            return;
        }
        let gradient = self.gradients.as_mut().and_then(|all| tensor.grad_remove(all));
        self.found.push(match gradient {
            Some(gradient) => taken(gradient),
            None => vec![0.0; tensor.shape().num_elements()],
        });
    }
}

/// One step of the optimiser on every parameter.
///
/// # Errors
/// [`TrainError::NotFinite`] when a new weight or moment is not finite; the old module is then
/// untouched, the optimiser is not.
pub(crate) fn apply<M: Module>(
    module: &M,
    layout: &Layout,
    gradients: Vec<Vec<f32>>,
    optimizer: &mut Optimizer,
    learning_rate: f64,
) -> Result<M, TrainError> {
    optimizer.begin_step();
    let updates = layout.parameters.iter().map(|(path, _)| path.as_str()).zip(gradients);
    let mut updater = Updater { updates, optimizer, learning_rate, failure: None };
    let updated = module.clone().map(&mut updater);
    match updater.failure {
        Some(error) => Err(error),
        None => Ok(updated),
    }
}

struct Updater<'a, I> {
    /// Path and gradient of the parameters to come.
    updates: I,
    optimizer: &'a mut Optimizer,
    learning_rate: f64,
    failure: Option<TrainError>,
}

impl<'a, I: Iterator<Item = (&'a str, Vec<f32>)>> Updater<'a, I> {
    fn update(&mut self, weights: &mut [f32]) {
        let Some((path, gradient)) = self.updates.next() else { return };
        if self.failure.is_none() {
            let updated = update(self.optimizer, path, weights, &gradient, self.learning_rate);
            self.failure = updated.err();
        }
        recycle(gradient);
    }
}

/// One step of the optimiser on one parameter.
///
/// # Errors
/// [`TrainError::NotFinite`] when a new weight or moment is not finite.
pub(crate) fn update(
    optimizer: &mut Optimizer,
    path: &str,
    weights: &mut [f32],
    gradient: &[f32],
    learning_rate: f64,
) -> Result<(), TrainError> {
    if optimizer.update(path, weights, gradient, learning_rate)? {
        return Ok(());
    }
    let step = optimizer.step();
    check_finite(|| format!("weight `{path}`"), weights, step)?;
    // The square of a finite gradient may overflow, and the weight would never move again.
    for (kind, buffer) in optimizer.buffers_of(path) {
        check_finite(|| format!("optimiser buffer `{kind}/{path}`"), buffer, step)?;
    }
    Ok(())
}

impl<'a, I: Iterator<Item = (&'a str, Vec<f32>)>> ModuleMapper for Updater<'a, I> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.is_require_grad() {
            return param;
        }
        param.map(|tensor| {
            let device = tensor.device();
            let shape = tensor.dims();
            // A copy: the old network stays as it is in case that the step fails.
            let mut weights = copied(&tensor);
            self.update(&mut weights);
            Tensor::from_data(TensorData::new(weights, shape), &device).require_grad()
        })
    }
}

/// Keeps the memory of a network's parameters for tensors to come, where nobody else has them.
pub(crate) fn recycle_parameters<M: Module>(module: M) {
    module.map(&mut Recycler);
}

struct Recycler;

impl ModuleMapper for Recycler {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.is_require_grad() {
            return param;
        }
        param.map(|tensor| {
            let nothing = Tensor::zeros([0; D], &tensor.device());
            recycle(taken(tensor));
            nothing
        })
    }
}

/// `module` with other values of its parameters, in the order of [`Layout::parameters`].
pub(crate) fn with_parameters<M: Module>(module: &M, values: &[Vec<f32>]) -> M {
    module.clone().map(&mut Writer { values: values.iter() })
}

struct Writer<'a> {
    values: std::slice::Iter<'a, Vec<f32>>,
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.is_require_grad() {
            return param;
        }
        let Some(values) = self.values.next() else { return param };
        param.map(|tensor| {
            let data = TensorData::new(values.clone(), tensor.dims());
            Tensor::from_data(data, &tensor.device()).require_grad()
        })
    }
}

/// The first number that is not finite, as an error.
pub(crate) fn check_finite(
    tensor: impl FnOnce() -> String,
    values: &[f32],
    step: u64,
) -> Result<(), TrainError> {
    // All numbers are looked at before the first bad one is sought, several at once.
    if all_finite(Level::best(), values) {
        return Ok(());
    }
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(&found) => Err(TrainError::NotFinite { tensor: tensor(), step, found }),
    }
}
