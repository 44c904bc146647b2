//! Small seeded trainings for the tests of the loop.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use data::{DataOptions, Order, SampleShape, Samples, Targets, Views};
use std::sync::Arc;

use methods::{Method, MethodError, Moment, OwnParameters, Part, Signals};
use nn::{AnyNetwork, Architecture, Network, Weights, cpu, infer};
use potstill_train::{
    EpochRecord, Feed, Settings, State, StepReport, TrainError, Trainer, Validation, Watcher,
};
use random::Stream;

pub const CLASSES: usize = 3;
pub const ROWS: usize = 24;

pub fn mlp() -> (Architecture, SampleShape) {
    (Architecture::Mlp { hidden: vec![6, 5] }, SampleShape::Vector(4))
}

pub fn cnn() -> (Architecture, SampleShape) {
    let shape = SampleShape::Image { channels: 1, height: 4, width: 4 };
    (Architecture::Cnn { channels: vec![3] }, shape)
}

/// `rows` samples of normal numbers with labels that a network can learn.
pub fn samples(shape: SampleShape, rows: usize) -> Samples {
    let mut generator = Stream::new(11, "samples").generator();
    let values: Vec<f32> = (0..rows * shape.len()).map(|_| generator.normal() as f32).collect();
    let label = |row: &[f32]| if row[0] > 0.5 { 2 } else { u32::from(row[1] > row[2]) };
    let labels = values.chunks(shape.len()).map(|row| Some(label(row))).collect();
    Samples { shape, values: values.into(), labels, targets: Targets::Classes }
}

pub fn network(architecture: &Architecture, shape: SampleShape) -> AnyNetwork {
    let stream = Stream::new(12, "weights");
    architecture.build(shape, CLASSES, stream, &cpu().autodiff()).unwrap()
}

pub fn views(shape: SampleShape) -> Views {
    Views::new(&DataOptions::default(), shape, &[], Stream::new(13, "views")).unwrap()
}

/// A method that hides that it is a function of logits, so that training needs a tape.
#[derive(Debug)]
pub struct Taped<M>(pub M);

impl<M: Method> Method for Taped<M> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.0.parts(signals)
    }

    fn parameters(&self) -> Weights {
        self.0.parameters()
    }

    fn parts_with(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        self.0.parts_with(signals, parameters)
    }

    fn at(&self, moment: Moment) -> Option<Arc<dyn Method>> {
        self.0.at(moment)
    }

    fn learns_without_labels(&self) -> bool {
        self.0.learns_without_labels()
    }
}

/// A trainer whose epochs have six batches of four rows.
pub fn trainer<'a>(
    (architecture, shape): &(Architecture, SampleShape),
    method: &'a dyn Method,
    settings: Settings,
) -> Trainer<'a, AnyNetwork> {
    let network = network(architecture, *shape);
    let steps = 6_u64.div_ceil(settings.accumulate);
    Trainer::new(network, method, settings, CLASSES, steps, Stream::new(14, "noise")).unwrap()
}

pub fn feed<'a>(samples: &'a Samples, views: &'a Views) -> Feed<'a> {
    let order = Order::new(Stream::new(15, "order"), (0..samples.len()).collect(), 4).unwrap();
    Feed::new(samples, views, order, None, 6)
}

/// Validates on the training rows, or by a script, and stops after a given step.
pub struct Judge<'a> {
    pub samples: &'a Samples,
    pub script: Option<Vec<f64>>,
    pub stop_after: Option<u64>,
    pub records: Vec<EpochRecord>,
    /// The state after every epoch.
    pub states: Vec<State>,
}

impl<'a> Judge<'a> {
    pub fn new(samples: &'a Samples) -> Self {
        Self { samples, script: None, stop_after: None, records: Vec::new(), states: Vec::new() }
    }
}

impl<N: Network> Watcher<N> for Judge<'_> {
    type Error = TrainError;

    fn validate(&mut self, network: &N) -> Result<Option<Validation>, TrainError> {
        let accuracy = match &self.script {
            Some(script) => script[self.records.len()],
            None => {
                let width = self.samples.shape.len();
                accuracy(
                    &infer(network, self.samples.values.in_memory().unwrap(), width, CLASSES)?,
                    self.samples,
                )
            }
        };
        Ok(Some(Validation::Classes { accuracy, nll: 1.0 - accuracy, agreement: None }))
    }

    fn after_epoch(&mut self, record: &EpochRecord) -> Result<(), TrainError> {
        self.records.push(record.clone());
        Ok(())
    }

    fn after_step(
        &mut self,
        trainer: &Trainer<'_, N>,
        report: &StepReport,
    ) -> Result<bool, TrainError> {
        if report.step.is_multiple_of(trainer.steps_per_epoch()) {
            self.states.push(trainer.state());
        }
        Ok(self.stop_after != Some(report.step))
    }
}

fn accuracy(logits: &[f32], samples: &Samples) -> f64 {
    let rows = logits.chunks(CLASSES).zip(&samples.labels);
    let right = rows.filter(|(row, label)| {
        let best = (0..CLASSES).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        best.map(|class| class as u32) == **label
    });
    right.count() as f64 / samples.len() as f64
}

/// Equality to the bit, the sign of zero included.
pub fn bits(state: &State) -> Vec<(String, Vec<u32>)> {
    let best = state.best_weights.iter().flatten();
    let weights = state.weights.iter().chain(best).map(|(path, weight)| (path, &weight.values));
    let all = weights.chain(&state.buffers);
    all.map(|(name, values)| (name.clone(), values.iter().map(|v| v.to_bits()).collect())).collect()
}
