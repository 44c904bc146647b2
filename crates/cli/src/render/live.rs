//! The line that is drawn again and again while a job runs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use job::Phase;

use super::number;
use super::pace::Pace;

/// A redrawing more often cannot be read.
const INTERVAL: Duration = Duration::from_millis(50);
const TEMPLATE: &str = "{prefix} {bar:12} {wide_msg}";

/// The progress line on a terminal.
#[derive(Debug)]
pub(crate) struct Live {
    bar: ProgressBar,
    pace: Pace,
    last_step: Instant,
    drawn: Option<Instant>,
    scores: String,
}

impl Live {
    pub(crate) fn new(pace: Pace) -> Self {
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or(ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        bar.set_style(style.progress_chars("━━─"));
        let scores = String::new();
        Self { bar, pace, last_step: Instant::now(), drawn: None, scores }
    }

    pub(crate) fn begin(&mut self, phase: &Phase) {
        self.pace.begin(phase);
        self.bar.set_length(phase.total_steps);
        self.last_step = Instant::now();
        self.scores.clear();
    }

    /// Notes the time of a step, and draws it if the last drawing is some time ago.
    pub(crate) fn step(&mut self, phase: &Phase, step: u64, loss: f64, parts: &[(&str, f64)]) {
        let now = Instant::now();
        self.pace.step(phase, (now - self.last_step).as_secs_f64());
        self.last_step = now;
        if self.drawn.is_some_and(|drawn| now - drawn < INTERVAL) && step < phase.total_steps {
            return;
        }
        self.drawn = Some(now);
        let epoch = step.div_ceil(phase.steps_per_epoch.max(1));
        let epochs = phase.total_steps.div_ceil(phase.steps_per_epoch.max(1));
        let seeds = phase.count.div_ceil(3);
        self.bar.set_prefix(format!(
            "{:<8} {}/{seeds}  epoch {epoch}/{epochs}",
            phase.role.key(),
            phase.index / 3 + 1,
        ));
        let left = self.pace.left(phase, step).map_or(String::new(), number::clock);
        let message = format!("{left} left  {}{}", losses(loss, parts), self.scores);
        self.bar.set_position(step);
        self.bar.set_message(message);
    }

    /// Scores of the last epoch, shown until the next.
    pub(crate) fn set_scores(&mut self, accuracy: f64, agreement: Option<f64>) {
        self.scores = format!("  acc {accuracy:.3}");
        if let Some(agreement) = agreement {
            self.scores.push_str(&format!("  agree {agreement:.3}"));
        }
    }

    /// Says something where no number is counted.
    pub(crate) fn say(&mut self, text: &str) {
        self.bar.set_prefix(text.to_owned());
        self.bar.set_message(String::new());
    }

    /// Takes the line away while something else is written.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    pub(crate) fn end(&mut self) {
        self.bar.finish_and_clear();
    }
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
