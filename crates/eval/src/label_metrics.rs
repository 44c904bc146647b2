//! The metrics of a model that says which of several labels apply to each sample.

use serde::{Deserialize, Serialize};

use crate::EvalError;

/// A model's logit of every label of every sample, `[samples, labels]`; at least one of each.
///
/// A label is taken to apply where its probability is at least one half, which is a logit of at
/// least 0.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelPredictions {
    labels: usize,
    logits: Vec<f64>,
}

/// How well the predictions fit the labels. All are in `[0, 1]` but the cross-entropy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// Number of samples, at least 1.
    pub samples: u64,
    /// Mean over samples of `2 hits / (labels that apply + labels that are predicted)`; 1 for a
    /// sample that has neither.
    pub sample_f1: f64,
    /// F1 of all labels of all samples together; 0 where none applies and none is predicted.
    pub micro_f1: f64,
    /// Mean over labels of each label's F1, which is 0 for one that neither applies nor is predicted.
    pub macro_f1: f64,
    /// Mean over labels of the average precision, labels that never apply left out; none where no
    /// label ever applies.
    pub mean_average_precision: Option<f64>,
    /// Share of samples whose labels are all right.
    pub subset_accuracy: f64,
    /// Share of labels that are wrong.
    pub hamming_loss: f64,
    /// Mean over samples of the binary cross-entropy, summed over labels, in nats.
    pub cross_entropy: f64,
    /// One for each label.
    pub per_label: Vec<LabelScore>,
}

/// How a single label is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// Samples to which it applies.
    pub positives: u64,
    /// Samples to which it is predicted to apply.
    pub predicted: u64,
    /// Samples of which both are true.
    pub hits: u64,
    /// `2 hits / (positives + predicted)`; 0 where both are 0.
    pub f1: f64,
    /// The sum over distinct logits, from the highest down, of the rise in recall times the
    /// precision so far; none for a label that never applies. Samples with equal logits are one
    /// step, so that their order does not matter.
    pub average_precision: Option<f64>,
}

impl LabelPredictions {
    /// Takes logits, row by row.
    ///
    /// # Errors
    /// No label, no row, a last row that is not whole, or a logit that is not finite.
    pub fn from_logits(labels: usize, logits: &[f32]) -> Result<Self, EvalError> {
        EvalError::check_rows(labels, logits)?;
        Ok(Self { labels, logits: logits.iter().copied().map(f64::from).collect() })
    }

    /// Number of labels.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.logits.len() / self.labels.max(1)
    }

    /// The logits of each sample.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.logits.chunks_exact(self.labels.max(1))
    }

    /// Whether each label of each sample is predicted to apply, `[samples, labels]`.
    pub fn applies(&self) -> Vec<bool> {
        self.logits.iter().map(|logit| *logit >= 0.0).collect()
    }

    /// For every sample its F1, as in [`LabelMetrics::sample_f1`].
    ///
    /// # Errors
    /// Not as many truths as logits.
    pub fn sample_f1(&self, truth: &[bool]) -> Result<Vec<f64>, EvalError> {
        self.check(truth)?;
        let width = self.labels.max(1);
        let rows = self.applies();
        let rows = rows.chunks_exact(width).zip(truth.chunks_exact(width));
        Ok(rows.map(|(said, truth)| f1(Counts::of(said.iter().zip(truth)), 1.0)).collect())
    }

    /// Share of labels, in `[0, 1]`, on which two models are of one mind.
    ///
    /// # Errors
    /// The two differ in samples or labels.
    pub fn agreement(&self, other: &Self) -> Result<f64, EvalError> {
        EvalError::check_shapes([self.samples(), self.labels], [other.samples(), other.labels])?;
        let equal = self.applies().iter().zip(other.applies()).filter(|(a, b)| *a == b).count();
        Ok(equal as f64 / self.logits.len().max(1) as f64)
    }

    /// Measures predictions against what applies, `[samples, labels]`.
    ///
    /// # Errors
    /// Not as many truths as logits.
    pub fn measure(&self, truth: &[bool]) -> Result<LabelMetrics, EvalError> {
        self.check(truth)?;
        let samples = self.samples().max(1) as f64;
        let said = self.applies();
        let per_label: Vec<LabelScore> = (0..self.labels)
            .map(|label| {
                let column = || truth.iter().skip(label).step_by(self.labels).copied();
                let logits = self.logits.iter().skip(label).step_by(self.labels).copied();
                let predicted: Vec<bool> =
                    said.iter().skip(label).step_by(self.labels).copied().collect();
                let truths: Vec<bool> = column().collect();
                let counts = Counts::of(predicted.iter().zip(&truths));
                LabelScore {
                    positives: counts.positives,
                    predicted: counts.predicted,
                    hits: counts.hits,
                    f1: f1(counts, 0.0),
                    average_precision: average_precision(logits.zip(column()).collect()),
                }
            })
            .collect();
        let precisions: Vec<f64> =
            per_label.iter().filter_map(|label| label.average_precision).collect();
        let width = self.labels.max(1);
        let whole = said.chunks_exact(width).zip(truth.chunks_exact(width));
        let wrong = said.iter().zip(truth).filter(|(said, truth)| said != truth).count();
        Ok(LabelMetrics {
            samples: self.samples() as u64,
            sample_f1: self.sample_f1(truth)?.iter().sum::<f64>() / samples,
            micro_f1: f1(Counts::of(said.iter().zip(truth)), 0.0),
            macro_f1: per_label.iter().map(|label| label.f1).sum::<f64>() / self.labels as f64,
            mean_average_precision: (!precisions.is_empty())
                .then(|| precisions.iter().sum::<f64>() / precisions.len() as f64),
            subset_accuracy: whole.filter(|(said, truth)| said == truth).count() as f64 / samples,
            hamming_loss: wrong as f64 / truth.len().max(1) as f64,
            cross_entropy: self.cross_entropy(truth) / samples,
            per_label,
        })
    }

    fn cross_entropy(&self, truth: &[bool]) -> f64 {
        // -log sigmoid(z) is log(1 + exp(-z)), and -log(1 - sigmoid(z)) the same of -z.
        let of = |(&logit, &applies): (&f64, &bool)| {
            let signed = if applies { -logit } else { logit };
            signed.max(0.0) + libm::log1p(libm::exp(-signed.abs()))
        };
        self.logits.iter().zip(truth).map(of).sum()
    }

    fn check(&self, truth: &[bool]) -> Result<(), EvalError> {
        match truth.len() == self.logits.len() {
            true => Ok(()),
            false => Err(EvalError::LabelCount { expected: self.logits.len(), found: truth.len() }),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Counts {
    hits: u64,
    positives: u64,
    predicted: u64,
}

impl Counts {
    fn of<'a>(pairs: impl Iterator<Item = (&'a bool, &'a bool)>) -> Self {
        let mut counts = Self::default();
        for (&said, &truth) in pairs {
            counts.predicted += u64::from(said);
            counts.positives += u64::from(truth);
            counts.hits += u64::from(said && truth);
        }
        counts
    }
}

/// `2 hits / (positives + predicted)`, or `empty` where both are 0.
fn f1(counts: Counts, empty: f64) -> f64 {
    match counts.positives + counts.predicted {
        0 => empty,
        all => 2.0 * counts.hits as f64 / all as f64,
    }
}

fn average_precision(mut scored: Vec<(f64, bool)>) -> Option<f64> {
    let positives = scored.iter().filter(|(_, truth)| *truth).count();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut seen, mut hits, mut sum) = (0_usize, 0_usize, 0.0);
    for tied in scored.chunk_by(|one, other| one.0 == other.0) {
        let new = tied.iter().filter(|(_, truth)| *truth).count();
        seen += tied.len();
        hits += new;
        sum += new as f64 * hits as f64 / seen as f64;
    }
    (positives > 0).then(|| sum / positives as f64)
}
