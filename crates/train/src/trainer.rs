//! One training: its state, one step of it, and the loop over the steps.

use methods::{LogitLoss, Method, Moment, OwnParameters, Part, Signals, Term};
use nn::{Network, Output, Weights, check_logits, read_weights, separate, write_weights};
use random::Stream;
use tensors::recycle;

use crate::average::Average;
use crate::batch::{Batch, Feed};
use crate::dense::{DenseLayers, Differentiated};
use crate::gradients::{Layout, apply, check_finite, collect, with_parameters};
use crate::joint::{Joint, Share, check_terms, total};
use crate::optimizer::Optimizer;
use crate::own::Own;
use crate::progress::{BestEpoch, Ending, EpochRecord, Progress, Validation};
use crate::pull::Pull;
use crate::schedule::Plan;
use crate::settings::{Select, Settings};
use crate::state::State;
use crate::watcher::{NamedValues, StepReport, Watcher};
use crate::{TrainError, clip};

/// A network in training.
#[derive(Debug)]
pub struct Trainer<'a, N: Network> {
    /// Where `dense` has the parameters, those here are of no account.
    network: N,
    dense: Option<DenseLayers>,
    layout: Layout,
    own: Own,
    method: &'a dyn Method,
    settings: Settings,
    classes: usize,
    steps_per_epoch: u64,
    optimizer: Optimizer,
    average: Option<Average>,
    noise: Stream,
    best_weights: Option<Weights>,
    progress: Progress,
    pull: Pull,
}

impl<'a, N: Network> Trainer<'a, N> {
    /// A training that has made no step.
    ///
    /// `network` must live on an autodiff device. `noise` is where dropout and the like find their
    /// random numbers.
    ///
    /// # Errors
    /// [`TrainError::Optimizer`] for optimiser settings out of range, [`TrainError::Mixed`] for
    /// mixed samples and a method that asks what the teacher said, which is about single ones.
    pub fn new(
        network: N,
        method: &'a dyn Method,
        settings: Settings,
        classes: usize,
        steps_per_epoch: u64,
        noise: Stream,
    ) -> Result<Self, TrainError> {
        if settings.mixing.is_some() && method.needs_teacher() {
            return Err(TrainError::Mixed { method: method.name() });
        }
        let layout = Layout::of(&network);
        let mut optimizer = Optimizer::new(settings.optimizer)?;
        if !settings.decay_norms_and_biases {
            optimizer.spare_from_decay(layout.norms_and_biases.iter().cloned());
        }
        let own = Own::of(method);
        optimizer.spare_from_decay(own.parameters().map(|(name, _)| name.to_owned()));
        if let Some(largest) = settings.max_norm {
            optimizer.limit_norms(layout.weights.iter().cloned(), largest);
        }
        let average = settings.ema.map(|decay| Average::new(decay, &layout));
        Ok(Self {
            pull: Pull::new(classes, settings.label_smoothing),
            layout,
            own,
            dense: DenseLayers::of(&network, method),
            network,
            method,
            settings,
            classes,
            steps_per_epoch: steps_per_epoch.max(1),
            optimizer,
            average,
            noise,
            best_weights: None,
            progress: Progress::default(),
        })
    }

    /// Continues from a saved state.
    ///
    /// # Errors
    /// [`TrainError::Network`] or [`TrainError::Optimizer`] when it belongs to another network or
    /// optimiser, [`TrainError::State`] when it is further than this training goes.
    pub fn restore(mut self, mut state: State) -> Result<Self, TrainError> {
        if state.progress.step > self.total_steps() {
            return Err(TrainError::State {
                what: "steps",
                expected: format!("at most {}", self.total_steps()),
                found: state.progress.step.to_string(),
            });
        }
        if let Some(best) = &state.best_weights {
            write_weights(self.network.clone(), best)?;
        }
        self.network = write_weights(self.network, &state.weights)?;
        self.dense = DenseLayers::of(&self.network, self.method);
        if let Some(average) = self.average.as_mut().filter(|_| state.progress.step > 0) {
            average.restore(&self.layout, &mut state.buffers)?;
        }
        self.own.restore(&mut state.buffers)?;
        for (name, values) in state.buffers {
            self.optimizer.load_buffer(&name, values)?;
        }
        self.optimizer.set_step(state.progress.step);
        let own = self.own.parameters().map(|(name, length)| (name.to_owned(), length));
        let lengths = self.layout.parameters.iter().cloned().chain(own).collect();
        self.optimizer.check_buffers(&lengths)?;
        self.best_weights = state.best_weights;
        self.progress = state.progress;
        Ok(self)
    }

    /// All that is needed to continue from here.
    pub fn state(&self) -> State {
        let buffers = self.optimizer.buffers().map(|(name, values)| (name, values.to_vec()));
        let average = self.average.as_ref().filter(|_| self.progress.step > 0);
        let averages = average.into_iter().flat_map(|average| average.buffers(&self.layout));
        State {
            weights: read_weights(&self.network()),
            best_weights: self.best_weights.clone(),
            buffers: buffers.chain(averages).chain(self.own.buffers()).collect(),
            progress: self.progress.clone(),
        }
    }

    /// The network as it is now.
    fn network(&self) -> N {
        match &self.dense {
            Some(dense) => with_parameters(&self.network, dense.parameters()),
            None => self.network.clone(),
        }
    }

    /// The network that is judged: with the average of the weights, where there is one.
    fn judged(&self) -> N {
        let average = self.average.as_ref();
        match average.and_then(|average| average.values(self.progress.step)) {
            Some(values) => with_parameters(&self.network, values),
            None => self.network(),
        }
    }

    /// Where the training stands.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Steps of the whole training.
    pub fn total_steps(&self) -> u64 {
        self.plan().total_steps()
    }

    /// Learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.settings.schedule.learning_rate(self.progress.step, self.plan())
    }

    fn plan(&self) -> Plan {
        Plan { epochs: self.settings.epochs, steps_per_epoch: self.steps_per_epoch }
    }

    /// Steps of one epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.steps_per_epoch
    }

    /// Makes steps until the training ends, or until `watcher` stops it; says whether it ended.
    ///
    /// # Errors
    /// What a step or the watcher fails with; the failed step is not committed.
    pub fn run<W: Watcher<N>>(
        &mut self,
        feed: &mut Feed<'_>,
        watcher: &mut W,
    ) -> Result<bool, W::Error> {
        while self.progress.ending.is_none() {
            let batches = feed.step(self.progress.step);
            let report = self.joint_step(&batches)?;
            if self.progress.step.is_multiple_of(self.steps_per_epoch) {
                let network = self.judged();
                let validation = watcher.validate(&network)?;
                let record = self.end_epoch(&network, validation);
                watcher.after_epoch(&record)?;
            }
            if !watcher.after_step(self, &report)? {
                return Ok(self.progress.ending.is_some());
            }
        }
        Ok(true)
    }

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
        let number = self.progress.step + 1;
        let rate = self.learning_rate();
        let labels: Vec<Option<u32>> =
            batches.iter().flat_map(|batch| batch.labels.iter().copied()).collect();
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
        match (&mut self.average, &self.dense) {
            (Some(average), Some(dense)) => average.follow(dense.parameters(), number),
            (Some(average), None) => average.follow_module(&self.network, number),
            (None, _) => {}
        }
        self.progress.step = number;
        self.progress.sums.add(loss, &parts);
        Ok(StepReport { step: number, loss, parts })
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
        let mut joint = Joint::default();
        for (place, (batch, share)) in batches.iter().enumerate() {
            let own = self.own.taped(&device.clone().autodiff());
            let noise = noise.at(place as u64);
            let (parts, output) = self.parts((method, &own), &network, batch, noise)?;
            self.pull.look_at(method.on_logits(), batch, &output)?;
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
        let network = apply(&network, &self.layout, gradients, &mut self.optimizer, rate)?;
        self.own = self.own.updated(&mut self.optimizer, &of_own, rate)?;
        self.network = network;
        Ok((loss, named))
    }

    /// The parts of the loss of a batch, with their tape, and all that the network said.
    fn parts(
        &self,
        (method, own): (&dyn Method, &OwnParameters),
        network: &N,
        batch: &Batch,
        noise: Stream,
    ) -> Result<(Vec<Part>, Output), TrainError> {
        let taps = self.own.taps().with_noise(noise);
        let output = network.observe(batch.inputs.clone().autodiff(), taps);
        check_logits(output.logits.dims(), [batch.labels.len(), self.classes])?;
        let teacher = batch.teacher.as_ref();
        let labels = batch.labels(self.settings.label_smoothing);
        let signals = Signals { student: &output, teacher, labels };
        Ok((method.parts_with(&signals, own)?, output))
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
            let Differentiated { terms, gradients, logits } =
                dense.differentiate(loss, batch, self.classes, smoothing, share)?;
            check_terms(&terms, number)?;
            self.pull.look(Some(loss), batch, &logits)?;
            joint.add(terms, share, gradients);
        }
        let (loss, named, mut gradients) = joint.finish();
        self.guard_and_clip(&mut gradients, number)?;
        dense.update(&self.layout, &gradients, &mut self.optimizer, rate)?;
        gradients.into_iter().for_each(recycle);
        Ok((loss, named))
    }

    /// The network that the training hands over, by the rule of `select`.
    ///
    /// # Errors
    /// [`TrainError::Network`] never for weights of this training.
    pub fn selected(&self) -> Result<N, TrainError> {
        match (&self.best_weights, self.settings.select) {
            (Some(best), Select::Best) => Ok(write_weights(self.network.clone(), best)?),
            _ => Ok(self.judged()),
        }
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

    fn end_epoch(&mut self, network: &N, validation: Option<Validation>) -> EpochRecord {
        let plan = self.plan();
        let progress = &mut self.progress;
        let epoch = progress.step / self.steps_per_epoch;
        let (loss, parts) = std::mem::take(&mut progress.sums).means();
        if let Some(validation) = validation {
            let score = validation.score();
            let better = progress.best.is_none_or(|best| score > best.score);
            if better {
                progress.best = Some(BestEpoch { epoch, score });
                progress.epochs_without_gain = 0;
                if self.settings.select == Select::Best {
                    self.best_weights = Some(read_weights(network));
                }
            } else {
                progress.epochs_without_gain += 1;
            }
            if self.settings.patience.is_some_and(|most| progress.epochs_without_gain >= most) {
                progress.ending = Some(Ending::Patience);
            }
        }
        if epoch >= self.settings.epochs {
            progress.ending = Some(Ending::Completed);
        }
        let step = progress.step;
        let learning_rate = self.settings.schedule.learning_rate(step.saturating_sub(1), plan);
        let gradient_norms = self.pull.take();
        EpochRecord { epoch, step, learning_rate, loss, parts, gradient_norms, validation }
    }
}
