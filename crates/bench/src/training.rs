//! Training steps.

use burn::tensor::Tensor;
use data::{SampleShape, Targets};
use methods::{Kd, TeacherOutput};
use nn::{
    Architecture, Initial, MobileNetV2, MobileNetV2Sizes, Network, VisionTransformer,
    VisionTransformerSizes, count_parameters, cpu,
};
use random::Stream;
use train::optimizer::{Adam, OptimizerOptions, Sgd};
use train::schedule::Schedule;
use train::{Batch, Settings, Trainer};

use crate::BenchError;
use crate::residual::{Residual, Sizes};
use crate::work::Bench;

const CLASSES: usize = 10;
/// Static, because a trainer borrows its method.
static KD: Kd = Kd { temperature: 4.0, alpha: 0.9 };

/// The images of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs {
    /// Channels, height and width.
    pub(crate) shape: [usize; 3],
    pub(crate) batch: usize,
}

impl Inputs {
    pub(crate) fn tensor(self) -> Tensor<2> {
        let width = self.shape.iter().product();
        normal("inputs", self.batch, width)
    }
}

/// A training with recorded outputs of a teacher.
pub(crate) struct Plan {
    inputs: Inputs,
    optimizer: OptimizerOptions,
    rate: f64,
}

impl Plan {
    pub(crate) fn sgd(inputs: Inputs) -> Self {
        Self { inputs, optimizer: OptimizerOptions::Sgd(Sgd::default()), rate: 0.05 }
    }

    pub(crate) fn adam(inputs: Inputs) -> Self {
        Self { inputs, optimizer: OptimizerOptions::Adam(Adam::default()), rate: 1e-3 }
    }

    pub(crate) fn prepare<N: Network + 'static>(
        self,
        build: impl FnOnce(&Initial) -> N,
    ) -> Result<Bench, BenchError> {
        let network = build(&Initial::new(Stream::new(1, "bench"), &cpu().autodiff()));
        let rows = self.inputs.batch;
        let teacher = TeacherOutput::new(normal("teacher", rows, CLASSES));
        let batch = Batch {
            rows: Vec::new(),
            inputs: self.inputs.tensor(),
            labels: labels(rows),
            weights: Vec::new(),
            teacher: Some(teacher),
            targets: Targets::Classes,
            mixed: None,
        };
        let parameters = count_parameters(&network);
        let mut trainer = self.trainer(network)?;
        Ok(Bench { step: Box::new(move || Ok(trainer.step(&batch).map(drop)?)), parameters })
    }

    fn trainer<N: Network>(&self, network: N) -> Result<Trainer<'static, N>, BenchError> {
        let settings = Settings {
            epochs: 1,
            batch_size: self.inputs.batch,
            optimizer: self.optimizer,
            schedule: Schedule::constant(self.rate),
            ..Settings::default()
        };
        // The end of an epoch, where more is looked at than in a step, never comes.
        let noise = Stream::new(1, "noise");
        Ok(Trainer::new(network, &KD, settings, CLASSES, u64::MAX, noise)?)
    }
}

/// A dense student, with its dense teacher run in each step.
pub(crate) fn dense(inputs: usize, rows: usize) -> Result<Bench, BenchError> {
    let shape = SampleShape::Vector(inputs);
    let build = |hidden: usize, purpose, device| {
        let architecture = Architecture::Mlp { hidden: vec![hidden; 2] };
        architecture.build(shape, CLASSES, Stream::new(1, purpose), &device)
    };
    let teacher = build(64, "teacher", cpu())?;
    let student = build(32, "student", cpu().autodiff())?;
    let plan = Plan::adam(Inputs { shape: [1, 1, inputs], batch: rows });
    let inputs = plan.inputs.tensor();
    let labels = labels(rows);
    let parameters = count_parameters(&student);
    let mut trainer = plan.trainer(student)?;
    let step = move || {
        let logits = teacher.logits(inputs.clone());
        let batch = Batch {
            rows: Vec::new(),
            inputs: inputs.clone(),
            labels: labels.clone(),
            weights: Vec::new(),
            teacher: Some(TeacherOutput::new(logits)),
            targets: Targets::Classes,
            mixed: None,
        };
        Ok(trainer.step(&batch).map(drop)?)
    };
    Ok(Bench { step: Box::new(step), parameters })
}

pub(crate) fn residual_student(initial: &Initial) -> Residual {
    Residual::new(Sizes::STUDENT, initial)
}

pub(crate) fn mobile(initial: &Initial) -> MobileNetV2 {
    let sizes = MobileNetV2Sizes { width_multiplier: 1.0 };
    MobileNetV2::new([3, 32, 32], sizes, CLASSES, initial)
}

pub(crate) fn transformer(initial: &Initial) -> VisionTransformer {
    let sizes = VisionTransformerSizes {
        patch: 4,
        width: 128,
        depth: 2,
        heads: 4,
        hidden: 512,
        distillation_token: false,
    };
    VisionTransformer::new([3, 32, 32], sizes, CLASSES, initial)
}

/// Random numbers, the same each time.
fn normal(purpose: &str, rows: usize, width: usize) -> Tensor<2> {
    let mut generator = Stream::new(1, purpose).generator();
    let values: Vec<f32> = (0..rows * width).map(|_| generator.normal() as f32).collect();
    nn::batch(&values, width)
}

fn labels(rows: usize) -> Vec<Option<u32>> {
    (0..rows).map(|row| Some((row % CLASSES) as u32)).collect()
}
