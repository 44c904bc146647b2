//! A model that a runtime runs.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::feed::unfit;
use crate::inputs::Inputs;
use crate::intermediate::with_outputs;
#[cfg(feature = "ort")]
use crate::ort_runtime::{self, OrtModel};
use crate::rten_runtime::{self, RtenModel};
use crate::{Description, Feed, Given, OnnxError, Port, Runtime, wire};

/// Rows of one pass. Passes go side by side, each on one thread. So an output depends on its row alone, whatever
/// else is asked and by how many threads: `rten` rounds a pass of one row in another way than one of
/// several (by 1e-7), and on one thread more rows a pass are no faster.
const ROWS: usize = 1;

/// A model with what goes into its inputs and the outputs that are used of it.
pub struct Model {
    engine: Engine,
    inputs: Inputs,
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
        let inputs: Vec<String> = self.inputs.ports().map(ToString::to_string).collect();
        write!(formatter, "Model({} -> {})", inputs.join(", "), self.outputs.join(", "))
    }
}

impl Model {
    /// Loads the bytes of a file; `feed` says what goes into its inputs, and `output` is a name, none for the only one.
    ///
    /// # Errors
    /// [`OnnxError`] for bytes that are no model, a model that the runtime cannot take, a name that it does not have, an
    /// input that nothing goes into, or a runtime that is not there.
    pub fn load(
        bytes: Vec<u8>,
        feed: &Feed,
        output: Option<&str>,
        runtime: Runtime,
    ) -> Result<Self, OnnxError> {
        let description = Description::read(&bytes)?;
        let output = chosen(output, &description.outputs)?;
        Self::with(bytes, &description, feed, vec![output], runtime)
    }

    /// The same with other outputs: values on the way, by their names ([`Intermediate::all`](crate::Intermediate)).
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn tapped(
        bytes: &[u8],
        feed: &Feed,
        names: Vec<String>,
        runtime: Runtime,
    ) -> Result<Self, OnnxError> {
        let description = Description::read(bytes)?;
        let bytes = with_outputs(bytes, &names)?;
        Self::with(bytes, &description, feed, names, runtime)
    }

    fn with(
        bytes: Vec<u8>,
        description: &Description,
        feed: &Feed,
        outputs: Vec<String>,
        runtime: Runtime,
    ) -> Result<Self, OnnxError> {
        let inputs = |elements: &[&str]| Inputs::new(feed, &description.inputs, elements);
        let threads = rayon::current_num_threads().max(1);
        let (inputs, engine) = match runtime {
            Runtime::Rten => {
                let inputs = inputs(&rten_runtime::ELEMENTS)?;
                let model = RtenModel::load(bytes, &inputs, &outputs, threads)?;
                (inputs, Engine::Rten(Box::new(model)))
            }
            #[cfg(feature = "ort")]
            Runtime::Ort => {
                let inputs = inputs(&ort_runtime::ELEMENTS)?;
                (inputs, Engine::Ort(OrtModel::load(&bytes, &outputs, threads)?))
            }
            #[cfg(not(feature = "ort"))]
            Runtime::Ort => return Err(OnnxError::NotBuilt),
        };
        Ok(Self { engine, inputs, outputs, parameters: description.parameters })
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

    /// The input that takes whole samples; none where each takes a column.
    pub fn input(&self) -> Option<&Port> {
        self.inputs.whole()
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
    /// `classes` numbers for each, [`OnnxError::Number`] for a number that an input cannot hold, [`OnnxError::Run`] when it
    /// fails.
    pub fn run(
        &self,
        values: &[f32],
        shape: &[usize],
        classes: usize,
    ) -> Result<Vec<f32>, OnnxError> {
        let count = values.len() / shape.iter().product::<usize>().max(1);
        if count == 0 {
            return self.inputs.check_shape(shape).map(|()| Vec::new());
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
            expected: format!("{} for each sample", words::counted(classes, "number")),
            found,
        })
    }

    /// Runs the model over rows of `shape.iter().product()` numbers, and says what it gives for each of its outputs.
    ///
    /// # Errors
    /// As [`run`](Self::run), whatever the outputs are.
    pub fn give(&self, values: &[f32], shape: &[usize]) -> Result<Vec<Given>, OnnxError> {
        self.inputs.check_shape(shape)?;
        let width = shape.iter().product::<usize>().max(1);
        let batch = self.inputs.fixed_batch(width)?.unwrap_or(ROWS);
        let pieces: Vec<&[f32]> = values.chunks(batch * width).collect();
        let filled = |rows: &[f32]| self.inputs.filled(rows, batch, shape);
        let passes: Vec<Result<Vec<Pass>, OnnxError>> = match &self.engine {
            Engine::Rten(model) => in_parallel(model.pools(), &pieces, |pool, rows| {
                filled(rows).and_then(|filled| model.pass(pool, filled))
            }),
            #[cfg(feature = "ort")]
            Engine::Ort(model) => in_parallel(model.sessions(), &pieces, |session, rows| {
                filled(rows).and_then(|filled| model.pass(session, filled))
            }),
        };
        let mut given = vec![None; self.outputs.len()];
        for passes in passes {
            for (given, pass) in given.iter_mut().zip(passes?) {
                join(given, pass, batch);
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

/// The name of that output, or of the only one.
fn chosen(name: Option<&str>, outputs: &[Port]) -> Result<String, OnnxError> {
    let found = match (name, outputs) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), outputs) => outputs.iter().find(|output| output.name == name),
    };
    let expected =
        name.map_or("a name, as there are several".to_owned(), |name| format!("`{name}`"));
    let found = found.map(|output| output.name.clone());
    found.ok_or_else(|| unfit("the output of the model", &expected, outputs))
}
