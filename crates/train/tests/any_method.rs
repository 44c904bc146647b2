//! Every method of the catalogue trains through the one loop, with a tape and without one, and goes on
//! from a saved state to the same bits; parameters of a method are trained and are no part of the student.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod toy;

use std::sync::Arc;

use data::{Order, SampleShape, Samples, Task, Views};
use methods::{Method, MethodError, Moment, OfferedTaps, OwnParameters, Part, Signals};
use nn::{AnyNetwork, Architecture, Network, Taps, VisionTransformerSizes, Weights};
use options::Document;
use potstill_train::optimizer::{AdamW, OptimizerOptions, Sgd};
use potstill_train::schedule::{Schedule, Shape};
use potstill_train::{Feed, Settings, State, TrainError, Trainer};
use random::Stream;
use teacher::{NetworkTaps, SoftTargets};
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

/// Relations of samples, maps of a place, and a projector, beside the logits.
const TAPS: &str = "[[distill.methods]]
method = \"kd\"
[[distill.methods]]
method = \"rkd\"
[[distill.methods]]
method = \"vid\"
weight_schedule = \"cosine\"
[[distill.methods]]
method = \"fitnet\"
weight = 0.1
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

/// Two stages of as many channels as the teacher's.
fn two_stages() -> (Architecture, SampleShape) {
    let shape = SampleShape::Image { channels: 1, height: 8, width: 8 };
    (Architecture::Cnn { channels: vec![3, 4] }, shape)
}

fn transformer(width: usize, depth: usize) -> Architecture {
    let (heads, hidden, patch) = (2, 6, 2);
    let sizes =
        VisionTransformerSizes { patch, width, depth, heads, hidden, distillation_token: false };
    Architecture::VisionTransformer(sizes)
}

fn small_transformer() -> (Architecture, SampleShape) {
    (transformer(4, 2), cnn().1)
}

/// Wider, or deeper where it must be as wide.
fn teacher_of(student: &Architecture) -> Architecture {
    match student {
        Architecture::Mlp { .. } => Architecture::Mlp { hidden: vec![7, 5] },
        Architecture::Cnn { channels } if channels.len() == 2 => student.clone(),
        Architecture::Cnn { .. } => Architecture::Cnn { channels: vec![5] },
        _ => transformer(6, 3),
    }
}

/// Samples of which every third has no label, a teacher, and what it says about them.
fn material(
    (architecture, shape): &(Architecture, SampleShape),
) -> (Samples, Views, AnyNetwork, SoftTargets) {
    let shape = *shape;
    let mut samples = samples(shape, ROWS);
    samples.labels.iter_mut().step_by(3).for_each(|label| *label = None);
    let views = views(shape);
    let teacher = network(&teacher_of(architecture), shape);
    let targets = SoftTargets::record(&teacher, &samples, &views, CLASSES).unwrap();
    (samples, views, teacher, targets)
}

/// The method for a model and its teacher; none where their taps do not suit it.
fn suited(
    method: &Arc<dyn Method>,
    model: &(Architecture, SampleShape),
    batch_size: usize,
) -> Option<Arc<dyn Method>> {
    let (samples, _, teacher, _) = material(model);
    let taps = |network: &AnyNetwork| nn::probe(network, samples.shape.len());
    let (student, teacher) = (taps(&network(&model.0, model.1)), taps(&teacher));
    let offered =
        OfferedTaps { student: &student, teacher: &teacher, labels: &samples.labels, batch_size };
    match method.fitted(offered, &Stream::new(16, "method")) {
        Ok(fitted) => Some(fitted.unwrap_or_else(|| method.clone())),
        Err(MethodError::TapShape { .. }) => None,
        Err(error) => panic!("{error}"),
    }
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
        batch_size: 4,
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
    let (samples, views, teacher, targets) = material(model);
    let source = NetworkTaps::new(&teacher, method.taps().teacher, None);
    let rows = (0..samples.len()).collect();
    let order = Order::new(Stream::new(15, "order"), rows, settings.batch_size).unwrap();
    let batches = settings.batches_per_epoch(ROWS);
    let feed = Feed::new(&samples, &views, order, Some(&targets), batches);
    let mut feed = feed.accumulating(settings.accumulate).observing(Some(&source));
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
    let steps = settings.steps_per_epoch(ROWS);
    let noise = Stream::new(14, "noise");
    Trainer::new(network, method, settings.clone(), CLASSES, steps, noise).unwrap()
}

#[test]
fn every_method_resumes_to_the_same_bits() {
    let methods = methods::names(Task::Classes).map(named);
    let mut suiting = [0; 4];
    for method in methods.chain([read(EVERY_THING), read(TAPS)]) {
        let models = [(mlp(), 1), (cnn(), 4), (two_stages(), 1), (small_transformer(), 4)];
        for (place, (model, accumulate)) in models.into_iter().enumerate() {
            let Some(method) = suited(&method, &model, 4) else { continue };
            suiting[place] += 1;
            let settings = settings(accumulate);
            let method = method.as_ref();
            let whole = trained(&model, method, &settings, None, None);
            for stop in
                [1, 2, 5].into_iter().filter(|stop| *stop < 3 * settings.steps_per_epoch(ROWS))
            {
                let half = trained(&model, method, &settings, None, Some(stop));
                assert_eq!(half.progress.step, stop);
                let joined = trained(&model, method, &settings, Some(half), None);
                assert!(bits(&joined) == bits(&whole), "{method:?} stopped after {stop}");
                assert_eq!(joined.progress, whole.progress);
            }
        }
    }
    // Of 38 methods and two combinations. Dense layers have no maps, a network of one stage has no flow, and only a
    // transformer has attention and hidden states.
    assert_eq!(suiting, [26, 33, 35, 35]);
    for name in ["fsp", "kdsvd"] {
        assert!(suited(&named(name), &two_stages(), 4).is_some(), "{name}");
    }
    for name in ["hidden", "attention", "pkd"] {
        assert!(suited(&named(name), &small_transformer(), 4).is_some(), "{name}");
    }
}

/// Seven samples a batch leave three for the last one of an epoch, 23 leave one: methods that compare samples then say
/// less, and the training goes on.
#[test]
fn the_last_batch_of_an_epoch_may_be_smaller_than_a_method_needs() {
    for method in methods::names(Task::Classes).map(named) {
        for model in [mlp(), two_stages()] {
            for batch_size in [7, 23] {
                let Some(method) = suited(&method, &model, batch_size) else { continue };
                let settings = Settings { batch_size, ..settings(1) };
                let whole = trained(&model, method.as_ref(), &settings, None, None);
                let weights = whole.weights.values().flat_map(|weight| &weight.values);
                assert!(weights.copied().all(f32::is_finite), "{method:?}");
                assert_eq!(whole.progress.step, 3 * settings.steps_per_epoch(ROWS));
            }
        }
    }
}

#[test]
fn a_tape_makes_no_difference_to_any_method() {
    let methods = methods::names(Task::Classes).map(named);
    let methods = methods.chain([read(EVERY_THING)]);
    for method in methods.filter(|method| method.on_logits().is_some()) {
        let taped = Taped(method.clone());
        let settings = settings(1);
        let with = trained(&mlp(), &taped, &settings, None, None);
        let without = trained(&mlp(), method.as_ref(), &settings, None, None);
        assert!(without.buffers.keys().eq(with.buffers.keys()), "{method:?}");
        for name in method.parameters().keys().map(|name| format!("method/{name}")) {
            let (found, expected) = (without.buffers[&name][0], with.buffers[&name][0]);
            assert!(found != 1.0 && (found - expected).abs() <= 1e-4, "{found} {expected}");
        }
        for (path, weight) in &without.weights {
            for (found, expected) in weight.values.iter().zip(&with.weights[path].values) {
                let error = (found - expected).abs();
                assert!(error <= 2e-4 * expected.abs().max(0.1), "{method:?} {path}: {error}");
            }
        }
    }
}

/// What the method trains is in the state, changes, and is no part of the student.
#[test]
fn a_projector_is_trained_and_stays_out_of_the_student() {
    let method = suited(&named("fitnet"), &cnn(), 4).unwrap();
    let before = method.parameters();
    let shapes = before.iter().map(|(path, own)| (path.as_str(), own.shape.as_slice()));
    let expected = [("fitnet.projector.0.bias", &[5][..]), ("fitnet.projector.0.weight", &[3, 5])];
    assert!(shapes.eq(expected), "{before:?}");
    let trained_by = |method: &dyn Method| trained(&cnn(), method, &settings(1), None, None);
    let kd = trained_by(named("kd").as_ref());
    let after = trained_by(method.as_ref());
    assert!(kd.weights.keys().eq(after.weights.keys()));
    for (path, own) in &before {
        let found = &after.buffers[&format!("method/{path}")];
        assert!(found.iter().all(|value| value.is_finite()) && *found != own.values, "{path}");
    }
}

/// A student pulled by its taps alone comes nearer to them, whose gradient must reach it for that.
#[test]
fn taps_pull_the_student() {
    for model in [mlp(), cnn()] {
        let alone = read("[distill]\nmethod = \"sp\"\nalpha = 1.0\nloss_weight = 30.0\n");
        let method = suited(&alone, &model, 4).unwrap();
        let whole = trained(&model, method.as_ref(), &settings(1), None, None);
        let (samples, views, teacher, targets) = material(&model);
        let source = NetworkTaps::new(&teacher, method.taps().teacher, None);
        let order = Order::new(Stream::new(17, "order"), (0..ROWS).collect(), ROWS).unwrap();
        let feed = Feed::new(&samples, &views, order, Some(&targets), 1);
        let batch = feed.observing(Some(&source)).batch(0).unwrap();
        let loss = |weights: Option<&nn::Weights>| {
            let student = network(&model.0, model.1);
            let student =
                weights.map_or(student.clone(), |new| nn::write_weights(student, new).unwrap());
            let output = student.observe(batch.inputs.clone().autodiff(), Taps::all());
            let labels = (&batch.labels).into();
            let signals = Signals { student: &output, teacher: batch.teacher.as_ref(), labels };
            method.parts(&signals).unwrap()[0].term().value
        };
        let (before, after) = (loss(None), loss(Some(&whole.weights)));
        assert!(after < 0.7 * before, "{before} to {after}");
    }
}

const THETA: &str = "method/ctkd.theta";

#[test]
fn a_learned_temperature_is_trained_and_stays_out_of_the_student() {
    for model in [cnn(), mlp()] {
        a_learned_temperature(&model);
    }
}

fn a_learned_temperature(model: &(Architecture, SampleShape)) {
    let kd = trained(model, named("kd").as_ref(), &settings(1), None, None);
    let ctkd = trained(model, named("ctkd").as_ref(), &settings(1), None, None);
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
    let error = start(model, method.as_ref(), &settings(1)).restore(missing).unwrap_err();
    assert!(matches!(error, TrainError::State { .. }), "{error}");
    let method = named("kd");
    let error = start(model, method.as_ref(), &settings(1)).restore(ctkd).unwrap_err();
    assert!(matches!(error, TrainError::Optimizer(_)), "{error}");
}
