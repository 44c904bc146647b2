//! The verdict: what may be said about a student after all is measured.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{PairedDifference, ScoreKind};

/// Whether distillation was worth it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The whole interval lies above zero.
    #[serde(rename = "BEATS")]
    Beats,
    /// The whole interval lies at or below zero.
    #[serde(rename = "DOES NOT BEAT")]
    DoesNotBeat,
    /// The interval lies on both sides of zero, or there was one seed only.
    #[serde(rename = "INCONCLUSIVE")]
    Inconclusive,
}

impl Verdict {
    /// The verdict on a difference, student minus baseline. One seed never decides, for the next
    /// seed may turn the difference round.
    pub fn of(difference: &PairedDifference) -> Self {
        if !difference.covers_seeds() {
            Self::Inconclusive
        } else if difference.low > 0.0 {
            Self::Beats
        } else if difference.high <= 0.0 {
            Self::DoesNotBeat
        } else {
            Self::Inconclusive
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Beats => "BEATS",
            Self::DoesNotBeat => "DOES NOT BEAT",
            Self::Inconclusive => "INCONCLUSIVE",
        })
    }
}

impl PairedDifference {
    /// The verdict as a sentence for people, on scores of this kind.
    pub fn sentence(&self, kind: ScoreKind) -> String {
        let verdict = Verdict::of(self);
        let finding = self.finding(kind);
        let interval = format!("{} to {}", kind.written(self.low), kind.written(self.high));
        let samples = counted(self.samples, "test sample");
        if !self.covers_seeds() {
            return format!(
                "{verdict}: {finding}, but one seed cannot decide \
                 (95 % interval over test samples alone {interval}; 1 seed, {samples})"
            );
        }
        let size = format!("{}, {samples}", counted(self.seeds, "seed"));
        match verdict {
            Verdict::Inconclusive => format!(
                "{verdict}: {finding}, but the 95 % interval {interval} includes zero ({size})"
            ),
            _ => format!("{verdict}: {finding} (95 % interval {interval}; {size})"),
        }
    }

    fn finding(&self, kind: ScoreKind) -> String {
        let (student, baseline) = ("the distilled student", "the same student trained alone");
        let (better, amount) = (self.mean > 0.0, kind.written(self.mean.abs()));
        let of_errors = |unit: &str| match self.mean == 0.0 {
            true => format!("{student} has exactly the absolute error of {baseline}"),
            false => {
                let word = if better { "smaller" } else { "larger" };
                format!(
                    "the absolute error of {student} is {amount}{unit} {word} than that of {baseline}"
                )
            }
        };
        match kind {
            ScoreKind::Accuracy | ScoreKind::SampleF1 if self.mean == 0.0 => {
                let what = if kind == ScoreKind::Accuracy { "accurate" } else { "good by F1" };
                format!("{student} is exactly as {what} as {baseline}")
            }
            ScoreKind::Accuracy => {
                let word = if better { "more" } else { "less" };
                format!("{student} is {amount} points {word} accurate than {baseline}")
            }
            ScoreKind::SampleF1 => {
                let word = if better { "better" } else { "worse" };
                format!("{student} is {amount} points of F1 {word} than {baseline}")
            }
            ScoreKind::AbsoluteError { in_deviations: false } => of_errors(""),
            ScoreKind::AbsoluteError { in_deviations: true } => of_errors(" standard deviations"),
        }
    }
}

impl ScoreKind {
    /// A difference of scores: shares as percentage points, errors as they are.
    fn written(self, difference: f64) -> String {
        match self {
            Self::Accuracy | Self::SampleF1 => points(difference),
            Self::AbsoluteError { .. } => significant(difference),
        }
    }
}

/// Three significant digits, and all of those before the point.
fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.abs().to_string();
    }
    let digits = 2.0 - libm::floor(libm::log10(value.abs()));
    format!("{value:.*}", digits.clamp(0.0, 12.0) as usize)
}

/// A share as percentage points: two decimals, or as many as keep a value other than zero from
/// being printed as zero, since the side of zero is what the verdict hangs on.
fn points(share: f64) -> String {
    let value = 100.0 * share;
    if value == 0.0 {
        return "0.00".to_owned();
    }
    let decimals = (2..9).find(|&decimals| value.abs() >= 0.5 * 0.1_f64.powi(decimals));
    format!("{value:.*}", decimals.unwrap_or(9) as usize)
}

/// `1 seed`, `5 seeds`, `1,873 test samples`.
fn counted(count: usize, noun: &str) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", words::noun(count, noun))
}
