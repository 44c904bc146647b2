//! Files that a table names, through the real program: learned from, predicted, and not changed unseen.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use std::fmt::Write;

use serde_json::Value;
use workshop::Workshop;

const LAYERS: &str = r#"model = "layers"
layers = [
    { kind = "embedding", units = 4, joined = 2, rows = 2 },
    { kind = "conv", channels = 4, kernel = 1 },
    { kind = "relu" },
    { kind = "global-average-pool" },
]
"#;

/// Sixty files of letters and sixty of digits, of which a third has a label, and a job.
fn with_files() -> Workshop {
    let workshop = Workshop::new();
    let (mut labelled, mut others) = ("path,kind\n".to_owned(), "path\n".to_owned());
    for number in 0..120_u8 {
        let (first, kind) = if number % 2 == 0 { (b'a', "letters") } else { (b'0', "digits") };
        let content: Vec<u8> = (0..number % 17 + 8).map(|byte| first + byte * 7 % 10).collect();
        workshop.write(&format!("files/{number}"), &content);
        match number {
            0..40 => writeln!(labelled, "files/{number},{kind}"),
            _ => writeln!(others, "files/{number}"),
        }
        .expect("text");
    }
    workshop.write("labelled.csv", labelled.as_bytes());
    workshop.write("others.csv", others.as_bytes());
    let data = "[data]\nsource = \"labelled.csv\"\ntransfer = \"others.csv\"\nlabel = \"kind\"\n\
                file = \"path\"\nbytes = 8\nclasses = [\"letters\", \"images\", \"digits\"]\n";
    let job = format!(
        "{data}\n[teacher]\n{LAYERS}epochs = 40\n\n[student]\n{LAYERS}\n[distill]\nepochs = 20\n\
         batch_size = 8\nlearning_rate = 0.02\nseeds = 2\n"
    );
    workshop.write("job.toml", job.as_bytes());
    workshop
}

#[test]
fn a_student_learns_kinds_of_files_and_predicts_those_that_a_table_names() {
    let workshop = with_files();
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let results = std::fs::read(workshop.path("run/results.json")).expect("results");
    let results: Value = serde_json::from_slice(&results).expect("JSON");
    let accuracy = &results["seeds"][0]["student"]["metrics"]["accuracy"];
    assert!(accuracy.as_f64() > Some(0.9), "{accuracy}");
    workshop.run(&["predict", "run", "others.csv", "-o", "predicted.csv"]);
    let predicted = std::fs::read_to_string(workshop.path("predicted.csv")).expect("predictions");
    assert_eq!(predicted.lines().count(), 81);
    let right = predicted.lines().skip(1).filter(|line| {
        let number: Option<u8> =
            line.split(',').find_map(|cell| cell.strip_prefix("files/")?.parse().ok());
        line.contains(if number.expect("a path").is_multiple_of(2) { "letters" } else { "digits" })
    });
    assert!(right.count() > 70, "{predicted}");
    let inspected = workshop.run(&["inspect", "run"]);
    assert!(inspected.contains("16 tokens of 257"), "{inspected}");
}

#[test]
fn a_run_goes_on_with_the_same_files_alone() {
    let workshop = with_files();
    let killed = workshop.killed_at(120, &["distill", "job.toml", "--run", "run", "--quiet"]);
    assert!(!killed.status.success(), "killed before the end");
    workshop.write("files/77", b"another content");
    let output = workshop.output(&["resume", "run", "--quiet"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("files of the column `path`, transfer"), "{said}");
}

#[test]
fn what_cannot_take_files_is_told_so_before_anything_is_written() {
    let workshop = with_files();
    for (set, text) in [
        (&["data.bytes=9"][..], "tokens that fill 2 rows of pixels of 2 tokens each"),
        (&["data.file=nothing"], "nothing"),
        (&["teacher.mixup=0.2"], "bytes of files cannot be mixed"),
        (&["data.classes=[\"letters\", \"letters\"]"], "names `letters` twice"),
    ] {
        let sets = set.iter().flat_map(|one| ["--set", one]);
        let arguments: Vec<&str> = ["plan", "job.toml"].into_iter().chain(sets).collect();
        let output = workshop.output(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{set:?}");
        assert!(said.contains(text), "{set:?}: {said}");
    }
    let job = std::fs::read_to_string(workshop.path("job.toml")).expect("the job");
    let student = format!("[student]\n{LAYERS}");
    assert!(job.contains(&student));
    let job = job.replace(&student, "[student]\nmodel = \"mlp\"\n");
    workshop.write("dense.toml", job.as_bytes());
    let output = workshop.output(&["plan", "dense.toml"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("`embedding` takes tokens"), "{said}");
    assert!(!workshop.path("runs").exists());
}
