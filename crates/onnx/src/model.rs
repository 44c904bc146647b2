//! A model that is run by `rten`.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rten::{DataType, NodeId, RunOptions, ThreadPool, Value, ValueType};

use crate::guard::guarded;
use crate::{Description, OnnxError, Port, wire};

/// Rows of one pass. Passes go side by side, each on one thread. So an output depends on its row alone, whatever
/// else is asked and by how many threads: `rten` rounds a pass of one row in another way than one of
/// several (by 1e-7), and on one thread more rows a pass are no faster.
const ROWS: usize = 1;

/// The most numbers of a pass: 1 GiB. A file that fixes its number of samples could ask for any memory.
const LARGEST_PASS: usize = 1 << 28;

/// A model with the input and the output that are used of it.
pub struct Model {
    model: rten::Model,
    input: (NodeId, Port),
    output: (NodeId, Port),
    integers: bool,
    /// Numbers in its weights.
    parameters: u64,
    /// A pool of one thread for each thread of the program.
    pools: Vec<Arc<ThreadPool>>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Model({} -> {})", self.input.1, self.output.1)
    }
}

impl Model {
    /// Loads the bytes of a file; `input` and `output` are names, and none stands for the only one.
    ///
    /// # Errors
    /// [`OnnxError`] for bytes that are no model, a model that the runtime cannot take, or a name that
    /// it does not have.
    pub fn load(
        bytes: Vec<u8>,
        input: Option<&str>,
        output: Option<&str>,
    ) -> Result<Self, OnnxError> {
        let description = Description::read(&bytes)?;
        if description.inputs.len() != 1 {
            return Err(unfit("the inputs of the model", "one", &description.inputs));
        }
        let input = chosen("the input of the model", input, &description.inputs)?;
        let output = chosen("the output of the model", output, &description.outputs)?;
        let model = loaded(bytes)?;
        let node = |port: Port| match model.node_id(&port.name) {
            Ok(id) => Ok((id, port)),
            Err(error) => Err(OnnxError::Unsupported(error.to_string())),
        };
        let (input, output) = (node(input)?, node(output)?);
        let kind = model.node_info(input.0).and_then(|node| node.dtype());
        let integers = match kind {
            None | Some(ValueType::Tensor(DataType::Float)) => false,
            Some(ValueType::Tensor(DataType::Int32)) => true,
            Some(other) => {
                let found = format!("{} ({other:?})", input.1);
                let what = "the input of the model".to_owned();
                return Err(OnnxError::Port { what, expected: "float or int".to_owned(), found });
            }
        };
        let parameters = description.parameters;
        let threads = rayon::current_num_threads().max(1);
        let pools = (0..threads).map(|_| Arc::new(ThreadPool::with_num_threads(1))).collect();
        Ok(Self { model, input, output, integers, parameters, pools })
    }

    /// Whether the runtime can take the model.
    ///
    /// # Errors
    /// [`OnnxError::Unsupported`] with the reason.
    pub fn check(bytes: Vec<u8>) -> Result<(), OnnxError> {
        wire::check(&bytes)?;
        loaded(bytes).map(drop)
    }

    /// Numbers in all its weights.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }

    /// What the model takes.
    pub fn input(&self) -> &Port {
        &self.input.1
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
        let run = |pool: &Arc<ThreadPool>, rows: &&[f32]| {
            let count = rows.len() / width;
            let batch = batch.unwrap_or(count);
            let mut rows = rows.to_vec();
            // A model of a fixed number of samples gets zeros behind the last ones.
            rows.resize(batch * width, 0.0);
            let mut given = self.run_batch(pool, rows, batch, shape, classes)?;
            given.truncate(count * classes);
            Ok(given)
        };
        let outputs: Result<Vec<Vec<f32>>, OnnxError> =
            in_parallel(&self.pools, &pieces, run).into_iter().collect();
        Ok(outputs?.concat())
    }

    fn run_batch(
        &self,
        pool: &Arc<ThreadPool>,
        rows: Vec<f32>,
        batch: usize,
        shape: &[usize],
        classes: usize,
    ) -> Result<Vec<f32>, OnnxError> {
        let shape: Vec<usize> = std::iter::once(batch).chain(shape.iter().copied()).collect();
        let failed = |error: &dyn std::fmt::Display| OnnxError::Run(error.to_string());
        let value = if self.integers {
            Value::from_shape(&shape, self.whole(&rows)?).map_err(|error| failed(&error))?
        } else {
            Value::from_shape(&shape, rows).map_err(|error| failed(&error))?
        };
        let inputs = vec![(self.input.0, value.into())];
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let given = guarded(|| self.model.run(inputs, &[self.output.0], Some(options)))
            .map_err(OnnxError::Run)?
            .map_err(|error| failed(&error))?;
        let given = given.into_iter().next();
        let wrong = |found: String| OnnxError::Port {
            what: format!("the output `{}`", self.output.1.name),
            expected: format!("{classes} numbers for each sample"),
            found,
        };
        let given = given.ok_or_else(|| wrong("nothing".to_owned()))?;
        let kind = given.dtype();
        let found = given.into_shape_vec::<f32, 2>();
        match found.map_err(|error| wrong(format!("{kind:?}: {error}")))? {
            ([rows, columns], values) if rows == batch && columns == classes => Ok(values),
            ([rows, columns], _) => Err(wrong(format!("[{rows}, {columns}]"))),
        }
    }

    fn check_shape(&self, shape: &[usize]) -> Result<(), OnnxError> {
        let port = &self.input.1;
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
        let port = &self.input.1;
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

    fn whole(&self, rows: &[f32]) -> Result<Vec<i32>, OnnxError> {
        let whole = |&value: &f32| {
            let whole = value as i32;
            if whole as f32 == value { Some(whole) } else { None }
        };
        let fail = |found: f32| OnnxError::NotAnInteger { input: self.input.1.name.clone(), found };
        rows.iter().map(|value| whole(value).ok_or_else(|| fail(*value))).collect()
    }
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

fn loaded(bytes: Vec<u8>) -> Result<rten::Model, OnnxError> {
    guarded(|| rten::Model::load(bytes))
        .map_err(OnnxError::Unsupported)?
        .map_err(|error| OnnxError::Unsupported(error.to_string()))
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
