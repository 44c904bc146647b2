//! What a model says and what is true, whatever is asked of it: where tasks differ, they differ here.

use serde::{Deserialize, Serialize};

use crate::{
    EvalError, Fidelity, LabelMetrics, LabelPredictions, Metrics, NumberMetrics, NumberPredictions,
    Predictions, agreement,
};

/// What a model says about a number of samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// The probability of each class.
    Classes(Predictions),
    /// The probability of each label.
    Labels(LabelPredictions),
    /// Numbers.
    Numbers(NumberPredictions),
}

/// What is true of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// The class of each sample.
    Classes(Vec<u32>),
    /// Whether each label applies, `[samples, labels]`.
    Labels(Vec<bool>),
    /// The numbers, `[samples, outputs]`, in the units of the data.
    Numbers(Vec<f64>),
    /// Nothing is known but what the teacher says of the classes.
    Teacher(Predictions),
}

/// How well a model does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Measured {
    /// Of samples with one class each.
    Classes(Metrics),
    /// Of samples with any number of labels.
    Labels(LabelMetrics),
    /// Of samples with numbers.
    Numbers(NumberMetrics),
    /// Of samples without labels, against what the teacher says.
    Teacher(Fidelity),
}

/// What a sample's score is: the quantity that models are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreKind {
    /// 1 where the class is right, else 0.
    Accuracy,
    /// The F1 of the sample's labels. Not the share of right labels: where few of many labels apply, a
    /// model that predicts none is right on nearly all of them.
    SampleF1,
    /// The absolute error, negated. Not the squared error, which has another unit and which a few
    /// samples decide.
    AbsoluteError {
        /// Of several outputs, each is divided by its standard deviation in training; of one, the
        /// error is in its unit.
        in_deviations: bool,
    },
}

impl Answers {
    /// How well they fit.
    ///
    /// # Errors
    /// [`EvalError`] where answers and truth are not about the same.
    pub fn measure(&self, truth: &Truth) -> Result<Measured, EvalError> {
        match (self, truth) {
            (Self::Classes(said), Truth::Classes(truth)) => {
                Metrics::measure(said, truth).map(Measured::Classes)
            }
            (Self::Labels(said), Truth::Labels(truth)) => said.measure(truth).map(Measured::Labels),
            (Self::Numbers(said), Truth::Numbers(truth)) => {
                said.measure(truth).map(Measured::Numbers)
            }
            (Self::Classes(said), Truth::Teacher(teacher)) => {
                Fidelity::measure(said, teacher).map(Measured::Teacher)
            }
            _ => Err(EvalError::OtherTask),
        }
    }

    /// A score for each sample, more is better; its mean is [`Measured::score`].
    ///
    /// # Errors
    /// As [`measure`](Self::measure).
    pub fn scores(&self, truth: &Truth) -> Result<Vec<f64>, EvalError> {
        match (self, truth) {
            (Self::Classes(said), Truth::Classes(truth)) => said.correct(truth),
            (Self::Labels(said), Truth::Labels(truth)) => said.sample_f1(truth),
            (Self::Numbers(said), Truth::Numbers(truth)) => {
                Ok(said.absolute_errors(truth)?.into_iter().map(|error| -error).collect())
            }
            (Self::Classes(said), Truth::Teacher(teacher)) => {
                EvalError::check_shapes(
                    [said.samples(), said.classes()],
                    [teacher.samples(), teacher.classes()],
                )?;
                let choices = said.most_probable().iter().zip(teacher.most_probable());
                Ok(choices.map(|(one, other)| f64::from(u8::from(one == other))).collect())
            }
            _ => Err(EvalError::OtherTask),
        }
    }

    /// Share of samples or labels on which two models are of one mind; of numbers the root mean square
    /// of their difference.
    ///
    /// # Errors
    /// [`EvalError`] where the two are not about the same.
    pub fn agreement(&self, other: &Self) -> Result<f64, EvalError> {
        match (self, other) {
            (Self::Classes(one), Self::Classes(other)) => agreement(one, other),
            (Self::Labels(one), Self::Labels(other)) => one.agreement(other),
            (Self::Numbers(one), Self::Numbers(other)) => one.difference(other),
            _ => Err(EvalError::OtherTask),
        }
    }

    /// The probabilities of classes; none of other tasks.
    pub fn classes(&self) -> Option<&Predictions> {
        match self {
            Self::Classes(predictions) => Some(predictions),
            Self::Labels(_) | Self::Numbers(_) => None,
        }
    }
}

impl Measured {
    /// The mean score of the samples, more is better.
    pub fn score(&self) -> f64 {
        match self {
            Self::Classes(metrics) => metrics.accuracy,
            Self::Labels(metrics) => metrics.sample_f1,
            Self::Numbers(metrics) => -metrics.absolute_error,
            Self::Teacher(fidelity) => fidelity.agreement,
        }
    }

    /// What the score of a sample is; none without labels, where no student learns alone.
    pub fn kind(&self) -> Option<ScoreKind> {
        match self {
            Self::Classes(_) => Some(ScoreKind::Accuracy),
            Self::Labels(_) => Some(ScoreKind::SampleF1),
            Self::Numbers(metrics) => {
                Some(ScoreKind::AbsoluteError { in_deviations: metrics.outputs.len() > 1 })
            }
            Self::Teacher(_) => None,
        }
    }

    /// The metrics of classes; none of other tasks.
    pub fn classes(&self) -> Option<&Metrics> {
        match self {
            Self::Classes(metrics) => Some(metrics),
            Self::Labels(_) | Self::Numbers(_) | Self::Teacher(_) => None,
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> u64 {
        match self {
            Self::Classes(metrics) => metrics.samples,
            Self::Labels(metrics) => metrics.samples,
            Self::Numbers(metrics) => metrics.samples,
            Self::Teacher(fidelity) => fidelity.samples,
        }
    }
}
