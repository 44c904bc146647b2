//! `potstill schema`: what a recipe may say, for editors.

use super::DONE;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(output: &Output) -> Result<u8, Failure> {
    let schema = recipe::schema().map_err(job::JobError::from)?;
    output.text(&format!("{schema:#}\n"))?;
    Ok(DONE)
}
