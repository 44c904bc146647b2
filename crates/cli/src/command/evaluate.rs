//! `potstill evaluate`: a model's scores.

use super::DONE;
use crate::arguments::EvaluateArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::summary;

pub(crate) fn run(arguments: &EvaluateArguments, output: &Output) -> Result<u8, Failure> {
    job::use_threads_of(&arguments.model, arguments.threads.count())?;
    let evaluation = job::evaluate(&arguments.model, arguments.data.as_deref())?;
    output.warn(&evaluation.warnings);
    output.result(&evaluation, &summary::evaluation(&evaluation))?;
    Ok(DONE)
}
