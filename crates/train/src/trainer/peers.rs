//! Networks that learn together, each from what the others say.

use std::collections::BTreeMap;

use methods::TeacherOutput;
use nn::{Network, Output, Taps, read_weights, separate};

use super::Trainer;
use crate::TrainError;
use crate::batch::Batch;
use crate::progress::Validation;
use crate::state::State;
use crate::watcher::{StepReport, Watcher};

impl<N: Network> Trainer<'_, N> {
    /// The same beside others that learn at the same time: in each step every network is shown the same batches, and learns
    /// from what each of the others says of them, by the mean of the losses. Zhang, Xiang, Hospedales and Lu, "Deep
    /// Mutual Learning" (2018), but that all say it before any of them makes the step, so that no order is among them.
    ///
    /// What they say is that of the pass in which they learn themselves, without its tape: each is a constant to the
    /// others. The training hands over the one that is best on validation, by the rule of `select`; `peers` must have made
    /// no step. With `n` networks each makes `n - 1` passes in a step, and running statistics move as often.
    #[must_use]
    pub fn with_peers(mut self, peers: Vec<Self>) -> Self {
        self.peers = peers;
        self
    }

    /// One step of all networks; loss and parts are the means over them.
    pub(super) fn mutual_step(&mut self, batches: &[Batch]) -> Result<StepReport, TrainError> {
        let others = self.peers.len();
        let all = std::iter::once(&*self).chain(&self.peers);
        let said: Vec<Vec<TeacherOutput>> = all.map(|one| one.says(batches, others)).collect();
        let taught = |place: usize| -> Vec<Batch> {
            let by = |number: usize, batch: &Batch| {
                let outputs = said.iter().enumerate().filter(|(other, _)| *other != place);
                let outputs = outputs.filter_map(|(_, said)| said.get(number).cloned());
                let taught = outputs.map(|said| Batch { teacher: Some(said), ..batch.clone() });
                taught.collect::<Vec<Batch>>()
            };
            batches.iter().enumerate().flat_map(|(number, batch)| by(number, batch)).collect()
        };
        let mut report = self.lone_step(&taught(0))?;
        for (place, peer) in (1..).zip(&mut self.peers) {
            let StepReport { loss, parts, .. } = peer.lone_step(&taught(place))?;
            report.loss += loss;
            report.parts.iter_mut().zip(parts).for_each(|((_, sum), (_, value))| *sum += value);
        }
        let share = 1.0 / (others + 1) as f64;
        report.loss *= share;
        report.parts.iter_mut().for_each(|(_, sum)| *sum *= share);
        Ok(report)
    }

    /// What the network says of batches that it then sees once for each of so many others: as in its own pass with the
    /// first of these, whose noise it has.
    fn says(&self, batches: &[Batch], others: usize) -> Vec<TeacherOutput> {
        let noise = self.noise.at(self.progress.step);
        nn::cpu().seed(noise.number());
        // The pass moves running statistics, which those of its own step will.
        let network = separate(&self.network());
        let says = |(number, batch): (usize, &Batch)| {
            let wanted = Taps::these(self.method.taps().teacher);
            let wanted = wanted.with_noise(noise.at((number * others) as u64));
            let Output { logits, taps } = network.observe(batch.inputs.clone().autodiff(), wanted);
            TeacherOutput::new(logits).with_taps(taps).of_rows(&batch.rows)
        };
        batches.iter().enumerate().map(says).collect()
    }

    /// The network that is judged now, with its scores: of peers the best on validation, the first of equals.
    pub(super) fn leading<W: Watcher<N>>(
        &mut self,
        watcher: &mut W,
    ) -> Result<(N, Option<Validation>), W::Error> {
        let (mut network, mut leader) = (self.judged(), 0);
        let mut validation = watcher.validate(&network)?;
        let score = |found: &Option<Validation>| found.as_ref().map(Validation::score);
        for (number, peer) in (1..).zip(&self.peers) {
            let other = peer.judged();
            let found = watcher.validate(&other)?;
            if score(&found) > score(&validation) {
                (network, validation, leader) = (other, found, number);
            }
        }
        self.progress.leader = leader;
        Ok((network, validation))
    }

    /// The network that led at the end of the last epoch.
    pub(super) fn leader(&self) -> &Self {
        let number = usize::try_from(self.progress.leader).unwrap_or(usize::MAX);
        number.checked_sub(1).and_then(|number| self.peers.get(number)).unwrap_or(self)
    }

    /// The states of the peers, under names of their own.
    pub(super) fn peer_buffers(&self) -> impl Iterator<Item = (String, Vec<f32>)> {
        (1..).zip(&self.peers).flat_map(|(number, peer)| {
            let State { weights, buffers, .. } = peer.state();
            let weights = weights.into_iter().map(|(path, weight)| (path, weight.values));
            let weights = weights.map(move |(path, values)| (of_weights(number, &path), values));
            let buffers = buffers.into_iter();
            weights.chain(buffers.map(move |(name, values)| (of_buffers(number, &name), values)))
        })
    }

    /// Takes the states of the peers out of that of this training.
    pub(super) fn restore_peers(&mut self, state: &mut State) -> Result<(), TrainError> {
        let peers = (1..).zip(std::mem::take(&mut self.peers));
        let restored = peers.map(|(number, peer)| {
            let mut weights = read_weights(&peer.network());
            for (path, weight) in &mut weights {
                let name = of_weights(number, path);
                let missing = || TrainError::State {
                    what: "peers",
                    expected: format!("`{name}`"),
                    found: "none".to_owned(),
                };
                weight.values = state.buffers.remove(&name).ok_or_else(missing)?;
            }
            let prefix = of_buffers(number, "");
            let (own, rest) = std::mem::take(&mut state.buffers)
                .into_iter()
                .partition::<BTreeMap<_, _>, _>(|(name, _)| name.starts_with(&prefix));
            state.buffers = rest;
            let short = |(name, values): (String, Vec<f32>)| {
                (name.get(prefix.len()..).unwrap_or_default().to_owned(), values)
            };
            let buffers = own.into_iter().map(short).collect();
            let progress = state.progress.clone();
            peer.restore(State { weights, best_weights: None, buffers, progress })
        });
        self.peers = restored.collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// The first of the peers is the second network of the training.
fn of_weights(number: usize, path: &str) -> String {
    format!("peer-{}/weights/{path}", number + 1)
}

fn of_buffers(number: usize, name: &str) -> String {
    format!("peer-{}/buffers/{name}", number + 1)
}
