//! `potstill report`: the report of a finished run, once more.

use serde_json::json;

use super::DONE;
use crate::arguments::ReportArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::summary;

pub(crate) fn run(arguments: &ReportArguments, output: &Output) -> Result<u8, Failure> {
    let summary = job::report(&arguments.run)?;
    let page = arguments.run.join("report.html");
    let text = format!("{}\nreport   {}\n", summary::result(&summary), page.display());
    output.result(&json!({ "report": page, "summary": summary }), &text)?;
    Ok(DONE)
}
