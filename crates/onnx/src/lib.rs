/*!
Networks of other frameworks: ONNX files, described and run.

[`Description`] says what is in a file without running it, [`Model`] runs it with `rten`, which is
written in Rust, or, where the crate is built with its feature `ort`, with ONNX Runtime. [`Feed`] says what goes
into its inputs: whole samples, columns, or the same number for all. [`Intermediate`] lists the values on the way, of which
[`Model::tapped`] makes outputs; [`Trial`] is what their shapes are seen with. Bytes come from outside: whatever they hold, the answer is an error and no panic.

Limits: at most 2 GiB (the format's own), with all weights, which may lie in other files ([`WholeModel`]).
*/

#![deny(clippy::indexing_slicing)]

mod constants;
mod description;
mod error;
mod external;
mod feed;
mod guard;
mod inputs;
mod intermediate;
mod model;
#[cfg(feature = "ort")]
mod ort_runtime;
mod rten_runtime;
mod runtime;
mod stored;
mod trial;
mod wire;

pub use description::{Description, LARGEST_FILE, Port};
pub use error::{ExternalData, OnnxError};
pub use external::{DataFile, WholeModel};
pub use feed::Feed;
pub use guard::is_guarded;
pub use intermediate::{Given, Intermediate};
pub use model::Model;
pub use runtime::{OrtLibrary, Runtime, ort_library};
pub use trial::Trial;
