//! The one pool of threads.

use std::error::Error;
use std::path::Path;

use crate::JobError;
use crate::distill::read_recipe;
use crate::record::RunRecord;

/// Sizes the one pool of threads. Results do not depend on it.
///
/// The calling thread is one of the pool, because handing the work of each operation over to another
/// thread costs more than a small operation takes.
///
/// # Errors
/// [`JobError::OtherThreads`] when a number is given and a pool of another number of threads is there already,
/// [`JobError::Threads`] when the system gives no threads.
pub fn use_threads(threads: Option<usize>) -> Result<(), JobError> {
    let pool = rayon::ThreadPoolBuilder::new().use_current_thread();
    match threads {
        Some(wanted) => match pool.num_threads(wanted).build_global() {
            Ok(()) => Ok(()),
            // Only what the system refused has a cause.
            Err(error) if error.source().is_some() => Err(error.into()),
            Err(_) => match rayon::current_num_threads() {
                found if found == wanted => Ok(()),
                found => Err(JobError::OtherThreads { wanted, found }),
            },
        },
        None => {
            // Where the process has a pool already, that one is used.
            let _ = pool.build_global();
            Ok(())
        }
    }
}

/// How many threads the pool has.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// As [`use_threads`], for what is done with a model file or the folder of a run: without a number that of the
/// run's recipe is taken.
///
/// # Errors
/// As [`use_threads`]; without a number [`JobError`] for a folder that is no run, or whose recipe cannot be read.
pub fn use_threads_of(path: &Path, threads: Option<usize>) -> Result<(), JobError> {
    if threads.is_some() || !path.is_dir() {
        return use_threads(threads);
    }
    // Of a folder that is no run this says so, before a recipe is missed in it.
    RunRecord::read(path)?;
    use_threads(read_recipe(path)?.run.threads)
}
