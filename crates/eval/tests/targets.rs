//! Metrics of labels and of numbers against scikit-learn (`oracles/target_metrics.py`), and what holds
//! of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use potstill_eval::{
    Answers, EvalError, Fidelity, LabelPredictions, Measured, NumberPredictions, PairedDifference,
    ScoreKind, Truth,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-12;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/targets.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn single(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|value| value as f32).collect()
}

fn assert_close(found: f64, expected: f64, place: &str) {
    let error = (found - expected).abs();
    assert!(error <= TOLERANCE * (1.0 + expected.abs()), "{place}: {found} is not {expected}");
}

#[test]
fn the_metrics_of_labels_are_those_of_scikit_learn() {
    let oracle = oracle();
    let cases = oracle["labels"].as_array().unwrap();
    assert_eq!(cases.len(), 16);
    for case in cases {
        let labels = case["labels"].as_u64().unwrap() as usize;
        let said = LabelPredictions::from_logits(labels, &single(&case["logits"])).unwrap();
        let truth: Vec<bool> = numbers(&case["truth"]).iter().map(|value| *value == 1.0).collect();
        let found = said.measure(&truth).unwrap();
        let compare = |name: &str, found: f64| {
            assert_close(found, case[name].as_f64().unwrap(), &format!("{} {name}", case["name"]));
        };
        compare("sample_f1", found.sample_f1);
        compare("micro_f1", found.micro_f1);
        compare("macro_f1", found.macro_f1);
        compare("subset_accuracy", found.subset_accuracy);
        compare("hamming_loss", found.hamming_loss);
        compare("cross_entropy", found.cross_entropy);
        let precision = found.mean_average_precision;
        assert_eq!(precision.is_some(), !case["mean_average_precision"].is_null());
        precision.iter().for_each(|value| compare("mean_average_precision", *value));
        for (label, found) in found.per_label.iter().enumerate() {
            assert_close(found.f1, case["f1"][label].as_f64().unwrap(), "f1");
            let expected = case["average_precision"][label].as_f64();
            assert_eq!(found.average_precision.is_some(), expected.is_some());
            if let (Some(found), Some(expected)) = (found.average_precision, expected) {
                assert_close(found, expected, "average precision");
            }
        }
        let scores = Answers::Labels(said).scores(&Truth::Labels(truth)).unwrap();
        assert_close(scores.iter().sum::<f64>() / scores.len() as f64, found.sample_f1, "scores");
    }
}

#[test]
fn the_metrics_of_numbers_are_those_of_scikit_learn() {
    let oracle = oracle();
    let cases = oracle["numbers"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let scales: Vec<(f64, f64)> = case["scales"]
            .as_array()
            .unwrap()
            .iter()
            .map(|scale| (scale[0].as_f64().unwrap(), scale[1].as_f64().unwrap()))
            .collect();
        let said = NumberPredictions::from_scaled(&scales, &single(&case["scaled"])).unwrap();
        let truth = numbers(&case["truth"]);
        let found = said.measure(&truth).unwrap();
        let whole = |name: &str| case[name].as_f64().unwrap();
        assert_close(found.mean.rmse, whole("mean_rmse"), "mean RMSE");
        assert_close(found.mean.mae, whole("mean_mae"), "mean MAE");
        assert_close(found.mean.r2.unwrap(), whole("mean_r2"), "mean R2");
        for (output, found) in found.outputs.iter().enumerate() {
            let of = |name: &str| case[name][output].as_f64().unwrap();
            assert_close(found.rmse, of("rmse"), "RMSE");
            assert_close(found.mae, of("mae"), "MAE");
            assert_close(found.r2.unwrap(), of("r2"), "R2");
        }
        // The score of one output has its unit; those of several are divided by the deviations.
        let maes = found.outputs.iter().zip(&scales);
        let scaled = maes.map(|(output, (_, deviation))| output.mae / deviation).sum::<f64>();
        let expected = match scales.len() {
            1 => found.mean.mae,
            outputs => scaled / outputs as f64,
        };
        assert_close(found.absolute_error, expected, "score");
        let answers = Answers::Numbers(said);
        let scores = answers.scores(&Truth::Numbers(truth)).unwrap();
        assert_close(scores.iter().sum::<f64>() / scores.len() as f64, -expected, "scores");
        assert_eq!(answers.agreement(&answers), Ok(0.0));
    }
}

#[test]
fn a_sample_without_labels_is_right_where_none_is_predicted() {
    let said = LabelPredictions::from_logits(2, &[-1.0, -1.0, -1.0, 0.0]).unwrap();
    assert_eq!(said.sample_f1(&[false; 4]).unwrap(), [1.0, 0.0]);
    let measured = said.measure(&[false; 4]).unwrap();
    assert_eq!(measured.mean_average_precision, None);
    assert_eq!(measured.hamming_loss, 0.25);
}

#[test]
fn numbers_that_are_all_equal_have_no_r2() {
    let said = NumberPredictions::from_scaled(&[(5.0, 2.0)], &[0.5, -0.5]).unwrap();
    let measured = said.measure(&[6.0, 6.0]).unwrap();
    assert_eq!(measured.outputs[0].r2, None);
    assert_eq!((measured.outputs[0].mae, measured.absolute_error), (1.0, 1.0));
    assert_close(measured.squared_error, 0.5, "squared error");
    // Their mean is rounded: 0.1 three times sums up to 0.30000000000000004.
    let said = NumberPredictions::from_scaled(&[(0.0, 1.0)], &[0.5, -0.5, 0.0]).unwrap();
    assert_eq!(said.measure(&[0.1; 3]).unwrap().outputs[0].r2, None);
}

#[test]
fn answers_to_another_question_are_refused() {
    let labels = Answers::Labels(LabelPredictions::from_logits(1, &[0.0]).unwrap());
    let numbers = Answers::Numbers(NumberPredictions::from_scaled(&[(0.0, 1.0)], &[0.0]).unwrap());
    assert_eq!(labels.measure(&Truth::Classes(vec![0])).unwrap_err(), EvalError::OtherTask);
    assert_eq!(labels.scores(&Truth::Numbers(vec![0.0])).unwrap_err(), EvalError::OtherTask);
    assert_eq!(labels.agreement(&numbers).unwrap_err(), EvalError::OtherTask);
    let error = labels.measure(&Truth::Labels(vec![true, false])).unwrap_err();
    assert_eq!(error, EvalError::LabelCount { expected: 1, found: 2 });
    assert_eq!(LabelPredictions::from_logits(0, &[0.0]).unwrap_err(), EvalError::NoClasses);
    assert!(NumberPredictions::from_scaled(&[(0.0, 1.0)], &[f32::NAN]).is_err());
}

#[test]
fn what_was_measured_is_read_back_as_the_task_it_was_measured_in() {
    let labels = LabelPredictions::from_logits(2, &[1.0, -1.0]).unwrap();
    let numbers = NumberPredictions::from_scaled(&[(0.0, 1.0)], &[0.5]).unwrap();
    let all = [
        Measured::Labels(labels.measure(&[true, true]).unwrap()),
        Measured::Numbers(numbers.measure(&[1.0]).unwrap()),
        Measured::Teacher(Fidelity { samples: 7, agreement: 0.5, divergence: 0.25 }),
    ];
    for measured in all {
        let text = serde_json::to_string(&measured).unwrap();
        assert_eq!(serde_json::from_str::<Measured>(&text).unwrap(), measured);
    }
}

#[test]
fn the_sentence_speaks_of_what_was_scored() {
    let difference = |mean: f64| PairedDifference {
        mean,
        low: mean - 0.01,
        high: mean + 0.01,
        level: 0.95,
        seeds: 3,
        samples: 100,
        replicates: 1000,
        per_seed: vec![mean; 3],
    };
    let error = ScoreKind::AbsoluteError { in_deviations: false };
    assert_eq!(
        difference(0.0423).sentence(error),
        "BEATS: the absolute error of the distilled student is 0.0423 smaller than that of the same \
         student trained alone (95 % interval 0.0323 to 0.0523; 3 seeds, 100 test samples)"
    );
    assert!(
        difference(-0.5)
            .sentence(ScoreKind::AbsoluteError { in_deviations: true })
            .contains("is 0.500 standard deviations larger than")
    );
    assert!(
        difference(0.05).sentence(ScoreKind::SampleF1).contains("is 5.00 points of F1 better than")
    );
}
