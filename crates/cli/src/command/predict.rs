//! `potstill predict`: CSV in, CSV out.

use serde_json::json;
use store::Disk;

use super::DONE;
use crate::arguments::PredictArguments;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(arguments: &PredictArguments, output: &Output) -> Result<u8, Failure> {
    let predictions = job::predict(&arguments.model, &arguments.data)?;
    match &arguments.output {
        Some(path) => {
            Disk::from_environment()?.write_file(path, predictions.as_bytes())?;
            let text = format!("predictions are in `{}`", path.display());
            if output.json {
                output.result(&json!({ "predictions": path }), "")?;
            } else if !output.quiet {
                output.tell(&text);
            }
        }
        None => output.result(&json!({ "predictions": predictions }), &predictions)?,
    }
    Ok(DONE)
}
