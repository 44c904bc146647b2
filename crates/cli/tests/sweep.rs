//! Sweeps through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const RECIPE: &str = "[data]\nsource = \"digits\"\nlabelled = 0.1\nrows = 400\n\n[teacher]\nmodel = \"mlp\"\n\
                      epochs = 3\n\n[student]\nmodel = \"mlp\"\nhidden = [8]\n\n[distill]\nepochs = 2\nseeds = 2\n";

const GRID: [&str; 4] =
    ["--grid", "distill.alpha=0.1,0.9", "--grid", "distill.learning_rate=1e-4,1e-2"];

fn with_recipe() -> Workshop {
    let workshop = Workshop::new();
    workshop.write("job.toml", RECIPE.as_bytes());
    workshop
}

fn read(workshop: &Workshop, file: &str) -> String {
    std::fs::read_to_string(workshop.path(file)).expect(file)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value and nothing else")
}

fn swept(workshop: &Workshop, run: &str) -> Value {
    let arguments = ["sweep", "job.toml", "--quiet", "--json", "--run", run];
    json(&workshop.run(&[arguments.as_slice(), &GRID].concat()))
}

#[test]
fn the_best_point_is_what_a_plain_run_with_its_values_is() {
    let workshop = with_recipe();
    let said = swept(&workshop, "grid");
    let points = said["sweep"]["points"].as_array().expect("points").clone();
    assert_eq!(points.len(), 4);
    let accuracy = |point: &Value| point["validation_accuracy"].as_f64().expect("a number");
    let highest = points.iter().map(accuracy).fold(0.0, f64::max);
    let chosen: Vec<&Value> = points.iter().filter(|point| point["chosen"] == true).collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(accuracy(chosen[0]), highest);

    // The same values by themselves: the same bits, though teacher and student alone were shared.
    let place = |axis: usize| chosen[0]["places"][axis].as_u64().expect("a place") as usize;
    let value = |axis: usize| said["sweep"]["axes"][axis]["values"][place(axis)].as_str();
    let alpha = format!("distill.alpha={}", value(0).expect("a value"));
    let rate = format!("distill.learning_rate={}", value(1).expect("a value"));
    let set = ["--set", alpha.as_str(), "--set", rate.as_str()];
    workshop.run(&[["distill", "job.toml", "--quiet", "--run", "plain"].as_slice(), &set].concat());
    let best = said["best"].as_str().expect("a folder");
    for file in ["results.json", "predictions.csv", "metrics.jsonl"] {
        assert_eq!(
            read(&workshop, &format!("{best}/{file}")),
            read(&workshop, &format!("plain/{file}")),
            "{file}"
        );
    }
    assert!(read(&workshop, &format!("{best}/report.html")).contains("The sweep"));
    assert!(workshop.path(best).join("plots/sweep.svg").is_file());

    // The test part was read for the best alone.
    for number in 1..=4 {
        let folder = format!("grid/point-00{number}");
        let reads = json(&read(&workshop, &format!("{folder}/run.json")))["test_reads"].clone();
        assert_eq!(reads, i32::from(folder == best), "{folder}");
        assert_eq!(workshop.path(&folder).join("results.json").exists(), folder == best);
    }
}

#[test]
fn points_with_other_teachers_agree_with_their_own() {
    let workshop = with_recipe();
    let grid = ["--grid", "teacher.hidden=[8],[2]"];
    let arguments = ["sweep", "job.toml", "--quiet", "--json", "--run", "grid"];
    let said = json(&workshop.run(&[&arguments[..], &grid].concat()));
    for (point, hidden) in [("point-001", "[8]"), ("point-002", "[2]")] {
        let set = format!("teacher.hidden={hidden}");
        workshop.run(&["distill", "job.toml", "--quiet", "--run", point, "--set", &set]);
        let lines = |run: &str| read(&workshop, &format!("{run}/metrics.jsonl"));
        assert_eq!(lines(&format!("grid/{point}")), lines(point), "{said}");
    }
}

#[test]
fn a_sweep_that_is_killed_resumes_to_the_same_result() {
    let workshop = with_recipe();
    swept(&workshop, "whole");
    for call in [3, 40, 90, 150, 220] {
        let run = format!("killed-{call}");
        let arguments = ["sweep", "job.toml", "--quiet", "--run", &run];
        let output = workshop.killed_at(call, &[arguments.as_slice(), &GRID].concat());
        assert!(!output.status.success(), "call {call} was not reached");
        if !workshop.path(&run).join("sweep.json").exists() {
            continue;
        }
        workshop.run(&["resume", &run, "--quiet"]);
        let best = json(&read(&workshop, "whole/sweep.json"));
        let found = json(&read(&workshop, &format!("{run}/sweep.json")));
        assert_eq!(found["points"], best["points"], "killed at call {call}");
        let again = workshop.output(&["resume", &run]);
        assert_eq!(again.status.code(), Some(2), "a sweep that is done");
    }
}

#[test]
fn a_grid_that_makes_no_sense_is_refused_before_anything_is_written() {
    let workshop = with_recipe();
    for (grid, what) in [
        ("alpha=1,2", "expected `section.key=VALUE,VALUE,...`"),
        ("distill.alpha=0.1,0.1", "expected values that differ"),
        ("distill.alpha=0.1,7", "from 0 to 1"),
        ("distill.alhpa=0.1,0.2", "alpha"),
        ("data.validation=0.2,0.1", "a key that leaves the samples and seeds"),
    ] {
        let output = workshop.output(&["sweep", "job.toml", "--run", "new", "--grid", grid]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{grid}: {said}");
        assert!(said.contains(what), "{grid}: {said}");
        assert!(!workshop.path("new").exists(), "{grid}");
    }
}

const TABLE: &str = "[data]\nsource = \"rows.csv\"\nlabel = \"kind\"\n\n[teacher]\nmodel = \"mlp\"\nepochs = 2\n\n\
                     [student]\nmodel = \"mlp\"\nhidden = [4]\n\n[distill]\nepochs = 2\nseeds = 2\n";

fn rows(turn: usize) -> String {
    let row = |number: usize| {
        let kind = if (number * 7 + turn) % 10 > 4 { "high" } else { "low" };
        format!("{},{},{kind}\n", (number * 7) % 10, (number * 13) % 17)
    };
    format!("size,width,kind\n{}", (0..200).map(row).collect::<String>())
}

#[test]
fn a_sweep_does_not_go_on_with_other_data() {
    let workshop = Workshop::new();
    workshop.write("job.toml", TABLE.as_bytes());
    workshop.write("rows.csv", rows(0).as_bytes());
    let grid = (100..400).step_by(20).map(|call| killed_sweep(&workshop, call)).find_map(|grid| {
        let record = json(&read(&workshop, &format!("{grid}/sweep.json")));
        let done = |point: usize| record["points"][point]["validation_accuracy"].is_array();
        assert!(!done(2), "no kill fell between the first point and the last: {record}");
        done(0).then_some(grid)
    });
    let grid = grid.expect("a sweep with its first point done");

    workshop.write("rows.csv", rows(3).as_bytes());
    let output = workshop.output(&["resume", &grid, "--quiet"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("the data has changed since the run began: `rows.csv`"), "{said}");
    workshop.write("rows.csv", rows(0).as_bytes());
    workshop.run(&["resume", &grid, "--quiet"]);
}

/// Starts a sweep that dies at that storage call; its folder.
fn killed_sweep(workshop: &Workshop, call: u32) -> String {
    let grid = format!("grid-{call}");
    let arguments = ["sweep", "job.toml", "--quiet", "--run", &grid];
    let axis = ["--grid", "distill.alpha=0.1,0.5,0.9"];
    assert!(!workshop.killed_at(call, &[arguments.as_slice(), &axis].concat()).status.success());
    grid
}

#[test]
fn a_point_that_was_not_chosen_can_be_judged_by_itself() {
    let workshop = with_recipe();
    let said = swept(&workshop, "grid");
    let other = (1..=4)
        .map(|number| format!("grid/point-00{number}"))
        .find(|folder| said["best"] != folder.as_str());
    let other = other.expect("more than one point");
    let seconds = |folder: &str| {
        json(&read(&workshop, &format!("{folder}/run.json")))["seconds"].as_f64().expect("seconds")
    };
    assert!(seconds(&other) > 0.0);
    workshop.run(&["resume", &other, "--quiet"]);
    let recipe = format!("{other}/recipe.toml");
    workshop.run(&["distill", &recipe, "--quiet", "--run", "plain"]);
    for file in ["results.json", "predictions.csv", "metrics.jsonl"] {
        assert_eq!(
            read(&workshop, &format!("{other}/{file}")),
            read(&workshop, &format!("plain/{file}")),
            "{file}"
        );
    }
}

#[test]
fn without_a_grid_a_sweep_tries_what_the_method_has() {
    let workshop = Workshop::new();
    workshop.write("rows.csv", rows(0).as_bytes());
    workshop.write("job.toml", TABLE.as_bytes());
    let hard = ["--set", "distill.method=hard", "--quiet"];
    let arguments = [&["sweep", "job.toml", "--run", "sweep", "--json"][..], &hard].concat();
    let found = json(&workshop.run(&arguments));
    let axes = found["sweep"]["axes"].as_array().expect("axes");
    assert_eq!(axes.len(), 1, "{axes:?}");
    assert_eq!(axes[0]["key"], "distill.alpha");
    let output = workshop.output(&["evaluate", "sweep"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("this is a sweep") && told.contains("sweep/point-001"), "{told}");
    let card =
        read(&workshop, &format!("{}/MODEL_CARD.md", found["best"].as_str().expect("a path")));
    assert!(card.contains("as the best of 3 combinations"), "{card}");
}
