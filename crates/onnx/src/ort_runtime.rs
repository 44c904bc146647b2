//! Passes by ONNX Runtime.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue, SessionInputs};
use ort::value::{DynValue, Tensor};

use crate::guard::guarded;
use crate::model::{Pass, whole};
use crate::runtime::OrtLibrary;
use crate::{OnnxError, Port};

/// A model with a session of one thread for each thread of the program: passes go side by side, and a session takes one
/// at a time.
pub(crate) struct OrtModel {
    sessions: Vec<Mutex<Session>>,
    input: Port,
    outputs: Vec<String>,
}

impl OrtModel {
    pub(crate) fn load(
        bytes: &[u8],
        input: &Port,
        outputs: &[String],
        threads: usize,
    ) -> Result<Self, OnnxError> {
        if !ELEMENTS.contains(&input.element.as_str()) {
            let what = "the input of the model".to_owned();
            let expected = format!("one of {}", ELEMENTS.join(", "));
            return Err(OnnxError::Port { what, expected, found: input.to_string() });
        }
        let sessions = (0..threads).map(|_| session(bytes).map(Mutex::new));
        let sessions = sessions.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { sessions, input: input.clone(), outputs: outputs.to_vec() })
    }

    /// Something that takes one pass at a time, for each thread.
    pub(crate) fn sessions(&self) -> &[Mutex<Session>] {
        &self.sessions
    }

    /// One pass: what it gives for each output.
    pub(crate) fn pass(
        &self,
        session: &Mutex<Session>,
        rows: Vec<f32>,
        sizes: &[usize],
    ) -> Result<Vec<Pass>, OnnxError> {
        let value = self.value(rows, sizes)?;
        let inputs = vec![(Cow::from(self.input.name.as_str()), value)];
        // A session that another thread failed with takes the next pass like any other.
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error: ort::Error| OnnxError::Run(error.to_string());
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

    fn value(
        &self,
        rows: Vec<f32>,
        sizes: &[usize],
    ) -> Result<SessionInputValue<'static>, OnnxError> {
        let failed = |error: ort::Error| OnnxError::Run(error.to_string());
        let sizes = sizes.to_vec();
        if !self.input.takes_integers() {
            return match self.input.element.as_str() {
                "double" => {
                    let rows: Vec<f64> = rows.iter().map(|&value| f64::from(value)).collect();
                    Ok(Tensor::from_array((sizes, rows)).map_err(failed)?.into())
                }
                _ => Ok(Tensor::from_array((sizes, rows)).map_err(failed)?.into()),
            };
        }
        let rows = whole(&self.input, &rows)?;
        match self.input.element.as_str() {
            "int64" => {
                let rows: Vec<i64> = rows.into_iter().map(i64::from).collect();
                Ok(Tensor::from_array((sizes, rows)).map_err(failed)?.into())
            }
            "uint8" => {
                let narrow = |value: i32| {
                    let found = value as f32;
                    let input = self.input.name.clone();
                    u8::try_from(value).map_err(|_| OnnxError::NotAnInteger { input, found })
                };
                let rows = rows.into_iter().map(narrow).collect::<Result<Vec<u8>, _>>()?;
                Ok(Tensor::from_array((sizes, rows)).map_err(failed)?.into())
            }
            _ => Ok(Tensor::from_array((sizes, rows)).map_err(failed)?.into()),
        }
    }
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

/// Elements of an input that samples can become.
const ELEMENTS: [&str; 5] = ["float", "double", "int32", "int64", "uint8"];

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
