//! Rows that are learned from and held out as well are told before the training, and in the report.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use random::Stream;
use workshop::Workshop;

const JOB: &str = "[data]\nsource = \"train.csv\"\nlabel = \"class\"\ntest_source = \"test.csv\"\nMORE\n\
                   [teacher]\nmodel = \"mlp\"\nhidden = [8]\nepochs = 1\n\
                   [student]\nmodel = \"mlp\"\nhidden = [4]\n\
                   [distill]\nepochs = 1\nseeds = 2\n";

fn rows(name: &str, count: usize) -> Vec<String> {
    let mut generator = Stream::new(3, name).generator();
    let mut row = |_| {
        let [first, second] = [generator.normal(), generator.normal()];
        format!("{first},{second},{}", if first > second { "yes" } else { "no" })
    };
    (0..count).map(&mut row).collect()
}

fn csv(rows: &[String]) -> Vec<u8> {
    format!("a,b,class\n{}\n", rows.join("\n")).into_bytes()
}

/// What a job tells whose test file has `shared` of its 100 rows from the training file.
fn told(workshop: &Workshop, shared: usize) -> String {
    let train = rows("train", 300);
    let test = [&train[..shared], &rows("test", 100 - shared)].concat();
    workshop.write("train.csv", &csv(&train));
    workshop.write("test.csv", &csv(&test));
    workshop.write("job.toml", JOB.replace("MORE", "").as_bytes());
    let run = format!("run-{shared}");
    let output = workshop.output(&["distill", "job.toml", "--run", &run]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let report =
        std::fs::read_to_string(workshop.path(&run).join("report.html")).expect("a report");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(told.contains("also occur among"), report.contains("also occur among"), "{told}");
    told
}

#[test]
fn rows_of_the_test_file_that_are_learned_from_are_told() {
    let workshop = Workshop::new();
    let found = told(&workshop, 40);
    assert!(found.contains(" of 100 rows of the test part also occur among"), "{found}");
    let found = told(&workshop, 1);
    assert!(!found.contains("also occur"), "a single one may be chance: {found}");
}

#[test]
fn a_test_part_of_which_most_is_learned_from_is_refused_with_its_first_row() {
    let workshop = Workshop::new();
    // Rows 40 to 100 of the test file, from its line 42 on, are in the transfer file too.
    let train = rows("train", 300);
    let test = rows("test", 100);
    workshop.write("train.csv", &csv(&train));
    workshop.write("test.csv", &csv(&test));
    workshop.write("transfer.csv", &csv(&[&test[40..], &rows("transfer", 1)].concat()));
    workshop.write("job.toml", JOB.replace("MORE", "transfer = \"transfer.csv\"").as_bytes());
    for command in ["distill", "sweep"] {
        let output = workshop.output(&[command, "job.toml", "--run", "run"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(told.contains("test.csv:42: 60 of 100 rows of the test part"), "{told}");
        assert!(told.contains("hint: give other samples by `test_source`"), "{told}");
    }
    assert!(!workshop.path("run/recipe.toml").exists());
}
