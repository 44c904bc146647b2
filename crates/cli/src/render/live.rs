//! The line that is drawn again and again while a job runs.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use job::Phase;
use train::Validation;

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
        self.line.set_message(line(phase, step, &left, &self.scores, loss, parts));
    }

    /// Scores of the last epoch, shown until the next.
    pub(crate) fn set_scores(&mut self, scores: &Validation) {
        let named = scores.named().map(|(name, value)| format!(" {} {value:.3}", short(name)));
        self.scores = format!(" {}", named.collect::<String>());
    }

    /// Says something where no number is counted.
    pub(crate) fn say(&mut self, text: impl Into<Cow<'static, str>>) {
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

/// The name of a score where there is little room.
fn short(name: &str) -> &str {
    match name {
        "accuracy" => "acc",
        "agreement" => "agree",
        "sample_f1" => "f1",
        "absolute_error" => "mae",
        "difference" => "differ",
        other => other,
    }
}

/// The whole line. With two parts of the loss it fills 80 columns up to the parts; bar, sum and
/// step number follow where there is room.
fn line(
    phase: &Phase,
    step: u64,
    left: &str,
    scores: &str,
    loss: f64,
    parts: &[(&str, f64)],
) -> String {
    let parts: Vec<String> =
        parts.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
    let sum = if parts.len() > 1 { format!("  loss {loss:.3}") } else { String::new() };
    let (place, parts) = (place(phase, step), parts.join(" "));
    let (bar, total) = (bar(phase, step), phase.total_steps);
    format!("{place} {left} left{scores}  {parts} {bar}{sum}  step {step}/{total}")
}

/// `student 2/5 epoch  3/10`: which training, and how far it is.
fn place(phase: &Phase, step: u64) -> String {
    let epoch_of = |step: u64| step.div_ceil(phase.steps_per_epoch.max(1));
    let epochs = epoch_of(phase.total_steps).to_string();
    format!(
        "{} {}/{} epoch {:>width$}/{epochs}",
        phase.role,
        phase.index / phase.models.max(1) + 1,
        phase.count / phase.models.max(1),
        epoch_of(step),
        width = epochs.len(),
    )
}

fn bar(phase: &Phase, step: u64) -> String {
    let filled = (BAR * step / phase.total_steps.max(1)).min(BAR) as usize;
    "━".repeat(filled) + &"─".repeat(BAR as usize - filled)
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
            models: 3,
            total_steps: 1000,
            steps_per_epoch: 100,
        };
        assert_eq!(place(&phase, 250), "student 2/5 epoch  3/10");
        let alone = Phase { role: Role::Teacher, index: 3, count: 5, models: 1, ..phase };
        assert_eq!(place(&alone, 250), "teacher 4/5 epoch  3/10");
        assert_eq!(bar(&phase, 250), "━━──────");
        assert_eq!(bar(&phase, 1000), "━━━━━━━━");
        let scores = "  acc 0.841 agree 0.913";
        let parts = [("soft", 0.291), ("label", 0.521)];
        let line = line(&phase, 250, "0:41", scores, 0.812, &parts);
        let screen: String = line.chars().take(80).collect();
        assert_eq!(
            screen,
            "student 2/5 epoch  3/10 0:41 left  acc 0.841 agree 0.913  soft 0.291 label 0.521"
        );
        assert!(line.ends_with("  loss 0.812  step 250/1000"), "{line}");
    }
}
