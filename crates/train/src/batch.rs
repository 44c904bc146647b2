//! The samples of one step.

use burn::tensor::{Tensor, TensorData};
use data::{Order, Samples, Views};
use methods::TeacherOutput;
use teacher::SoftTargets;

/// The inputs of one step with everything that is known about them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[rows, features]`, without tape.
    pub inputs: Tensor<2>,
    /// The class of each row, where it is known.
    pub labels: Vec<Option<u32>>,
    /// What the teacher said about the same rows in the same view.
    pub teacher: Option<TeacherOutput>,
}

/// Makes the batch of any step: a pure function of the step, so that a resumed run needs no state
/// of the feed.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    samples: &'a Samples,
    views: &'a Views,
    order: Order,
    soft_targets: Option<&'a SoftTargets>,
    steps_per_epoch: u64,
}

impl<'a> Feed<'a> {
    /// Batches of `samples` in the given order. Epoch `e` shows view `e` modulo the number of
    /// views; an epoch has `steps_per_epoch` steps, at least 1.
    pub fn new(
        samples: &'a Samples,
        views: &'a Views,
        order: Order,
        soft_targets: Option<&'a SoftTargets>,
        steps_per_epoch: u64,
    ) -> Self {
        Self { samples, views, order, soft_targets, steps_per_epoch: steps_per_epoch.max(1) }
    }

    /// The batch of `step`, counted from 0.
    pub fn batch(&mut self, step: u64) -> Batch {
        let views = self.views.count().max(1) as u64;
        let view = ((step / self.steps_per_epoch) % views) as usize;
        let rows = self.order.batch(step);
        let width = self.samples.shape.len();
        let mut values = vec![0.0; rows.len() * width];
        for (&row, out) in rows.iter().zip(values.chunks_exact_mut(width.max(1))) {
            self.views.write(self.samples.row(row), row, view, out);
        }
        let labels = rows.iter().map(|&row| self.samples.labels.get(row).copied().flatten());
        let teacher = self.soft_targets.map(|targets| {
            let logits: Vec<f32> =
                rows.iter().flat_map(|&row| targets.logits(view, row)).copied().collect();
            let shape = [rows.len(), targets.classes()];
            TeacherOutput::new(Tensor::from_data(TensorData::new(logits, shape), &nn::cpu()))
        });
        Batch {
            inputs: Tensor::from_data(TensorData::new(values, [rows.len(), width]), &nn::cpu()),
            labels: labels.collect(),
            teacher,
        }
    }
}
