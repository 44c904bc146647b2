//! The mean of several teachers is what NumPy and SciPy make of them in float64.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use data::{Corpus, DataOptions};
use potstill_teacher::{Ensemble, Mean, Part, ReadyTeacher, TeacherError, View};
use serde_json::Value;

/// Says the same about every part, or nothing about the test part.
#[derive(Debug)]
struct Member(Vec<f32>, bool);

impl ReadyTeacher for Member {
    fn logits(
        &self,
        _: &Corpus,
        part: Part,
        _: View,
        _: &[usize],
    ) -> Result<Option<Vec<f32>>, TeacherError> {
        Ok((part != Part::Test || self.1).then(|| self.0.clone()))
    }

    fn fingerprint(&self) -> String {
        format!("{:?}", self.0.first())
    }
}

/// Log-probabilities in float64, row by row of ten.
fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let rows = logits.chunks(10).flat_map(|row| {
        let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let sum: f64 = row.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
        row.iter().map(move |&logit| f64::from(logit) - largest - sum.ln()).collect::<Vec<_>>()
    });
    rows.collect()
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/ensembles.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn members(oracle: &Value, knows_test: bool) -> Vec<(f64, Box<dyn ReadyTeacher>)> {
    let weights = numbers(&oracle["weights"]);
    let logits = oracle["members"].as_array().unwrap().iter().map(numbers);
    let member = |(weight, logits): (f64, Vec<f64>)| {
        let logits = logits.into_iter().map(|logit| logit as f32).collect();
        (weight, Box::new(Member(logits, knows_test)) as Box<dyn ReadyTeacher>)
    };
    weights.into_iter().zip(logits).map(member).collect()
}

fn digits() -> Corpus {
    data::load(&DataOptions { rows: Some(200), ..DataOptions::default() }, ".".as_ref()).unwrap()
}

#[test]
fn means_of_probabilities_and_of_logits_agree_with_the_oracle() {
    let (oracle, digits) = (oracle(), digits());
    for (mean, key) in [(Mean::Probabilities, "probabilities"), (Mean::Logits, "logits")] {
        let ensemble = Ensemble::new(mean, members(&oracle, true));
        let expected = numbers(&oracle[key]);
        let rows: Vec<usize> = (0..expected.len() / 10).collect();
        let found = ensemble.logits(&digits, Part::Train, View::PLAIN, &rows).unwrap().unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in log_softmax(&found).iter().zip(&expected) {
            // Logits are kept in single precision.
            let tolerance = 1e-5 + 1e-6 * expected.abs();
            assert!((found - expected).abs() < tolerance, "{key}: {found} {expected}");
        }
    }
}

/// Labels of the training part alone decide: the entropy does in its other samples and in other parts.
#[test]
fn weights_by_confidence_agree_with_the_oracle() {
    let (oracle, mut digits) = (oracle(), digits());
    let labels = numbers(&oracle["labels"]);
    let labels = labels.into_iter().map(|label| (label >= 0.0).then_some(label as u32));
    let labels: Vec<Option<u32>> = labels.collect();
    let rows: Vec<usize> = (0..labels.len()).collect();
    digits.train.labels[..rows.len()].copy_from_slice(&labels);
    for (mean, key) in
        [(Mean::Probabilities, "confident probabilities"), (Mean::Logits, "confident logits")]
    {
        let ensemble = Ensemble::new(mean, members(&oracle, true)).by_confidence(&digits);
        let said = |part| ensemble.logits(&digits, part, View::PLAIN, &rows);
        let found = log_softmax(&said(Part::Train).unwrap().unwrap());
        let unlabelled = log_softmax(&said(Part::Test).unwrap().unwrap());
        let validation = said(Part::Validation).unwrap().unwrap();
        assert_eq!(log_softmax(&validation), unlabelled);
        for (place, expected) in numbers(&oracle[key]).iter().enumerate() {
            let tolerance = 1e-5 + 1e-6 * expected.abs();
            assert!((found[place] - expected).abs() < tolerance, "{key}: {place} {expected}");
            if labels[place / 10].is_none() {
                assert_eq!(found[place], unlabelled[place]);
            }
        }
        assert_ne!(found, unlabelled);
    }
}

#[test]
fn an_ensemble_with_a_silent_member_is_silent() {
    let (oracle, digits) = (oracle(), digits());
    let mut some = members(&oracle, true);
    some.extend(members(&oracle, false));
    let ensemble = Ensemble::new(Mean::Probabilities, some);
    assert_eq!(ensemble.logits(&digits, Part::Test, View::PLAIN, &[0, 1, 2, 3]).unwrap(), None);
    assert!(
        ensemble.logits(&digits, Part::Validation, View::PLAIN, &[0, 1, 2, 3]).unwrap().is_some()
    );
}

#[test]
fn members_that_agree_are_their_mean_whatever_their_weights() {
    let digits = digits();
    let logits: Vec<f32> = (0..40).map(|place| (place % 7) as f32 - 3.0).collect();
    for mean in [Mean::Probabilities, Mean::Logits] {
        let twice = [0.5, 4.0].map(|weight| {
            (weight, Box::new(Member(logits.clone(), true)) as Box<dyn ReadyTeacher>)
        });
        let ensemble = Ensemble::new(mean, twice.into());
        let found =
            ensemble.logits(&digits, Part::Train, View::PLAIN, &[0, 1, 2, 3]).unwrap().unwrap();
        for (found, expected) in log_softmax(&found).iter().zip(log_softmax(&logits)) {
            assert!((found - expected).abs() < 1e-6, "{mean:?}: {found} {expected}");
        }
    }
}

#[test]
fn other_weights_members_or_means_are_another_teacher() {
    let oracle = oracle();
    let fingerprint = |mean, weight: f64, logit: f32| {
        let mut members = members(&oracle, true);
        members[0] = (weight, Box::new(Member(vec![logit; 40], true)));
        Ensemble::new(mean, members).fingerprint()
    };
    let first = fingerprint(Mean::Logits, 1.0, 0.5);
    assert_eq!(first, fingerprint(Mean::Logits, 1.0, 0.5));
    assert_ne!(first, fingerprint(Mean::Logits, 2.0, 0.5));
    assert_ne!(first, fingerprint(Mean::Logits, 1.0, 0.25));
    assert_ne!(first, fingerprint(Mean::Probabilities, 1.0, 0.5));

    // Where weights go by confidence in labels, other labels are another teacher too.
    let mut digits = digits();
    let confident = |digits: &Corpus| {
        let ensemble = Ensemble::new(Mean::Logits, members(&oracle, true));
        ensemble.by_confidence(digits).fingerprint()
    };
    let before = confident(&digits);
    assert_ne!(first, before);
    digits.train.labels[0] = None;
    assert_ne!(before, confident(&digits));
}
