//! Own samples with numbers and labels.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use data::{SampleShape, Samples, TargetRows, Targets};
use eval::Measured;
use methods::{Bernoulli, Combination, Kd, Member, Method, Mse, Rkd, TapMethod};
use nn::{Initial, Mlp};
use potstill_job::Distiller;
use random::Stream;
use train::Settings;
use train::schedule::Schedule;

/// Samples of two numbers with their sum and difference, or whether these are above 0.
fn samples(name: &str, count: usize, labelled: usize, are_labels: bool) -> Samples {
    let mut generator = Stream::new(5, name).generator();
    let mut samples = Samples::empty(SampleShape::Vector(2));
    let mut values = Vec::new();
    let mut rows = TargetRows { width: 2, values: Vec::new() };
    for index in 0..count {
        let (a, b) = (generator.normal() as f32, generator.normal() as f32);
        values.extend([a, b]);
        samples.labels.push((index < labelled).then_some(index as u32));
        if index < labelled {
            let target = |value: f32| if are_labels { f32::from(value > 0.0) } else { value };
            rows.values.extend([a + b, a - b].map(target));
        }
    }
    samples.values = values.into();
    let rows = Arc::new(rows);
    samples.targets = if are_labels { Targets::Labels(rows) } else { Targets::Numbers(rows) };
    samples
}

fn dense(units: usize) -> impl Fn(&Initial) -> Mlp {
    move |initial: &Initial| Mlp::new(2, &[units], 2, initial)
}

/// A method beside the labels.
fn blended(method: impl Method + 'static, alpha: f64) -> Combination {
    Combination::new(alpha).with(Member::new(method))
}

fn distiller() -> Distiller<Mlp, Mlp> {
    let schedule = Schedule::constant(0.01);
    let settings = Settings { epochs: 20, schedule, ..Settings::default() };
    Distiller::new(dense(16), dense(8))
        .teacher_settings(settings.clone())
        .settings(settings)
        .seeds(2)
}

#[test]
fn batches_too_small_for_a_method_are_told_before_a_training() {
    let [train, test] = [("train", 2, 2), ("test", 9, 9)]
        .map(|(name, count, known)| samples(name, count, known, true));
    let empty = samples("none", 0, 0, true);
    let relations = || blended(TapMethod::new(Rkd::default()), 0.5);
    let error = distiller().method(relations()).run(&train, &empty, &test, 2).unwrap_err();
    let expected = "method `rkd`: expected batches of at least 3 samples, found 2";
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("`batch_size`"), "{:?}", error.hint());
    // The last batch of an epoch may have fewer.
    let train = samples("train", 7, 7, true);
    let settings = Settings { epochs: 1, batch_size: 3, ..Settings::default() };
    let distiller = distiller().settings(settings).method(relations());
    distiller.run(&train, &empty, &test, 2).unwrap();
}

#[test]
fn numbers_are_learned_in_their_own_unit() {
    let [train, test] = [("train", 800, 200), ("test", 100, 100)]
        .map(|(name, count, labelled)| samples(name, count, labelled, false));
    let empty = samples("none", 0, 0, false);
    let distilled = distiller().method(blended(Mse, 0.5)).run(&train, &empty, &test, 2).unwrap();
    for seed in &distilled.judgement.seeds {
        let Measured::Numbers(metrics) = &seed.student.metrics else { unreachable!("numbers") };
        assert!(metrics.outputs.iter().all(|output| output.r2.unwrap() > 0.5), "{metrics:?}");
        assert_eq!(seed.student.scaled, None);
    }
    assert!(distilled.judgement.sentence.contains("absolute error"));
}

#[test]
fn labels_are_learned() {
    let [train, test] = [("train", 800, 200), ("test", 100, 100)]
        .map(|(name, count, labelled)| samples(name, count, labelled, true));
    let validation = samples("validation", 50, 50, true);
    let method = blended(Bernoulli::default(), 0.9);
    let distilled = distiller().method(method).run(&train, &validation, &test, 2).unwrap();
    for seed in &distilled.judgement.seeds {
        let Measured::Labels(metrics) = &seed.student.metrics else { unreachable!("labels") };
        assert!(metrics.micro_f1 > 0.8, "{metrics:?}");
    }
}

#[test]
fn a_method_for_another_task_and_targets_that_do_not_fit_are_refused() {
    let numbers = samples("train", 40, 40, false);
    let refused = |train: &Samples, test: &Samples, outputs: usize, kd: bool| {
        let distiller = if kd {
            distiller().method(Kd::default())
        } else {
            distiller().method(blended(Mse, 0.9))
        };
        distiller.run(train, test, test, outputs).unwrap_err().to_string()
    };
    let said = refused(&numbers, &numbers, 2, true);
    assert!(said.contains("expected classes, which `kd` learns from, found numbers"), "{said}");
    let said = refused(&numbers, &numbers, 3, false);
    assert!(said.contains("expected 3 targets a sample, found 2"), "{said}");
    let said = refused(&numbers, &samples("test", 40, 40, true), 2, false);
    assert!(said.contains("the training samples' task"), "{said}");
    let mut beyond = numbers.clone();
    beyond.labels[3] = Some(40);
    assert!(refused(&numbers, &beyond, 2, false).contains("label 40"));
}
