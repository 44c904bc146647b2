//! `potstill check`: mistakes in a recipe and its data.

use data::{Finding, Severity};
use serde_json::json;

use super::DONE;
use crate::arguments::RecipeArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;
use crate::render::escape::visible;

/// The exit code when a gate did not let pass.
const GATE_FAILED: u8 = 1;

pub(crate) fn run(arguments: &RecipeArguments, output: &Output) -> Result<u8, Failure> {
    let findings = job::check(&recipes::request(arguments)?)?;
    let listed = findings.iter().map(|finding| {
        json!({
            "kind": finding.defect.name(),
            "severity": finding.severity.to_string(),
            "place": finding.place,
            "message": finding.message,
        })
    });
    let value = json!({ "findings": listed.collect::<Vec<_>>() });
    output.result(&value, &text(&findings))?;
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if failed { GATE_FAILED } else { DONE })
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { defect, severity, place, message } in findings {
        let (place, message) = (visible(place), visible(message));
        text.push_str(&format!("{severity}: {place}: {message} [{}]\n", defect.name()));
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => text.push_str("recipe and data are fine\n"),
        (errors, warnings) => {
            text.push_str(&format!("errors: {errors}, warnings: {warnings}\n"));
        }
    }
    text
}
