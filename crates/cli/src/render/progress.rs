//! What is shown while a job runs: one live line on a terminal, one plain line an epoch elsewhere.

use std::cell::Cell;
use std::path::Path;

use job::{Card, Event, Observer, Phase};
use nn::totals;
use train::EpochRecord;

use super::escape::visible;
use super::labelling::LabellingPace;
use super::live::Live;
use super::networks::{Networks, table};
use super::number;
use super::pace::Pace;
use super::plain;
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
    labelling: Option<LabellingPace>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(output: &'a Output, stop: &'a Stop) -> Self {
        Self { output, stop, live: None, stopping: Cell::new(false), saved: None, labelling: None }
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

    /// Says something beside the live line.
    fn tell(&self, text: &str) {
        match &self.live {
            Some(live) => live.aside(|| self.output.tell(text)),
            None => self.output.tell(text),
        }
    }

    /// Says something on the way, unless nothing but the result is wanted.
    fn remark(&self, text: &str) {
        if !self.output.quiet {
            self.tell(text);
        }
    }

    /// Says something that only a log needs.
    fn note(&self, text: &str) {
        if self.live.is_none() && !self.output.quiet {
            self.output.tell(text);
        }
    }

    fn begun(&mut self, folder: &Path, resumed: bool, data: &str, networks: Networks<'_>) {
        let Networks { teacher, assistants, student } = networks;
        if self.output.quiet {
            return;
        }
        let verb = if resumed { "resume" } else { "distil" };
        let data = wrapped(&visible(data), 8);
        let run = visible(&folder.display().to_string());
        let line = format!("{verb}  {} <- {}", student.name, teacher.name);
        self.output.tell(&format!("{line}\ndata    {data}\nrun     {run}\n"));
        self.output.tell(&table(networks));
        if self.output.is_live() {
            let products = |card: &Card| totals(&card.layers).multiply_adds as f64;
            let cost = |card: &Card| products(card) / products(student);
            let assistants: Vec<f64> = assistants.iter().map(cost).collect();
            self.live = Some(Live::new(Pace::new(cost(teacher), &assistants)));
        }
    }

    fn phase_begun(&mut self, phase: &Phase, from_step: u64) {
        if let Some(live) = &mut self.live {
            live.begin(phase);
        }
        if from_step > 0 {
            self.note(&plain::continued(phase, from_step));
        }
    }

    fn epoch(&mut self, phase: &Phase, record: &EpochRecord) {
        if let (Some(live), Some(scores)) = (&mut self.live, record.validation) {
            live.set_scores(&scores);
        }
        self.note(&plain::epoch(phase, record));
    }
}

impl Progress<'_> {
    fn labelling(&mut self, done: usize, asked: usize, total: usize) {
        if self.live.is_none() && self.output.is_live() {
            self.live = Some(Live::new(Pace::new(1.0, &[])));
        }
        let pace = self.labelling.get_or_insert_with(LabellingPace::new);
        let line = pace.line(done, asked, total);
        match &mut self.live {
            Some(live) => live.say(line),
            None if pace.is_due() => self.note(&line),
            None => {}
        }
    }

    fn labelled(&mut self, text: &str) {
        self.labelling = None;
        self.remark(text);
    }
}

impl Observer for Progress<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Begun { folder, resumed, data, teacher, assistants, student } => {
                let networks = Networks { teacher, assistants, student };
                self.begun(folder, *resumed, data, networks);
            }
            Event::PointBegun { number, count, values } => {
                let values = visible(&values.join(", "));
                self.remark(&format!("point {number} of {count}: {values}"));
            }
            Event::PointEnded { task, score } => {
                let words = report::wording(*task);
                let unit = if words.is_share { " %" } else { "" };
                let shown = number::score(words, *score);
                self.remark(&format!("  {} on validation: {shown}{unit}", words.score));
            }
            Event::PhaseBegun { phase, from_step } => self.phase_begun(phase, *from_step),
            Event::Step { phase, report } => {
                if let Some(live) = &mut self.live {
                    live.step(phase, report.step, report.loss, &report.parts);
                }
            }
            Event::Epoch { phase, record } => self.epoch(phase, record),
            Event::Labelling { done, asked, total, .. } => self.labelling(*done, *asked, *total),
            Event::Labelled { rows, asked, changes, tap, .. } => {
                self.labelled(&plain::labelled(*rows, *asked, changes, *tap));
            }
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
