//! The pull of each part of the loss is the norm of its gradient as it is written in the paper.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod toy;

use data::{Order, Samples, Views};
use methods::{Alone, Kd};
use nn::{Architecture, infer};
use potstill_train::schedule::Schedule;
use potstill_train::{EpochRecord, Feed, Settings, Trainer};
use random::Stream;
use teacher::SoftTargets;
use tensors::copied;
use toy::{CLASSES, Judge, ROWS, Taped, cnn, mlp, network, samples, trainer, views};

const TEMPERATURE: f64 = 3.0;
const ALPHA: f64 = 0.7;

type Toy = (Architecture, data::SampleShape);

/// Samples of which every third has no label.
fn partly_labelled(shape: data::SampleShape) -> Samples {
    let mut samples = samples(shape, ROWS);
    samples.labels.iter_mut().step_by(3).for_each(|label| *label = None);
    samples
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
    logits.iter().map(|logit| logit.exp() / sum).collect()
}

/// Hinton et al. (2015), equation 2 times T^2, and cross-entropy, by hand in float64.
fn by_hand(student: &[f32], teacher: &[f32], labels: &[Option<u32>]) -> [f64; 2] {
    let (rows, known) = (labels.len() as f64, labels.iter().flatten().count() as f64);
    let [mut label, mut soft] = [0.0, 0.0];
    let all = student.chunks(CLASSES).zip(teacher.chunks(CLASSES)).zip(labels);
    for ((student, teacher), given) in all {
        let at = |logits: &[f32], temperature: f64| {
            let softened: Vec<f64> = logits.iter().map(|z| f64::from(*z) / temperature).collect();
            softmax(&softened)
        };
        let softened = at(student, TEMPERATURE).into_iter().zip(at(teacher, TEMPERATURE));
        let pulls = softened.map(|(q, p)| ALPHA * TEMPERATURE * (q - p) / rows);
        soft += pulls.map(|pull| pull * pull).sum::<f64>();
        let Some(given) = given else { continue };
        for (class, q) in at(student, 1.0).into_iter().enumerate() {
            let wanted = f64::from(u8::from(class as u32 == *given));
            label += ((1.0 - ALPHA) * (q - wanted) / known).powi(2);
        }
    }
    [label.sqrt(), soft.sqrt()]
}

fn feed<'a>(samples: &'a Samples, views: &'a Views, targets: &'a SoftTargets) -> Feed<'a> {
    let order = Order::new(Stream::new(15, "order"), (0..samples.len()).collect(), 4).unwrap();
    Feed::new(samples, views, order, Some(targets), 6)
}

/// The first epoch of a training with a teacher.
fn first_epoch(toy: &Toy, method: &dyn methods::Method, samples: &Samples) -> EpochRecord {
    let views = views(samples.shape);
    let targets = SoftTargets::record(&network(&toy.0, toy.1), samples, &views, CLASSES).unwrap();
    let mut feed = feed(samples, &views, &targets);
    let mut judge = Judge::new(samples);
    judge.stop_after = Some(6);
    trainer(toy, method, settings()).run(&mut feed, &mut judge).unwrap();
    judge.records.remove(0)
}

fn settings() -> Settings {
    Settings { schedule: Schedule::constant(0.05), ..Settings::default() }
}

#[test]
fn the_norms_are_those_of_the_formulas() {
    for toy in [mlp(), cnn()] {
        let samples = partly_labelled(toy.1);
        let kd = Kd { temperature: TEMPERATURE, alpha: ALPHA };
        let record = first_epoch(&toy, &kd, &samples);

        // The same five steps once more, to see what the sixth one sees.
        let views = views(samples.shape);
        let teacher = network(&toy.0, toy.1);
        let targets = SoftTargets::record(&teacher, &samples, &views, CLASSES).unwrap();
        let mut feed = feed(&samples, &views, &targets);
        let mut again: Trainer<'_, _> = trainer(&toy, &kd, settings());
        for step in 0..5 {
            again.joint_step(&feed.step(step).unwrap()).unwrap();
        }
        let batch = feed.step(5).unwrap().remove(0);
        let inputs = copied(&batch.inputs);
        let said = copied(&batch.teacher.as_ref().unwrap().logits());
        if toy.0 == mlp().0 {
            let student = infer(&again.selected().unwrap(), &inputs, toy.1.len(), CLASSES).unwrap();
            let [label, soft] = by_hand(&student, &said, &batch.labels);
            for (name, expected) in [("label", label), ("soft", soft)] {
                let found = record.gradient_norms[name];
                assert!((found - expected).abs() < 1e-5 * expected, "{name}: {found} {expected}");
            }
        }
        assert_eq!(record.gradient_norms.len(), 2);
        assert!(record.gradient_norms.values().all(|norm| *norm > 0.0));
    }
}

#[test]
fn nothing_is_noted_without_a_teacher_or_without_logits() {
    let toy = mlp();
    let samples = partly_labelled(toy.1);
    assert!(first_epoch(&toy, &Alone, &samples).gradient_norms.is_empty());
    let hidden = Taped(Kd { temperature: TEMPERATURE, alpha: ALPHA });
    assert!(first_epoch(&toy, &hidden, &samples).gradient_norms.is_empty());
    let whole = Kd { temperature: TEMPERATURE, alpha: 1.0 };
    let names: Vec<String> =
        first_epoch(&toy, &whole, &samples).gradient_norms.into_keys().collect();
    assert_eq!(names, ["soft"]);
}
