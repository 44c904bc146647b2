//! One training: its state, and the loop over its steps.

mod peers;
mod step;

use methods::Method;
use nn::{Network, Weights, read_weights, write_weights};
use random::Stream;

use crate::TrainError;
use crate::average::Average;
use crate::batch::Feed;
use crate::dense::DenseLayers;
use crate::gradients::{Layout, with_parameters};
use crate::optimizer::{Optimizer, OptimizerOptions};
use crate::own::Own;
use crate::progress::{BestEpoch, Ending, EpochRecord, Progress, Validation};
use crate::pull::Pull;
use crate::schedule::Plan;
use crate::settings::{Select, Settings};
use crate::state::State;
use crate::watcher::Watcher;

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
    /// Who teaches, where that is the average of the network's own weights.
    own_teacher: Option<Average>,
    /// Those who learn with it.
    peers: Vec<Self>,
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
    /// mixed samples and a method that is about single ones.
    pub fn new(
        network: N,
        method: &'a dyn Method,
        settings: Settings,
        classes: usize,
        steps_per_epoch: u64,
        noise: Stream,
    ) -> Result<Self, TrainError> {
        if settings.mixing.is_some() && method.needs_single_samples() {
            return Err(TrainError::Mixed { method: method.name() });
        }
        let layout = Layout::of(&network);
        let own = Own::of(method);
        let steps_per_epoch = steps_per_epoch.max(1);
        let first = settings.stage_of(0, steps_per_epoch).optimizer;
        let optimizer = new_optimizer(first, &settings, &layout, &own)?;
        let average = settings.ema.map(|decay| Average::new("average", decay, &layout));
        Ok(Self {
            pull: Pull::new(classes, settings.label_smoothing),
            layout,
            own,
            dense: DenseLayers::of(&network, method),
            network,
            method,
            settings,
            classes,
            steps_per_epoch,
            optimizer,
            average,
            own_teacher: None,
            peers: Vec::new(),
            noise,
            best_weights: None,
            progress: Progress::default(),
        })
    }

    /// The same with the average of its own weights as teacher, in place of what batches say of one: at each
    /// step the network with the averaged weights of the steps before it is shown the same batch, in
    /// inference form and without a tape; in the first step that is the network itself. `decay` is that of the
    /// average, in `[0, 1)`. Tarvainen and Valpola, "Mean teachers are better role models" (2017), with the
    /// average corrected for its start instead of a decay that rises.
    #[must_use]
    pub fn taught_by_average(mut self, decay: f64) -> Self {
        self.own_teacher = Some(Average::new("teacher", decay, &self.layout));
        self
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
        self.restore_peers(&mut state)?;
        if let Some(best) = &state.best_weights {
            write_weights(self.network.clone(), best)?;
        }
        self.network = write_weights(self.network, &state.weights)?;
        self.dense = DenseLayers::of(&self.network, self.method);
        let averages = self.average.iter_mut().chain(&mut self.own_teacher);
        for average in averages.filter(|_| state.progress.step > 0) {
            average.restore(&self.layout, &mut state.buffers)?;
        }
        self.own.restore(&mut state.buffers)?;
        // At the end of a stage the buffers are still those of its optimiser.
        let stage =
            self.settings.stage_of(state.progress.step.saturating_sub(1), self.steps_per_epoch);
        let made = state.progress.step - stage.first_step;
        self.optimizer = new_optimizer(stage.optimizer, &self.settings, &self.layout, &self.own)?;
        for (name, values) in state.buffers {
            self.optimizer.load_buffer(&name, values)?;
        }
        self.optimizer.set_step(made);
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
        let averages = self.average.iter().chain(&self.own_teacher);
        let averages = averages.filter(|_| self.progress.step > 0);
        let averages = averages.flat_map(|average| average.buffers(&self.layout));
        State {
            weights: read_weights(&self.network()),
            best_weights: self.best_weights.clone(),
            buffers: buffers
                .chain(averages)
                .chain(self.own.buffers())
                .chain(self.peer_buffers())
                .collect(),
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
        self.with_average(self.average.as_ref())
    }

    /// The network with averaged weights; as it is now, where none are averaged or none was made yet.
    fn with_average(&self, average: Option<&Average>) -> N {
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
        let step = self.progress.step;
        self.settings.stage_of(step, self.steps_per_epoch).learning_rate(step)
    }

    fn plan(&self) -> Plan {
        Plan { epochs: self.settings.all_epochs(), steps_per_epoch: self.steps_per_epoch }
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
            feed.look_at_taps(self.looks_at_taps());
            let batches = feed.step(self.progress.step)?;
            let report = self.joint_step(&batches)?;
            if self.progress.step.is_multiple_of(self.steps_per_epoch) {
                let (network, validation) = self.leading(watcher)?;
                let record = self.end_epoch(&network, validation);
                watcher.after_epoch(&record)?;
            }
            if !watcher.after_step(self, &report)? {
                return Ok(self.progress.ending.is_some());
            }
        }
        Ok(true)
    }

    /// The network that the training hands over, by the rule of `select`.
    ///
    /// # Errors
    /// [`TrainError::Network`] never for weights of this training.
    pub fn selected(&self) -> Result<N, TrainError> {
        match (&self.best_weights, self.settings.select) {
            (Some(best), Select::Best) => Ok(write_weights(self.network.clone(), best)?),
            _ => Ok(self.leader().judged()),
        }
    }

    fn end_epoch(&mut self, network: &N, validation: Option<Validation>) -> EpochRecord {
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
            if epoch <= self.settings.epochs_before() {
                // What ends a training is its last stage.
                progress.epochs_without_gain = 0;
            }
            if self.settings.patience.is_some_and(|most| progress.epochs_without_gain >= most) {
                progress.ending = Some(Ending::Patience);
            }
        }
        if epoch >= self.settings.all_epochs() {
            progress.ending = Some(Ending::Completed);
        }
        let step = progress.step;
        let made = step.saturating_sub(1);
        let stage = self.settings.stage_of(made, self.steps_per_epoch);
        let learning_rate = stage.learning_rate(made);
        let gradient_norms = self.pull.take();
        EpochRecord { epoch, step, learning_rate, loss, parts, gradient_norms, validation }
    }
}

/// An optimiser that has made no step, for a network and a method with these parameters.
fn new_optimizer(
    options: OptimizerOptions,
    settings: &Settings,
    layout: &Layout,
    own: &Own,
) -> Result<Optimizer, TrainError> {
    let mut optimizer = Optimizer::new(options)?;
    if !settings.decay_norms_and_biases {
        optimizer.spare_from_decay(layout.norms_and_biases.iter().cloned());
    }
    optimizer.spare_from_decay(own.parameters().map(|(name, _)| name.to_owned()));
    if let Some(largest) = settings.max_norm {
        optimizer.limit_norms(layout.weights.iter().cloned(), largest);
    }
    Ok(optimizer)
}
