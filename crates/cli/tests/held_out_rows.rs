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
fn told(workshop: &Workshop, shared: usize, transfer: &str) -> String {
    let train = rows("train", 300);
    let test = [&train[..shared], &rows("test", 100 - shared)].concat();
    workshop.write("train.csv", &csv(&train));
    workshop.write("test.csv", &csv(&test));
    // One row more than the test file, of which it would be a copy.
    workshop.write("transfer.csv", &csv(&[&test[..], &rows("transfer", 1)].concat()));
    workshop.write("job.toml", JOB.replace("MORE", transfer).as_bytes());
    let run = format!("run-{shared}-{}", transfer.len());
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
    let found = told(&workshop, 40, "");
    assert!(found.contains(" of 100 rows of the test part also occur among"), "{found}");
    let found = told(&workshop, 1, "");
    assert!(!found.contains("also occur"), "a single one may be chance: {found}");
    let found = told(&workshop, 0, "transfer = \"transfer.csv\"");
    assert!(found.contains("100 of 100 rows of the test part also occur among"), "{found}");
}
