//! What is asked of the models of a job, and how their outputs are read.

use data::{Preprocessing, Samples, TargetScale, Targets, Task};
use eval::{Answers, LabelPredictions, NumberPredictions, Predictions, Truth};
use nn::{Network, infer};

use crate::JobError;

/// What is asked: the task, so many outputs, and for numbers the scale of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) task: Task,
    pub(crate) outputs: usize,
    scales: &'a [TargetScale],
}

/// Numbers that are no others than in the data.
const AS_THEY_ARE: TargetScale = TargetScale { mean: 0.0, deviation: 1.0 };

impl<'a> Question<'a> {
    /// The question that rows of this kind are for.
    pub(crate) fn of(preprocessing: &'a Preprocessing) -> Self {
        Self {
            task: preprocessing.task(),
            outputs: preprocessing.classes().len(),
            scales: preprocessing.target_scales(),
        }
    }

    /// The question of samples without a preprocessing; numbers are in the unit of their targets.
    pub(crate) fn of_samples(samples: &Samples, outputs: usize) -> Self {
        let task = match samples.targets {
            Targets::Classes => Task::Classes,
            Targets::Labels(_) => Task::Labels,
            Targets::Numbers(_) => Task::Numbers,
        };
        Self { task, outputs, scales: &[] }
    }

    /// What a network says about samples.
    pub(crate) fn ask<N: Network>(
        &self,
        network: &N,
        samples: &Samples,
    ) -> Result<Answers, JobError> {
        let mut outputs = Vec::with_capacity(samples.len().saturating_mul(self.outputs));
        for block in samples.blocks() {
            let values = samples.rows(block)?;
            outputs.extend(infer(network, &values, samples.shape.len(), self.outputs)?);
        }
        self.read(&outputs)
    }

    /// What the outputs of a model for some samples say.
    pub(crate) fn read(&self, outputs: &[f32]) -> Result<Answers, JobError> {
        Ok(match self.task {
            Task::Classes => Answers::Classes(Predictions::from_logits(self.outputs, outputs)?),
            Task::Labels => Answers::Labels(LabelPredictions::from_logits(self.outputs, outputs)?),
            Task::Numbers => {
                let scales: Vec<(f64, f64)> = (0..self.outputs)
                    .map(|output| self.scale(output))
                    .map(|scale| (scale.mean, scale.deviation))
                    .collect();
                Answers::Numbers(NumberPredictions::from_scaled(&scales, outputs)?)
            }
        })
    }

    /// What is true of samples that all have their label.
    pub(crate) fn truth(&self, samples: &Samples) -> Truth {
        let labels = || samples.labels.iter().flatten().copied();
        let Some(rows) = samples.targets.rows() else { return Truth::Classes(labels().collect()) };
        let values = || labels().filter_map(|label| rows.row(label)).flatten();
        if self.task == Task::Labels {
            return Truth::Labels(values().map(|value| *value > 0.5).collect());
        }
        let outputs = (0..self.outputs).cycle();
        let restored = values().zip(outputs);
        let restored = restored.map(|(value, output)| self.scale(output).restored((*value).into()));
        Truth::Numbers(restored.collect())
    }

    /// What answers about samples are held against: their labels, or where they have none what the teacher says of
    /// their classes; none where that is not known either.
    pub(crate) fn standard(&self, samples: &Samples, teacher: Option<&Answers>) -> Option<Truth> {
        match samples.labels.iter().any(Option::is_some) {
            true => Some(self.truth(samples)),
            false => teacher.and_then(Answers::classes).cloned().map(Truth::Teacher),
        }
    }

    fn scale(&self, output: usize) -> TargetScale {
        self.scales.get(output).copied().unwrap_or(AS_THEY_ARE)
    }
}
