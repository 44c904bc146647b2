/*!
Optimisers: how a gradient changes a parameter.

An [`Optimizer`] works on plain slices, one parameter at a time, and remembers its moments by the
parameter's path, so that a checkpoint can save them and load them by name. It knows no tensor
library, no file and no schedule: the learning rate of a step is given to it.

Each number is updated in `f32`; what is the same for all of them is worked out in `f64` before the
pass. Weight decay applies to every parameter that is not named to [`Optimizer::spare_from_decay`].

```
use potstill_train::optimizer::{Adam, Optimizer, OptimizerOptions};

let mut optimizer = Optimizer::new(OptimizerOptions::Adam(Adam::default()))?;
let mut weight = [0.5, -0.5];
optimizer.begin_step();
optimizer.update("hidden1.weight", &mut weight, &[0.2, -3.0], 0.01)?;
assert!((weight[0] - 0.49).abs() < 1e-6);

let names: Vec<String> = optimizer.buffers().map(|(name, _)| name).collect();
assert_eq!(names, ["first/hidden1.weight", "second/hidden1.weight"]);
# Ok::<(), potstill_train::optimizer::OptimizerError>(())
```
*/

mod adam;
mod adamw;
mod error;
mod options;
mod rmsprop;
mod sgd;

use std::collections::{BTreeMap, BTreeSet};

use ops::Level;
use ops::optimizer::limit_norms;

pub use adam::{Adam, Epsilon};
pub use adamw::AdamW;
pub use error::OptimizerError;
pub use ops::optimizer::Units;
pub use options::OptimizerOptions;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

/// The buffers of one parameter. An optimiser that keeps fewer than two leaves the rest empty.
#[derive(Clone, Debug, Default, PartialEq)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Moments {
    fn zeros(length: usize, buffers: usize) -> Self {
        let zeros = |kept: bool| if kept { vec![0.0; length] } else { Vec::new() };
        Self { first: zeros(buffers > 0), second: zeros(buffers > 1) }
    }

    fn iter(&self) -> impl Iterator<Item = &Vec<f32>> {
        [&self.first, &self.second].into_iter()
    }
}

/// An optimiser with its state: the number of steps begun, and the moments of every parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimizer {
    options: OptimizerOptions,
    /// Paths of the parameters that weight decay leaves alone.
    spared: BTreeSet<String>,
    /// Weights whose units are limited, and the largest norm of the incoming weights of one.
    limited: BTreeMap<String, (Units, f64)>,
    step: u64,
    state: BTreeMap<String, Moments>,
}

impl Optimizer {
    /// An optimiser that has made no step.
    ///
    /// # Errors
    /// [`OptimizerError::Option`] when a setting is out of its range.
    pub fn new(options: OptimizerOptions) -> Result<Self, OptimizerError> {
        options.check()?;
        let (spared, limited, state) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { options, spared, limited, step: 0, state })
    }

    /// The settings.
    pub fn options(&self) -> &OptimizerOptions {
        &self.options
    }

    /// Takes these parameters out of weight decay.
    pub fn spare_from_decay(&mut self, paths: impl IntoIterator<Item = String>) {
        self.spared.extend(paths);
    }

    /// After each update of these weights, scales the incoming weights of every unit whose norm is
    /// above `largest` down to it.
    pub fn limit_norms(
        &mut self,
        weights: impl IntoIterator<Item = (String, Units)>,
        largest: f64,
    ) {
        let limited = weights.into_iter().map(|(path, units)| (path, (units, largest)));
        self.limited.extend(limited);
    }

    /// The number of steps begun.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Continues after this many steps; the buffers are loaded with [`Optimizer::load_buffer`].
    pub fn set_step(&mut self, step: u64) {
        self.step = step;
    }

    /// Begins the next step. Called once before the updates of all parameters.
    pub fn begin_step(&mut self) {
        self.step = self.step.saturating_add(1);
    }

    /// Updates one parameter in place, in one pass over its numbers, and says whether all new
    /// numbers of the parameter and its buffers are finite.
    ///
    /// Every parameter is updated in every step from the first, so that its moments have seen as
    /// many gradients as the step count says.
    ///
    /// # Errors
    /// Nothing is changed when
    /// - no step was begun ([`OptimizerError::NotBegun`]),
    /// - parameter, gradient and buffers differ in length ([`OptimizerError::Length`]),
    /// - it is not the first step and the parameter has no buffers ([`OptimizerError::Missing`]).
    pub fn update(
        &mut self,
        path: &str,
        parameter: &mut [f32],
        gradient: &[f32],
        learning_rate: f64,
    ) -> Result<bool, OptimizerError> {
        if self.step == 0 {
            return Err(OptimizerError::NotBegun { path: path.to_owned() });
        }
        check_length(path, "gradient", parameter.len(), gradient.len())?;
        let spared = self.spared.contains(path);
        let options = if spared { self.options.without_decay() } else { self.options };
        let step = self.step;
        let Moments { first, second } = self.moments(path, parameter.len())?;
        let finite = match options {
            OptimizerOptions::Sgd(sgd) => sgd.update(parameter, gradient, first, learning_rate),
            OptimizerOptions::RmsProp(rmsprop) => {
                rmsprop.update(parameter, gradient, [first, second], learning_rate)
            }
            OptimizerOptions::Adam(adam) => {
                adam.update(parameter, gradient, [first, second], learning_rate, step)
            }
            OptimizerOptions::AdamW(adamw) => {
                adamw.update(parameter, gradient, [first, second], learning_rate, step)
            }
        };
        if let Some((units, largest)) = self.limited.get(path) {
            limit_norms(Level::best(), parameter, *units, *largest);
        }
        Ok(finite)
    }

    /// Every buffer with its name, such as `first/hidden1.weight`, in the order of the paths.
    pub fn buffers(&self) -> impl Iterator<Item = (String, &[f32])> {
        self.state.keys().flat_map(|path| {
            self.buffers_of(path).map(move |(kind, values)| (format!("{kind}/{path}"), values))
        })
    }

    /// The buffers of one parameter, each with its kind, such as `first`.
    pub fn buffers_of(&self, path: &str) -> impl Iterator<Item = (&'static str, &[f32])> {
        let names = self.options.buffer_names().iter().copied();
        let buffers = self.state.get(path).into_iter().flat_map(Moments::iter);
        names.zip(buffers.map(Vec::as_slice))
    }

    /// Checks that the loaded buffers are those of parameters of these lengths, by path.
    ///
    /// # Errors
    /// [`OptimizerError::Missing`], [`OptimizerError::Length`] or [`OptimizerError::UnknownBuffer`].
    pub fn check_buffers(&self, lengths: &BTreeMap<String, usize>) -> Result<(), OptimizerError> {
        for path in self.state.keys() {
            for (kind, buffer) in self.buffers_of(path) {
                let length = lengths.get(path).ok_or_else(|| OptimizerError::UnknownBuffer {
                    name: format!("{kind}/{path}"),
                    expected: lengths.keys().map(|path| format!("{kind}/{path}")).collect(),
                })?;
                check_length(path, kind, *length, buffer.len())?;
            }
        }
        let kept = self.step > 0 && !self.options.buffer_names().is_empty();
        match lengths.keys().find(|path| kept && !self.state.contains_key(*path)) {
            Some(path) => Err(OptimizerError::Missing { path: path.clone(), step: self.step }),
            None => Ok(()),
        }
    }

    /// Puts back a buffer that [`Optimizer::buffers`] gave; its length is checked at the next update.
    ///
    /// # Errors
    /// [`OptimizerError::UnknownBuffer`] when this optimiser keeps no buffer of that name.
    pub fn load_buffer(&mut self, name: &str, values: Vec<f32>) -> Result<(), OptimizerError> {
        let names = self.options.buffer_names();
        let unknown = || OptimizerError::UnknownBuffer {
            name: name.to_owned(),
            expected: names.iter().map(|kind| format!("{kind}/<path>")).collect(),
        };
        let (kind, path) = name.split_once('/').ok_or_else(unknown)?;
        let place = names.iter().position(|known| *known == kind).ok_or_else(unknown)?;
        let moments = self.state.entry(path.to_owned()).or_default();
        match place {
            0 => moments.first = values,
            _ => moments.second = values,
        }
        Ok(())
    }

    /// The moments of one parameter: zeros at the first step, afterwards those of the last step.
    fn moments(&mut self, path: &str, length: usize) -> Result<&mut Moments, OptimizerError> {
        let (names, step) = (self.options.buffer_names(), self.step);
        if !self.state.contains_key(path) && (step == 1 || names.is_empty()) {
            self.state.insert(path.to_owned(), Moments::zeros(length, names.len()));
        }
        let missing = || OptimizerError::Missing { path: path.to_owned(), step };
        let moments = self.state.get_mut(path).ok_or_else(missing)?;
        for (kind, buffer) in names.iter().zip(moments.iter()) {
            check_length(path, kind, length, buffer.len())?;
        }
        Ok(moments)
    }
}

fn check_length(
    path: &str,
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), OptimizerError> {
    if expected == found {
        return Ok(());
    }
    Err(OptimizerError::Length { path: path.to_owned(), what, expected, found })
}

/// Checks one setting against a half-open range.
fn check_range(
    option: &'static str,
    found: f64,
    range: std::ops::Range<f64>,
) -> Result<(), OptimizerError> {
    if range.contains(&found) {
        return Ok(());
    }
    let expected = if range.end.is_finite() {
        format!("at least {} and below {}", range.start, range.end)
    } else {
        format!("a finite number of at least {}", range.start)
    };
    Err(OptimizerError::Option { option, expected, found })
}
