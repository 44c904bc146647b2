//! What a teacher holds at its taps, asked once and kept.

use data::{Mix, Samples, Views};
use nn::{Feature, Tap, Taps, batch};

use crate::frozen::view_values;
use crate::soft_targets::single;
use crate::{LogitSource, Shown, SoftTargets, TapSource, TeacherError};

/// Rows that a teacher is shown at once.
const ROWS: usize = 256;

/// A tap of a teacher as outputs that can be recorded: the values of a sample one after the other, features of
/// a sequence position by position, maps channel by channel.
#[derive(Debug)]
pub struct TapOutputs<'a> {
    source: &'a dyn TapSource,
    tap: &'a Tap,
    samples: &'a Samples,
    views: &'a Views,
}

impl<'a> TapOutputs<'a> {
    /// The tap of a source; `samples` are the transfer set as the student sees it.
    pub fn new(
        source: &'a dyn TapSource,
        tap: &'a Tap,
        samples: &'a Samples,
        views: &'a Views,
    ) -> Self {
        Self { source, tap, samples, views }
    }
}

impl LogitSource for TapOutputs<'_> {
    fn said(
        &self,
        view: usize,
        rows: &[usize],
        mix: Option<&Mix>,
    ) -> Result<Vec<f32>, TeacherError> {
        single(mix)?;
        let width = self.samples.shape.len();
        let mut values = Vec::with_capacity(rows.len().saturating_mul(self.outputs()));
        for rows in rows.chunks(ROWS) {
            let inputs =
                batch(&view_values((self.samples, self.views), (view, None), rows)?, width);
            let taps = self.source.taps(Shown { inputs: &inputs, rows, view, mix: None })?;
            if let Some(feature) = taps.get(&self.tap.name) {
                values.extend(feature.clone().values());
            }
        }
        Ok(values)
    }

    fn outputs(&self) -> usize {
        self.tap.shape.len()
    }
}

/// Taps that were recorded for the samples of the transfer set.
#[derive(Debug)]
pub struct StoredTaps {
    taps: Vec<(Tap, SoftTargets)>,
}

impl StoredTaps {
    /// Each tap with what [`TapOutputs`] gave of it.
    pub fn new(taps: Vec<(Tap, SoftTargets)>) -> Self {
        Self { taps }
    }
}

impl TapSource for StoredTaps {
    fn taps(&self, shown: Shown<'_>) -> Result<Taps, TeacherError> {
        let mut taps = Taps::all();
        for (tap, stored) in &self.taps {
            let values = stored.said(shown.view, shown.rows, shown.mix)?;
            let feature = Feature::of_values(tap.shape, shown.rows.len(), values);
            taps.keep_kind(tap.kind, &tap.name, || feature);
        }
        Ok(taps)
    }
}
