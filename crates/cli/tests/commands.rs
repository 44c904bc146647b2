//! What each command does when all is well.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const RECIPE: &str = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n\n[teacher]\nmodel = \"mlp\"\n\
                      epochs = 2\n\n[student]\nmodel = \"mlp\"\nhidden = [4]\n\n[distill]\nepochs = 3\n\
                      seeds = 2\n";

fn with_table() -> Workshop {
    let workshop = Workshop::new();
    let rows = (0..200).map(|row| {
        let kind = if (row * 7) % 10 > 4 { "high" } else { "low" };
        format!("{},{},{kind}\n", (row * 7) % 10, ["red", "green"][row % 2])
    });
    let table = format!("size,colour,kind\n{}", rows.collect::<String>());
    workshop.write("table.csv", table.as_bytes());
    workshop.write("job.toml", RECIPE.as_bytes());
    workshop
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value and nothing else")
}

#[test]
fn a_run_tells_one_plain_line_an_epoch_without_a_terminal() {
    let workshop = with_table();
    let output = workshop.output(&["distil", "job.toml", "--run", "run"]);
    assert!(output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    let epochs = told.lines().filter(|line| line.starts_with("role=")).count();
    assert_eq!(epochs, 2 * (2 + 3 + 3), "{told}");
    assert!(!told.contains('\u{1b}'), "escape codes without a terminal");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("student alone") && table.contains("run/report.html"), "{table}");
    for file in ["report.html", "results.json", "recipe.toml", "plots/difference.svg"] {
        assert!(workshop.path("run").join(file).is_file(), "{file}");
    }
    let quiet = workshop.output(&["distill", "job.toml", "--run", "again", "--quiet"]);
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
}

#[test]
fn json_output_is_one_object_with_the_result() {
    let workshop = with_table();
    let said = json(&workshop.run(&["distill", "job.toml", "--json", "--quiet", "--run", "run"]));
    let results = std::fs::read_to_string(workshop.path("run/results.json")).expect("results");
    assert_eq!(said["judgement"], json(&results));
    assert_eq!(said["judgement"]["seeds"].as_array().map(Vec::len), Some(2));
    let plan = json(&workshop.run(&["plan", "job.toml", "--json"]));
    assert_eq!(plan["trainings"], 6);
    assert_eq!(plan["data"]["test_rows"], 40);
    assert_eq!(plan["student_steps"], 15); // 144 training rows in batches of 32, three times.
    assert!(json(&workshop.run(&["doctor", "--json"]))["machine"]["cores"].as_u64() > Some(0));
}

#[test]
fn doctor_times_every_work_of_the_benchmark() {
    let said = json(&with_table().run(&["doctor", "--bench", "--json"]));
    let works = said["bench"].as_array().expect("works");
    let named = |name| works.iter().find(|work| work["work"] == name).expect("a work");
    // As PyTorch counts the same networks (`bench/results`).
    for (name, parameters) in [
        ("dense-64-b32", 3_466),
        ("dense-784-b512", 26_506),
        ("residual-student-b64", 1_228_970),
        ("residual-teacher-b64", 7_503_530),
        ("mobilenet-v2-b64", 2_236_682),
        ("transformer-b32", 412_554),
    ] {
        assert_eq!(named(name)["parameters"], parameters, "{name}");
    }
    assert!(works.iter().all(|work| work["milliseconds"].as_f64() > Some(0.0)), "{said}");
    assert_eq!(said["threads"], said["machine"]["cores"]);
}

#[test]
fn the_student_is_used_evaluated_and_inspected() {
    let workshop = with_table();
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "run"]);

    workshop.write("new.csv", b"id,colour,size\n17,red,9\n18,green,0\n");
    let predicted = workshop.run(&["predict", "run", "new.csv"]);
    let lines: Vec<&str> = predicted.lines().collect();
    assert_eq!(lines[0], "id,colour,size,prediction,probability");
    assert_eq!(lines.len(), 3);
    for line in &lines[1..] {
        let fields: Vec<&str> = line.split(',').collect();
        assert!(["low", "high"].contains(&fields[3]), "{line}");
        let probability: f64 = fields[4].parse().expect("a number");
        assert!((0.5..=1.0).contains(&probability), "{line}");
    }
    let written = workshop.run(&["predict", "run", "new.csv", "--output", "answers.csv"]);
    assert_eq!(written, "");
    let answers = std::fs::read_to_string(workshop.path("answers.csv")).expect("answers");
    assert_eq!(answers, predicted);

    // The test part again: the same accuracy, and the reading is counted.
    let evaluation = json(&workshop.run(&["evaluate", "run", "--json"]));
    let results = std::fs::read_to_string(workshop.path("run/results.json")).expect("results");
    let accuracies: Vec<Value> = json(&results)["seeds"]
        .as_array()
        .expect("seeds")
        .iter()
        .map(|seed| seed["student"]["metrics"]["accuracy"].clone())
        .collect();
    assert!(accuracies.contains(&evaluation["metrics"]["accuracy"]), "{accuracies:?}");
    let record = std::fs::read_to_string(workshop.path("run/run.json")).expect("the record");
    assert_eq!(json(&record)["test_reads"], 2);

    let inspected = workshop.run(&["inspect", "run", "--taps"]);
    assert!(inspected.contains("hidden1") && inspected.contains("hidden.0"), "{inspected}");
    let taps = inspected.split("\ntaps\n").nth(1).expect("taps");
    assert!(taps.lines().all(|line| line.trim_end().ends_with(" values")), "{inspected}");
    std::fs::remove_file(workshop.path("run/report.html")).expect("the report was there");
    workshop.run(&["report", "run"]);
    assert!(workshop.path("run/report.html").is_file());
}

#[test]
fn check_finds_what_was_planted() {
    let workshop = with_table();
    // Each row stands there four times.
    let rows = (0..200).map(|row| row % 50).map(|row| {
        format!("{row},{},{},{}\n", row * row, row * 7 % 51, ["low", "high"][row % 3 % 2])
    });
    let table = format!("size,area,age,kind\n{}", rows.collect::<String>());
    workshop.write("table.csv", table.as_bytes());
    let output = workshop.output(&["check", "job.toml"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains(" of 40 rows of test also occur in train, this one as ./table.csv:"),
        "{said}"
    );
    let few = "warning: ./table.csv: validation: expected at least 30 rows, found 16 [few-rows]\n";
    assert!(said.contains(few), "{said}");
    assert_eq!(output.status.code(), Some(1));
    assert!(!workshop.path("runs").exists());
}

#[test]
fn without_a_command_the_program_says_how_to_begin() {
    let said = Workshop::new().run(&[]);
    assert!(said.contains("potstill distill digits"), "{said}");
}

#[test]
fn a_run_leaves_its_predictions_a_model_card_and_curves() {
    let workshop = with_table();
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "run"]);
    let read = |file: &str| std::fs::read_to_string(workshop.path("run").join(file)).expect(file);
    let predictions = read("predictions.csv");
    let mut lines = predictions.lines();
    let head = "sample,row,label,teacher-seed-0,baseline-seed-0,student-seed-0,\
                teacher-seed-1,baseline-seed-1,student-seed-1";
    assert_eq!(lines.next(), Some(head));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 40);
    // Each row can be found in the file, counted from 0 without its head.
    let table = std::fs::read_to_string(workshop.path("table.csv")).expect("the table");
    let table: Vec<&str> = table.lines().skip(1).collect();
    for row in &rows {
        let place = row[1].parse::<usize>().expect("a number");
        assert!(table[place].ends_with(&format!(",{}", row[2])), "{row:?}");
    }
    // The accuracy of the results, counted again.
    let results = json(&read("results.json"));
    for (seed, column) in [(0, 5), (1, 8)] {
        let right = rows.iter().filter(|row| row[column] == row[2]).count();
        let accuracy = &results["seeds"][seed]["student"]["metrics"]["accuracy"];
        assert_eq!(accuracy.as_f64(), Some(right as f64 / 40.0));
    }
    assert!(read("MODEL_CARD.md").contains("## Evaluation"));
    let events = workshop.path("run/tensorboard/student-seed-1/events.out.tfevents.0.potstill");
    assert!(std::fs::metadata(events).expect("the curve").len() > 100);
}

#[test]
fn runs_are_ranked_by_their_students() {
    let workshop = with_table();
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "good"]);
    let worse = ["distill", "job.toml", "--quiet", "--set", "distill.learning_rate=1e-9"];
    workshop.run(&[worse.as_slice(), &["--run", "worse"]].concat());
    let ranked = json(&workshop.run(&["compare", "worse", "good", "--json"]));
    assert_eq!(ranked["samples"], 40);
    assert_eq!(ranked["places"][0]["folder"], "good");
    assert_eq!(ranked["places"][0]["behind"], Value::Null);
    let accuracy = |place: usize| ranked["places"][place]["score"]["mean"].as_f64();
    let (best, second) = (accuracy(0).expect("a number"), accuracy(1).expect("a number"));
    let behind = ranked["places"][1]["behind"]["mean"].as_f64().expect("a difference");
    assert!(behind < 0.0 && (behind - (second - best)).abs() < 1e-12, "{ranked}");
    let text = workshop.run(&["compare", "good", "worse"]);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    let fewer = ["distill", "job.toml", "--quiet", "--set", "distill.seeds=1", "--run", "fewer"];
    workshop.run(&fewer);
    let other = ["distill", "job.toml", "--quiet", "--set", "data.split_seed=1", "--run", "other"];
    workshop.run(&other);
    for (run, what) in
        [("fewer", "seeds: expected 2, found 1"), ("other", "test samples with the hash: expected")]
    {
        refused(&workshop, "good", run, what);
    }
}

#[test]
fn runs_whose_test_samples_have_other_classes_are_not_compared() {
    let workshop = with_table();
    let table = std::fs::read_to_string(workshop.path("table.csv")).expect("the table");
    // A copy of the training source is refused; one line end more is another file.
    let table = format!("{table}\n");
    let turned = table.replace("high", "?").replace("low", "high").replace('?', "low");
    // The same test samples, with the classes the other way round.
    for (run, test) in [("one", table), ("turned", turned)] {
        workshop.write("test.csv", test.as_bytes());
        let source = "data.test_source=\"test.csv\"";
        workshop.run(&["distill", "job.toml", "--quiet", "--set", source, "--run", run]);
    }
    refused(&workshop, "one", "turned", "classes of the test samples: expected");
}

fn refused(workshop: &Workshop, first: &str, run: &str, what: &str) {
    let output = workshop.output(&["compare", first, run]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(what) && said.contains("hint:"), "{said}");
}

#[test]
fn completions_name_the_commands() {
    let workshop = Workshop::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = workshop.run(&["completions", shell]);
        assert!(script.contains("potstill") && script.contains("distill"), "{shell}");
    }
}

#[test]
fn one_model_is_trained_to_what_it_is_in_the_comparison() {
    let workshop = with_table();
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "all"]);
    let results = std::fs::read_to_string(workshop.path("all/results.json")).expect("results");
    let all = json(&results);
    for (model, role) in [("teacher", "teacher"), ("student", "baseline")] {
        let arguments =
            ["train", "job.toml", "--model", model, "--json", "--quiet", "--run", model];
        let said = json(&workshop.run(&arguments));
        for seed in 0..2 {
            let score = &said["trained"]["seeds"][seed][1];
            assert_eq!(score["metrics"], all["seeds"][seed][role]["metrics"], "{model} {seed}");
        }
        let evaluation = json(&workshop.run(&["evaluate", model, "--json"]));
        assert_eq!(evaluation["metrics"]["samples"], 40);
        assert!(workshop.run(&["inspect", model]).contains("done"));
        for refused in [vec!["report", model], vec!["compare", model]] {
            let output = workshop.output(&refused);
            assert_eq!(output.status.code(), Some(2), "{refused:?}");
        }
    }
    // Without an option: the student, in a folder of its own name.
    let text = workshop.run(&["train", "job.toml", "--quiet"]);
    assert!(text.contains("runs/job-student/export/model.safetensors"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn what_is_learned_from_is_no_test() {
    let workshop = with_table();
    let output = workshop.output(&["distill", "job.toml", "--set", "data.test_source=table.csv"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`test_source` is table.csv, expected other samples"), "{said}");
    workshop.write("copy.csv", &std::fs::read(workshop.path("table.csv")).expect("the table"));
    let output = workshop.output(&["distill", "job.toml", "--set", "data.transfer=copy.csv"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let copied = "`transfer` is copy.csv, expected other samples than those of the test part";
    assert!(said.contains(copied) && said.contains("`table.csv`"), "{said}");
    assert!(!workshop.path("runs").exists());
}

#[test]
fn a_column_is_not_written_twice_and_a_test_source_is_named() {
    let workshop = with_table();
    let rows = (0..60).map(|row| {
        format!("{}.5,{},{}\n", row % 10, ["red", "green"][row % 2], ["low", "high"][row % 2])
    });
    let table = format!("size,colour,kind\n{}", rows.collect::<String>());
    workshop.write("test.csv", table.as_bytes());
    let own = ["--set", "data.test_source=\"test.csv\""];
    workshop.run(&[&["distill", "job.toml", "--run", "run", "--quiet"][..], &own].concat());
    let told = workshop.run(&["evaluate", "run"]);
    assert!(told.contains("60 of test.csv"), "{told}");
    let answers = workshop.run(&["predict", "run", "test.csv"]);
    workshop.write("answers.csv", answers.as_bytes());
    let output = workshop.output(&["predict", "run", "answers.csv"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("`answers.csv` has a column `prediction` already"), "{told}");
}
