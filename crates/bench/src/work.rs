//! The works by name.

use crate::latency::latency;
use crate::residual::{Residual, Sizes};
use crate::teaching::teach;
use crate::training::{Inputs, Plan, mobile, residual_student, transformer};
use crate::{BenchError, training};

/// One work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A dense 32-32 student and the forward pass of its dense 64-64 teacher.
    Dense {
        /// Numbers of a sample.
        inputs: usize,
        /// Samples of a step.
        batch: usize,
    },
    /// A residual student of four stages, one block each, on 64 images.
    ResidualStudent,
    /// The forward pass of a residual teacher of four stages, five blocks each, on 64 images.
    ResidualTeacher,
    /// MobileNet-V2 on 64 images.
    Mobile,
    /// A small vision transformer on 32 images.
    Transformer,
    /// One prediction of a dense 784-32-32-10 network.
    LatencyDense,
    /// One prediction of a residual network of depth 8 on an image of 28x28 pixels.
    LatencyResidual,
}

impl Work {
    /// All works with their names.
    pub const ALL: [(&'static str, Self); 10] = [
        ("dense-64-b32", Self::Dense { inputs: 64, batch: 32 }),
        ("dense-64-b512", Self::Dense { inputs: 64, batch: 512 }),
        ("dense-784-b32", Self::Dense { inputs: 784, batch: 32 }),
        ("dense-784-b512", Self::Dense { inputs: 784, batch: 512 }),
        ("residual-student-b64", Self::ResidualStudent),
        ("residual-teacher-b64", Self::ResidualTeacher),
        ("mobilenet-v2-b64", Self::Mobile),
        ("transformer-b32", Self::Transformer),
        ("latency-dense-784", Self::LatencyDense),
        ("latency-resnet8", Self::LatencyResidual),
    ];

    /// The work of this name.
    ///
    /// # Errors
    /// [`BenchError::UnknownWork`]
    pub fn named(name: &str) -> Result<Self, BenchError> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, work)| *work).ok_or_else(|| BenchError::UnknownWork {
            expected: Self::ALL.map(|(name, _)| name).join(", "),
            found: name.to_owned(),
        })
    }

    /// Builds networks and data.
    ///
    /// # Errors
    /// [`BenchError`] never for the works here.
    pub fn prepare(self) -> Result<Bench, BenchError> {
        let images = |batch| Inputs { shape: [3, 32, 32], batch };
        match self {
            Self::Dense { inputs, batch } => training::dense(inputs, batch),
            Self::ResidualStudent => Plan::sgd(images(64)).prepare(residual_student),
            Self::ResidualTeacher => {
                Ok(teach(|initial| Residual::new(Sizes::TEACHER, initial), images(64)))
            }
            Self::Mobile => Plan::sgd(images(64)).prepare(mobile),
            Self::Transformer => Plan::adam(images(32)).prepare(transformer),
            Self::LatencyDense => latency(nn::Architecture::Mlp { hidden: vec![32, 32] }),
            Self::LatencyResidual => latency(nn::Architecture::Resnet { depth: 8, width: 16 }),
        }
    }
}

/// A work that is ready to be repeated.
pub struct Bench {
    pub(crate) step: Box<dyn FnMut() -> Result<(), BenchError>>,
    pub(crate) parameters: u64,
}

impl Bench {
    /// Does the work once.
    ///
    /// # Errors
    /// [`BenchError`] when a step fails, say because a weight is not finite.
    pub fn step(&mut self) -> Result<(), BenchError> {
        (self.step)()
    }

    /// Trainable parameters of the network that is trained, or of the one that is run.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Bench")
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}
