//! `potstill inspect`: what is in a model file or a run.

use super::DONE;
use crate::arguments::InspectArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::summary;

pub(crate) fn run(arguments: &InspectArguments, output: &Output) -> Result<u8, Failure> {
    job::use_threads_of(&arguments.path, arguments.threads.count())?;
    let inspection = job::inspect(&arguments.path)?;
    output.result(&inspection, &summary::inspection(&inspection, arguments.taps))?;
    Ok(DONE)
}
