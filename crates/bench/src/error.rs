//! What can go wrong in a bench.

/// A bench that cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// There is no work of this name.
    #[error("work: expected one of {expected}, found `{found}`")]
    UnknownWork {
        /// The names that there are.
        expected: String,
        /// The name that was asked for.
        found: String,
    },
    /// A step failed.
    #[error(transparent)]
    Train(#[from] train::TrainError),
    /// A network cannot be built.
    #[error(transparent)]
    Network(#[from] nn::NnError),
}
