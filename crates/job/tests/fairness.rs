//! The comparison is fair: what should be equal is equal to the bit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use std::path::{Path, PathBuf};

use data::{DataOptions, SampleShape, Samples, TargetRows, Targets, load};
use eval::Verdict;
use methods::{Kd, Mse};
use nn::Mlp;
use potstill_job::{Distiller, JobError, Judgement, Outcome, Request, Silent, distill};

fn run(folder: &Path, distill_section: &str) -> Judgement {
    let text = format!(
        "[data]\nsource = \"digits\"\nrows = 500\n\n[teacher]\nmodel = \"mlp\"\nhidden = [16]\n\
         epochs = 2\n\n[student]\nmodel = \"mlp\"\nhidden = [8]\n\n[distill]\nepochs = 3\nseeds = 3\n\
         {distill_section}\n\n[run]\nlabels = \"off\"\n"
    );
    let request = Request {
        origin: "fair.toml".to_owned(),
        text,
        base: PathBuf::from("."),
        assignments: Vec::new(),
        folder: Some(folder.to_owned()),
        threads: None,
        command: "test".to_owned(),
    };
    match distill(&request, &mut Silent).unwrap() {
        Outcome::Done(finished) => finished.judgement,
        other => panic!("nobody stopped it: {other:?}"),
    }
}

/// At alpha 0 the distilled student learns from labels alone, so it must be the baseline: same
/// initial weights, order, steps and rule of selection.
#[test]
fn a_student_without_soft_targets_is_the_baseline_to_the_bit() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let judgement = run(&folder, "alpha = 0.0");
    for scores in &judgement.seeds {
        assert_eq!(scores.student, scores.baseline);
    }
    assert_eq!((judgement.difference.low, judgement.difference.high), (0.0, 0.0));
    assert_eq!(judgement.verdict, Verdict::DoesNotBeat);
    let model = |role: &str| std::fs::read(folder.join(format!("export/{role}.safetensors")));
    assert_eq!(model("student").unwrap(), model("baseline").unwrap());
}

#[test]
fn every_seed_has_its_own_teacher_and_the_budgets_are_equal() {
    let root = tempfile::tempdir().unwrap();
    let judgement = run(&root.path().join("run"), "alpha = 0.9");
    assert_eq!(judgement.seeds.len(), 3);
    let nll = |index: usize| {
        let teacher = judgement.seeds[index].teacher.as_ref().unwrap();
        teacher.metrics.classes().unwrap().nll
    };
    assert!(nll(0) != nll(1) && nll(1) != nll(2));
    for scores in &judgement.seeds {
        assert_eq!(scores.student.steps, scores.baseline.steps);
        assert_ne!(scores.student.metrics, scores.baseline.metrics);
    }
}

#[test]
fn one_seed_is_never_more_than_inconclusive() {
    let (train, validation, test) = digits();
    let dense = |units| move |initial: &nn::Initial| Mlp::new(64, &[units], 10, initial);
    let distilled =
        Distiller::new(dense(16), dense(8)).seeds(1).run(&train, &validation, &test, 10).unwrap();
    assert_eq!(distilled.judgement.verdict, Verdict::Inconclusive);
}

fn digits() -> (Samples, Samples, Samples) {
    let options = DataOptions { rows: Some(400), ..DataOptions::default() };
    let corpus = load(&options, Path::new(".")).unwrap();
    (corpus.train, corpus.validation, corpus.test)
}

#[test]
fn the_library_repeats_itself_to_the_bit() {
    let (train, validation, test) = digits();
    let dense = |units| move |initial: &nn::Initial| Mlp::new(64, &[units], 10, initial);
    let distil = || {
        Distiller::new(dense(16), dense(8))
            .method(Kd { temperature: 2.0, alpha: 0.5 })
            .seeds(2)
            .run(&train, &validation, &test, 10)
            .unwrap()
    };
    let (first, second) = (distil(), distil());
    assert_eq!(first.judgement, second.judgement);
    for (one, other) in first.models.iter().zip(&second.models) {
        assert_eq!(nn::read_weights(&one.student), nn::read_weights(&other.student));
    }
}

#[test]
fn teacher_and_student_with_other_classes_than_the_data_are_refused() {
    let (train, validation, test) = digits();
    let dense = |classes| move |initial: &nn::Initial| Mlp::new(64, &[8], classes, initial);
    for (teacher, student, name) in [(12, 10, "teacher"), (10, 9, "student alone")] {
        let result = Distiller::new(dense(teacher), dense(student)).seeds(1);
        let error = result.run(&train, &validation, &test, 10).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("{name} of seed 0: ")), "{text}");
        assert!(text.contains("expected logits of shape [32, 10]"), "{text}");
        assert!(matches!(error, JobError::Train { .. }));
    }
}

#[test]
fn rows_of_numbers_need_no_validation_part() {
    let part = |start: usize, count: usize| {
        let rows = start..start + count;
        let targets = rows.clone().map(|row| (row % 7) as f32 / 7.0).collect();
        let mut samples = Samples::empty(SampleShape::Vector(1));
        samples.values = rows.map(|row| (row % 7) as f32 / 7.0).collect();
        samples.labels = (0..count as u32).map(Some).collect();
        samples.targets = Targets::Numbers(TargetRows { width: 1, values: targets }.into());
        samples
    };
    let dense = |units| move |initial: &nn::Initial| Mlp::new(1, &[units], 1, initial);
    let distil = Distiller::new(dense(4), dense(2)).seeds(1).method(Mse);
    let empty = Samples::empty(SampleShape::Vector(1));
    let distilled = distil.run(&part(0, 64), &empty, &part(64, 20), 1).unwrap();
    assert_eq!(distilled.models.len(), 1);
}

#[test]
fn own_samples_that_are_wrong_are_refused_with_the_place() {
    let (train, validation, test) = digits();
    let dense = |units| move |initial: &nn::Initial| Mlp::new(64, &[units], 10, initial);
    let distil = Distiller::new(dense(16), dense(8)).seeds(1);
    let refused = |train: &Samples, validation: &Samples, test: &Samples| {
        distil.run(train, validation, test, 10).unwrap_err().to_string()
    };
    let narrow = Samples {
        values: vec![0.0; 30].into(),
        labels: vec![Some(0); 10],
        ..Samples::empty(SampleShape::Vector(3))
    };
    let one = distil.run(&train, &validation, &test, 1).unwrap_err().to_string();
    assert_eq!(one, "the training samples are wrong: expected at least 2 classes, found 1");
    let text = refused(&train, &validation, &narrow);
    assert_eq!(
        text,
        "the test samples are wrong: expected the training samples' 64 values, found 3 values"
    );
    let mut short = train.clone();
    let values = train.values.in_memory().unwrap();
    short.values = values[1..].to_vec().into();
    assert!(refused(&short, &validation, &test).starts_with("the training samples are wrong"));
    let mut nan = validation.clone();
    let mut values = validation.values.in_memory().unwrap().to_vec();
    values[70] = f32::NAN;
    nan.values = values.into();
    assert!(refused(&train, &nan, &test).ends_with("found another one in row 1"));
    let mut high = train.clone();
    high.labels[5] = Some(10);
    assert!(refused(&high, &validation, &test).ends_with("labels below 10, found label 10"));
    let mut unlabelled = test.clone();
    unlabelled.labels[7] = None;
    assert!(refused(&train, &validation, &unlabelled).ends_with("found none on row 7"));
}
