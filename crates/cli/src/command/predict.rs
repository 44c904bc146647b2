//! `potstill predict`: CSV in, CSV out.

use serde_json::json;
use store::Disk;

use super::DONE;
use crate::arguments::PredictArguments;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(arguments: &PredictArguments, output: &Output) -> Result<u8, Failure> {
    let predicted = job::predict(&arguments.model, &arguments.data)?;
    output.warn(&predicted.warnings);
    let predictions = &predicted.predictions;
    match &arguments.output {
        Some(path) => {
            Disk::from_environment()?.write_file(path, predictions.as_bytes())?;
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
