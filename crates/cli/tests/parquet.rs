//! Parquet tables and several files from `init` to predictions, through the real program.
//! `oracles/parquet_files.py` writes the Parquet files.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const SNAPPY: &[u8] = include_bytes!("../../data/tests/parquet/snappy.parquet");
const POLARS: &[u8] = include_bytes!("../../data/tests/parquet/polars.parquet");
const OTHERS: &[u8] = include_bytes!("../../data/tests/parquet/others.parquet");

const RECIPE: &str = "[data]\nsource = \"rows.parquet\"\nlabel = \"kind\"\nid = \"count\"\n\n\
    [teacher]\nmodel = \"mlp\"\nepochs = 1\n\n[student]\nmodel = \"mlp\"\nhidden = [4]\n\n\
    [distill]\nepochs = 1\nseeds = 1\n";

#[test]
fn a_parquet_table_is_distilled_and_its_rows_are_predicted_and_scored() {
    let workshop = Workshop::new();
    workshop.write("job.toml", RECIPE.as_bytes());
    workshop.write("rows.parquet", SNAPPY);
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "run"]);
    workshop.write("new.pq", POLARS);
    let predicted = workshop.run(&["predict", "run", "new.pq"]);
    let mut lines = predicted.lines();
    let header = "whole,small,byte,long,count,share,size,flag,colour,code,price,kind,";
    assert!(lines.next().is_some_and(|line| line.starts_with(header)), "{predicted}");
    assert_eq!(lines.count(), 48);
    assert!(workshop.run(&["evaluate", "run", "new.pq"]).contains("48 of new.pq"));
    workshop.write("others.parquet", OTHERS);
    workshop.compare("predict-parquet-column-missing", &["predict", "run", "others.parquet"]);
    workshop.write("job.toml", RECIPE.replace("rows.parquet", "others.parquet").as_bytes());
    workshop.compare("parquet-column-type", &["check", "job.toml"]);
    workshop.write("others.parquet", &OTHERS[..OTHERS.len() - 100]);
    workshop.compare("parquet-truncated", &["check", "job.toml"]);
}

#[test]
fn a_damaged_page_is_named_by_its_column_and_row() {
    let workshop = Workshop::new();
    let mut damaged = SNAPPY.to_vec();
    // In the second group of rows, behind the pages of the first.
    damaged[SNAPPY.len() / 2] ^= 0x10;
    workshop.write("job.toml", RECIPE.as_bytes());
    workshop.write("rows.parquet", &damaged);
    workshop.compare("parquet-damaged", &["check", "job.toml"]);
}

/// 300 flowers of three kinds in three files.
fn flowers(workshop: &Workshop) {
    let kinds = ["rose", "tulip", "lily"];
    let row = |number: usize| {
        let kind = (number * 11) % 3;
        let size = kind as f64 + (number * 37 % 100) as f64 / 80.0;
        format!("{size},{},{},{}\n", number * 53 % 100, 1 + number % 3, kinds[kind])
    };
    for part in 0..3 {
        let rows: String = (100 * part..100 * (part + 1)).map(row).collect();
        let text = format!("petal,width,times,species\n{rows}");
        workshop.write(&format!("data/part-{part}.csv"), text.as_bytes());
    }
}

#[test]
fn init_writes_a_recipe_that_runs_for_a_parquet_file_and_for_a_pattern() {
    let workshop = Workshop::new();
    workshop.write("rows.parquet", SNAPPY);
    flowers(&workshop);
    workshop.write("jobs/empty", b"");
    for (data, output) in [
        ("rows.parquet", "one.toml"),
        ("data/part-*.csv", "several.toml"),
        ("data/part-*.csv", "jobs/several.toml"),
    ] {
        workshop.run(&["init", data, "--output", output]);
        workshop.run(&["distill", output, "--quiet", "--set", "distill.seeds=1"]);
    }
    let recipe = std::fs::read_to_string(workshop.path("several.toml")).expect("the recipe");
    assert!(recipe.starts_with("# 300 samples of") && recipe.contains("3 classes"), "{recipe}");
    let record = std::fs::read_to_string(workshop.path("runs/several/run.json")).expect("it ran");
    assert!((0..3).all(|part| record.contains(&format!("\"data/part-{part}.csv\""))), "{record}");
    let text = std::fs::read_to_string(workshop.path("data/part-1.csv")).expect("a part");
    workshop.write("data/part-1.csv", text.replacen("width", "girth", 1).as_bytes());
    workshop.compare("several-files-other-columns", &["check", "several.toml"]);
}

#[test]
fn weights_reach_training_and_stand_in_the_resolved_recipe() {
    let workshop = Workshop::new();
    flowers(&workshop);
    workshop.run(&["init", "data/part-*.csv", "--label", "species"]);
    let run = |folder: &str, assignment: &str| {
        let seeds = ["--quiet", "--set", "distill.seeds=1", "--set", "distill.epochs=2"];
        let own = ["distill", "recipe.toml", "--run", folder, "--set", assignment];
        workshop.run(&[&own[..], &seeds[..]].concat());
        let read =
            |file| std::fs::read_to_string(workshop.path(folder).join(file)).expect("a file");
        (read("metrics.jsonl"), read("recipe.toml"))
    };
    let (plain, _) = run("plain", "data.ignore=[\"times\"]");
    let (weighted, recipe) = run("weighted", "data.weight=times");
    assert!(recipe.contains("weight = \"times\""), "{recipe}");
    assert_ne!(plain, weighted);
    let (classes, recipe) = run("classes", "data.class_weights={ rose = 5, \"lily\" = 0.5 }");
    assert!(recipe.contains("class_weights = { lily = 0.5, rose = 5 }"), "{recipe}");
    assert_ne!(plain, classes);
    // A resolved recipe says the same again.
    workshop.write("again.toml", recipe.as_bytes());
    workshop.run(&["plan", "again.toml"]);
    // Equal weights are no weights.
    let text = std::fs::read_to_string(workshop.path("recipe.toml")).expect("the recipe");
    workshop.write(
        "recipe.toml",
        text.replace("[data]\n", "[data]\nignore = [\"times\"]\n").as_bytes(),
    );
    let (equal, _) = run("equal", "data.class_weights={ rose = 3, tulip = 3, lily = 3 }");
    assert_eq!(plain, equal);
    let refused = |weights: &str, code: i32, what: &str| {
        let assignment = format!("data.class_weights={weights}");
        let output = workshop.output(&["check", "recipe.toml", "--set", &assignment]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(what), "{said}");
    };
    refused("{ rosa = 2 }", 2, "`class_weights` is rosa, expected names of classes, which are");
    refused("even", 2, "even");
}
