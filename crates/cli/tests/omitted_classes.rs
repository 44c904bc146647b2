//! A class that the students never see, and its bias, by recipe alone.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const RECIPE: &str = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n[teacher]\nmodel = \"mlp\"\nepochs = 20\n\
                      [student]\nmodel = \"mlp\"\nhidden = [8]\n[distill]\nepochs = 20\nlearning_rate = 0.02\nseeds = 2\n";

fn with_table() -> Workshop {
    let workshop = Workshop::new();
    let row = |row: usize| {
        let kind = row * 7 % 3;
        let size = kind as f64 + (row * 37 % 100) as f64 / 150.0;
        format!("{size},{},{}\n", (row * 53 % 70) as f64 / 70.0, ["a", "b", "c"][kind])
    };
    let table = format!("size,width,kind\n{}", (0..300).map(row).collect::<String>());
    workshop.write("table.csv", table.as_bytes());
    workshop.write("job.toml", RECIPE.as_bytes());
    workshop
}

/// How often teacher, student alone and distilled student say each class, over test and seeds.
fn said(workshop: &Workshop, run: &str) -> [[u64; 3]; 3] {
    let text = std::fs::read_to_string(workshop.path(run).join("run.json")).expect("the record");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    [0, 1, 2].map(|model| {
        let rows = record["summary"]["models"][model]["confusion"].as_array().expect("counts");
        [0, 1, 2]
            .map(|class: usize| rows.iter().map(|row| row[class].as_u64().expect("a count")).sum())
    })
}

#[test]
fn the_students_never_say_a_class_that_they_have_not_seen_until_its_bias_is_raised() {
    let workshop = with_table();
    let omit = ["--set", "data.omit_classes=[\"c\"]"];
    let plan: Value =
        serde_json::from_str(&workshop.run(&["plan", "job.toml", "--json", omit[0], omit[1]]))
            .expect("JSON");
    // 216 training rows in batches of 32, and 144 of them without a third of the classes.
    assert_eq!((&plan["teacher_steps"], &plan["student_steps"]), (&140.into(), &100.into()));

    workshop.run(&[
        "distill",
        "job.toml",
        "--quiet",
        "--run",
        "omit",
        omit[0],
        omit[1],
        "--set",
        "distill.alpha=0",
    ]);
    let [teacher, baseline, student] = said(&workshop, "omit");
    assert!(teacher[2] > 30, "{teacher:?}");
    assert_eq!((baseline[2], student[2]), (0, 0));
    let page = std::fs::read_to_string(workshop.path("omit/report.html")).expect("the report");
    assert!(page.contains("without the training samples of c: from 144 of 216 samples"));

    let raised = ["--set", "distill.bias_shift={ c = 1000.0 }"];
    workshop.run(&[
        "distill", "job.toml", "--quiet", "--run", "raised", omit[0], omit[1], raised[0], raised[1],
    ]);
    let [_, baseline, student] = said(&workshop, "raised");
    assert_eq!(baseline[2], 0);
    assert_eq!((student[0], student[1]), (0, 0));
    let page = std::fs::read_to_string(workshop.path("raised/report.html")).expect("the report");
    assert!(page.contains("1000 was added to the bias of c of the distilled student"));
    // The shipped student has it too.
    let predictions = workshop.run(&["predict", "raised", "table.csv"]);
    assert!(predictions.lines().skip(1).all(|line| line.contains(",c,")), "{predictions}");
}

#[test]
fn classes_that_are_not_there_are_refused_before_anything_is_written() {
    let workshop = with_table();
    for (assignment, says) in [
        ("data.omit_classes=[\"d\"]", "`omit_classes` is d, expected names of classes"),
        ("distill.bias_shift={ d = 1.0 }", "`bias_shift` is d, expected names of classes"),
    ] {
        let output = workshop.output(&["distill", "job.toml", "--set", assignment]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(says), "{told}");
        assert!(!workshop.path("runs").exists());
    }
}
