//! The model card and the files for TensorBoard.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod sample;

use std::collections::BTreeMap;

use potstill_report::summary::{Curve, Point, Role, Summary, SweepAxis, SweepPoint, SweepView};
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
            learning_rate: None,
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
fn rates_and_pulls_are_in_an_event_file() {
    let mut summary = sample::run(1);
    summary.curves.truncate(1);
    let point = summary.curves[0].points.last_mut().unwrap();
    point.learning_rate = Some(0.125);
    point.gradient_norms = BTreeMap::from([("label".to_owned(), 0.5)]);
    let bytes = event_files(&summary).remove(0).1;
    for (tag, value) in [("training/learning_rate", 0.125_f32), ("gradient_norm/label", 0.5)] {
        let place = bytes.windows(tag.len()).rposition(|part| part == tag.as_bytes()).unwrap();
        // The value follows its tag: field 2, four bytes.
        let found = &bytes[place + tag.len()..][..5];
        assert_eq!(found, [&[0x15], value.to_le_bytes().as_slice()].concat(), "{tag}");
    }
}

#[test]
fn what_was_not_measured_is_not_in_an_event_file() {
    let point = Point {
        epoch: 1.0,
        step: 1,
        parts: BTreeMap::from([("soft".to_owned(), f64::NAN)]),
        gradient_norms: BTreeMap::from([("soft".to_owned(), f64::NAN)]),
        learning_rate: None,
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

#[test]
fn a_card_says_that_its_settings_were_chosen_and_keeps_names_as_code() {
    let mut summary = sample::run(1);
    summary.notes = vec!["The files in `export/a_b` are those of seed 2.".to_owned()];
    summary.sweep = None;
    assert!(!model_card(&summary).contains("as the best of"));
    let axis = |key: &str| SweepAxis { key: key.to_owned(), values: vec!["1".into(), "2".into()] };
    let axes = vec![axis("distill.temperature"), axis("distill.alpha")];
    summary.sweep = Some(SweepView { axes, points: vec![SweepPoint::default(); 4] });
    let card = model_card(&summary);
    let chosen = "distill.temperature and distill.alpha were chosen on the validation part, as the best of 4 \
                  combinations.";
    assert!(card.contains(chosen), "{card}");
    assert!(card.contains("The files in `export/a_b` are"), "{card}");
}
