//! Several teachers as one.

use data::Corpus;
use store::hash_bytes;

use crate::confidence::{doubt, weights};
use crate::{Mean, Part, ReadyTeacher, TeacherError, View};

/// The weighted mean of several teachers.
#[derive(Debug)]
pub struct Ensemble {
    mean: Mean,
    /// Each with its weight; the weights sum to 1.
    members: Vec<(f64, Box<dyn ReadyTeacher>)>,
    /// A hash of the labels, where weights go by confidence.
    confident: Option<String>,
}

impl Ensemble {
    /// Weights are above 0, and are divided by their sum.
    pub fn new(mean: Mean, members: Vec<(f64, Box<dyn ReadyTeacher>)>) -> Self {
        let sum: f64 = members.iter().map(|(weight, _)| weight).sum();
        let members = members.into_iter().map(|(weight, member)| (weight / sum, member)).collect();
        Self { mean, members, confident: None }
    }

    /// The same with weights that differ from sample to sample: who is surer of the label of a training sample
    /// counts for more, and where no label is shown, as in validation and test, who is surer of anything. The fixed
    /// weights are multiplied with these.
    #[must_use]
    pub fn by_confidence(self, corpus: &Corpus) -> Self {
        let labels = corpus.train.labels.iter().map(|label| label.map_or(-1, i64::from));
        let labels: Vec<u8> = labels.flat_map(i64::to_le_bytes).collect();
        Self { confident: Some(hash_bytes(&labels)), ..self }
    }

    /// The weight of each member for a sample.
    fn weights(&self, said: &[&[f32]], label: Option<u32>) -> Vec<f64> {
        let fixed: Vec<f64> = self.members.iter().map(|(weight, _)| *weight).collect();
        if self.confident.is_none() {
            return fixed;
        }
        let doubts: Vec<f64> = said.iter().map(|logits| doubt(logits, label)).collect();
        weights(&doubts, &fixed)
    }
}

impl ReadyTeacher for Ensemble {
    /// None where one of the members has nothing to say.
    fn logits(
        &self,
        corpus: &Corpus,
        part: Part,
        view: View<'_>,
        rows: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        let asked = self.members.iter();
        let asked = asked.map(|(_, member)| member.logits(corpus, part, view, rows));
        let Some(said) = asked.collect::<Result<Option<Vec<Vec<f32>>>, _>>()? else {
            return Ok(None);
        };
        let length = said.first().map_or(0, Vec::len);
        let classes = corpus.classes.len().max(1);
        // What chooses and what judges must not lean on its labels, and a mixed sample has two.
        let labels = match (part, view.mix) {
            (Part::Train, None) => corpus.train.labels.as_slice(),
            (Part::Train, Some(_)) | (Part::Validation | Part::Test, _) => &[],
        };
        let task = corpus.preprocessing.task();
        let mut mean = Vec::with_capacity(length);
        for (place, &row) in rows.iter().enumerate() {
            let of_row = |logits| <[f32]>::chunks(logits, classes).nth(place).unwrap_or_default();
            let said: Vec<&[f32]> = said.iter().map(|logits| of_row(logits.as_slice())).collect();
            let weights = self.weights(&said, labels.get(row).copied().flatten());
            let weighed: Vec<(&[f32], f64)> = said.into_iter().zip(weights).collect();
            mean.extend(self.mean.of(task, &weighed));
        }
        Ok(Some(mean))
    }

    fn fingerprint(&self) -> String {
        let members = self.members.iter();
        let members =
            members.map(|(weight, member)| format!("{weight} x {}", member.fingerprint()));
        let confident = self.confident.as_ref().map(|labels| format!(" by confidence in {labels}"));
        let (mean, confident) = (self.mean.name(), confident.unwrap_or_default());
        format!("mean of {mean}{confident}: {}", members.collect::<Vec<_>>().join("; "))
    }
}
