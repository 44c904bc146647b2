//! What a method brings itself: parameters, which are trained with the student and are no part of it, what it
//! remembers, and the taps that it looks at.

use std::collections::BTreeMap;

use burn::tensor::{Device, Gradients, Tensor, TensorData};
use methods::{Method, OwnNumbers, OwnParameters, Remembered};
use nn::{Parameter, Taps, Weights};
use tensors::taken;

use crate::TrainError;
use crate::gradients::update;
use crate::optimizer::Optimizer;

/// What the names of the parameters begin with where they stand beside those of the network.
const NAME: &str = "method/";

/// Parameters and memory by their full names, in order, and the names of the student's taps.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    parameters: Weights,
    memory: Weights,
    taps: Vec<String>,
}

impl Own {
    /// Those of a method, as they are at first.
    pub(crate) fn of(method: &dyn Method) -> Self {
        let named = |all: Weights| {
            all.into_iter().map(|(name, parameter)| (format!("{NAME}{name}"), parameter)).collect()
        };
        Self {
            parameters: named(method.parameters()),
            memory: named(method.memory()),
            taps: method.taps().student,
        }
    }

    /// The taps of the student that the method looks at, none of them met yet.
    pub(crate) fn taps(&self) -> Taps {
        match self.taps.is_empty() {
            true => Taps::none(),
            false => Taps::these(self.taps.iter().cloned()),
        }
    }

    /// Names and lengths.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, usize)> {
        self.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter.values.len()))
    }

    /// The parameters on a tape and the memory without one, as the method knows them.
    pub(crate) fn taped(&self, device: &Device) -> OwnParameters {
        let tensor = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [values.len()]);
            Tensor::<1>::from_data(data, device)
        };
        let trained = self.parameters.iter();
        let trained =
            trained.map(|(name, own)| (short(name).to_owned(), tensor(&own.values).require_grad()));
        let memory = self.memory.iter();
        let memory = memory.map(|(name, own)| (short(name).to_owned(), tensor(&own.values)));
        trained.chain(memory).collect()
    }

    /// The parameters without a tape, as the method knows them.
    pub(crate) fn numbers(&self) -> OwnNumbers<'_> {
        let parameters = self.parameters.iter();
        parameters.map(|(name, own)| (short(name), own.values.as_slice())).collect()
    }

    /// The gradient of each, found without a tape, 0 where the loss did not touch it.
    pub(crate) fn in_order(&self, mut found: BTreeMap<String, Vec<f32>>) -> Vec<Vec<f32>> {
        let parameters = self.parameters.iter();
        let of = |(name, own): (&String, &Parameter)| {
            found.remove(short(name)).unwrap_or_else(|| vec![0.0; own.values.len()])
        };
        parameters.map(of).collect()
    }

    /// Takes over what a batch changed of the memory.
    pub(crate) fn remember(&mut self, changes: Vec<Remembered>) {
        for Remembered { name, start, values } in changes {
            let own = self.memory.get_mut(&format!("{NAME}{name}"));
            let places = own.into_iter().flat_map(|own| own.values.iter_mut().skip(start));
            places.zip(values).for_each(|(place, value)| *place = value);
        }
    }

    /// The gradient of each, 0 where the loss did not touch it.
    pub(crate) fn gradients(
        &self,
        taped: &OwnParameters,
        mut gradients: Option<&mut Gradients>,
    ) -> Vec<Vec<f32>> {
        let mut of = |tensor: &Tensor<1>| {
            let found = gradients.as_mut().and_then(|all| tensor.grad_remove(all));
            found.map_or_else(|| vec![0.0; tensor.dims().iter().product()], taken)
        };
        let parameters = self.parameters.keys().filter_map(|name| taped.get(short(name)));
        parameters.map(&mut of).collect()
    }

    /// One step of the optimiser, which has begun the step, on every parameter.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] when a new value or moment is not finite.
    pub(crate) fn updated(
        mut self,
        optimizer: &mut Optimizer,
        gradients: &[Vec<f32>],
        learning_rate: f64,
    ) -> Result<Self, TrainError> {
        for ((name, own), gradient) in self.parameters.iter_mut().zip(gradients) {
            update(optimizer, name, &mut own.values, gradient, learning_rate)?;
        }
        Ok(self)
    }

    /// The values by name, as they are saved.
    pub(crate) fn buffers(&self) -> impl Iterator<Item = (String, Vec<f32>)> {
        let all = self.parameters.iter().chain(&self.memory);
        all.map(|(name, own)| (name.clone(), own.values.clone()))
    }

    /// Takes its part out of saved buffers.
    ///
    /// # Errors
    /// [`TrainError::State`] when one is missing or has another length.
    pub(crate) fn restore(
        &mut self,
        buffers: &mut BTreeMap<String, Vec<f32>>,
    ) -> Result<(), TrainError> {
        for (name, own) in self.parameters.iter_mut().chain(&mut self.memory) {
            let length = own.values.len();
            let found = buffers.remove(name).filter(|found| found.len() == length);
            own.values = found.ok_or_else(|| TrainError::State {
                what: "parameters of the method",
                expected: format!("{length} numbers for `{name}`"),
                found: "none, or another number".to_owned(),
            })?;
        }
        Ok(())
    }
}

/// The name that the method knows.
fn short(name: &str) -> &str {
    name.strip_prefix(NAME).unwrap_or(name)
}
