//! A model that a runtime runs.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(feature = "ort")]
use crate::ort_runtime::{self, OrtModel};
use crate::rten_runtime::{self, RtenModel};
use crate::{Description, OnnxError, Port, Runtime, wire};

/// Rows of one pass. Passes go side by side, each on one thread. So an output depends on its row alone, whatever
/// else is asked and by how many threads: `rten` rounds a pass of one row in another way than one of
/// several (by 1e-7), and on one thread more rows a pass are no faster.
const ROWS: usize = 1;

/// The most numbers of a pass: 1 GiB. A file that fixes its number of samples could ask for any memory.
const LARGEST_PASS: usize = 1 << 28;

/// A model with the input and the output that are used of it.
pub struct Model {
    engine: Engine,
    input: Port,
    output: Port,
    /// Numbers in its weights.
    parameters: u64,
}

/// The runtime with the model in it.
enum Engine {
    Rten(Box<RtenModel>),
    #[cfg(feature = "ort")]
    Ort(OrtModel),
}

/// What a pass gives.
pub(crate) enum Pass {
    /// Numbers of single precision, and their sizes.
    Numbers { sizes: Vec<usize>, values: Vec<f32> },
    /// Something else, in words.
    Other(String),
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Model({} -> {})", self.input, self.output)
    }
}

impl Model {
    /// Loads the bytes of a file; `input` and `output` are names, and none stands for the only one.
    ///
    /// # Errors
    /// [`OnnxError`] for bytes that are no model, a model that the runtime cannot take, a name that it does not have, or a
    /// runtime that is not there.
    pub fn load(
        bytes: Vec<u8>,
        input: Option<&str>,
        output: Option<&str>,
        runtime: Runtime,
    ) -> Result<Self, OnnxError> {
        let description = Description::read(&bytes)?;
        if description.inputs.len() != 1 {
            return Err(unfit("the inputs of the model", "one", &description.inputs));
        }
        let input = chosen("the input of the model", input, &description.inputs)?;
        let output = chosen("the output of the model", output, &description.outputs)?;
        let threads = rayon::current_num_threads().max(1);
        let engine = match runtime {
            Runtime::Rten => {
                Engine::Rten(Box::new(RtenModel::load(bytes, &input, &output, threads)?))
            }
            #[cfg(feature = "ort")]
            Runtime::Ort => Engine::Ort(OrtModel::load(&bytes, &input, &output, threads)?),
            #[cfg(not(feature = "ort"))]
            Runtime::Ort => return Err(OnnxError::NotBuilt),
        };
        Ok(Self { engine, input, output, parameters: description.parameters })
    }

    /// Whether a runtime can take the model.
    ///
    /// # Errors
    /// [`OnnxError::Unsupported`] with the reason; where the runtime is not there [`OnnxError::NotBuilt`] or
    /// [`OnnxError::NoLibrary`].
    pub fn check(bytes: Vec<u8>, runtime: Runtime) -> Result<(), OnnxError> {
        wire::check(&bytes)?;
        match runtime {
            Runtime::Rten => rten_runtime::check(bytes),
            #[cfg(feature = "ort")]
            Runtime::Ort => ort_runtime::check(&bytes),
            #[cfg(not(feature = "ort"))]
            Runtime::Ort => Err(OnnxError::NotBuilt),
        }
    }

    /// Numbers in all its weights.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }

    /// What the model takes.
    pub fn input(&self) -> &Port {
        &self.input
    }

    /// Runs the model over rows of `shape.iter().product()` numbers, and gives `classes` numbers for
    /// each, in the same order.
    ///
    /// # Errors
    /// [`OnnxError::Port`] when the model takes samples of another shape or gives something else than
    /// `classes` numbers for each, [`OnnxError::Run`] when it fails.
    pub fn run(
        &self,
        values: &[f32],
        shape: &[usize],
        classes: usize,
    ) -> Result<Vec<f32>, OnnxError> {
        self.check_shape(shape)?;
        let width = shape.iter().product::<usize>().max(1);
        let batch = self.fixed_batch(width)?;
        let pieces: Vec<&[f32]> = values.chunks(batch.unwrap_or(ROWS) * width).collect();
        let wanted = Wanted { batch, shape, classes };
        let outputs: Vec<Result<Vec<f32>, OnnxError>> = match &self.engine {
            Engine::Rten(model) => in_parallel(model.pools(), &pieces, |pool, rows| {
                self.piece(rows, wanted, |rows, sizes| model.pass(pool, rows, sizes))
            }),
            #[cfg(feature = "ort")]
            Engine::Ort(model) => in_parallel(model.sessions(), &pieces, |session, rows| {
                self.piece(rows, wanted, |rows, sizes| model.pass(session, rows, sizes))
            }),
        };
        Ok(outputs.into_iter().collect::<Result<Vec<Vec<f32>>, OnnxError>>()?.concat())
    }

    /// The outputs for the rows of one pass.
    fn piece(
        &self,
        rows: &[f32],
        Wanted { batch, shape, classes }: Wanted<'_>,
        pass: impl FnOnce(Vec<f32>, &[usize]) -> Result<Pass, OnnxError>,
    ) -> Result<Vec<f32>, OnnxError> {
        let width = shape.iter().product::<usize>().max(1);
        let count = rows.len() / width;
        let batch = batch.unwrap_or(count);
        let mut rows = rows.to_vec();
        // A model of a fixed number of samples gets zeros behind the last ones.
        rows.resize(batch * width, 0.0);
        let sizes: Vec<usize> = std::iter::once(batch).chain(shape.iter().copied()).collect();
        let found = match pass(rows, &sizes)? {
            Pass::Numbers { sizes, mut values } if sizes == [batch, classes] => {
                values.truncate(count * classes);
                return Ok(values);
            }
            Pass::Numbers { sizes, .. } => format!("{sizes:?}"),
            Pass::Other(found) => found,
        };
        Err(OnnxError::Port {
            what: format!("the output `{}`", self.output.name),
            expected: format!("{classes} numbers for each sample"),
            found,
        })
    }

    fn check_shape(&self, shape: &[usize]) -> Result<(), OnnxError> {
        let port = &self.input;
        let sizes = port.shape.get(1..).unwrap_or_default();
        let fits = sizes.len() == shape.len()
            && sizes.iter().zip(shape).all(|(size, given)| size.is_none_or(|size| size == *given));
        // A file may leave the whole shape open.
        if fits || port.shape.is_empty() {
            return Ok(());
        }
        let what = "the samples for the model".to_owned();
        Err(OnnxError::Port { what, expected: port.to_string(), found: format!("{shape:?}") })
    }

    /// The number of samples that the file fixes for a pass, where it does.
    fn fixed_batch(&self, width: usize) -> Result<Option<usize>, OnnxError> {
        let port = &self.input;
        let fixed = port.shape.first().copied().flatten();
        let fits = |batch: usize| {
            batch > 0 && batch.checked_mul(width).is_some_and(|values| values <= LARGEST_PASS)
        };
        if fixed.is_none_or(fits) {
            return Ok(fixed);
        }
        let expected =
            format!("1 sample or more a pass, of together at most {LARGEST_PASS} numbers");
        Err(OnnxError::Port {
            what: "the input of the model".to_owned(),
            expected,
            found: port.to_string(),
        })
    }
}

/// What the passes of a model share.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    /// Rows of a pass, where the file fixes them.
    batch: Option<usize>,
    /// Of one row.
    shape: &'a [usize],
    classes: usize,
}

/// Numbers for an input of integers.
pub(crate) fn whole(input: &Port, rows: &[f32]) -> Result<Vec<i32>, OnnxError> {
    let whole = |&value: &f32| {
        let whole = value as i32;
        if whole as f32 == value { Some(whole) } else { None }
    };
    let fail = |found: f32| OnnxError::NotAnInteger { input: input.name.clone(), found };
    rows.iter().map(|value| whole(value).ok_or_else(|| fail(*value))).collect()
}

/// The results of `run` for all pieces in order; each thread takes the next piece that nobody has.
fn in_parallel<P: Sync, T: Sync, R: Send>(
    threads: &[T],
    pieces: &[P],
    run: impl Fn(&T, &P) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = |thread: &T| {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            match pieces.get(place) {
                Some(piece) => done.push((place, run(thread, piece))),
                None => return done,
            }
        }
    };
    // Threads of their own: one of a pool would begin the next piece while it waits for the runtime.
    let mut done = std::thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = threads
            .iter()
            .take(pieces.len())
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let mut done = Vec::with_capacity(pieces.len());
        for thread in started {
            match thread.join() {
                Ok(results) => done.extend(results),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The port of that name, or the only one.
fn chosen(what: &str, name: Option<&str>, ports: &[Port]) -> Result<Port, OnnxError> {
    let found = match (name, ports) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), ports) => ports.iter().find(|port| port.name == name),
    };
    let expected =
        name.map_or("a name, as there are several".to_owned(), |name| format!("`{name}`"));
    found.cloned().ok_or_else(|| unfit(what, &expected, ports))
}

fn unfit(what: &str, expected: &str, ports: &[Port]) -> OnnxError {
    let found: Vec<String> = ports.iter().map(ToString::to_string).collect();
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    OnnxError::Port { what: what.to_owned(), expected: expected.to_owned(), found }
}
