//! Where a training stands: all that decides how it goes on, apart from weights and moments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a network scores on the validation part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Validation {
    /// Of samples with one class each.
    Classes {
        /// Share of samples whose most probable class is right.
        accuracy: f64,
        /// Mean negative log-likelihood of the labels, natural logarithm.
        nll: f64,
        /// Share of samples on which the network and the teacher choose the same class.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<f64>,
    },
    /// Of samples with any number of labels.
    Labels {
        /// Mean over samples of the F1 of a sample's labels.
        sample_f1: f64,
        /// Mean over samples of the binary cross-entropy, summed over labels, in nats.
        cross_entropy: f64,
        /// Share of labels on which the network and the teacher are of one mind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<f64>,
    },
    /// Of samples with numbers.
    Numbers {
        /// Mean absolute error: of one number in its unit, of several in standard deviations.
        absolute_error: f64,
        /// Mean over samples of the squared error, summed over standardised outputs.
        squared_error: f64,
        /// Root mean square of the difference between network and teacher.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        difference: Option<f64>,
    },
    /// Of samples without labels.
    Teacher {
        /// Share of samples on which the network and the teacher choose the same class.
        agreement: f64,
        /// Mean over samples of the Kullback-Leibler divergence from the teacher, in nats.
        divergence: f64,
    },
}

impl Validation {
    /// What is chosen by; more is better.
    pub fn score(&self) -> f64 {
        match *self {
            Self::Classes { accuracy, .. } => accuracy,
            Self::Labels { sample_f1, .. } => sample_f1,
            Self::Numbers { absolute_error, .. } => -absolute_error,
            Self::Teacher { agreement, .. } => agreement,
        }
    }

    /// The loss of the labels, or where there are none the divergence from the teacher.
    pub fn loss(&self) -> f64 {
        match *self {
            Self::Classes { nll, .. } => nll,
            Self::Labels { cross_entropy, .. } => cross_entropy,
            Self::Numbers { squared_error, .. } => squared_error,
            Self::Teacher { divergence, .. } => divergence,
        }
    }

    /// What the network and the teacher have in common, or where they have numbers, how they differ.
    pub fn with_teacher(&self) -> Option<f64> {
        match *self {
            Self::Classes { agreement, .. } | Self::Labels { agreement, .. } => agreement,
            Self::Numbers { difference, .. } => difference,
            Self::Teacher { agreement, .. } => Some(agreement),
        }
    }

    /// The score and what it says of the teacher, by the names that they have in a log; an error is
    /// not negated.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let (score, teacher) = match *self {
            Self::Classes { accuracy, agreement, .. } => {
                (("accuracy", accuracy), agreement.map(|value| ("agreement", value)))
            }
            Self::Labels { sample_f1, agreement, .. } => {
                (("sample_f1", sample_f1), agreement.map(|value| ("agreement", value)))
            }
            Self::Numbers { absolute_error, difference, .. } => {
                (("absolute_error", absolute_error), difference.map(|value| ("difference", value)))
            }
            Self::Teacher { agreement, divergence } => {
                (("agreement", agreement), Some(("divergence", divergence)))
            }
        };
        std::iter::once(score).chain(teacher)
    }
}

/// One epoch, as it goes into the metrics log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epochs completed.
    pub epoch: u64,
    /// Steps completed.
    pub step: u64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Mean of the weighted loss over the steps of the epoch.
    pub loss: f64,
    /// Mean of each part of the loss over the steps of the epoch, before its weight.
    pub parts: BTreeMap<String, f64>,
    /// Of the first batch of the last step, where a student learns from a teacher by logits: the Euclidean
    /// norm of the gradient of each part of the loss by the student's logits, the part's weight included.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gradient_norms: BTreeMap<String, f64>,
    /// Scores on the validation part, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All planned steps were made.
    Completed,
    /// The validation score had not risen for the number of epochs that `patience` allows.
    Patience,
}

impl std::fmt::Display for Ending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Completed => "all epochs done",
            Self::Patience => "stopped early by patience",
        })
    }
}

/// The state of a training apart from its tensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps completed.
    pub step: u64,
    /// The best epoch on validation so far.
    pub best: Option<BestEpoch>,
    /// Of networks that learn together the one that was best at the end of the last epoch, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub leader: u64,
    /// Epochs since then.
    pub epochs_without_gain: u64,
    /// Why the training ended, when it has.
    pub ending: Option<Ending>,
    /// Sums over the steps of the current epoch.
    pub sums: Sums,
}

/// A training of one network says nothing of a leader.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_first(leader: &u64) -> bool {
    *leader == 0
}

/// The epoch with the highest validation score, the earliest of equals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// Its number, from 1.
    pub epoch: u64,
    /// Its [`Validation::score`].
    #[serde(alias = "accuracy")]
    pub score: f64,
}

/// Sums over the steps of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    steps: u64,
    loss: f64,
    parts: BTreeMap<String, f64>,
}

impl Sums {
    pub(crate) fn add(&mut self, loss: f64, parts: &[(&'static str, f64)]) {
        self.steps += 1;
        self.loss += loss;
        for (name, value) in parts {
            *self.parts.entry((*name).to_owned()).or_default() += value;
        }
    }

    /// Mean loss and mean parts.
    pub fn means(&self) -> (f64, BTreeMap<String, f64>) {
        let steps = self.steps.max(1) as f64;
        let parts = self.parts.iter().map(|(name, sum)| (name.clone(), sum / steps)).collect();
        (self.loss / steps, parts)
    }
}
