//! `potstill distill` and `potstill resume`: the main job.

use std::path::Path;

use job::{Finished, Outcome};
use serde_json::json;

use super::DONE;
use crate::arguments::{DistillArguments, ResumeArguments};
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;
use crate::render::progress::Progress;
use crate::render::summary;
use crate::stop::Stop;

pub(crate) fn run(arguments: &DistillArguments, output: &Output) -> Result<u8, Failure> {
    let mut request = recipes::request(&arguments.recipe)?;
    request.folder.clone_from(&arguments.run);
    let stop = Stop::listen()?;
    let mut progress = Progress::new(output, &stop);
    let outcome = job::distill(&request, &mut progress);
    progress.end();
    tell(outcome?, &progress, output, &stop)
}

pub(crate) fn resume(arguments: &ResumeArguments, output: &Output) -> Result<u8, Failure> {
    let stop = Stop::listen()?;
    let mut progress = Progress::new(output, &stop);
    let outcome = job::resume(&arguments.run, arguments.threads.count(), &mut progress);
    progress.end();
    tell(outcome?, &progress, output, &stop)
}

/// Says how a job ended, and gives the exit code.
pub(super) fn tell(
    outcome: Outcome,
    progress: &Progress<'_>,
    output: &Output,
    stop: &Stop,
) -> Result<u8, Failure> {
    match outcome {
        Outcome::Done(finished) => {
            done(&finished, output)?;
            Ok(DONE)
        }
        Outcome::Unjudged(unjudged) => {
            let value = json!({
                "status": "done",
                "folder": unjudged.folder,
                "agreement": unjudged.agreement,
                "summary": unjudged.summary,
                "seconds": unjudged.seconds,
                "peak_memory": unjudged.peak_memory,
            });
            output.result(&value, &summary::unjudged(&unjudged))?;
            Ok(DONE)
        }
        Outcome::Trained(single) => {
            let value = json!({ "status": "done", "trained": single });
            output.result(&value, &summary::single(&single))?;
            Ok(DONE)
        }
        Outcome::Stopped { folder } => {
            stopped(&folder, progress, output)?;
            Ok(stop.exit_code())
        }
    }
}

fn done(finished: &Finished, output: &Output) -> Result<(), Failure> {
    let value = json!({
        "status": "done",
        "folder": finished.folder,
        "judgement": finished.judgement,
        "summary": finished.summary,
        "seconds": finished.seconds,
        "peak_memory": finished.peak_memory,
    });
    output.result(&value, &summary::finished(finished))
}

/// Says how a job that was stopped goes on.
pub(super) fn stopped(
    folder: &Path,
    progress: &Progress<'_>,
    output: &Output,
) -> Result<(), Failure> {
    let command = format!("potstill resume {}", folder.display());
    let saved = progress.saved().map_or_else(|| "saved".to_owned(), |what| format!("saved {what}"));
    output.tell(&format!("{saved}; resume with `{command}`"));
    if output.json {
        let value = json!({ "status": "stopped", "folder": folder, "resume": command });
        output.result(&value, "")?;
    }
    Ok(())
}
