//! A whole student: architecture, preprocessing, classes and weights in one file.

use data::{Preprocessing, SampleShape, Task};
use nn::{AnyNetwork, Architecture, Weights, cpu, totals, write_weights};
use serde::{Deserialize, Serialize};

use crate::pytorch::{from_pytorch, to_pytorch};
use crate::tensors::description;
use crate::{ExportError, decode_tensors, encode_tensors};

/// A model that predicts from raw rows.
///
/// In its file the weights have PyTorch's layout and names: dense weights are `[outputs, inputs]`,
/// and the running statistics of a batch norm are `running_mean` and `running_var`. The rest is
/// JSON in the metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedModel {
    /// The network as a recipe describes it.
    pub architecture: Architecture,
    /// How raw rows become samples; it also names the classes.
    pub preprocessing: Preprocessing,
    /// Weights by path, in this program's layout.
    pub weights: Weights,
}

/// The newest format that this version reads and writes.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Description {
    format: u32,
    architecture: Architecture,
    preprocessing: Preprocessing,
}

impl SavedModel {
    /// The model as the bytes of a safetensors file.
    ///
    /// # Errors
    /// [`ExportError`] when shapes and lengths of the weights disagree.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ExportError> {
        let description = serde_json::to_string(&Description {
            format: FORMAT,
            architecture: self.architecture.clone(),
            preprocessing: self.preprocessing.clone(),
        })?;
        let tensors = self.weights.iter().map(|(path, weight)| to_pytorch(path, weight)).collect();
        encode_tensors(&tensors, &description)
    }

    /// Reads the bytes of a file that [`to_bytes`](Self::to_bytes) made.
    ///
    /// # Errors
    /// [`ExportError`] for bytes that are not such a file, or weights that do not belong to the
    /// described network.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ExportError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        // Before the tensors, which in a file of another program may be of any type.
        let description = description(bytes)?.ok_or(ExportError::NotAModel)?;
        let Version { format } = serde_json::from_str(&description)?;
        if format > FORMAT {
            return Err(ExportError::Newer { expected: FORMAT, found: format });
        }
        let description: Description = serde_json::from_str(&description)?;
        let (tensors, _) = decode_tensors(bytes)?;
        let weights = tensors.iter().map(|(name, tensor)| from_pytorch(name, tensor)).collect();
        let model = Self {
            architecture: description.architecture,
            preprocessing: description.preprocessing,
            weights,
        };
        model.check_targets()?;
        model.check_size()?;
        model.network()?;
        Ok(model)
    }

    /// Checks that the names and scales of targets are such as training makes them.
    fn check_targets(&self) -> Result<(), ExportError> {
        let (names, scales) = (self.classes().len(), self.preprocessing.target_scales().len());
        match self.preprocessing.task() {
            Task::Classes if names < 2 => {
                let expected = "at least 2 classes".to_owned();
                Err(ExportError::Targets { expected, found: names })
            }
            Task::Numbers if scales != names => {
                let expected = format!("{names} scales of numbers");
                Err(ExportError::Targets { expected, found: scales })
            }
            _ => Ok(()),
        }
    }

    /// Checks that there are as many numbers as the network needs, before anything of its size is
    /// made.
    fn check_size(&self) -> Result<(), ExportError> {
        let layers = self.architecture.layers(self.shape(), self.classes().len())?;
        let expected = totals(&layers).parameters;
        let found = self.weights.values().map(|weight| weight.values.len() as u64).sum();
        if expected > found {
            return Err(ExportError::Size { expected, found });
        }
        Ok(())
    }

    /// The network with its weights, in inference form.
    ///
    /// # Errors
    /// [`ExportError::Weights`] when the weights do not belong to the architecture.
    pub fn network(&self) -> Result<AnyNetwork, ExportError> {
        // The initial weights are overwritten, so any seed serves.
        let stream = random::Stream::new(0, "replaced");
        let classes = self.preprocessing.classes().len();
        let network = self.architecture.build(self.shape(), classes, stream, &cpu())?;
        Ok(write_weights(network, &self.weights)?)
    }

    /// The shape of one sample.
    pub fn shape(&self) -> SampleShape {
        self.preprocessing.shape()
    }

    /// The names of the classes, in the order of their numbers.
    pub fn classes(&self) -> &[String] {
        self.preprocessing.classes()
    }
}
