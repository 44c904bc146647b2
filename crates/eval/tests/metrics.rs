//! The metrics against float64 values of NumPy, SciPy and scikit-learn, and the laws they obey.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use eval::{
    Answers, EvalError, Fidelity, Latency, MAX_CLASSES, Measured, Metrics, Predictions, Truth,
    agreement, divergences, gap_recovered, spread,
};
use potstill_eval as eval;
use random::{Generator, Stream};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    logits: Vec<f32>,
    labels: Vec<u32>,
    accuracy: f64,
    nll: f64,
    brier: f64,
    ece: f64,
    confusion: Vec<Vec<u64>>,
    reliability: Vec<(u64, Option<f64>, Option<f64>)>,
    per_class_accuracy: Vec<Option<f64>>,
}

fn assert_close(found: f64, expected: f64, what: &str) {
    let allowed = 1e-12 * expected.abs() + 1e-15;
    assert!((found - expected).abs() <= allowed, "{what}: {found} for {expected}");
}

fn measure(classes: usize, logits: &[f32], labels: &[u32]) -> Metrics {
    Metrics::measure(&Predictions::from_logits(classes, logits).unwrap(), labels).unwrap()
}

fn random_case(place: u64, samples: usize, classes: usize) -> (Vec<f32>, Vec<u32>, Generator) {
    let mut numbers = Stream::new(place, "eval tests").generator();
    let logits = (0..samples * classes).map(|_| 2.0 * numbers.normal() as f32).collect();
    let labels = (0..samples).map(|_| numbers.below(classes as u64) as u32).collect();
    (logits, labels, numbers)
}

#[test]
fn metrics_match_the_float64_oracle() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("oracle/metrics.json")).unwrap();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let name = &case.name;
        let found = measure(case.classes, &case.logits, &case.labels);
        assert_eq!(found.samples as usize, case.labels.len());
        assert_close(found.accuracy, case.accuracy, name);
        assert_close(found.nll, case.nll, name);
        assert_close(found.brier, case.brier, name);
        assert_close(found.ece, case.ece, name);
        assert_eq!(found.confusion, case.confusion, "{name}");
        assert_eq!(found.per_class_accuracy, case.per_class_accuracy, "{name}");
        assert_eq!(found.reliability.len(), case.reliability.len());
        for (place, (bin, (count, confidence, accuracy))) in
            found.reliability.iter().zip(case.reliability).enumerate()
        {
            assert_eq!((bin.low, bin.high), (place as f64 / 15.0, (place + 1) as f64 / 15.0));
            assert_eq!(bin.count, count, "{name}");
            assert_eq!(bin.accuracy, accuracy, "{name}");
            assert_eq!(bin.confidence.is_some(), confidence.is_some(), "{name}");
            assert_close(bin.confidence.unwrap_or(0.0), confidence.unwrap_or(0.0), name);
        }
    }
}

#[test]
fn agreement_matches_scikit_learn_and_is_symmetric_and_the_divergence_matches_scipy() {
    #[derive(Deserialize)]
    struct Pair {
        classes: usize,
        left: Vec<f32>,
        right: Vec<f32>,
        agreement: f64,
        divergence: f64,
    }
    let pair: Pair = serde_json::from_str(include_str!("oracle/agreement.json")).unwrap();
    let left = Predictions::from_logits(pair.classes, &pair.left).unwrap();
    let right = Predictions::from_logits(pair.classes, &pair.right).unwrap();
    assert_eq!(agreement(&left, &right), Ok(pair.agreement));
    assert_eq!(agreement(&right, &left), Ok(pair.agreement));
    assert_eq!(agreement(&left, &left), Ok(1.0));
    // Left is the teacher.
    let fidelity = Fidelity::measure(&right, &left).unwrap();
    assert_close(fidelity.divergence, pair.divergence, "divergence");
    assert_eq!((fidelity.agreement, fidelity.samples), (pair.agreement, left.samples() as u64));
    assert!(divergences(&left, &left).unwrap().iter().all(|one| *one == 0.0));
    let (said, truth) = (Answers::Classes(right.clone()), Truth::Teacher(left.clone()));
    assert_eq!(said.measure(&truth), Ok(Measured::Teacher(fidelity)));
    let scores = said.scores(&truth).unwrap();
    assert_close(scores.iter().sum::<f64>() / scores.len() as f64, pair.agreement, "scores");
    let other = Predictions::from_logits(2, &pair.left).unwrap();
    assert!(matches!(Fidelity::measure(&left, &other), Err(EvalError::UnequalShapes { .. })));
    assert!(matches!(agreement(&left, &other), Err(EvalError::UnequalShapes { .. })));
}

#[test]
fn spread_and_latency_match_numpy() {
    #[derive(Deserialize)]
    struct Summary {
        milliseconds: Vec<f64>,
        p50: f64,
        p90: f64,
        values: Vec<f64>,
        mean: f64,
        deviation: f64,
    }
    let expected: Summary = serde_json::from_str(include_str!("oracle/summary.json")).unwrap();
    let found = spread(&expected.values).unwrap();
    assert_close(found.mean, expected.mean, "mean");
    assert_close(found.deviation.unwrap(), expected.deviation, "deviation");
    assert_eq!(spread(&[0.5]).unwrap().deviation, None);
    assert_eq!(spread(&[]), Err(EvalError::Nothing { what: "values" }));

    let nanoseconds = |time: &f64| std::time::Duration::from_nanos((time * 1e6).round() as u64);
    let durations: Vec<_> = expected.milliseconds.iter().map(nanoseconds).collect();
    let latency = Latency::of(&durations).unwrap();
    assert_eq!(latency.count, 57);
    assert_close(latency.p50, expected.p50, "p50");
    assert_close(latency.p90, expected.p90, "p90");
    assert_eq!(Latency::of(&[]), Err(EvalError::Nothing { what: "durations" }));
}

#[test]
fn a_constant_added_to_a_row_changes_nothing() {
    for place in 0..100 {
        let (_, labels, mut numbers) = random_case(place, 20, 5);
        // Multiples of 1/64 below 64, so that shifted logits are exact in f32.
        let logits: Vec<f32> = (0..100).map(|_| numbers.below(4096) as f32 / 64.0 - 32.0).collect();
        let shift = |(place, logit): (usize, &f32)| logit + 16.0 * (place / 5) as f32;
        let shifted: Vec<f32> = logits.iter().enumerate().map(shift).collect();
        assert_eq!(measure(5, &logits, &labels), measure(5, &shifted, &labels));
    }
}

#[test]
fn the_order_of_samples_changes_nothing_but_rounding() {
    for place in 0..100 {
        let (logits, labels, mut numbers) = random_case(place, 50, 4);
        let order = numbers.permutation(50);
        let moved: Vec<f32> =
            order.iter().flat_map(|&i| &logits[4 * i..4 * i + 4]).copied().collect();
        let moved_labels: Vec<u32> = order.iter().map(|&i| labels[i]).collect();
        let (left, right) = (measure(4, &logits, &labels), measure(4, &moved, &moved_labels));
        assert_eq!(left.accuracy, right.accuracy);
        assert_eq!(left.confusion, right.confusion);
        assert_close(left.nll, right.nll, "nll");
        assert_close(left.brier, right.brier, "brier");
        assert!((left.ece - right.ece).abs() < 1e-13);
    }
}

#[test]
fn certain_and_right_predictions_have_no_loss_and_wrong_ones_the_largest() {
    let logits = [1e4, -1e4, 0.0, -1e4, 1e4, 0.0];
    let right = measure(3, &logits, &[0, 1]);
    assert_eq!((right.accuracy, right.nll, right.brier, right.ece), (1.0, 0.0, 0.0, 0.0));
    assert_eq!(right.per_class_accuracy, [Some(1.0), Some(1.0), None]);
    let wrong = measure(3, &logits, &[1, 0]);
    assert_eq!((wrong.accuracy, wrong.nll, wrong.brier, wrong.ece), (0.0, 2e4, 2.0, 1.0));
}

#[test]
fn uniform_predictions_have_the_entropy_of_the_classes_as_loss() {
    for classes in [2, 3, 10, 100] {
        let found = measure(classes, &vec![-3.5; 4 * classes], &[0, 1, 0, 1]);
        assert_close(found.nll, (classes as f64).ln(), "nll");
        assert_close(found.brier, 1.0 - 1.0 / classes as f64, "brier");
        assert_eq!(found.accuracy, 0.5, "ties go to the lowest class");
    }
}

#[test]
fn a_tie_goes_to_the_lowest_class_and_the_smallest_lead_counts() {
    let predictions = Predictions::from_logits(3, &[0.5, 2.0, 2.0, 1e-20, 2e-20, 0.0]).unwrap();
    assert_eq!(predictions.most_probable(), [1, 1]);
    assert_eq!(predictions.argmax(0), Some(1));
    assert_eq!(predictions.argmax(2), None);
    assert_eq!(predictions.correct(&[1, 2]), Ok(vec![1.0, 0.0]));
}

#[test]
fn rows_are_log_probabilities() {
    let (logits, _, _) = random_case(1, 30, 6);
    let predictions = Predictions::from_logits(6, &logits).unwrap();
    assert_eq!((predictions.samples(), predictions.classes()), (30, 6));
    for row in predictions.rows() {
        assert_close(row.iter().map(|value| value.exp()).sum(), 1.0, "sum of probabilities");
    }
}

#[test]
fn the_recovered_gap_needs_a_better_teacher() {
    assert_eq!(gap_recovered(0.75, 0.25, 1.0), Some(1.5));
    assert_eq!(gap_recovered(0.75, 0.25, 0.0), Some(-0.5));
    assert_eq!(gap_recovered(0.5, 0.5, 0.9), None);
    assert_eq!(gap_recovered(0.4, 0.5, 0.45), None);
    assert_eq!(gap_recovered(f64::NAN, 0.5, 0.45), None);
    assert_eq!(gap_recovered(0.9, 0.5, f64::INFINITY), None);
}

#[test]
fn metrics_survive_json() {
    let (logits, labels, _) = random_case(2, 30, 3);
    let metrics = measure(3, &logits, &labels);
    let text = serde_json::to_string(&metrics).unwrap();
    assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), metrics);
}

#[test]
fn bad_input_is_refused_with_place_and_numbers() {
    let predictions = |classes, logits: &[f32]| Predictions::from_logits(classes, logits);
    let message = |error: EvalError| error.to_string();
    assert_eq!(predictions(0, &[1.0]), Err(EvalError::NoClasses));
    assert_eq!(
        message(predictions(2, &[]).unwrap_err()),
        "expected at least one of the predictions, found none"
    );
    assert_eq!(
        message(predictions(3, &[0.0; 7]).unwrap_err()),
        "expected logits in rows of 3, found 7 numbers"
    );
    for (value, text) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let error = predictions(2, &[0.0, 0.0, 0.0, value]).unwrap_err();
        assert!(error.hint().is_some());
        let expected = format!("expected finite logits, found {text} for class 1 of sample 1");
        assert_eq!(message(error), expected);
    }
    let good = predictions(2, &[0.0; 4]).unwrap();
    assert_eq!(
        message(Metrics::measure(&good, &[0]).unwrap_err()),
        "expected 2 labels, one a prediction, found 1"
    );
    assert_eq!(
        message(Metrics::measure(&good, &[0, 2]).unwrap_err()),
        "expected labels below 2, found 2 for sample 1"
    );
    assert!(good.correct(&[0, 1, 0]).is_err());
    let wide = predictions(MAX_CLASSES + 1, &vec![0.0; MAX_CLASSES + 1]).unwrap();
    assert_eq!(
        message(Metrics::measure(&wide, &[0]).unwrap_err()),
        "expected at most 10000 classes, found 10001"
    );
}
