//! `potstill train`: one model, without a comparison.

use report::summary::Role;

use super::distill;
use crate::arguments::{Model, TrainArguments};
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;
use crate::render::progress::Progress;
use crate::stop::Stop;

pub(crate) fn run(arguments: &TrainArguments, output: &Output) -> Result<u8, Failure> {
    let mut request = recipes::request(&arguments.recipe)?;
    request.folder.clone_from(&arguments.run);
    let model = match arguments.model {
        Model::Teacher => Role::Teacher,
        Model::Student => Role::Baseline,
    };
    let stop = Stop::listen()?;
    let mut progress = Progress::new(output, &stop);
    let outcome = job::train(&request, model, &mut progress);
    progress.end();
    distill::tell(outcome?, &progress, output, &stop)
}
