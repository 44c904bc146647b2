//! Teachers that were trained before, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const STUDENT: &str =
    "[student]\nmodel = \"mlp\"\nhidden = [8]\n\n[distill]\nepochs = 2\nseeds = 2\n";
const TRAINED: &str = "[teacher]\nmodel = \"mlp\"\nhidden = [24]\nepochs = 4\n\n";
const DATA: &str = "[data]\nsource = \"digits\"\nrows = 700\n\n";

/// A folder with a trained teacher in `teacher`, and `job.toml` that takes it.
fn with_teacher() -> Workshop {
    let workshop = Workshop::new();
    workshop.write("first.toml", format!("{DATA}{TRAINED}{STUDENT}").as_bytes());
    workshop
        .write("job.toml", format!("{DATA}[teacher]\nfile = \"teacher\"\n\n{STUDENT}").as_bytes());
    workshop.run(&["train", "first.toml", "--model", "teacher", "--run", "teacher", "--quiet"]);
    workshop
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value and nothing else")
}

fn file(workshop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(workshop.path(name)).expect("the file is there")
}

fn said(workshop: &Workshop, arguments: &[&str]) -> (Option<i32>, String) {
    let output = workshop.output(arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_saved_teacher_is_not_trained_again_and_scores_what_it_scored() {
    let workshop = with_teacher();
    let evaluation = json(&workshop.run(&["evaluate", "teacher", "--json"]));
    let output = workshop.output(&["distill", "job.toml", "--run", "run"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let epochs = told.lines().filter(|line| line.starts_with("role=")).count();
    assert_eq!(epochs, 2 * (2 + 2), "two students for each of two seeds: {told}");
    assert!(!told.contains("role=teacher"), "{told}");

    let results = json(&file(&workshop, "run/results.json"));
    for seed in 0..2 {
        let teacher = &results["seeds"][seed]["teacher"]["metrics"];
        assert_eq!(teacher["accuracy"], evaluation["metrics"]["accuracy"], "seed {seed}");
        assert_eq!(teacher["nll"], evaluation["metrics"]["nll"], "seed {seed}");
        assert!(results["seeds"][seed]["student"]["agreement"].is_f64());
    }
    let plan = json(&workshop.run(&["plan", "job.toml", "--json"]));
    assert_eq!((&plan["trainings"], &plan["teacher_steps"]), (&4.into(), &0.into()));
    assert!(!workshop.path("run/export/teacher.safetensors").exists());
}

#[test]
fn where_the_teacher_comes_from_is_told_with_its_hash() {
    let workshop = with_teacher();
    let result = workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let record = json(&file(&workshop, "run/run.json"));
    let sources = record["sources"].as_array().expect("a list");
    let of_teacher = sources.iter().find(|source| {
        source["name"].as_str().is_some_and(|name| name.ends_with("model.safetensors"))
    });
    let hash = of_teacher.and_then(|source| source["blake3"].as_str()).expect("its hash");
    assert!(record["teacher"][0].as_str().is_some_and(|text| text.contains(hash)), "{record}");
    for place in ["run/report.html", "run/MODEL_CARD.md"] {
        assert!(file(&workshop, place).contains(hash), "{place}");
    }
    let unwrapped = result.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(unwrapped.contains("teacher: the saved model") && unwrapped.contains(hash), "{result}");
    assert!(file(&workshop, "run/report.html").contains("All seeds share one teacher"));
}

#[test]
fn a_teacher_that_changed_is_refused_when_the_run_goes_on() {
    let workshop = with_teacher();
    let begun = ["distill", "job.toml", "--run", "run", "--quiet"];
    workshop.killed_at(60, &begun);
    assert!(workshop.path("run/run.json").exists(), "killed too early");
    let trained = ["train", "first.toml", "--model", "teacher", "--run", "other", "--quiet"];
    workshop.run(&[&trained[..], &["--set", "distill.seed=5"]].concat());
    let kept = std::fs::read(workshop.path("teacher/export/model.safetensors")).expect("a model");
    let other = std::fs::read(workshop.path("other/export/model.safetensors")).expect("a model");
    workshop.write("teacher/export/model.safetensors", &other);
    let (code, told) = said(&workshop, &["resume", "run"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("has changed since the run began") && told.contains("model.safetensors"));

    workshop.write("teacher/export/model.safetensors", &kept);
    workshop.run(&["resume", "run", "--quiet"]);
    workshop.run(&["distill", "job.toml", "--run", "whole", "--quiet"]);
    assert_eq!(file(&workshop, "run/results.json"), file(&workshop, "whole/results.json"));
}

#[test]
fn a_comparison_lends_its_teacher_and_a_run_without_one_says_so() {
    let workshop = with_teacher();
    workshop.run(&["distill", "first.toml", "--run", "whole", "--quiet"]);
    let taken =
        ["distill", "job.toml", "--quiet", "--run", "second", "--set", "teacher.file=whole"];
    workshop.run(&taken);
    let of = |run: &str| json(&file(&workshop, &format!("{run}/results.json")));
    let record = json(&file(&workshop, "whole/run.json"));
    let exported = record["summary"]["notes"][0].as_str().expect("which seed was exported");
    let seed = usize::from(exported.contains("seed 1"));
    assert_eq!(
        of("second")["seeds"][0]["teacher"]["metrics"],
        of("whole")["seeds"][seed]["teacher"]["metrics"]
    );

    let (code, told) = said(&workshop, &["distill", "job.toml", "--set", "teacher.file=second"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("trained no teacher") && told.contains("second/export/student.safetensors")
    );
    let student = "teacher.file=second/export/student.safetensors";
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "third", "--set", student]);
}

#[test]
fn a_teacher_of_other_classes_or_columns_is_refused_with_both() {
    let workshop = with_teacher();
    let table = |names: [&str; 2], column: &str| {
        let row =
            |row: usize| format!("{},{},{}\n", row % 10, row % 7, names[usize::from(row % 10 > 4)]);
        let rows: String = (0..200).map(row).collect();
        format!("size,{column},kind\n{rows}")
    };
    let recipe = |source: &str, teacher: &str| {
        format!("[data]\nsource = \"{source}\"\nlabel = \"kind\"\n\n{teacher}{STUDENT}")
    };
    workshop.write("a.csv", table(["low", "high"], "age").as_bytes());
    workshop.write("b.csv", table(["low", "top"], "age").as_bytes());
    workshop.write("c.csv", table(["low", "high"], "years").as_bytes());
    workshop.write("a.toml", recipe("a.csv", TRAINED).as_bytes());
    for name in ["b", "c"] {
        let teacher = "[teacher]\nfile = \"a/export/model.safetensors\"\n\n";
        let text = recipe(&format!("{name}.csv"), teacher);
        workshop.write(&format!("{name}.toml"), text.as_bytes());
    }
    workshop.run(&["train", "a.toml", "--model", "teacher", "--run", "a", "--quiet"]);
    let (code, told) = said(&workshop, &["distill", "b.toml"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("expected 2 (`low`, `top`), found 2 (`high`, `low`)"), "{told}");
    let (code, told) = said(&workshop, &["check", "c.toml"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("there is no column `age`; the columns are"), "{told}");
    let (code, told) = said(&workshop, &["plan", "job.toml", "--set", "teacher.file=a"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("the classes of the teacher `a` do not fit the data"), "{told}");
}

#[test]
fn teacher_and_student_may_see_the_rows_differently() {
    let workshop = Workshop::new();
    let row = |row: usize| {
        let size = (row * 7) % 10;
        format!("{size},{},{}\n", (row * 3) % 11, ["low", "high"][usize::from(size > 4)])
    };
    let rows: String = (0..300).map(row).collect();
    workshop.write("table.csv", format!("size,age,kind\n{rows}").as_bytes());
    let recipe = |data: &str, teacher: &str| {
        format!("[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n{data}\n{teacher}{STUDENT}")
    };
    // The student does not see what the class depends on; the teacher does.
    workshop.write("teacher.toml", recipe("", TRAINED).as_bytes());
    let ready = "[teacher]\nfile = \"teacher\"\n\n";
    workshop.write("job.toml", recipe("ignore = [\"size\"]\n", ready).as_bytes());
    let train = ["train", "teacher.toml", "--model", "teacher", "--run", "teacher", "--quiet"];
    workshop.run(&[&train[..], &["--set", "teacher.epochs=30"]].concat());
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let results = json(&file(&workshop, "run/results.json"));
    let evaluation = json(&workshop.run(&["evaluate", "teacher", "--json"]));
    let scores = &results["seeds"][0];
    let of_teacher = &scores["teacher"]["metrics"]["accuracy"];
    assert_eq!(of_teacher, &evaluation["metrics"]["accuracy"]);
    assert!(
        of_teacher.as_f64() > Some(0.9)
            && scores["student"]["metrics"]["accuracy"].as_f64() < Some(0.9)
    );
}

#[test]
fn what_needs_a_training_of_the_teacher_is_refused_and_the_rest_works() {
    let workshop = with_teacher();
    for arguments in [
        &["train", "job.toml", "--model", "teacher"][..],
        &["lr-find", "job.toml", "--model", "teacher"],
    ] {
        let (code, told) = said(&workshop, arguments);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("the teacher of this recipe is not trained here"), "{told}");
    }
    workshop.run(&["lr-find", "job.toml", "--model", "student", "--quiet", "--steps", "20"]);
    workshop.run(&["train", "job.toml", "--model", "student", "--run", "alone", "--quiet"]);
    let sweep =
        ["sweep", "job.toml", "--grid", "distill.temperature=1,4", "--run", "sweep", "--quiet"];
    let shown = workshop.run(&[&sweep[..], &["--set", "distill.epochs=1"]].concat());
    assert!(shown.contains("distill.temperature"), "{shown}");
    workshop.run(&["check", "job.toml"]);

    for (set, text) in [
        ("teacher.model=mlp", "`file` and `model` both say who teaches"),
        ("teacher.epochs=3", "epochs"),
        ("teacher.file=nowhere", "nowhere"),
    ] {
        let (code, told) = said(&workshop, &["plan", "job.toml", "--set", set]);
        assert!(code.is_some_and(|code| code >= 2) && told.contains(text), "{set}: {told}");
    }
    workshop.write(
        "cut.safetensors",
        &std::fs::read(workshop.path("teacher/export/model.safetensors")).expect("a model")[..1000],
    );
    let (code, told) =
        said(&workshop, &["plan", "job.toml", "--set", "teacher.file=cut.safetensors"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("cut.safetensors"), "{told}");
}
