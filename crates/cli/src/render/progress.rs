//! What is shown while a job runs: one live line on a terminal, one plain line an epoch elsewhere.

use std::cell::Cell;

use job::{Card, Event, Observer, Phase};
use nn::totals;
use std::path::Path;

use super::escape::visible;
use super::live::Live;
use super::networks::side_by_side;
use super::pace::Pace;
use super::table::wrapped;
use crate::output::Output;
use crate::stop::Stop;

const STOPPING: &str = "finishing this step and saving; press again to stop at once";

/// Looks on and tells the user.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    output: &'a Output,
    stop: &'a Stop,
    live: Option<Live>,
    stopping: Cell<bool>,
    saved: Option<(Phase, u64)>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(output: &'a Output, stop: &'a Stop) -> Self {
        Self { output, stop, live: None, stopping: Cell::new(false), saved: None }
    }

    /// What was saved when the job was stopped.
    pub(crate) fn saved(&self) -> Option<String> {
        let (phase, step) = self.saved?;
        let Phase { role, seed, total_steps, .. } = phase;
        Some(format!("the {} of seed {seed} at step {step} of {total_steps}", role.words()))
    }

    /// Takes the live line away.
    pub(crate) fn end(&mut self) {
        if let Some(live) = &mut self.live {
            live.end();
        }
    }

    fn tell(&self, text: &str) {
        match &self.live {
            Some(live) => live.aside(|| self.output.tell(text)),
            None => self.output.tell(text),
        }
    }

    fn begun(&mut self, folder: &Path, resumed: bool, data: &str, cards: [&Card; 2]) {
        let [teacher, student] = cards;
        if self.output.quiet {
            return;
        }
        let verb = if resumed { "resume" } else { "distil" };
        let line = format!("{verb}   {} <- {}", student.name, teacher.name);
        let run = format!("run      {}", visible(&folder.display().to_string()));
        let data = wrapped(&visible(data)).replace('\n', "\n         ");
        self.output.tell(&format!("{line}\ndata     {data}\n{run}\n"));
        self.output.tell(&side_by_side(teacher, student));
        if self.output.is_live() {
            let (large, small) = (totals(&teacher.layers), totals(&student.layers));
            let cost = large.multiply_adds as f64 / small.multiply_adds as f64;
            self.live = Some(Live::new(Pace::new(cost)));
        }
    }
}

impl Observer for Progress<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Begun { folder, resumed, data, teacher, student } => {
                self.begun(folder, *resumed, data, [teacher, student]);
            }
            Event::PhaseBegun { phase, from_step } => match &mut self.live {
                Some(live) => live.begin(phase),
                None if !self.output.quiet && *from_step > 0 => {
                    let Phase { role, seed, .. } = phase;
                    self.output
                        .tell(&format!("role={} seed={seed} from_step={from_step}", role.key()));
                }
                None => {}
            },
            Event::Step { phase, report } => {
                if let Some(live) = &mut self.live {
                    live.step(phase, report.step, report.loss, &report.parts);
                }
            }
            Event::Epoch { phase, record } => match (&mut self.live, record.validation) {
                (Some(live), Some(scores)) => live.set_scores(scores.accuracy, scores.agreement),
                (Some(_), None) => {}
                (None, _) if self.output.quiet => {}
                (None, scores) => {
                    let epochs = phase.total_steps.div_ceil(phase.steps_per_epoch.max(1));
                    let mut line = format!(
                        "role={} seed={} epoch={}/{epochs} step={} loss={:.4}",
                        phase.role.key(),
                        phase.seed,
                        record.epoch,
                        record.step,
                        record.loss
                    );
                    for (name, value) in &record.parts {
                        line.push_str(&format!(" {name}={value:.4}"));
                    }
                    if let Some(scores) = scores {
                        line.push_str(&format!(" validation_accuracy={:.4}", scores.accuracy));
                    }
                    if let Some(agreement) = scores.and_then(|scores| scores.agreement) {
                        line.push_str(&format!(" agreement={agreement:.4}"));
                    }
                    self.output.tell(&line);
                }
            },
            Event::Judging => {
                if let Some(live) = &mut self.live {
                    live.say("judging on the test part");
                }
            }
            Event::Saved { phase, step } => self.saved = Some((*phase, *step)),
            Event::Warning(text) => self.tell(&format!("warning: {}", visible(text))),
            _ => {}
        }
    }

    fn should_stop(&self) -> bool {
        let stop = self.stop.is_asked();
        if stop && !self.stopping.replace(true) {
            self.tell(STOPPING);
        }
        stop
    }
}
