//! A model that a runtime runs.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::intermediate::with_outputs;
#[cfg(feature = "ort")]
use crate::ort_runtime::{self, OrtModel};
use crate::rten_runtime::{self, RtenModel};
use crate::{Description, Given, OnnxError, Port, Runtime, wire};

/// Rows of one pass. Passes go side by side, each on one thread. So an output depends on its row alone, whatever
/// else is asked and by how many threads: `rten` rounds a pass of one row in another way than one of
/// several (by 1e-7), and on one thread more rows a pass are no faster.
const ROWS: usize = 1;

/// The most numbers of a pass: 1 GiB. A file that fixes its number of samples could ask for any memory.
const LARGEST_PASS: usize = 1 << 28;

/// A model with the input and the outputs that are used of it.
pub struct Model {
    engine: Engine,
    input: Port,
    outputs: Vec<String>,
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
        write!(formatter, "Model({} -> {})", self.input, self.outputs.join(", "))
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
        let output = chosen("the output of the model", output, &description.outputs)?;
        Self::with(bytes, &description, input, vec![output.name], runtime)
    }

    /// The same with other outputs: values on the way, by their names ([`Intermediate::all`](crate::Intermediate)).
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn tapped(
        bytes: &[u8],
        input: Option<&str>,
        names: Vec<String>,
        runtime: Runtime,
    ) -> Result<Self, OnnxError> {
        let description = Description::read(bytes)?;
        let bytes = with_outputs(bytes, &names)?;
        Self::with(bytes, &description, input, names, runtime)
    }

    fn with(
        bytes: Vec<u8>,
        description: &Description,
        input: Option<&str>,
        outputs: Vec<String>,
        runtime: Runtime,
    ) -> Result<Self, OnnxError> {
        if description.inputs.len() != 1 {
            return Err(unfit("the inputs of the model", "one", &description.inputs));
        }
        let input = chosen("the input of the model", input, &description.inputs)?;
        let threads = rayon::current_num_threads().max(1);
        let engine = match runtime {
            Runtime::Rten => {
                Engine::Rten(Box::new(RtenModel::load(bytes, &input, &outputs, threads)?))
            }
            #[cfg(feature = "ort")]
            Runtime::Ort => Engine::Ort(OrtModel::load(&bytes, &input, &outputs, threads)?),
            #[cfg(not(feature = "ort"))]
            Runtime::Ort => return Err(OnnxError::NotBuilt),
        };
        Ok(Self { engine, input, outputs, parameters: description.parameters })
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

    /// The names of the outputs that are used.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
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
        let count = values.len() / shape.iter().product::<usize>().max(1);
        if count == 0 {
            return self.check_shape(shape).map(|()| Vec::new());
        }
        let found = match self.give(values, shape)?.into_iter().next() {
            Some(Given::Numbers { shape, values })
                if values.len() == count * classes && shape.len() <= 1 =>
            {
                return Ok(values);
            }
            Some(Given::Numbers { shape, .. }) => format!("{shape:?}"),
            Some(Given::Other(found)) => found,
            None => "nothing".to_owned(),
        };
        Err(OnnxError::Port {
            what: format!("the output `{}`", self.outputs.join(", ")),
            expected: format!("{classes} numbers for each sample"),
            found,
        })
    }

    /// Runs the model over rows of `shape.iter().product()` numbers, and says what it gives for each of its outputs.
    ///
    /// # Errors
    /// As [`run`](Self::run), whatever the outputs are.
    pub fn give(&self, values: &[f32], shape: &[usize]) -> Result<Vec<Given>, OnnxError> {
        self.check_shape(shape)?;
        let width = shape.iter().product::<usize>().max(1);
        let batch = self.fixed_batch(width)?;
        let pieces: Vec<&[f32]> = values.chunks(batch.unwrap_or(ROWS) * width).collect();
        let passes: Vec<Result<Vec<Pass>, OnnxError>> = match &self.engine {
            Engine::Rten(model) => in_parallel(model.pools(), &pieces, |pool, rows| {
                piece(rows, batch, shape, |rows, sizes| model.pass(pool, rows, sizes))
            }),
            #[cfg(feature = "ort")]
            Engine::Ort(model) => in_parallel(model.sessions(), &pieces, |session, rows| {
                piece(rows, batch, shape, |rows, sizes| model.pass(session, rows, sizes))
            }),
        };
        let mut given = vec![None; self.outputs.len()];
        for passes in passes {
            for (given, pass) in given.iter_mut().zip(passes?) {
                join(given, pass, batch.unwrap_or(ROWS));
            }
        }
        let count = values.len() / width;
        let nothing = || Given::Other("nothing".to_owned());
        let cut = |given: Option<Given>| match given.unwrap_or_else(nothing) {
            Given::Numbers { shape, mut values } => {
                values.truncate(count * shape.iter().product::<usize>());
                Given::Numbers { shape, values }
            }
            other => other,
        };
        Ok(given.into_iter().map(cut).collect())
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

/// One pass over rows, with zeros behind the last ones where the file fixes how many there are.
fn piece(
    rows: &[f32],
    batch: Option<usize>,
    shape: &[usize],
    pass: impl FnOnce(Vec<f32>, &[usize]) -> Result<Vec<Pass>, OnnxError>,
) -> Result<Vec<Pass>, OnnxError> {
    let width = shape.iter().product::<usize>().max(1);
    let batch = batch.unwrap_or(rows.len() / width);
    let mut rows = rows.to_vec();
    rows.resize(batch * width, 0.0);
    let sizes: Vec<usize> = std::iter::once(batch).chain(shape.iter().copied()).collect();
    pass(rows, &sizes)
}

/// Puts what a pass over `batch` rows gave behind what was given before.
fn join(given: &mut Option<Given>, pass: Pass, batch: usize) {
    if matches!(given, Some(Given::Other(_))) {
        return;
    }
    let other = match (pass, given.as_mut()) {
        (Pass::Other(found), _) => found,
        (Pass::Numbers { sizes, values }, known) => match (sizes.split_first(), known) {
            (Some((&rows, _)), _) if rows != batch => format!("{sizes:?}"),
            (None, _) => "a single number".to_owned(),
            (Some((_, sizes)), Some(Given::Numbers { shape, .. })) if sizes != shape.as_slice() => {
                format!("{shape:?} for one sample and {sizes:?} for another")
            }
            (Some(_), Some(Given::Numbers { values: all, .. })) => {
                all.extend(values);
                return;
            }
            (Some((_, sizes)), _) => {
                *given = Some(Given::Numbers { shape: sizes.to_vec(), values });
                return;
            }
        },
    };
    *given = Some(Given::Other(other));
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
