//! `run.json`: what a run is, where it stands, and what it found.

use std::path::{Path, PathBuf};

use data::SourceFile;
use report::summary::Role;
use serde::{Deserialize, Serialize};
use store::{Disk, read_limited};

use crate::archive::unreadable;
use crate::prepared::Prepared;
use crate::{Agreement, JobError, Judgement};

/// The newest format of `run.json`.
const FORMAT: u32 = 1;
/// A summary of a thousand seeds fits well.
const LARGEST: u64 = 256 << 20;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It runs, or was killed.
    Running,
    /// It was asked to stop and saved its state.
    Stopped,
    /// It failed.
    Failed,
    /// All trainings are done, and a sweep has yet to choose, or chose another run.
    Trained,
    /// It is done.
    Done,
}

/// The content of `run.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of this file's format.
    pub format: u32,
    /// Version of the program.
    pub version: String,
    /// The only model that is trained, by `potstill train`; none for the whole comparison.
    #[serde(default)]
    pub trains: Option<Role>,
    /// Where the run stands.
    pub status: Status,
    /// Why it stopped or failed.
    pub reason: Option<String>,
    /// The command that began it.
    pub command: String,
    /// The folder that relative paths of the recipe start at.
    pub base: PathBuf,
    /// Threads it computes with.
    pub threads: usize,
    /// The machine.
    pub machine: crate::Machine,
    /// The files it learns from, those of a teacher that is not trained here among them.
    pub sources: Vec<SourceFile>,
    /// Where a teacher comes from that is not trained here.
    #[serde(default)]
    pub teacher: Vec<String>,
    /// Seconds spent so far.
    pub seconds: f64,
    /// How often the test part was read.
    pub test_reads: u32,
    /// A hash of the test samples, when they were read.
    #[serde(default)]
    pub test_samples: String,
    /// The sweep that chose it, if one did.
    #[serde(default)]
    pub sweep: Option<report::summary::SweepView>,
    /// The result, when it is done and there were labels.
    pub judgement: Option<Judgement>,
    /// The result, when it is done and there were none.
    #[serde(default)]
    pub agreement: Option<Agreement>,
    /// All that the report shows, when it is done.
    pub summary: Option<report::Summary>,
}

impl RunRecord {
    /// A run that begins.
    pub(crate) fn new(command: &str, base: &Path, prepared: &Prepared) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            trains: None,
            status: Status::Running,
            reason: None,
            command: command.to_owned(),
            base: base.to_owned(),
            threads: crate::threads::threads(),
            machine: crate::machine(),
            sources: prepared.sources(),
            teacher: prepared.teacher_origin(),
            seconds: 0.0,
            test_reads: 0,
            test_samples: String::new(),
            sweep: None,
            judgement: None,
            agreement: None,
            summary: None,
        }
    }

    /// Reads the record of the run in `folder`.
    ///
    /// # Errors
    /// [`JobError::NotARun`] where there is none, [`JobError::Unreadable`] where it is damaged.
    pub fn read(folder: &Path) -> Result<Self, JobError> {
        let path = folder.join("run.json");
        if !path.exists() {
            return Err(JobError::NotARun { path: folder.to_owned() });
        }
        let bytes = read_limited(&path, LARGEST)?;
        let record: Self = serde_json::from_slice(&bytes)
            .map_err(|error| unreadable(&path, &error.to_string()))?;
        if record.format > FORMAT {
            let reason = format!(
                "it was made by a newer version: expected format {FORMAT} or older, found {}",
                record.format
            );
            return Err(unreadable(&path, &reason));
        }
        Ok(record)
    }

    /// Checks that the files that a job rests on are those that the run began with, all of them.
    ///
    /// # Errors
    /// [`JobError::DataChanged`] for the first that is another one, is new, or is gone.
    pub(crate) fn check_sources(&self, sources: &[SourceFile]) -> Result<(), JobError> {
        self.check_first_sources(sources)?;
        match self.sources.get(sources.len()) {
            Some(gone) => Err(changed(Some(gone), None)),
            None => Ok(()),
        }
    }

    /// The same of the first files, which are those of the data; those of the teacher come behind them.
    pub(crate) fn check_first_sources(&self, sources: &[SourceFile]) -> Result<(), JobError> {
        let mut pairs = (0..).map(|place| self.sources.get(place)).zip(sources);
        match pairs.find(|(then, now)| *then != Some(now)) {
            Some((then, now)) => Err(changed(then, Some(now))),
            None => Ok(()),
        }
    }

    /// Writes the record into `folder`.
    pub(crate) fn write(&self, disk: &Disk, folder: &Path) -> Result<(), JobError> {
        let path = folder.join("run.json");
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| unreadable(&path, &error.to_string()))?;
        bytes.push(b'\n');
        Ok(disk.write_file(&path, &bytes)?)
    }
}

fn changed(then: Option<&SourceFile>, now: Option<&SourceFile>) -> JobError {
    let words = |file: Option<&SourceFile>| {
        file.map_or_else(|| "no such file".to_owned(), |file| format!("hash {}", file.blake3))
    };
    // Another name at the same place: this one is new.
    let then = then.filter(|then| now.is_none_or(|now| then.name == now.name));
    let name = now.or(then).map(|file| file.name.clone()).unwrap_or_default();
    JobError::DataChanged { name, expected: words(then), found: words(now) }
}
