//! Temperature scaling against SciPy, and the laws of softened predictions.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use potstill_eval::{Metrics, Predictions, scaling_temperature};
use random::Stream;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    classes: usize,
    logits: Vec<f32>,
    labels: Vec<u32>,
    temperature: f64,
    nll: f64,
    confidence_at_3: f64,
    entropy_at_3: f64,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("oracle/temperature.json")).unwrap()
}

#[test]
fn temperatures_match_the_oracle() {
    assert_eq!(cases().len(), 4);
    for case in cases() {
        let predictions = Predictions::from_logits(case.classes, &case.logits).unwrap();
        let found = scaling_temperature(&predictions, &case.labels).unwrap();
        assert!((found - case.temperature).abs() < 1e-6, "{found} {}", case.temperature);
        let scaled = predictions.softened(found);
        let nll = Metrics::measure(&scaled, &case.labels).unwrap().nll;
        // The logits were rounded to f32 on the way here.
        assert!((nll - case.nll).abs() < 1e-6, "{nll} {}", case.nll);
        let softened = predictions.softened(3.0);
        assert!((softened.mean_confidence() - case.confidence_at_3).abs() < 1e-7);
        assert!((softened.mean_entropy() - case.entropy_at_3).abs() < 1e-6);
    }
}

#[test]
fn no_other_temperature_makes_the_labels_likelier() {
    for case in cases() {
        let predictions = Predictions::from_logits(case.classes, &case.logits).unwrap();
        let nll = |temperature| {
            Metrics::measure(&predictions.softened(temperature), &case.labels).unwrap().nll
        };
        let best = nll(scaling_temperature(&predictions, &case.labels).unwrap());
        for temperature in [0.05, 0.3, 0.9, 1.0, 1.1, 2.0, 7.0, 20.0] {
            assert!(nll(temperature) >= best - 1e-12, "{temperature}");
        }
    }
}

#[test]
fn softening_changes_no_choice_and_composes() {
    let mut numbers = Stream::new(5, "softening").generator();
    let logits: Vec<f32> = (0..600).map(|_| 5.0 * numbers.normal() as f32).collect();
    let predictions = Predictions::from_logits(6, &logits).unwrap();
    let (once, twice) = (predictions.softened(6.0), predictions.softened(2.0).softened(3.0));
    assert_eq!(once.most_probable(), predictions.most_probable());
    for (one, other) in once.rows().flatten().zip(twice.rows().flatten()) {
        assert!((one - other).abs() < 1e-12);
    }
    let spread = |temperature| predictions.softened(temperature).mean_entropy();
    assert!(spread(0.5) < spread(1.0) && spread(1.0) < spread(4.0));
    assert!((spread(1e9) - 6.0_f64.ln()).abs() < 1e-6);
    assert!((predictions.softened(1e9).mean_confidence() - 1.0 / 6.0).abs() < 1e-6);
}

#[test]
fn labels_that_are_certain_want_the_lowest_temperature() {
    let predictions = Predictions::from_logits(2, &[3.0, 0.0, 0.0, 2.0]).unwrap();
    let found = scaling_temperature(&predictions, &[0, 1]).unwrap();
    // Far below 1 the likelihood is 1 to the last digit, and any temperature there is as good.
    assert!((0.05..0.1).contains(&found), "{found}");
    let found = scaling_temperature(&predictions, &[1, 0]).unwrap();
    assert!((found - 20.0).abs() < 1e-6, "{found}");
    assert!(scaling_temperature(&predictions, &[0]).is_err());
}
