//! `potstill synthesise`: rows near to the training rows of a table.

use data::Synthesis;
use serde_json::json;
use words::{counted, verb};

use super::{DONE, result_file};
use crate::arguments::{SynthesiseArguments, Way};
use crate::failure::Failure;
use crate::output::Output;
use crate::recipes;

pub(crate) fn run(arguments: &SynthesiseArguments, output: &Output) -> Result<u8, Failure> {
    let synthesis = synthesis(arguments)?;
    let request = recipes::request(&arguments.recipe)?;
    let (rows, mut inputs) =
        job::synthesise(&request, synthesis, arguments.rows as usize, arguments.seed)?;
    inputs.push(arguments.recipe.recipe.clone());
    match &arguments.output {
        Some(path) => {
            result_file::write(path, rows.as_bytes(), &inputs)?;
            if output.json {
                output.result(&json!({ "rows": arguments.rows, "file": path }), "")?;
            } else if !output.quiet {
                let rows = counted(arguments.rows, "row");
                let is = verb(arguments.rows, "is", "are");
                output.tell(&format!("{rows} {is} in `{}`", path.display()));
            }
        }
        None => output.result(&json!({ "csv": rows }), &rows)?,
    }
    Ok(DONE)
}

/// An option of the other way would have no effect.
fn synthesis(arguments: &SynthesiseArguments) -> Result<Synthesis, Failure> {
    let SynthesiseArguments { share, locality, noise, .. } = *arguments;
    let foreign = match arguments.by {
        Way::Munge => noise.map(|_| ("--noise", "spunge")),
        Way::Spunge => locality.map(|_| ("--locality", "munge")),
    };
    if let Some((option, way)) = foreign {
        return Err(Failure::OtherWay { option, way });
    }
    Ok(match arguments.by {
        Way::Munge => {
            Synthesis::Munge { share: share.unwrap_or(0.5), locality: locality.unwrap_or(1.0) }
        }
        Way::Spunge => {
            Synthesis::Spunge { share: share.unwrap_or(0.1), noise: noise.unwrap_or(0.1) }
        }
    })
}
