//! One step of a training: the loss of its batches, their joint gradient, and the new weights.

use methods::{
    LogitLoss, Method, Moment, OwnParameters, Part, Remembered, Signals, TeacherOutput, Term,
};
use nn::{Network, Output, Taps, check_logits, separate};
use random::Stream;
use tensors::recycle;

use super::{Trainer, new_optimizer};
use crate::average::Average;
use crate::batch::Batch;
use crate::dense::{DenseLayers, Differentiated};
use crate::gradients::{apply, check_finite, collect, recycle_parameters, with_parameters};
use crate::joint::{Joint, Share, check_terms, total};
use crate::schedule::Plan;
use crate::watcher::{NamedValues, StepReport};
use crate::{TrainError, clip};

impl<N: Network> Trainer<'_, N> {
    /// One step on one batch.
    ///
    /// # Errors
    /// [`TrainError::NotFinite`] when loss, gradient, new weights or moments are not finite, other
    /// errors when shapes or labels do not fit. The network then has the weights and running
    /// statistics from before the step. After a weight or moment that is not finite the optimiser's
    /// buffers are in between, and the training can go on from a saved state only.
    pub fn step(&mut self, batch: &Batch) -> Result<StepReport, TrainError> {
        self.joint_step(std::slice::from_ref(batch))
    }

    /// One step on several batches, one after the other: loss and gradient are those of one joint
    /// batch, as far as the loss is a mean over samples. Batch normalisation sees each batch by
    /// itself, and moves its running statistics once for each.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn joint_step(&mut self, batches: &[Batch]) -> Result<StepReport, TrainError> {
        let report = match self.peers.is_empty() {
            true => self.lone_step(batches),
            false => self.mutual_step(batches),
        }?;
        self.progress.sums.add(report.loss, &report.parts);
        Ok(report)
    }

    /// The same of this network alone, not yet in the sums of the epoch.
    pub(super) fn lone_step(&mut self, batches: &[Batch]) -> Result<StepReport, TrainError> {
        self.begin_stage()?;
        let number = self.progress.step + 1;
        let rate = self.learning_rate();
        let labels: Vec<Option<u32>> =
            batches.iter().flat_map(|batch| batch.labels.iter().copied()).collect();
        let taught = self.own_teacher.as_ref().map(|teacher| self.taught_by(teacher, batches));
        let batches = taught.as_deref().unwrap_or(batches);
        let now = self.method.at(self.moment());
        let method = now.as_deref().unwrap_or(self.method);
        let shared: Vec<(&Batch, Share<'_>)> =
            batches.iter().map(|batch| (batch, Share::of(method, batch, &labels))).collect();
        self.pull.begin(method, number, self.steps_per_epoch);
        let (loss, parts) = match (self.dense.take(), method.on_logits()) {
            (Some(mut dense), Some(loss)) => {
                let made = self.dense_step(&mut dense, loss, &shared, number, rate);
                self.dense = Some(dense);
                made
            }
            (dense, _) => {
                // A method may change to one that needs a tape.
                if let Some(dense) = dense {
                    self.network = with_parameters(&self.network, dense.parameters());
                }
                self.taped_step(method, &shared, number, rate)
            }
        }?;
        for average in self.average.iter_mut().chain(&mut self.own_teacher) {
            match &self.dense {
                Some(dense) => average.follow(dense.parameters(), number),
                None => average.follow_module(&self.network, number),
            }
        }
        self.progress.step = number;
        Ok(StepReport { step: number, loss, parts })
    }

    /// A stage after the first begins with an optimiser of its own.
    fn begin_stage(&mut self) -> Result<(), TrainError> {
        let step = self.progress.step;
        let stage = self.settings.stage_of(step, self.steps_per_epoch);
        if step > 0 && stage.first_step == step {
            let options = stage.optimizer;
            self.optimizer = new_optimizer(options, &self.settings, &self.layout, &self.own)?;
        }
        Ok(())
    }

    /// Whether the method of the next step looks at taps of the teacher.
    pub(super) fn looks_at_taps(&self) -> bool {
        let now = self.method.at(self.moment());
        !now.as_deref().unwrap_or(self.method).taps().teacher.is_empty()
    }

    /// The batches with what the network says of them with averaged weights.
    fn taught_by(&self, teacher: &Average, batches: &[Batch]) -> Vec<Batch> {
        let network = self.with_average(Some(teacher)).valid();
        let taught = batches.iter().map(|batch| {
            let wanted = Taps::these(self.method.taps().teacher);
            let Output { logits, taps } = network.observe(batch.inputs.clone(), wanted);
            let said = TeacherOutput::new(logits).with_taps(taps).of_rows(&batch.rows);
            Batch { teacher: Some(said), ..batch.clone() }
        });
        taught.collect()
    }

    fn moment(&self) -> Moment {
        let Plan { epochs, steps_per_epoch } = self.plan();
        Moment { step: self.progress.step, steps_per_epoch, epochs }
    }

    fn taped_step(
        &mut self,
        method: &dyn Method,
        batches: &[(&Batch, Share<'_>)],
        number: u64,
        rate: f64,
    ) -> Result<(f64, NamedValues), TrainError> {
        let device = nn::cpu();
        let noise = self.noise.at(self.progress.step);
        device.seed(noise.number());

        // The forward pass moves running statistics; those of a failed step must not stay.
        let network = match self.layout.has_statistics {
            true => separate(&self.network),
            false => self.network.clone(),
        };
        let (mut joint, mut brought) = (Joint::default(), self.own.clone());
        for (place, (batch, share)) in batches.iter().enumerate() {
            let own = brought.taped(&device.clone().autodiff());
            let noise = noise.at(place as u64);
            let (parts, output, changes) = self.parts((method, &own), &network, batch, noise)?;
            brought.remember(changes);
            let of_logits = method.on_logits().map(|loss| (loss, self.own.numbers()));
            self.pull.look_at(of_logits, batch, &output)?;
            let terms: Vec<Term> = parts.iter().map(Part::term).collect();
            check_terms(&terms, number)?;
            // A batch without a label has no tape when only labels are learned from: all gradients
            // are 0.
            let loss = total(&parts, share).filter(|loss| loss.is_tracked());
            let mut found = loss.map(|loss| loss.backward());
            let of_own = self.own.gradients(&own, found.as_mut());
            let mut gradients = collect(&network, found);
            gradients.extend(of_own);
            joint.add(terms, share, gradients);
        }
        let (loss, named, mut gradients) = joint.finish();
        self.guard_and_clip(&mut gradients, number)?;
        let of_own = gradients.split_off(self.layout.parameters.len().min(gradients.len()));
        let updated = apply(&network, &self.layout, gradients, &mut self.optimizer, rate)?;
        self.own = brought.updated(&mut self.optimizer, &of_own, rate)?;
        drop(network);
        recycle_parameters(std::mem::replace(&mut self.network, updated));
        Ok((loss, named))
    }

    /// The parts of the loss of a batch, with their tape, all that the network said, and what is remembered.
    fn parts(
        &self,
        (method, own): (&dyn Method, &OwnParameters),
        network: &N,
        batch: &Batch,
        noise: Stream,
    ) -> Result<(Vec<Part>, Output, Vec<Remembered>), TrainError> {
        let taps = self.own.taps().with_noise(noise);
        let mut output = network.observe(batch.inputs.clone().autodiff(), taps);
        if !method.trains_both_heads() {
            output.taps = output.taps.without_heads();
        }
        check_logits(output.logits.dims(), [batch.labels.len(), self.classes])?;
        let teacher = batch.teacher.as_ref();
        let labels = batch.labels(self.settings.label_smoothing);
        let signals = Signals { student: &output, teacher, labels };
        let changes = method.remembered(&signals, own)?;
        Ok((method.parts_with(&signals, own)?, output, changes))
    }

    fn dense_step(
        &mut self,
        dense: &mut DenseLayers,
        loss: &dyn LogitLoss,
        batches: &[(&Batch, Share<'_>)],
        number: u64,
        rate: f64,
    ) -> Result<(f64, NamedValues), TrainError> {
        let smoothing = self.settings.label_smoothing;
        let mut joint = Joint::default();
        for (batch, share) in batches {
            let own = self.own.numbers();
            let Differentiated { terms, mut gradients, of_own, logits } =
                dense.differentiate((loss, &own), batch, self.classes, smoothing, share)?;
            check_terms(&terms, number)?;
            self.pull.look(Some((loss, own)), batch, &logits)?;
            gradients.extend(self.own.in_order(of_own));
            joint.add(terms, share, gradients);
        }
        let (loss, named, mut gradients) = joint.finish();
        self.guard_and_clip(&mut gradients, number)?;
        let of_own = gradients.split_off(self.layout.parameters.len().min(gradients.len()));
        self.optimizer.begin_step();
        let own = self.own.clone().updated(&mut self.optimizer, &of_own, rate)?;
        dense.update(&self.layout, &gradients, &mut self.optimizer, rate)?;
        self.own = own;
        gradients.into_iter().for_each(recycle);
        Ok((loss, named))
    }

    fn guard_and_clip(&self, gradients: &mut [Vec<f32>], step: u64) -> Result<(), TrainError> {
        let paths = self.layout.parameters.iter().map(|(path, _)| path.as_str());
        let paths = paths.chain(self.own.parameters().map(|(name, _)| name));
        for (path, gradient) in paths.zip(gradients.iter()) {
            check_finite(|| format!("gradient of `{path}`"), gradient, step)?;
        }
        if let Some(largest) = self.settings.clip_norm {
            let norm = clip::global_norm(gradients.iter().map(Vec::as_slice));
            let scale = clip::scale(norm, largest);
            for value in gradients.iter_mut().flatten() {
                *value *= scale;
            }
        }
        Ok(())
    }
}
