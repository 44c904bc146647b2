//! What a teacher should not have said is told with the place of the sample in the user's files, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const STUDENT: &str =
    "\n[student]\nmodel = \"mlp\"\nhidden = [4]\n\n[distill]\nepochs = 1\nseeds = 1\n";

/// A table of two columns that sum to one, but for the row that stands in this line.
fn table(bad: usize, row: &str) -> String {
    let mut text = "a,b,kind\n".to_owned();
    for line in 2..62 {
        let (share, kind) = (if line % 3 == 0 { 0.25 } else { 0.75 }, line % 2);
        match line == bad {
            true => text.push_str(&format!("{row},{kind}\n")),
            false => text.push_str(&format!("{share},{},{kind}\n", 1.0 - share)),
        }
    }
    text
}

/// What is told when a job goes wrong.
fn told(workshop: &Workshop, arguments: &[&str], code: i32) -> String {
    let output = workshop.output(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{told}");
    told
}

/// A network that gives the sum of its inputs, of which one is filled with nothing: so it says the sample itself.
fn with_echo(kind: &str) -> Workshop {
    let workshop = Workshop::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/models/two_inputs.onnx");
    workshop.write("net.onnx", &std::fs::read(folder).expect("the model"));
    let job = format!(
        "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\ntest_source = \"test.csv\"\nvalidation = 0\n\n[teacher]\n\
         file = \"net.onnx\"\ninput = \"left\"\nconstants = {{ right = 0 }}\noutputs_kind = \"{kind}\"\n{STUDENT}"
    );
    workshop.write("job.toml", job.as_bytes());
    workshop.write("table.csv", table(0, "").as_bytes());
    workshop.write("test.csv", table(0, "").as_bytes());
    workshop
}

#[test]
fn an_onnx_file_that_says_no_probabilities_is_told_by_file_and_line() {
    let workshop = with_echo("probabilities");
    for line in [2, 31, 61] {
        workshop.write("table.csv", table(line, "0.5,0.25").as_bytes());
        let told = told(&workshop, &["distill", "job.toml", "--run", "run", "--quiet"], 3);
        let expected = format!(
            "table.csv:{line} (training sample {}): expected probabilities that sum to 1, within 0.001, found a sum of \
             0.750000",
            line - 1
        );
        assert!(told.contains("net.onnx: about ") && told.contains(&expected), "{told}");
        std::fs::remove_dir_all(workshop.path("run")).unwrap_or_default();
    }
    workshop.write("table.csv", table(0, "").as_bytes());
    workshop.write("test.csv", table(17, "1.5,-0.5").as_bytes());
    let told = told(&workshop, &["distill", "job.toml", "--run", "run", "--quiet"], 3);
    assert!(
        told.contains("test.csv:17 (test sample 16): expected probabilities from 0 to 1"),
        "{told}"
    );
}

/// A table of sixteen columns, all of which hold large numbers in the row that stands in this line.
fn wide(bad: usize, seed: usize) -> String {
    let names: Vec<String> = (0..16).map(|column| format!("c{column}")).collect();
    let mut text = format!("{},kind\n", names.join(","));
    for line in 2..62 {
        let cell = |column: usize| match (line == bad, (line * 7 + column * 5 + seed) % 3) {
            (true, _) => {
                if column.is_multiple_of(2) {
                    "1e38"
                } else {
                    "-1e38"
                }
            }
            (false, 0) => "0.5",
            (false, _) => "1.5",
        };
        let cells: Vec<&str> = (0..16).map(cell).collect();
        text.push_str(&format!("{},{}\n", cells.join(","), line % 2));
    }
    text
}

#[test]
fn a_saved_teacher_that_says_no_numbers_is_told_by_file_and_line() {
    let workshop = Workshop::new();
    let data = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\ntest_source = \"test.csv\"\nvalidation = 0\n";
    let teacher = "\n[teacher]\nmodel = \"mlp\"\nhidden = [64]\nepochs = 1\n";
    workshop.write("test.csv", wide(0, 1).as_bytes());
    workshop.write("table.csv", wide(0, 0).as_bytes());
    workshop.write("first.toml", format!("{data}{teacher}{STUDENT}").as_bytes());
    workshop.run(&["train", "first.toml", "--model", "teacher", "--run", "teacher", "--quiet"]);
    let job = format!("{data}\n[teacher]\nfile = \"teacher\"\n{STUDENT}");
    workshop.write("job.toml", job.as_bytes());
    // As the teacher scales them, they are near the largest numbers that there are, and their sums are beyond.
    workshop.write("table.csv", wide(40, 0).as_bytes());
    let told = told(&workshop, &["distill", "job.toml", "--run", "run", "--quiet"], 5);
    assert!(told.contains("the teacher's output for "), "{told}");
    assert!(told.contains("table.csv:40 (training sample 39) in view 0 is not finite"), "{told}");
}
