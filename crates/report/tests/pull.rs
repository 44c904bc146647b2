//! How strongly the parts of the loss pull at the student, as the report shows it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use potstill_report::summary::{Curve, Point, Role, Summary};
use potstill_report::{html, plots};

#[test]
fn the_pull_of_the_parts_is_shown_as_shares_of_the_distilled_student_alone() {
    let point = |epoch: f64, norms: [f64; 2]| Point {
        epoch,
        step: 1,
        parts: BTreeMap::new(),
        gradient_norms: ["label", "soft"].map(str::to_owned).into_iter().zip(norms).collect(),
        learning_rate: None,
        loss: 1.0,
        validation_score: 0.5,
        validation_loss: 1.0,
        agreement: None,
    };
    let curve = |role, points| Summary {
        curves: vec![Curve { role, seed: 1, points }],
        ..Summary::default()
    };
    let points = vec![point(1.0, [1.0, 3.0]), point(2.0, [4.0, 1.0])];
    let summary = curve(Role::Student, points.clone());
    let files: BTreeMap<String, String> = plots(&summary).into_iter().collect();
    let said = &files["gradients.svg"];
    assert!(said.contains("Last mean: label 0.800, soft 0.200."), "{said}");
    assert!(html(&summary).contains("Pull of each part of the loss"));
    // Both are 0: there is no share.
    let silent = curve(Role::Student, vec![point(1.0, [0.0, 0.0])]);
    assert!(plots(&silent).iter().all(|(name, _)| name != "gradients.svg"));
    let baseline = curve(Role::Baseline, points);
    assert!(plots(&baseline).iter().all(|(name, _)| name != "gradients.svg"));
}
