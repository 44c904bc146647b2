//! The samples of one step.

use burn::tensor::{Tensor, TensorData};
use data::{Mixing, Order, Samples, Targets, Views};
use methods::{Labels, TeacherOutput};
use random::Stream;
use teacher::{LogitSource, Shown, TapSource};

use crate::TrainError;
use crate::mixed::Mixed;

/// The inputs of one step with everything that is known about them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[rows, features]`, without tape.
    pub inputs: Tensor<2>,
    /// Where each row stands in the transfer set; empty where nobody asks.
    pub rows: Vec<usize>,
    /// The class of each row, or the number of its targets, where it is known.
    pub labels: Vec<Option<u32>>,
    /// What the labels stand for.
    pub targets: Targets,
    /// How much the label of each row counts; empty where all count alike.
    pub weights: Vec<f32>,
    /// What the teacher said about the same rows in the same view.
    pub teacher: Option<TeacherOutput>,
    /// What each row is mixed with, where the inputs are mixed.
    pub mixed: Option<Mixed>,
}

impl Batch {
    /// The labels as a loss sees them, smoothed so far.
    pub(crate) fn labels(&self, smoothing: f64) -> Labels<'_> {
        let mixed = self.mixed.as_ref();
        Labels {
            classes: &self.labels,
            weights: &self.weights,
            smoothing,
            mixed: mixed.map(|mixed| (mixed.partners.as_slice(), mixed.share)),
            partner_weights: mixed.map_or(&[], |mixed| &mixed.weights),
            targets: &self.targets,
        }
    }
}

/// Makes the batch of any step: a pure function of the step, so that a resumed run needs no state
/// of the feed.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    samples: &'a Samples,
    weights: &'a [f32],
    views: &'a Views,
    order: Order,
    teacher: Option<&'a dyn LogitSource>,
    taps: Option<&'a dyn TapSource>,
    looks_at_taps: bool,
    batches_per_epoch: u64,
    accumulate: u64,
    mixing: Option<(Mixing, Stream)>,
}

impl<'a> Feed<'a> {
    /// Batches of `samples` in the given order, one a step, with what `teacher` says about them. Epoch `e` shows
    /// view `e` modulo the number of views, or view `e` where they are online; an epoch has `batches_per_epoch`
    /// batches, at least 1.
    pub fn new(
        samples: &'a Samples,
        views: &'a Views,
        order: Order,
        teacher: Option<&'a dyn LogitSource>,
        batches_per_epoch: u64,
    ) -> Self {
        let batches_per_epoch = batches_per_epoch.max(1);
        Self {
            samples,
            weights: &[],
            views,
            order,
            teacher,
            taps: None,
            looks_at_taps: true,
            batches_per_epoch,
            accumulate: 1,
            mixing: None,
        }
    }

    /// The same with a weight for the label of each sample, 1 on the average; nothing where all count
    /// alike.
    #[must_use]
    pub fn weighted(mut self, weights: &'a [f32]) -> Self {
        self.weights = weights;
        self
    }

    /// The same with what the teacher holds at its taps, which is asked about the inputs of each batch.
    #[must_use]
    pub fn observing(mut self, teacher: Option<&'a dyn TapSource>) -> Self {
        self.taps = teacher;
        self
    }

    /// Whether the teacher is asked about its taps from now on; it is at first.
    pub(crate) fn look_at_taps(&mut self, looks: bool) {
        self.looks_at_taps = looks;
    }

    /// The same with so many batches a step, at least 1. The last step of an epoch may have fewer:
    /// none goes beyond it.
    #[must_use]
    pub fn accumulating(mut self, batches: u64) -> Self {
        self.accumulate = batches.max(1);
        self
    }

    /// The same with the samples of each batch mixed, as a function of the stream and its number.
    #[must_use]
    pub fn mixing(mut self, mixing: Option<Mixing>, stream: Stream) -> Self {
        self.mixing = mixing.map(|mixing| (mixing, stream));
        self
    }

    /// The batches of `step`, counted from 0.
    ///
    /// # Errors
    /// [`TrainError::Teacher`] when the teacher is asked at each step, and fails.
    pub fn step(&mut self, step: u64) -> Result<Vec<Batch>, TrainError> {
        let steps_per_epoch = self.batches_per_epoch.div_ceil(self.accumulate);
        let (epoch, place) = (step / steps_per_epoch, step % steps_per_epoch);
        let start = place * self.accumulate;
        let end = start.saturating_add(self.accumulate).min(self.batches_per_epoch);
        let first = epoch.saturating_mul(self.batches_per_epoch);
        (start..end).map(|batch| self.batch(first.saturating_add(batch))).collect()
    }

    /// The batch of this number, counted from 0.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn batch(&mut self, number: u64) -> Result<Batch, TrainError> {
        let view = self.views.of_epoch(number / self.batches_per_epoch);
        let rows = self.order.batch(number);
        let width = self.samples.shape.len();
        let mut values = vec![0.0; rows.len() * width];
        for (&row, out) in rows.iter().zip(values.chunks_exact_mut(width.max(1))) {
            self.views.write(&self.samples.row(row)?, row, view, out);
        }
        let labels = rows.iter().map(|&row| self.samples.labels.get(row).copied().flatten());
        let labels: Vec<Option<u32>> = labels.collect();
        let weights = rows.iter().filter_map(|&row| self.weights.get(row)).copied();
        let weights: Vec<f32> = weights.collect();
        let mixing = self.mixing.as_ref();
        let mix = mixing.map(|(mixing, stream)| {
            mixing.draw(rows.len(), self.samples.shape, &stream.at(number))
        });
        let mix = mix.as_ref();
        if let Some(mix) = mix {
            mix.apply(&mut values, self.samples.shape)?;
        }
        let mixed = mix.map(|mix| Mixed::of(mix, &labels, &weights));
        let inputs = TensorData::new(values, [rows.len(), width]);
        let inputs = Tensor::from_data(inputs, &nn::cpu());
        let said = self.teacher.map(|teacher| -> Result<TeacherOutput, TrainError> {
            let shape = [rows.len(), teacher.outputs()];
            let logits = TensorData::new(teacher.said(view, rows, mix)?, shape);
            let said = TeacherOutput::new(Tensor::from_data(logits, &nn::cpu())).of_rows(rows);
            Ok(match self.taps.filter(|_| self.looks_at_taps) {
                Some(taps) => {
                    said.with_taps(taps.taps(Shown { inputs: &inputs, rows, view, mix })?)
                }
                None => said,
            })
        });
        Ok(Batch {
            inputs,
            rows: rows.to_vec(),
            labels,
            targets: self.samples.targets.clone(),
            weights,
            teacher: said.transpose()?,
            mixed,
        })
    }
}
