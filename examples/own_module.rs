//! Own Burn modules and own data: a wide teacher and a narrow student on two interleaved spirals.
//!
//! ```text
//! cargo run --release --example own_module
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use potstill::burn::{self, module::Module, nn, tensor::activation::tanh, tensor::*};
use potstill::{
    Distiller, Initial, JobError, Kd, Network, SampleShape, Samples, Settings, Stream, Taps,
};

#[derive(Module, Debug)]
struct Net {
    hidden: nn::Linear,
    output: nn::Linear,
}

impl Net {
    fn new(units: usize, device: &Device) -> Self {
        let layer = |inputs, outputs| nn::LinearConfig::new(inputs, outputs).init(device);
        Self { hidden: layer(2, units), output: layer(units, 2) }
    }
}

impl Network for Net {
    fn forward(&self, inputs: Tensor<2>, _: &mut Taps) -> Tensor<2> {
        self.output.forward(tanh(self.hidden.forward(inputs)))
    }
}

/// Points on two spirals, with noise; only the first `labelled` of them have a label.
fn spirals(purpose: &str, count: usize, labelled: usize) -> Samples {
    let mut random = Stream::new(0, purpose).generator();
    let mut samples = Samples::empty(SampleShape::Vector(2));
    let mut values = Vec::new();
    for index in 0..count {
        let (arm, turn) = (index % 2, 4.0 * random.uniform());
        let angle = turn + std::f32::consts::PI * arm as f32;
        let mut noisy = |value: f32| value * turn / 2.0 + 0.15 * random.normal() as f32;
        values.extend([noisy(angle.cos()), noisy(angle.sin())]);
        samples.labels.push((index < labelled).then_some(arm as u32));
    }
    samples.values = values.into();
    samples
}

fn main() -> Result<(), JobError> {
    let (train, test) = (spirals("train", 2000, 200), spirals("test", 1000, 1000));
    let net = |units| move |initial: &Initial| Net::new(units, initial.device());
    let settings = Settings { epochs: 20, ..Settings::default() };
    let distilled = Distiller::new(net(64), net(8))
        .method(Kd { temperature: 2.0, alpha: 0.9 })
        .teacher_settings(settings.clone())
        .settings(settings)
        .run(&train, &spirals("validation", 200, 200), &test, 2)?;
    for scores in &distilled.judgement.seeds {
        let models = [scores.teacher.as_ref(), Some(&scores.baseline), Some(&scores.student)];
        let [teacher, alone, student] =
            models.map(|score| score.map_or(f64::NAN, |score| 100.0 * score.metrics.score()));
        println!(
            "seed {}: teacher {teacher:.1} %, alone {alone:.1} %, distilled {student:.1} %",
            scores.seed
        );
    }
    println!("{}", distilled.judgement.sentence);
    Ok(())
}

#[test]
fn the_example_runs() {
    main().expect("the example runs");
}
