//! How results, progress and failures look.

pub(crate) mod error;
pub(crate) mod escape;
pub(crate) mod grid;
mod labelling;
mod live;
pub(crate) mod measured;
pub(crate) mod networks;
pub(crate) mod number;
pub(crate) mod pace;
pub(crate) mod plain;
pub(crate) mod progress;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod usage;
