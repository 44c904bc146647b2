//! `potstill label`: what the teacher says, kept before any training.

use job::{LabelTask, LabelledSet};
use serde_json::json;
use words::{counted, noun};

use super::DONE;
use crate::arguments::LabelArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;
use crate::render::escape::visible;
use crate::render::number;
use crate::render::progress::Progress;
use crate::stop::Stop;

pub(crate) fn run(arguments: &LabelArguments, output: &Output) -> Result<u8, Failure> {
    let request = recipes::request(&arguments.recipe)?;
    let task = match (arguments.merge, arguments.verify, arguments.shard) {
        (true, ..) => LabelTask::Merge,
        (_, true, _) => LabelTask::Verify,
        (.., Some([part, count])) => LabelTask::Shard { part, count },
        _ => LabelTask::Label,
    };
    let stop = Stop::listen()?;
    let mut progress = Progress::new(output, &stop);
    let labelled = job::label(&request, task, &mut progress);
    progress.end();
    let Some(sets) = labelled? else {
        output.tell("stopped; what is labelled stays: run the command again to go on");
        return Ok(stop.exit_code());
    };
    let text: String = sets.iter().map(described).collect();
    output.result(&json!({ "labels": sets }), &text)?;
    Ok(DONE)
}

fn described(set: &LabelledSet) -> String {
    let count = |value: usize| number::count(value as u64);
    let LabelledSet { samples, views, outputs, precision, shards, .. } = set;
    let rows = match views {
        1 => String::new(),
        views => format!(" in {views} views of seed {}", set.seed),
    };
    let rows = format!("{} {}{rows}", count(*samples), noun(*samples, "sample"));
    let (shards, outputs) = (counted(*shards, "shard"), counted(*outputs, "number"));
    let state = if set.complete { "complete" } else { "not complete yet" };
    let (what, of_tap) = match &set.tap {
        None => ("labels", String::new()),
        Some(tap) => ("tap   ", format!("`{}`, ", visible(tap))),
    };
    format!(
        "{what}  {}\n        {of_tap}{rows}, {outputs} each as {precision}, {shards}, {}\n        \
         {} {} labelled now; {state}\n",
        visible(&set.folder.display().to_string()),
        number::bytes(set.bytes),
        count(set.asked),
        noun(set.asked, "row"),
    )
}
