//! The section `[run]`.

use std::path::PathBuf;

use options::{Key, OptionError, Section};

/// In place of a folder.
const OFF: &str = "off";

/// How a job is carried out; nothing here changes a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The folder that holds the folders of all runs.
    pub folder: PathBuf,
    /// Steps between two saved states; none saves at the end of every epoch.
    pub checkpoint_steps: Option<u64>,
    /// The folder of the label store; none keeps the labels in the run.
    pub labels: Option<PathBuf>,
    /// Threads to compute with; none takes all of the machine.
    pub threads: Option<usize>,
}

impl Run {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let folder = Key("folder", "holds the folders of all runs");
        let folder = section.optional_text(folder, Some("runs"))?.unwrap_or_default();
        let steps =
            Key("checkpoint_steps", "steps between two saved states; each epoch if left out");
        let checkpoint_steps = section.optional_integer(steps, 1..)?;
        let labels =
            Key("labels", "holds what teachers said, for all runs; off keeps it in the run");
        let labels = section.optional_text(labels, Some("label-store"))?;
        if labels.as_ref().is_some_and(String::is_empty) {
            let hint = "name a folder, or set it to \"off\"".to_owned();
            return Err(section.conflict("labels", "`labels` names no folder".to_owned(), hint));
        }
        let labels = labels.filter(|labels| labels != OFF).map(PathBuf::from);
        let threads = Key("threads", "to compute with; all of the machine if left out");
        let threads = section.optional_integer(threads, 1..=1024)?.map(|threads| threads as usize);
        Ok(Self { folder: folder.into(), checkpoint_steps, labels, threads })
    }
}
