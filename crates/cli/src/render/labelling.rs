//! How the labelling goes: rows a second, and the time that is left.

use std::time::{Duration, Instant};
use words::noun;

use super::number;

/// Between two lines in a log.
const INTERVAL: Duration = Duration::from_secs(10);

/// Times what a teacher is asked.
#[derive(Debug)]
pub(crate) struct LabellingPace {
    began: Instant,
    told: Instant,
}

impl LabellingPace {
    pub(crate) fn new() -> Self {
        let began = Instant::now();
        Self { began, told: began }
    }

    /// How far it is, once the teacher was asked about so many rows.
    pub(crate) fn line(&self, done: usize, asked: usize, total: usize) -> String {
        line(done, asked, total, self.began.elapsed().as_secs_f64())
    }

    /// Whether a log should have a line again.
    pub(crate) fn is_due(&mut self) -> bool {
        let is_due = self.told.elapsed() >= INTERVAL;
        if is_due {
            self.told = Instant::now();
        }
        is_due
    }
}

fn line(done: usize, asked: usize, total: usize, seconds: f64) -> String {
    let rate = asked as f64 / seconds;
    let left = number::clock(total.saturating_sub(done) as f64 / rate);
    let count = |value: usize| number::count(value as u64);
    let rows = noun(total, "row");
    let (done, total, rate) = (count(done), count(total), number::rate(rate));
    format!("labels {done} of {total} {rows}  {rate}  {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_from_the_store_do_not_count_for_the_pace() {
        assert_eq!(line(6000, 2000, 60_000, 4.0), "labels 6,000 of 60,000 rows  500/s  1:48 left");
    }
}
