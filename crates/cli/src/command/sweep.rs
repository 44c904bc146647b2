//! `potstill sweep`: a recipe at every point of a grid.

use job::{Finished, JobError, Request, SweepOutcome};
use report::summary::{SweepAxis, SweepView};
use serde_json::json;

use super::{DONE, distill};
use crate::arguments::{ResumeArguments, SweepArguments};
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;
use crate::render::progress::Progress;
use crate::render::{grid, summary};
use crate::stop::Stop;

pub(crate) fn run(arguments: &SweepArguments, output: &Output) -> Result<u8, Failure> {
    let mut request = recipes::request(&arguments.recipe)?;
    request.folder.clone_from(&arguments.run);
    let axes = axes(&arguments.grid, &request)?;
    let stop = Stop::listen()?;
    let mut progress = Progress::new(output, &stop);
    let outcome = job::sweep(&request, &axes, &mut progress);
    progress.end();
    tell(outcome?, &progress, output, &stop)
}

pub(crate) fn resume(arguments: &ResumeArguments, output: &Output) -> Result<u8, Failure> {
    let stop = Stop::listen()?;
    let mut progress = Progress::new(output, &stop);
    let outcome = job::resume_sweep(&arguments.run, arguments.threads.count(), &mut progress);
    progress.end();
    tell(outcome?, &progress, output, &stop)
}

fn axes(grid: &[String], request: &Request) -> Result<Vec<SweepAxis>, JobError> {
    if grid.is_empty() {
        return job::usual_axes(request);
    }
    grid.iter().map(|axis| job::parse_axis(axis)).collect()
}

fn tell(
    outcome: SweepOutcome,
    progress: &Progress<'_>,
    output: &Output,
    stop: &Stop,
) -> Result<u8, Failure> {
    match outcome {
        SweepOutcome::Done { folder, sweep, best } => {
            let value = json!({
                "status": "done",
                "folder": folder,
                "sweep": sweep,
                "best": best.folder,
                "judgement": best.judgement,
            });
            output.result(&value, &text(&sweep, &best))?;
            Ok(DONE)
        }
        SweepOutcome::Stopped { folder } => {
            distill::stopped(&folder, progress, output)?;
            Ok(stop.exit_code())
        }
    }
}

fn text(sweep: &SweepView, best: &Finished) -> String {
    format!("{}\n{}", grid::points(sweep, best.summary.task), summary::finished(best))
}
