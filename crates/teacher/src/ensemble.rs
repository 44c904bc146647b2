//! Several teachers as one.

use std::ops::Range;

use data::Corpus;

use crate::{Mean, Part, ReadyTeacher, TeacherError, View};

/// The weighted mean of several teachers.
#[derive(Debug)]
pub struct Ensemble {
    mean: Mean,
    /// Each with its weight; the weights sum to 1.
    members: Vec<(f64, Box<dyn ReadyTeacher>)>,
}

impl Ensemble {
    /// Weights are above 0, and are divided by their sum.
    pub fn new(mean: Mean, members: Vec<(f64, Box<dyn ReadyTeacher>)>) -> Self {
        let sum: f64 = members.iter().map(|(weight, _)| weight).sum();
        let members = members.into_iter().map(|(weight, member)| (weight / sum, member)).collect();
        Self { mean, members }
    }
}

impl ReadyTeacher for Ensemble {
    /// None where one of the members has nothing to say.
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View,
        rows: Range<usize>,
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        let classes = corpus.classes.len();
        let mut sum: Vec<f64> = Vec::new();
        for (weight, member) in &self.members {
            let Some(logits) = member.logits(corpus, part, view, rows.clone())? else {
                return Ok(None);
            };
            sum.resize(logits.len(), 0.0);
            let rows = sum.chunks_mut(classes.max(1)).zip(logits.chunks(classes.max(1)));
            rows.for_each(|(sum, logits)| self.mean.add(sum, logits, *weight));
        }
        Ok(Some(sum.into_iter().map(|value| self.mean.logit(value)).collect()))
    }

    fn fingerprint(&self) -> String {
        let members = self.members.iter();
        let members =
            members.map(|(weight, member)| format!("{weight} x {}", member.fingerprint()));
        format!("mean of {}: {}", self.mean.name(), members.collect::<Vec<_>>().join("; "))
    }
}

impl Mean {
    /// Adds a member's share to the sums of a row, in float64.
    fn add(self, sum: &mut [f64], logits: &[f32], weight: f64) {
        let (shift, scale) = match self {
            Self::Logits => (0.0, weight),
            Self::Probabilities => {
                let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let largest = f64::from(largest);
                let total: f64 =
                    logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
                (largest, weight / total)
            }
        };
        for (sum, &logit) in sum.iter_mut().zip(logits) {
            *sum += match self {
                Self::Logits => scale * f64::from(logit),
                Self::Probabilities => scale * (f64::from(logit) - shift).exp(),
            };
        }
    }

    /// What a sum means as a logit. A mean probability of 0, which only members that are all surer than
    /// double precision can say give, becomes the smallest number above 0.
    fn logit(self, sum: f64) -> f32 {
        match self {
            Self::Logits => sum as f32,
            Self::Probabilities => sum.max(f64::MIN_POSITIVE).ln() as f32,
        }
    }
}
