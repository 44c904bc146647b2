//! Who runs a model.

/// A program that runs ONNX files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Runtime {
    /// `rten`, which is written in Rust and always here.
    #[default]
    Rten,
    /// ONNX Runtime, whose shared library is looked for when the program runs; only where the crate was built with its
    /// feature `ort`.
    Ort,
}

impl Runtime {
    /// The names in a recipe.
    pub const NAMES: [&str; 2] = ["rten", "ort"];

    /// The runtime of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "rten" => Some(Self::Rten),
            "ort" => Some(Self::Ort),
            _ => None,
        }
    }

    /// What it calls itself.
    pub fn words(self) -> &'static str {
        match self {
            Self::Rten => "rten",
            Self::Ort => "ONNX Runtime",
        }
    }

    /// The version, where its results may differ with it apart from that of this program. None of `rten`, which is a part
    /// of it, and of a library that is not there.
    pub fn version(self) -> Option<String> {
        match (self, ort_library()) {
            (Self::Ort, OrtLibrary::Found(version)) => Some(version),
            _ => None,
        }
    }
}

/// Whether ONNX Runtime can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrtLibrary {
    /// The crate was built without its feature `ort`.
    NotBuilt,
    /// The shared library is not there or cannot be used, with the reason.
    Absent(String),
    /// It is, with what it says of its version.
    Found(String),
}

impl std::fmt::Display for OrtLibrary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotBuilt => formatter.write_str("not built in"),
            Self::Absent(reason) => write!(formatter, "built in, but no library: {reason}"),
            Self::Found(version) => write!(formatter, "built in, library found: {version}"),
        }
    }
}

/// Looks for the shared library of ONNX Runtime: the file in the environment variable `ORT_DYLIB_PATH`, or the usual name
/// (`libonnxruntime.so` on Linux) where the system looks for libraries. The first library that is found stays.
pub fn ort_library() -> OrtLibrary {
    #[cfg(feature = "ort")]
    return crate::ort_runtime::library();
    #[cfg(not(feature = "ort"))]
    OrtLibrary::NotBuilt
}
