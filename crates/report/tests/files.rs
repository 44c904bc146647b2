//! The model card and the files for TensorBoard.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod sample;

use std::collections::BTreeMap;

use potstill_report::summary::{Curve, Point, Role, Summary};
use potstill_report::{event_files, model_card};
use serde_json::Value;

/// As `tensorboard` itself wrote it: `oracles/event_file.py`.
const ORACLE: &str = include_str!("oracle/event_file.json");

#[test]
fn a_curve_is_written_as_tensorboard_writes_it() {
    let oracle: Value = serde_json::from_str(ORACLE).unwrap();
    let points = oracle["points"].as_array().unwrap().iter().map(|point| {
        let values = point["values"].as_array().unwrap();
        let value = |name: &str| {
            let named = values.iter().find(|pair| pair[0] == name);
            named.map(|pair| pair[1].as_f64().unwrap())
        };
        let part = |name: &str| Some((name.to_owned(), value(&format!("loss/{name}"))?));
        Point {
            epoch: 1.0,
            step: point["step"].as_u64().unwrap(),
            parts: ["label", "soft"].into_iter().filter_map(part).collect(),
            gradient_norms: BTreeMap::new(),
            loss: value("loss/total").unwrap(),
            validation_score: value("validation/accuracy").unwrap_or(f64::NAN),
            validation_loss: value("validation/nll").unwrap_or(f64::NAN),
            agreement: value("validation/agreement"),
        }
    });
    let curve = Curve { role: Role::Student, seed: 3, points: points.collect() };
    let summary = Summary { curves: vec![curve], ..Summary::default() };
    let files = event_files(&summary);
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].0, "student-seed-3/events.out.tfevents.0.potstill");
    let hex: String = files[0].1.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, oracle["hex"].as_str().unwrap());
}

#[test]
fn what_was_not_measured_is_not_in_an_event_file() {
    let point = Point {
        epoch: 1.0,
        step: 1,
        parts: BTreeMap::from([("soft".to_owned(), f64::NAN)]),
        gradient_norms: BTreeMap::from([("soft".to_owned(), f64::NAN)]),
        loss: f64::INFINITY,
        validation_score: f64::NAN,
        validation_loss: f64::NAN,
        agreement: None,
    };
    let curve = Curve { role: Role::Teacher, seed: 0, points: vec![point] };
    let files = event_files(&Summary { curves: vec![curve], ..Summary::default() });
    let text = String::from_utf8_lossy(&files[0].1).into_owned();
    assert!(!text.contains("loss") && !text.contains("validation"), "{text}");
}

#[test]
fn a_card_has_the_numbers_of_the_run() {
    let summary = sample::run(3);
    let card = model_card(&summary);
    for part in ["# fashion", "## Model", "## Data", "## Training", "## Evaluation", "ankle boot"] {
        assert!(card.contains(part), "{part}: {card}");
    }
    let student = summary.model(Role::Student).unwrap();
    let mean = student.runs.iter().map(|run| run.accuracy).sum::<f64>() / 3.0;
    assert!(card.contains(&format!("{:.2}\u{a0}%", 100.0 * mean)), "{card}");
    let widths = card.lines().filter(|line| line.starts_with("| accuracy"));
    assert_eq!(widths.map(|line| line.matches('|').count()).collect::<Vec<_>>(), [5]);
}

#[test]
fn nothing_from_outside_becomes_markup_in_a_card() {
    let mut summary = sample::run(1);
    let hostile = "a|b *c* [d](e) `f` <script> ```\n# g";
    summary.name = hostile.to_owned();
    summary.classes[0] = hostile.to_owned();
    summary.notes = vec![hostile.to_owned()];
    summary.recipe = "```\n# not a heading\n```".to_owned();
    let card = model_card(&summary);
    assert!(!card.contains("<script>") && !card.contains("[d]") && !card.contains("a|b"), "{card}");
    assert!(!card.lines().any(|line| line == "# g"), "{card}");
    assert!(card.contains("````toml\n```\n# not a heading"), "{card}");
}
