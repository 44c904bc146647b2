//! The line that is drawn again and again while a job runs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use job::Phase;

use super::number;
use super::pace::Pace;

/// A redrawing more often cannot be read.
const INTERVAL: Duration = Duration::from_millis(50);
/// Cells of the bar.
const BAR: u64 = 8;

/// The progress line on a terminal. What matters least stands last, where a narrow terminal cuts.
#[derive(Debug)]
pub(crate) struct Live {
    line: ProgressBar,
    pace: Pace,
    last_step: Instant,
    drawn: Option<Instant>,
    scores: String,
}

impl Live {
    pub(crate) fn new(pace: Pace) -> Self {
        let line = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            line.set_style(style);
        }
        Self { line, pace, last_step: Instant::now(), drawn: None, scores: String::new() }
    }

    pub(crate) fn begin(&mut self, phase: &Phase) {
        self.pace.begin(phase);
        self.last_step = Instant::now();
        self.scores.clear();
    }

    /// Notes the time of a step, and draws it if the last drawing is some time ago.
    pub(crate) fn step(&mut self, phase: &Phase, step: u64, loss: f64, parts: &[(&str, f64)]) {
        let now = Instant::now();
        self.pace.step(phase, (now - self.last_step).as_secs_f64());
        self.last_step = now;
        let soon = self.drawn.is_some_and(|drawn| now - drawn < INTERVAL);
        if soon && step < phase.total_steps {
            return;
        }
        self.drawn = Some(now);
        let left = self.pace.left(phase, step).map(number::clock).unwrap_or_default();
        let place = place(phase, step);
        let (scores, losses) = (&self.scores, losses(loss, parts));
        let steps = format!("step {step}/{}", phase.total_steps);
        self.line.set_message(format!("{place} {left} left{scores}  {losses}  {steps}"));
    }

    /// Scores of the last epoch, shown until the next.
    pub(crate) fn set_scores(&mut self, accuracy: f64, agreement: Option<f64>) {
        self.scores = format!("  acc {accuracy:.3}");
        if let Some(agreement) = agreement {
            self.scores.push_str(&format!("  agree {agreement:.3}"));
        }
    }

    /// Says something where no number is counted.
    pub(crate) fn say(&mut self, text: &'static str) {
        self.line.set_message(text);
    }

    /// Takes the line away while something else is written.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        self.line.suspend(write);
    }

    pub(crate) fn end(&mut self) {
        self.line.finish_and_clear();
    }
}

/// `student  2/5  epoch  3/10 ━━──────`: which training, and how far it is.
fn place(phase: &Phase, step: u64) -> String {
    let epoch_of = |step: u64| step.div_ceil(phase.steps_per_epoch.max(1));
    let epochs = epoch_of(phase.total_steps).to_string();
    let filled = (BAR * step / phase.total_steps.max(1)).min(BAR) as usize;
    let bar = "━".repeat(filled) + &"─".repeat(BAR as usize - filled);
    format!(
        "{:<8} {}/{}  epoch {:>width$}/{epochs} {bar}",
        phase.role.key(),
        phase.index / 3 + 1,
        phase.count.div_ceil(3),
        epoch_of(step),
        width = epochs.len(),
    )
}

/// `loss 0.812 (label 0.521 soft 0.291)`; a single part is the loss itself.
fn losses(loss: f64, parts: &[(&str, f64)]) -> String {
    let named: Vec<String> =
        parts.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
    match named.as_slice() {
        [] | [_] => format!("loss {loss:.3}"),
        several => format!("loss {loss:.3} ({})", several.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use report::summary::Role;

    use super::*;

    #[test]
    fn the_line_names_the_training_and_fits_a_screen_with_its_scores() {
        let phase = Phase {
            role: Role::Student,
            seed: 7,
            index: 5,
            count: 15,
            total_steps: 1000,
            steps_per_epoch: 100,
        };
        assert_eq!(place(&phase, 250), "student  2/5  epoch  3/10 ━━──────");
        assert_eq!(place(&phase, 1000), "student  2/5  epoch 10/10 ━━━━━━━━");
        let line = format!(
            "{} 0:41 left  acc 0.841  agree 0.913  {}",
            place(&phase, 250),
            losses(0.812, &[("label", 0.5)])
        );
        assert_eq!(line.chars().count(), 80);
    }

    #[test]
    fn loss_parts_are_named_where_there_are_several() {
        let parts = [("label", 0.521), ("soft", 0.291)];
        assert_eq!(losses(0.812, &parts), "loss 0.812 (label 0.521 soft 0.291)");
    }
}
