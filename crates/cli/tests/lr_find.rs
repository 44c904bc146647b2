//! `potstill lr-find` through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

fn search(workshop: &Workshop, more: &[&str]) -> Value {
    let base = ["lr-find", "digits", "--json", "--quiet", "--set", "data.rows=600"];
    let said = workshop.run(&[&base[..], more].concat());
    serde_json::from_str(&said).expect("one JSON value and nothing else")
}

#[test]
fn a_rate_is_suggested_for_teacher_and_student_and_nothing_is_written() {
    let workshop = Workshop::new();
    let teacher = search(&workshop, &["--steps", "60"]);
    assert_eq!(teacher["section"], "teacher");
    assert_eq!(teacher["search"]["learning_rate"], 0.001);
    let rate = teacher["search"]["suggestion"].as_f64().expect("a suggestion");
    assert!((1e-4..1.0).contains(&rate), "{rate}");
    assert!(teacher["search"]["points"].as_array().is_some_and(|points| points.len() > 20));
    assert_eq!(teacher, search(&workshop, &["--steps", "60", "--threads", "1"]));

    let few = ["--steps", "60", "--set", "teacher.epochs=2"];
    let student = search(&workshop, &[&few[..], &["--model", "student"]].concat());
    assert_eq!(student["section"], "distill");
    assert!(student["search"]["suggestion"].is_f64(), "{student}");
    assert_ne!(student["search"]["points"], teacher["search"]["points"]);
    assert!(!workshop.path("runs").exists());
}

#[test]
fn the_table_ends_with_the_suggestion() {
    let workshop = Workshop::new();
    let said = workshop.run(&["lr-find", "digits", "--set", "data.rows=600", "--quiet"]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.first().is_some_and(|line| line.starts_with("mlp 64-64, ")), "{said}");
    assert!(lines.len() < 30, "{said}");
    let last = lines.last().copied().unwrap_or_default();
    assert!(last.contains("suggested: learning_rate = ") && last.contains("[teacher]"), "{said}");
}

#[test]
fn steps_out_of_range_are_a_usage_error() {
    let output = Workshop::new().output(&["lr-find", "digits", "--steps", "3"]);
    assert_eq!(output.status.code(), Some(2));
}
