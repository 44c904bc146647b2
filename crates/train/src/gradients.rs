//! Gradients out of a backward pass, and new weights into a network.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};
use nn::Path;

use crate::TrainError;
use crate::optimizer::Optimizer;

/// The gradient of every trainable parameter by path. A parameter that the loss did not touch has
/// the gradient 0.
pub(crate) type PathGradients = BTreeMap<String, Vec<f32>>;

/// Takes the gradients of `module` out of `gradients`; all are 0 where there was no backward pass.
pub(crate) fn collect<M: Module>(module: &M, gradients: Option<Gradients>) -> PathGradients {
    let mut collector = Collector { path: Path::default(), gradients, found: BTreeMap::new() };
    module.visit(&mut collector);
    collector.found
}

struct Collector {
    path: Path,
    gradients: Option<Gradients>,
    found: PathGradients,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        if !tensor.is_require_grad() {
            return;
        }
        let gradient = self.gradients.as_mut().and_then(|all| tensor.grad_remove(all));
        let values = match gradient {
            Some(gradient) => values(gradient),
            None => vec![0.0; tensor.shape().num_elements()],
        };
        self.found.insert(self.path.joined(), values);
    }
}

/// One step of the optimiser on every parameter that has a gradient.
///
/// # Errors
/// [`TrainError::NotFinite`] when a new weight or moment is not finite; the old module is then
/// untouched, the optimiser is not.
pub(crate) fn apply<M: Module>(
    module: &M,
    gradients: &PathGradients,
    optimizer: &mut Optimizer,
    learning_rate: f64,
) -> Result<M, TrainError> {
    optimizer.begin_step();
    let path = Path::default();
    let mut updater = Updater { path, gradients, optimizer, learning_rate, failure: None };
    let updated = module.clone().map(&mut updater);
    match updater.failure {
        Some(error) => Err(error),
        None => Ok(updated),
    }
}

struct Updater<'a> {
    path: Path,
    gradients: &'a PathGradients,
    optimizer: &'a mut Optimizer,
    learning_rate: f64,
    failure: Option<TrainError>,
}

impl Updater<'_> {
    fn update(&mut self, path: &str, values: &mut [f32], gradient: &[f32]) {
        if self.failure.is_none() {
            self.failure = self.try_update(path, values, gradient).err();
        }
    }

    fn try_update(
        &mut self,
        path: &str,
        values: &mut [f32],
        gradient: &[f32],
    ) -> Result<(), TrainError> {
        self.optimizer.update(path, values, gradient, self.learning_rate)?;
        let step = self.optimizer.step();
        check_finite(|| format!("weight `{path}`"), values, step)?;
        // The square of a finite gradient may overflow, and the weight would never move again.
        for (kind, buffer) in self.optimizer.buffers_of(path) {
            check_finite(|| format!("optimiser buffer `{kind}/{path}`"), buffer, step)?;
        }
        Ok(())
    }
}

impl ModuleMapper for Updater<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.joined();
        let Some(gradient) = self.gradients.get(&path) else { return param };
        param.map(|tensor| {
            let device = tensor.device();
            let shape = tensor.dims();
            let mut weights = values(tensor.inner());
            self.update(&path, &mut weights, gradient);
            Tensor::from_data(TensorData::new(weights, shape), &device).require_grad()
        })
    }
}

const SIGN: u32 = 1 << 31;

/// The first number that is not finite, as an error.
pub(crate) fn check_finite(
    tensor: impl FnOnce() -> String,
    values: &[f32],
    step: u64,
) -> Result<(), TrainError> {
    // All numbers are looked at before the first bad one is sought, several at once.
    let size = |value: &f32| value.to_bits() & !SIGN;
    let largest = values.iter().map(size).fold(0, u32::max);
    if largest < f32::INFINITY.to_bits() {
        return Ok(());
    }
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(&found) => Err(TrainError::NotFinite { tensor: tensor(), step, found }),
    }
}

/// The numbers of a tensor, row by row.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    match data.as_slice::<f32>() {
        Ok(values) => values.to_vec(),
        Err(_) => data.iter::<f32>().collect(),
    }
}
