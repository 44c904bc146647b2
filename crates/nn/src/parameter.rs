/*!
Reading and writing the weights of any Burn module by path.

Burn numbers parameters at random, so potstill names them by their path in the module instead
(`stage1.0.convolution1.weight`), which is the same in every process.
*/

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::NnError;

/// One tensor of a network: its shape and its values, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Sizes of the axes, as the module holds them.
    pub shape: Vec<usize>,
    /// The values, the last axis running fastest.
    pub values: Vec<f32>,
}

/// All weights of a network by path, running statistics included.
pub type Weights = BTreeMap<String, Parameter>;

/// Copies the weights out of `module`.
pub fn read_weights<M: Module>(module: &M) -> Weights {
    let mut reader = Reader { path: Path::default(), weights: Weights::new() };
    // The inference form first brings running statistics up to date, which Burn does lazily.
    module.valid().visit(&mut reader);
    reader.weights
}

/// Puts `weights` into `module`, which must have exactly these paths and shapes.
///
/// # Errors
/// [`NnError::MissingWeight`], [`NnError::UnknownWeight`] or [`NnError::WeightShape`]; the module
/// is then dropped, so callers that go on clone it first. Clones of it are never changed.
pub fn write_weights<M: Module>(module: M, weights: &Weights) -> Result<M, NnError> {
    let module = separate(&module);
    let own = read_weights(&module);
    for (path, parameter) in &own {
        let given = weights.get(path).ok_or_else(|| NnError::MissingWeight {
            path: path.clone(),
            expected: parameter.shape.clone(),
        })?;
        if given.shape != parameter.shape || given.values.len() != parameter.values.len() {
            return Err(NnError::WeightShape {
                path: path.clone(),
                expected: parameter.shape.clone(),
                found: given.shape.clone(),
            });
        }
    }
    if let Some(path) = weights.keys().find(|path| !own.contains_key(*path)) {
        let similar = own.keys().max_by_key(|name| common_ends(name, path)).cloned();
        return Err(NnError::UnknownWeight { path: path.clone(), similar });
    }
    Ok(module.map(&mut Writer { path: Path::default(), weights }))
}

/// Draws initial weights that Burn has put off until their first use, in the order of the module.
pub fn initialise<M: Module>(module: &M) {
    module.visit(&mut Reader { path: Path::default(), weights: Weights::new() });
}

/// A copy of `module` with running statistics of its own. Burn's `clone` shares them, so that a
/// forward pass in training on one clone moves those of all.
pub fn separate<M: Module>(module: &M) -> M {
    let trains = module.devices().iter().any(Device::is_autodiff);
    let copy = module.valid();
    if trains { copy.train() } else { copy }
}

/// Number of values that training changes: weights and biases, without running statistics.
pub fn count_parameters<M: Module>(module: &M) -> u64 {
    let mut counter = Counter { values: 0 };
    // A network in inference form has no gradients; its training form knows what would have them.
    module.valid().train().visit(&mut counter);
    counter.values
}

/// How many bytes two paths have in common at their beginnings and ends.
fn common_ends(left: &str, right: &str) -> usize {
    let start = left.bytes().zip(right.bytes()).take_while(|(a, b)| a == b).count();
    let end = left.bytes().rev().zip(right.bytes().rev()).take_while(|(a, b)| a == b).count();
    start + end
}

/// Where in the module a visitor of its parameters is; a visitor passes on what Burn tells it.
///
/// The variant of an enum is not part of the path: it only says which network is inside.
#[derive(Clone, Debug, Default)]
pub struct Path {
    names: Vec<String>,
}

impl Path {
    /// Goes into the part `name` of a container.
    pub fn enter(&mut self, name: &str, container: &str) {
        let name = if container.starts_with("Enum:") { "" } else { name };
        self.names.push(name.to_owned());
    }

    /// Comes back out of it.
    pub fn exit(&mut self) {
        self.names.pop();
    }

    /// The path of the parameter that is visited now, such as `stage1.0.norm1.weight`.
    pub fn joined(&self) -> String {
        let names: Vec<&str> =
            self.names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        names.join(".")
    }
}

struct Counter {
    values: u64,
}

impl ModuleVisitor for Counter {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // Running statistics come by here too, as parameters without gradient.
        if param.is_require_grad() {
            self.values += param.lazy_shape().num_elements() as u64;
        }
    }
}

struct Reader {
    path: Path,
    weights: Weights,
}

impl ModuleVisitor for Reader {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let data = param.val().into_data();
        let shape = data.shape().to_vec();
        let values = data.iter::<f32>().collect();
        self.weights.insert(self.path.joined(), Parameter { shape, values });
    }
}

struct Writer<'a> {
    path: Path,
    weights: &'a Weights,
}

impl ModuleMapper for Writer<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(given) = self.weights.get(&self.path.joined()) else { return param };
        param.map(|tensor| {
            let data = TensorData::new(given.values.clone(), given.shape.clone());
            let fresh = Tensor::from_data(data, &tensor.device());
            fresh.set_require_grad(tensor.is_require_grad())
        })
    }
}
