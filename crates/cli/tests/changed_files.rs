//! Files that changed between two commands are noticed, and no command overwrites what it reads.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const MODELS: &str = "[teacher]\nmodel = \"mlp\"\nepochs = 3\n[student]\nmodel = \"mlp\"\nhidden = [4]\n\
                      [distill]\nepochs = 3\nseeds = 1\n";

fn table(first: usize, rows: usize) -> Vec<u8> {
    let row = |row: usize| {
        format!("{},{},{}\n", row % 13, row % 7, if row.is_multiple_of(3) { "yes" } else { "no" })
    };
    let rows: String = (first..first + rows).map(row).collect();
    format!("size,age,answer\n{rows}").into_bytes()
}

/// Two files of 150 rows, and a job over all that are there.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    workshop.write("part-1.csv", &table(0, 150));
    workshop.write("part-2.csv", &table(150, 150));
    let data = "[data]\nsource = \"part-*.csv\"\nlabel = \"answer\"\n";
    workshop.write("job.toml", format!("{data}{MODELS}").as_bytes());
    workshop
}

fn refused(workshop: &Workshop, arguments: &[&str], code: i32, text: &str) {
    let output = workshop.output(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(told.contains(text), "{arguments:?}: {told}");
}

#[test]
fn a_run_goes_on_with_the_files_that_it_began_with_and_no_others() {
    let workshop = workshop();
    workshop.run(&["distill", "job.toml", "--run", "whole", "--quiet"]);
    workshop.killed_at(60, &["distill", "job.toml", "--run", "killed", "--quiet"]);

    workshop.write("part-3.csv", &table(300, 150));
    refused(&workshop, &["resume", "killed"], 3, "`part-3.csv`: expected no such file, found hash");
    refused(&workshop, &["evaluate", "whole"], 3, "`part-3.csv`: expected no such file");
    std::fs::remove_file(workshop.path("part-3.csv")).expect("the file is removed");

    let second = std::fs::read(workshop.path("part-2.csv")).expect("the file is there");
    std::fs::remove_file(workshop.path("part-2.csv")).expect("the file is removed");
    refused(&workshop, &["resume", "killed"], 3, "`part-2.csv`: expected hash");
    workshop.write("part-2.csv", &table(151, 150));
    refused(&workshop, &["resume", "killed"], 3, "`part-2.csv`: expected hash");
    refused(&workshop, &["evaluate", "whole"], 3, "`part-2.csv`: expected hash");

    workshop.write("part-2.csv", &second);
    workshop.run(&["resume", "killed", "--quiet"]);
    let results = |run: &str| {
        std::fs::read_to_string(workshop.path(run).join("results.json")).expect("results")
    };
    assert_eq!(results("killed"), results("whole"));
    workshop.run(&["evaluate", "whole"]);
}

#[test]
fn a_run_is_evaluated_without_its_teacher() {
    let workshop = workshop();
    let ready = "[teacher]\nfile = \"first\"\n[student]\nmodel = \"mlp\"\nhidden = [4]\n[distill]\nepochs = 2\nseeds = 1\n";
    let data = "[data]\nsource = \"part-*.csv\"\nlabel = \"answer\"\n";
    workshop.write("ready.toml", format!("{data}{ready}").as_bytes());
    workshop.run(&["train", "job.toml", "--model", "teacher", "--run", "first", "--quiet"]);
    workshop.run(&["distill", "ready.toml", "--run", "run", "--quiet"]);
    std::fs::remove_dir_all(workshop.path("first")).expect("the teacher is removed");
    workshop.run(&["evaluate", "run"]);
}

#[test]
fn a_folder_with_a_recipe_of_the_user_is_no_place_for_a_run() {
    let workshop = workshop();
    let text = std::fs::read(workshop.path("job.toml")).expect("the recipe");
    workshop.write("experiment/recipe.toml", &text);
    let set = ["--set", "data.source=../part-*.csv"];
    let arguments = ["distill", "experiment/recipe.toml", "--run", "experiment"];
    refused(&workshop, &[&arguments[..], &set].concat(), 2, "experiment");
    let left = std::fs::read(workshop.path("experiment/recipe.toml")).expect("the recipe");
    assert_eq!(left, text);
}

#[test]
fn results_are_not_written_over_what_they_are_made_from() {
    let workshop = workshop();
    let before = std::fs::read(workshop.path("part-1.csv")).expect("the file is there");
    for target in ["part-1.csv", "./part-2.csv", "job.toml"] {
        let arguments = ["synthesise", "job.toml", "--rows", "5", "-o", target];
        refused(&workshop, &arguments, 2, "is one of the files that the result is made from");
    }
    workshop.run(&["train", "job.toml", "--run", "model", "--quiet"]);
    let arguments = ["predict", "model", "part-1.csv", "-o", "part-1.csv"];
    refused(&workshop, &arguments, 2, "is one of the files that the result is made from");
    assert_eq!(std::fs::read(workshop.path("part-1.csv")).expect("the file is there"), before);
    // What is no input may be written again.
    for _ in 0..2 {
        workshop.run(&["predict", "model", "part-1.csv", "-o", "said.csv"]);
        workshop.run(&["synthesise", "job.toml", "--rows", "5", "-o", "more.csv"]);
    }
}

#[test]
fn a_label_store_without_a_name_is_refused() {
    let workshop = workshop();
    refused(
        &workshop,
        &["plan", "job.toml", "--set", "run.labels="],
        2,
        "`labels` names no folder",
    );
}
