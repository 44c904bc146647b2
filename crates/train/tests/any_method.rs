//! Every method of the catalogue trains through the one loop, with a tape and without one, and goes on
//! from a saved state to the same bits; parameters of a method are trained and are no part of the student.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use std::sync::Arc;

use data::{Order, SampleShape, Samples, Task, Views};
use methods::{Method, MethodError, Part, Signals};
use nn::Architecture;
use options::Document;
use potstill_train::optimizer::{AdamW, OptimizerOptions, Sgd};
use potstill_train::schedule::{Schedule, Shape};
use potstill_train::{Feed, Settings, State, TrainError, Trainer};
use random::Stream;
use teacher::SoftTargets;
use toy::{CLASSES, Judge, ROWS, bits, cnn, mlp, network, samples, views};

const EVERY_THING: &str = "[[distill.methods]]
method = \"ctkd\"
ramp_epochs = 2
standardise = true
[[distill.methods]]
method = \"dkd\"
weight = 0.3
weight_schedule = \"warm-up\"
weight_warmup_epochs = 2
temperature_schedule = \"cosine\"
[[distill.methods]]
method = \"dist\"
weight_schedule = \"linear\"
probability_shift = true
";

/// Hides that a method is a function of logits, so that training needs a tape.
#[derive(Debug)]
struct Taped(Arc<dyn Method>);

impl Method for Taped {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        self.0.parts(signals)
    }

    fn learns_without_labels(&self) -> bool {
        self.0.learns_without_labels()
    }
}

fn read(text: &str) -> Arc<dyn Method> {
    let mut document = Document::parse("job.toml", text).unwrap();
    let mut section = document.section("distill", "");
    let method = methods::read(&mut section, Task::Classes).unwrap();
    section.finish().unwrap();
    method
}

fn named(name: &str) -> Arc<dyn Method> {
    read(&format!("[distill]\nmethod = \"{name}\"\n"))
}

/// Samples of which every third has no label, and what a teacher says about them.
fn material(shape: SampleShape) -> (Samples, Views, SoftTargets) {
    let mut samples = samples(shape, ROWS);
    samples.labels.iter_mut().step_by(3).for_each(|label| *label = None);
    let views = views(shape);
    let wide = if shape == mlp().1 { mlp().0 } else { Architecture::Cnn { channels: vec![5] } };
    let targets = SoftTargets::record(&network(&wide, shape), &samples, &views, CLASSES).unwrap();
    (samples, views, targets)
}

fn settings(accumulate: u64) -> Settings {
    let optimizer = match accumulate {
        1 => OptimizerOptions::AdamW(AdamW::default()),
        _ => OptimizerOptions::Sgd(Sgd::default()),
    };
    let shape = Shape::Cosine { final_fraction: 0.1 };
    let schedule = Schedule { rate: 0.02, warmup_steps: 2, shape };
    Settings {
        epochs: 3,
        accumulate,
        optimizer,
        schedule,
        clip_norm: Some(1.0),
        ..Settings::default()
    }
}

/// Trains up to a step, from a state if there is one.
fn trained(
    model: &(Architecture, SampleShape),
    method: &dyn Method,
    settings: &Settings,
    from: Option<State>,
    stop_after: Option<u64>,
) -> State {
    let (samples, views, targets) = material(model.1);
    let order = Order::new(Stream::new(15, "order"), (0..samples.len()).collect(), 4).unwrap();
    let mut feed =
        Feed::new(&samples, &views, order, Some(&targets), 6).accumulating(settings.accumulate);
    let mut trainer = start(model, method, settings);
    if let Some(state) = from {
        trainer = trainer.restore(state).unwrap();
    }
    let mut judge = Judge { stop_after, script: Some(vec![0.5; 9]), ..Judge::new(&samples) };
    trainer.run(&mut feed, &mut judge).unwrap();
    trainer.state()
}

fn start<'a>(
    model: &(Architecture, SampleShape),
    method: &'a dyn Method,
    settings: &Settings,
) -> Trainer<'a, nn::AnyNetwork> {
    let network = network(&model.0, model.1);
    let steps = 6_u64.div_ceil(settings.accumulate);
    let noise = Stream::new(14, "noise");
    Trainer::new(network, method, settings.clone(), CLASSES, steps, noise).unwrap()
}

#[test]
fn every_method_resumes_to_the_same_bits() {
    let methods = methods::names(Task::Classes).map(named).chain([read(EVERY_THING)]);
    for method in methods {
        for (model, accumulate) in [(mlp(), 1), (cnn(), 4)] {
            let settings = settings(accumulate);
            let method = method.as_ref();
            let whole = trained(&model, method, &settings, None, None);
            for stop in [1, 2, 5] {
                let half = trained(&model, method, &settings, None, Some(stop));
                assert_eq!(half.progress.step, stop);
                let joined = trained(&model, method, &settings, Some(half), None);
                assert!(bits(&joined) == bits(&whole), "{method:?} stopped after {stop}");
                assert_eq!(joined.progress, whole.progress);
            }
        }
    }
}

#[test]
fn a_tape_makes_no_difference_to_any_method() {
    for method in methods::names(Task::Classes).filter(|name| *name != "ctkd").map(named) {
        let taped = Taped(method.clone());
        let settings = settings(1);
        let with = trained(&mlp(), &taped, &settings, None, None);
        let without = trained(&mlp(), method.as_ref(), &settings, None, None);
        for (path, weight) in &without.weights {
            for (found, expected) in weight.values.iter().zip(&with.weights[path].values) {
                let error = (found - expected).abs();
                assert!(error <= 2e-4 * expected.abs().max(0.1), "{method:?} {path}: {error}");
            }
        }
    }
}

#[test]
fn a_learned_temperature_is_trained_and_stays_out_of_the_student() {
    const THETA: &str = "method/ctkd.theta";
    let kd = trained(&cnn(), named("kd").as_ref(), &settings(1), None, None);
    let ctkd = trained(&cnn(), named("ctkd").as_ref(), &settings(1), None, None);
    assert!(kd.weights.keys().eq(ctkd.weights.keys()));
    assert!(!kd.buffers.contains_key(THETA));
    let theta = ctkd.buffers[THETA][0];
    assert!(theta.is_finite() && theta != 1.0, "{theta}");
    assert!(ctkd.buffers.contains_key("first/method/ctkd.theta"));
    let parameters = named("ctkd").parameters();
    assert_eq!(parameters.values().map(|own| own.values.len()).sum::<usize>(), 1);

    let mut missing = ctkd.clone();
    missing.buffers.remove(THETA).unwrap();
    let method = named("ctkd");
    let error = start(&cnn(), method.as_ref(), &settings(1)).restore(missing).unwrap_err();
    assert!(matches!(error, TrainError::State { .. }), "{error}");
    let method = named("kd");
    let error = start(&cnn(), method.as_ref(), &settings(1)).restore(ctkd).unwrap_err();
    assert!(matches!(error, TrainError::Optimizer(_)), "{error}");
}
