//! Passes by ONNX Runtime.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue, SessionInputs};
use ort::value::{DynValue, Tensor};

use crate::OnnxError;
use crate::guard::guarded;
use crate::inputs::Filled;
use crate::model::Pass;
use crate::runtime::OrtLibrary;

/// Elements of an input that numbers can become.
pub(crate) const ELEMENTS: [&str; 6] = ["float", "double", "int32", "int64", "uint8", "bool"];

/// A model with a session of one thread for each thread of the program: passes go side by side, and a session takes one
/// at a time.
pub(crate) struct OrtModel {
    sessions: Vec<Mutex<Session>>,
    outputs: Vec<String>,
}

impl OrtModel {
    pub(crate) fn load(
        bytes: &[u8],
        outputs: &[String],
        threads: usize,
    ) -> Result<Self, OnnxError> {
        let sessions = (0..threads).map(|_| session(bytes).map(Mutex::new));
        let sessions = sessions.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { sessions, outputs: outputs.to_vec() })
    }

    /// Something that takes one pass at a time, for each thread.
    pub(crate) fn sessions(&self) -> &[Mutex<Session>] {
        &self.sessions
    }

    /// One pass: what it gives for each output.
    pub(crate) fn pass(
        &self,
        session: &Mutex<Session>,
        filled: Vec<Filled<'_>>,
    ) -> Result<Vec<Pass>, OnnxError> {
        let mut inputs = Vec::with_capacity(filled.len());
        for filled in filled {
            let port = filled.port;
            inputs.push((Cow::from(port.name.as_str()), value(filled)?));
        }
        // A session that another thread failed with takes the next pass like any other.
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let given = guarded(|| {
            let given = session.run(SessionInputs::<0>::ValueMap(inputs)).map_err(failed)?;
            let pass = |name: &String| match given.get(name) {
                Some(value) => numbers(value),
                None => Pass::Other("nothing".to_owned()),
            };
            Ok(self.outputs.iter().map(pass).collect())
        });
        given.map_err(OnnxError::Run)?
    }
}

fn failed(error: ort::Error) -> OnnxError {
    OnnxError::Run(error.to_string())
}

fn value(filled: Filled<'_>) -> Result<SessionInputValue<'static>, OnnxError> {
    let sizes = filled.sizes.clone();
    let value = match filled.port.element.as_str() {
        "double" => {
            let values: Vec<f64> = filled.values.iter().map(|&value| f64::from(value)).collect();
            Tensor::from_array((sizes, values)).map_err(failed)?.into()
        }
        "int32" => Tensor::from_array((sizes, filled.integers()?)).map_err(failed)?.into(),
        "int64" => {
            let values: Vec<i64> = filled.integers()?.into_iter().map(i64::from).collect();
            Tensor::from_array((sizes, values)).map_err(failed)?.into()
        }
        "uint8" => Tensor::from_array((sizes, filled.bytes()?)).map_err(failed)?.into(),
        "bool" => {
            let values: Vec<bool> =
                filled.integers()?.into_iter().map(|value| value != 0).collect();
            Tensor::from_array((sizes, values)).map_err(failed)?.into()
        }
        _ => Tensor::from_array((sizes, filled.values)).map_err(failed)?.into(),
    };
    Ok(value)
}

fn numbers(value: &DynValue) -> Pass {
    let sizes = |shape: &[i64]| -> Vec<usize> {
        shape.iter().filter_map(|&size| usize::try_from(size).ok()).collect()
    };
    if let Ok((shape, values)) = value.try_extract_tensor::<f32>() {
        return Pass::Numbers { sizes: sizes(shape), values: values.to_vec() };
    }
    if let Ok((shape, values)) = value.try_extract_tensor::<f64>() {
        let values = values.iter().map(|&value| value as f32).collect();
        return Pass::Numbers { sizes: sizes(shape), values };
    }
    Pass::Other(value.dtype().to_string())
}

/// Whether the runtime can take the model.
pub(crate) fn check(bytes: &[u8]) -> Result<(), OnnxError> {
    session(bytes).map(drop)
}

fn session(bytes: &[u8]) -> Result<Session, OnnxError> {
    let environment = environment().map_err(OnnxError::NoLibrary)?;
    let refused = |reason: String| OnnxError::Unsupported { runtime: "ONNX Runtime", reason };
    let made = guarded(|| -> Result<Session, String> {
        let builder = Session::builder(&environment).map_err(|error| error.to_string())?;
        let builder = builder.with_intra_threads(1).map_err(|error| error.to_string())?;
        let builder = builder.with_inter_threads(1).map_err(|error| error.to_string())?;
        let builder = builder.with_optimization_level(GraphOptimizationLevel::All);
        let mut builder = builder.map_err(|error| error.to_string())?;
        builder.commit_from_memory(bytes).map_err(|error| error.to_string())
    });
    made.map_err(refused)?.map_err(refused)
}

pub(crate) fn library() -> OrtLibrary {
    match environment() {
        Err(reason) => OrtLibrary::Absent(reason),
        Ok(_) => match guarded(ort::info) {
            Ok(version) => OrtLibrary::Found(version.to_owned()),
            Err(reason) => OrtLibrary::Absent(reason),
        },
    }
}

/// The one environment of the process, once a library was found.
fn environment() -> Result<Environment, String> {
    static FOUND: OnceLock<Environment> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(found.clone());
    }
    let named = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty());
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let usual = || PathBuf::from(format!("{prefix}onnxruntime{suffix}"));
    let path = named.map_or_else(usual, PathBuf::from);
    let made = guarded(|| -> Result<Environment, String> {
        let builder = ort::init_from(&path).map_err(|error| error.to_string())?;
        builder.with_telemetry(false).build().map_err(|error| error.to_string())
    });
    Ok(FOUND
        .get_or_init({
            let made = made??;
            move || made
        })
        .clone())
}
