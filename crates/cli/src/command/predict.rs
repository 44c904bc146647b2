//! `potstill predict`: CSV in, CSV out.

use serde_json::json;

use super::{DONE, result_file};
use crate::arguments::PredictArguments;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(arguments: &PredictArguments, output: &Output) -> Result<u8, Failure> {
    job::use_threads_of(&arguments.model, arguments.threads.count())?;
    let predicted = job::predict(&arguments.model, &arguments.data)?;
    output.warn(&predicted.warnings);
    let predictions = &predicted.predictions;
    match &arguments.output {
        Some(path) => {
            let inputs = [&arguments.data, &arguments.model];
            result_file::write(path, predictions.as_bytes(), inputs)?;
            let text = format!("predictions are in `{}`", path.display());
            if output.json {
                let value = json!({ "predictions": path, "warnings": predicted.warnings });
                output.result(&value, "")?;
            } else if !output.quiet {
                output.tell(&text);
            }
        }
        None => output.result(&predicted, predictions)?,
    }
    Ok(DONE)
}
