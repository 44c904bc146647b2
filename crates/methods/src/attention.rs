//! Attention of transformers.

use std::sync::Arc;

use nn::{TapKind, TapShape};
use options::{Key, OptionError, Section};

use crate::feature_map::{FeatureMap, squared_difference};
use crate::tap_loss::{same_channels, same_positions, summed};
use crate::{
    Method, MethodError, Misfit, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual,
};

/// Attention of transformers: Jiao, Yin, Shang, Jiang, Chen, Li, Wang and Liu, "TinyBERT: Distilling BERT for Natural
/// Language Understanding" (2020), equation 7.
///
/// # What it does
/// Asks each head of the student to look from each token at the tokens that the same head of the teacher looks at.
///
/// # When to use it
/// Between two transformers with the same tokens and heads, with `hidden` and `kd`.
///
/// # Formula
/// `sum_taps mean (A_s - A_t)^2`, the mean over samples, heads, queries and keys
///
/// `A` are the scores `q k / sqrt(d)` before their softmax, as in the paper, or the probabilities behind it. `at` is
/// another method: it compares where images are active.
///
/// # Options
/// `attention_form` (default `"scores"`; `"probabilities"`), `student_taps` and `teacher_taps` (default: the attention of all
/// layers of the one that has fewer, and as many of the other, evenly spread, with its last), `loss_weight`
/// (default 1).
///
/// # Cost
/// The scores once more in both networks, `tokens^2 width` multiply-adds a layer and sample, and a pass of the teacher
/// in each step; no parameters.
///
/// # Example
/// ```toml
/// [[distill.methods]]
/// method = "kd"
///
/// [[distill.methods]]
/// method = "attention"
/// student_taps = ["layer3.attention"]
/// teacher_taps = ["layer6.attention"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// What is compared.
    pub form: ScoreForm,
}

/// What [`Attention`] compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScoreForm {
    /// Scores before their softmax.
    #[default]
    Scores,
    /// What the softmax makes of them.
    Probabilities,
}

const SCORES: Usable = Usable {
    kinds: &[TapKind::Attention],
    fits: |_| true,
    expected: "the scores of attention, as transformers have",
};

impl Attention {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let key = Key("attention_form", "what is compared: scores, or the softmax of them");
        let forms = ["scores", "probabilities"];
        let form = match section.choice(key, "scores", &forms)?.as_str() {
            "probabilities" => ScoreForm::Probabilities,
            _ => ScoreForm::Scores,
        };
        TapMethod::read(section, Self { form })
    }

    fn compare(self, student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
        let share = 1.0 / student.values.len().max(1) as f64;
        if self.form == ScoreForm::Scores {
            return squared_difference(&student.values, &teacher.values, share);
        }
        let [_, keys] = student.sides;
        let [q, p] = [student, teacher].map(|map| softmax(&map.values, keys));
        let (value, mut slopes) = squared_difference(&q, &p, share);
        for (slopes, q) in slopes.chunks_exact_mut(keys.max(1)).zip(q.chunks_exact(keys.max(1))) {
            let along: f64 = slopes.iter().zip(q).map(|(slope, q)| slope * q).sum();
            slopes.iter_mut().zip(q).for_each(|(slope, q)| *slope = q * (*slope - along));
        }
        (value, slopes)
    }
}

/// Of each row of so many numbers.
fn softmax(values: &[f64], width: usize) -> Vec<f64> {
    let of = |row: &[f64]| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = row.iter().map(|x| libm::exp(x - largest)).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(move |x| x / sum)
    };
    values.chunks_exact(width.max(1)).flat_map(of).collect()
}

impl TapLoss for Attention {
    const NAME: &'static str = "attention";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::Spread;
    const USABLE: Usable = SCORES;

    fn check(&self, pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
        same_channels(pairs, "heads")?;
        same_positions(pairs)
    }

    fn parts(&self, pairs: &[TapPair], _: &OwnParameters) -> Result<Vec<Part>, MethodError> {
        let loss = |student: &FeatureMap, teacher: &FeatureMap| self.compare(student, teacher);
        Ok(summed("scores", pairs, |pair| pair.at_any_size(loss)))
    }
}
