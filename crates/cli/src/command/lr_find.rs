//! `potstill lr-find`: which learning rate to begin with.

use job::RateSearch;
use report::summary::Role;
use serde_json::json;
use words::counted;

use super::DONE;
use crate::arguments::{LrFindArguments, Model};
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;
use crate::render::escape::visible;
use crate::render::progress::Progress;
use crate::render::table::{Side, columns};
use crate::stop::Stop;

/// Rows of the table, about.
const ROWS: usize = 16;

pub(crate) fn run(arguments: &LrFindArguments, output: &Output) -> Result<u8, Failure> {
    let request = recipes::request(&arguments.recipe)?;
    let (role, section) = match arguments.model {
        Model::Teacher => (Role::Teacher, "teacher"),
        Model::Student => (Role::Student, "distill"),
    };
    let stop = Stop::listen()?;
    let mut progress = Progress::new(output, &stop);
    let found = job::find_rate(&request, role, arguments.steps.into(), &mut progress);
    progress.end();
    let Some(found) = found? else { return Ok(stop.exit_code()) };
    let value = json!({ "section": section, "search": found });
    output.result(&value, &text(&found, section))?;
    Ok(DONE)
}

fn text(found: &RateSearch, section: &str) -> String {
    let points = &found.test.points;
    let head = ["learning rate", "loss", "smoothed"].map(str::to_owned).to_vec();
    let shown = points.iter().step_by(points.len().div_ceil(ROWS).max(1));
    let rows = shown.map(|point| {
        let loss = |loss: f64| format!("{loss:.4}");
        vec![format!("{:.1e}", point.rate), loss(point.loss), loss(point.smoothed)]
    });
    let table = columns(
        &std::iter::once(head).chain(rows).collect::<Vec<_>>(),
        &[Side::Left, Side::Right, Side::Right],
    );
    let end = match points.last() {
        Some(last) if found.test.diverged => format!("the loss diverged at {:.1e}", last.rate),
        None => "the loss diverged in the first step".to_owned(),
        Some(_) => "the loss did not diverge".to_owned(),
    };
    let advice = match found.test.suggestion {
        Some(rate) => format!(
            "suggested: learning_rate = {rate:.1e} in [{section}], where the loss falls fastest; the \
             recipe has {:e}",
            found.learning_rate
        ),
        None => "the loss never fell: there is no suggestion".to_owned(),
    };
    let model = visible(&found.model);
    format!("{model}, {}\n\n{table}\n{end}\n{advice}\n", counted(points.len(), "step"))
}
