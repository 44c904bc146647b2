//! `potstill plan`: what a recipe will do and need.

use super::DONE;
use crate::arguments::RecipeArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;
use crate::render::summary;

pub(crate) fn run(arguments: &RecipeArguments, output: &Output) -> Result<u8, Failure> {
    let plan = job::plan(&recipes::request(arguments)?)?;
    output.result(&plan, &summary::plan(&plan))?;
    Ok(DONE)
}
