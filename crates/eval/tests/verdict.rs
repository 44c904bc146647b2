//! The paired interval against the same scheme in NumPy, its laws, and the verdicts in words.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use potstill_eval::{EvalError, PairedDifference, ScoreKind, Verdict, paired_difference};
use random::Stream;
use serde::Deserialize;

type Scores = Vec<Vec<f64>>;

#[derive(Deserialize)]
struct Case {
    name: String,
    student: Scores,
    baseline: Scores,
    mean: f64,
    per_seed: Vec<f64>,
    /// Between which values the ends must lie, four standard errors of the draws either way.
    low: [f64; 2],
    high: [f64; 2],
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("oracle/paired.json")).unwrap()
}

fn stream() -> Stream {
    Stream::new(11, "paired difference")
}

fn random_scores(place: u64, seeds: usize, samples: usize) -> Scores {
    let mut numbers = Stream::new(place, "scores").generator();
    (0..seeds).map(|_| (0..samples).map(|_| numbers.below(2) as f64).collect()).collect()
}

fn difference(mean: f64, low: f64, high: f64, seeds: usize) -> PairedDifference {
    let per_seed = vec![mean; seeds];
    let (samples, replicates) = (1873, 10_000);
    PairedDifference { mean, low, high, level: 0.95, seeds, samples, replicates, per_seed }
}

#[test]
fn intervals_match_numpy_within_the_error_of_the_draws() {
    let cases = cases();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let found = paired_difference(&case.student, &case.baseline, &stream()).unwrap();
        let name = case.name;
        assert!((found.mean - case.mean).abs() < 1e-14, "{name}");
        assert_eq!(found.per_seed.len(), case.per_seed.len());
        for (found, expected) in found.per_seed.iter().zip(&case.per_seed) {
            assert!((found - expected).abs() < 1e-14, "{name}");
        }
        assert_eq!((found.level, found.replicates), (0.95, 10_000));
        assert_eq!((found.seeds, found.samples), (case.student.len(), case.student[0].len()));
        let within =
            |end: f64, [least, most]: [f64; 2]| least - 1e-12 <= end && end <= most + 1e-12;
        assert!(within(found.low, case.low), "{name}: {} not in {:?}", found.low, case.low);
        assert!(within(found.high, case.high), "{name}: {} not in {:?}", found.high, case.high);
    }
}

#[test]
fn the_same_stream_gives_the_same_interval_and_another_one_another() {
    let case = cases().into_iter().find(|case| case.name.starts_with("crossed")).unwrap();
    let find = |stream| paired_difference(&case.student, &case.baseline, &stream).unwrap();
    assert_eq!(find(stream()), find(stream()));
    assert_ne!(find(stream()), find(stream().at(1)));
}

#[test]
fn equal_scores_give_an_interval_of_zero_that_does_not_beat() {
    let scores = random_scores(1, 5, 100);
    let found = paired_difference(&scores, &scores, &stream()).unwrap();
    assert_eq!((found.mean, found.low, found.high), (0.0, 0.0, 0.0));
    assert!(!found.low.is_sign_negative() && !found.high.is_sign_negative());
    assert_eq!(Verdict::of(&found), Verdict::DoesNotBeat);
}

#[test]
fn swapped_models_turn_the_interval_round() {
    for place in 0..5 {
        let (left, right) = (random_scores(place, 4, 150), random_scores(100 + place, 4, 150));
        let found = paired_difference(&left, &right, &stream()).unwrap();
        let swapped = paired_difference(&right, &left, &stream()).unwrap();
        assert_eq!(
            (found.mean, found.low, found.high),
            (-swapped.mean, -swapped.high, -swapped.low)
        );
    }
}

#[test]
fn scores_in_another_unit_scale_the_interval() {
    let (left, right) = (random_scores(7, 3, 90), random_scores(8, 3, 90));
    let times = |scores: &Scores, factor: f64| -> Scores {
        scores.iter().map(|run| run.iter().map(|score| factor * score).collect()).collect()
    };
    let found = paired_difference(&left, &right, &stream()).unwrap();
    let scaled = paired_difference(&times(&left, 4.0), &times(&right, 4.0), &stream()).unwrap();
    assert_eq!((4.0 * found.low, 4.0 * found.high), (scaled.low, scaled.high));
}

#[test]
fn large_test_sets_get_fewer_replicates() {
    let scores: Scores = vec![vec![1.0; 30_000]; 2];
    let found = paired_difference(&scores, &scores, &stream()).unwrap();
    assert_eq!(found.replicates, 6_666);
}

#[test]
fn scores_that_cannot_be_compared_are_refused() {
    let message = |student: &Scores, baseline: &Scores| {
        paired_difference(student, baseline, &stream()).unwrap_err().to_string()
    };
    let none: Scores = Vec::new();
    let good = random_scores(3, 2, 10);
    assert_eq!(message(&none, &none), "expected at least one of the seeds, found none");
    assert_eq!(
        message(&good, &random_scores(3, 3, 10)),
        "expected as many seeds of the baseline as of the student, 2, found 3"
    );
    let mut ragged = good.clone();
    ragged[1].pop();
    assert_eq!(message(&good, &ragged), "expected 10 scores for seed 1 of the baseline, found 9");
    let mut broken = good.clone();
    broken[0][4] = f64::NAN;
    assert_eq!(
        message(&broken, &good),
        "expected finite scores, found NaN for sample 4, seed 0 of the student"
    );
    let short = random_scores(3, 2, 1);
    assert_eq!(message(&short, &short), "expected at least 2 test samples, found 1");
    assert!(EvalError::TooFewSamples { found: 1 }.hint().is_some());
}

#[test]
fn the_side_of_zero_decides_and_one_seed_never_does() {
    let verdict = |mean, low, high, seeds| Verdict::of(&difference(mean, low, high, seeds));
    assert_eq!(verdict(0.01, 0.001, 0.02, 5), Verdict::Beats);
    assert_eq!(verdict(0.01, 0.0, 0.02, 5), Verdict::Inconclusive);
    assert_eq!(verdict(-0.01, -0.02, 0.0, 5), Verdict::DoesNotBeat);
    assert_eq!(verdict(-0.01, -0.02, 1e-9, 5), Verdict::Inconclusive);
    assert_eq!(verdict(0.01, 0.001, 0.02, 1), Verdict::Inconclusive);
    assert_eq!(verdict(-0.01, -0.02, -0.001, 1), Verdict::Inconclusive);
    assert_eq!(verdict(f64::NAN, f64::NAN, f64::NAN, 5), Verdict::Inconclusive);
}

#[test]
fn a_verdict_has_one_name_in_text_and_in_json() {
    for (verdict, name) in [
        (Verdict::Beats, "BEATS"),
        (Verdict::DoesNotBeat, "DOES NOT BEAT"),
        (Verdict::Inconclusive, "INCONCLUSIVE"),
    ] {
        assert_eq!(verdict.to_string(), name);
        assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("\"{name}\""));
    }
}

#[test]
fn sentences_say_what_was_found_and_how_sure_it_is() {
    let sentence =
        |mean, low, high, seeds| difference(mean, low, high, seeds).sentence(ScoreKind::Accuracy);
    assert_eq!(
        sentence(0.0088, 0.0021, 0.0155, 5),
        "BEATS: the distilled student is 0.88 points more accurate than the same student trained \
         alone (95 % interval 0.21 to 1.55; 5 seeds, 1,873 test samples)"
    );
    assert_eq!(
        sentence(-0.0088, -0.0155, -0.0021, 5),
        "DOES NOT BEAT: the distilled student is 0.88 points less accurate than the same student \
         trained alone (95 % interval -1.55 to -0.21; 5 seeds, 1,873 test samples)"
    );
    assert_eq!(
        sentence(0.0, 0.0, 0.0, 3),
        "DOES NOT BEAT: the distilled student is exactly as accurate as the same student trained \
         alone (95 % interval 0.00 to 0.00; 3 seeds, 1,873 test samples)"
    );
    assert_eq!(
        sentence(0.004, -0.001, 0.009, 5),
        "INCONCLUSIVE: the distilled student is 0.40 points more accurate than the same student \
         trained alone, but the 95 % interval -0.10 to 0.90 includes zero (5 seeds, 1,873 test \
         samples)"
    );
    assert_eq!(
        sentence(0.02, 0.01, 0.03, 1),
        "INCONCLUSIVE: the distilled student is 2.00 points more accurate than the same student \
         trained alone, but one seed cannot decide (95 % interval over test samples alone 1.00 to \
         3.00; 1 seed, 1,873 test samples)"
    );
}

#[test]
fn an_end_close_to_zero_is_not_printed_as_zero() {
    let text = difference(0.001, 0.000_012, 0.002, 5).sentence(ScoreKind::Accuracy);
    assert!(text.contains("interval 0.001 to 0.20"), "{text}");
    let text = difference(0.001, -0.000_012, 0.002, 5).sentence(ScoreKind::Accuracy);
    assert!(text.contains("interval -0.001 to 0.20 includes zero"), "{text}");
}
