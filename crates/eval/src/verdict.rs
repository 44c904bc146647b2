//! The verdict: what may be said about a student after all is measured.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::PairedDifference;

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
    /// The verdict as a sentence for people. The scores must be of correctness (1 or 0), so that a
    /// difference of 0.01 is one point of accuracy.
    pub fn sentence(&self) -> String {
        let verdict = Verdict::of(self);
        let finding = self.finding();
        let interval = format!("{} to {}", points(self.low), points(self.high));
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

    fn finding(&self) -> String {
        let (student, baseline) = ("the distilled student", "the same student trained alone");
        if self.mean == 0.0 {
            return format!("{student} is exactly as accurate as {baseline}");
        }
        let word = if self.mean > 0.0 { "more" } else { "less" };
        format!("{student} is {} points {word} accurate than {baseline}", points(self.mean.abs()))
    }
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
    let plural = if count == 1 { "" } else { "s" };
    format!("{text} {noun}{plural}")
}
