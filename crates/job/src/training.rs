//! One training of a job: it continues where it was, saves, and tells.

use eval::{Fidelity, Measured};
use nn::Network;
use report::summary::Role;
use serde::Serialize;
use train::{EpochRecord, Feed, Progress, StepReport, TrainError, Trainer, Validation, Watcher};

use crate::JobError;
use crate::archive::Archive;
use crate::contest::Judges;
use crate::event::{Event, Observer, Phase};

/// One line of the metrics log. It holds no time, so that equal runs have equal logs.
#[derive(Debug, Serialize, serde::Deserialize)]
pub(crate) struct MetricsLine {
    pub(crate) role: Role,
    pub(crate) seed: u64,
    #[serde(flatten)]
    pub(crate) record: EpochRecord,
}

/// A network whose training ended.
#[derive(Debug)]
pub(crate) struct Trained<N> {
    /// With the weights that were selected.
    pub(crate) network: N,
    /// How it went.
    pub(crate) progress: Progress,
}

/// Carries one training to its end; none when the observer stopped it before.
pub(crate) fn train<N: Network>(
    mut trainer: Trainer<'_, N>,
    feed: &mut Feed<'_>,
    mut phase: Phase,
    judges: &Judges<'_>,
    archive: &mut Option<Archive>,
    observer: &mut dyn Observer,
) -> Result<Option<Trained<N>>, JobError> {
    phase.total_steps = trainer.total_steps();
    phase.steps_per_epoch = trainer.steps_per_epoch();
    let failed = |source| JobError::training(phase.role.words(), phase.seed, source);
    if let Some(archive) = archive {
        let found = archive.restore(phase.role, phase.seed)?;
        for warning in found.warnings {
            observer.event(&Event::Warning(warning));
        }
        if let Some(state) = found.state {
            trainer = trainer.restore(state).map_err(failed)?;
        }
    }
    if trainer.progress().ending.is_none() {
        observer.event(&Event::PhaseBegun { phase, from_step: trainer.progress().step });
        let mut watch = Watch { phase, judges, archive, observer };
        let ended = trainer.run(feed, &mut watch).map_err(|failure| failure.named(failed))?;
        if !ended {
            return Ok(None);
        }
    }
    if let Some(ending) = trainer.progress().ending {
        observer.event(&Event::PhaseEnded { phase, ending });
    }
    let network = trainer.selected().map_err(failed)?;
    Ok(Some(Trained { network, progress: trainer.progress().clone() }))
}

/// Looks on for a job.
struct Watch<'a, 'b> {
    phase: Phase,
    judges: &'a Judges<'b>,
    archive: &'a mut Option<Archive>,
    observer: &'a mut dyn Observer,
}

/// A failure of the step, or of what the job does after it.
enum Failure {
    Step(TrainError),
    Job(JobError),
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        Self::Step(error)
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

impl Failure {
    fn named(self, name: impl FnOnce(TrainError) -> JobError) -> JobError {
        match self {
            Self::Step(error) => name(error),
            Self::Job(error) => error,
        }
    }
}

impl<N: Network> Watcher<N> for Watch<'_, '_> {
    type Error = Failure;

    fn validate(&mut self, network: &N) -> Result<Option<Validation>, Failure> {
        Ok(self.judges.validate(network)?)
    }

    fn after_epoch(&mut self, record: &EpochRecord) -> Result<(), Failure> {
        let phase = self.phase;
        if let Some(archive) = self.archive {
            let line = MetricsLine { role: phase.role, seed: phase.seed, record: record.clone() };
            // Numbers, texts and maps with text keys always have a JSON form.
            let line = serde_json::to_string(&line).unwrap_or_default();
            archive.log(&line)?;
        }
        self.observer.event(&Event::Epoch { phase, record });
        Ok(())
    }

    fn after_step(
        &mut self,
        trainer: &Trainer<'_, N>,
        report: &StepReport,
    ) -> Result<bool, Failure> {
        let phase = self.phase;
        self.observer.event(&Event::Step { phase, report });
        let ended = trainer.progress().ending.is_some();
        let stop = self.observer.should_stop() && !ended;
        if let Some(archive) = self.archive {
            let interval = archive.checkpoint_steps.unwrap_or(phase.steps_per_epoch);
            if ended || stop || report.step.is_multiple_of(interval) {
                archive.save(phase.role, phase.seed, &trainer.state())?;
            }
        }
        if stop {
            self.observer.event(&Event::Saved { phase, step: report.step });
        }
        Ok(!stop)
    }
}

impl Judges<'_> {
    /// Scores a network on the validation part; none where the part is empty, and where neither its labels nor the
    /// teacher's choices are known.
    pub(crate) fn validate<N: Network>(&self, network: &N) -> Result<Option<Validation>, JobError> {
        if self.validation.is_empty() {
            return Ok(None);
        }
        let answers = self.question.ask(network, self.validation)?;
        let standard = self.question.standard(self.validation, self.teacher.as_ref());
        let Some(standard) = standard else { return Ok(None) };
        let measured = answers.measure(&standard)?;
        let agreement =
            self.teacher.as_ref().map(|teacher| teacher.agreement(&answers)).transpose()?;
        Ok(Some(match measured {
            Measured::Classes(metrics) => {
                Validation::Classes { accuracy: metrics.accuracy, nll: metrics.nll, agreement }
            }
            Measured::Labels(metrics) => Validation::Labels {
                sample_f1: metrics.sample_f1,
                cross_entropy: metrics.cross_entropy,
                agreement,
            },
            Measured::Numbers(metrics) => Validation::Numbers {
                absolute_error: metrics.absolute_error,
                squared_error: metrics.squared_error,
                difference: agreement,
            },
            Measured::Teacher(Fidelity { agreement, divergence, .. }) => {
                Validation::Teacher { agreement, divergence }
            }
        }))
    }
}
