//! Teachers of several inputs, through the real program. The files are those of `oracles/onnx_inputs.py`.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const REST: &str =
    "\n[student]\nmodel = \"mlp\"\nhidden = [6]\n\n[distill]\nepochs = 2\nseeds = 1\n";
const CONSTANTS: &str =
    "teacher.constants={ attention_mask = 1, token_type_ids = 1, training = 1, temperature = 0.5 }";

fn model(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).expect("the model")
}

fn values(name: &str) -> Value {
    let text = include_str!("../../onnx/tests/models/inputs.json");
    serde_json::from_str::<Value>(text).expect("JSON")[name].take()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
}

fn best(row: &[f64]) -> usize {
    (0..row.len()).fold(0, |best, place| if row[place] > row[best] { place } else { best })
}

/// The rows of a case with the classes that the network chooses, twice, and a job with this teacher.
fn with(name: &str, header: &str, outputs: &Value, teacher: &str) -> Workshop {
    let workshop = Workshop::new();
    let inputs = numbers(&values(name)["inputs"]);
    let outputs = numbers(outputs);
    let width = header.split(',').count();
    let rows = inputs.chunks(width).zip(outputs.chunks(3)).map(|(row, outputs)| {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        format!("{},{}\n", cells.join(","), best(outputs)).repeat(2)
    });
    let table = format!("{header},kind\n{}", rows.collect::<String>());
    workshop.write("table.csv", table.as_bytes());
    workshop.write("net.onnx", &model(name));
    let job = format!(
        "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n\n[teacher]\nfile = \"net.onnx\"\n\
         outputs_kind = \"logits\"\n{teacher}{REST}"
    );
    workshop.write("job.toml", job.as_bytes());
    workshop
}

fn with_columns() -> Workshop {
    with("columns", "age,rooms,owner,fee", &values("columns")["outputs"], "")
}

fn with_tokens() -> Workshop {
    let header = (0..11).map(|place| format!("t{place}")).collect::<Vec<_>>().join(",");
    let constants =
        "constants = { attention_mask = 1, token_type_ids = 0, training = 0, temperature = 2.0 }\n";
    with("masked", &header, &values("masked")["cases"][0]["outputs"], constants)
}

fn teacher_accuracy(workshop: &Workshop, run: &str) -> Option<f64> {
    let results =
        std::fs::read_to_string(workshop.path(run).join("results.json")).expect("results");
    let results: Value = serde_json::from_str(&results).expect("JSON");
    results["seeds"][0]["teacher"]["metrics"]["accuracy"].as_f64()
}

fn sets(workshop: &Workshop) -> usize {
    std::fs::read_dir(workshop.path("label-store")).expect("the store").count()
}

/// The same by ONNX Runtime, where it is built in and found.
fn check_by_onnx_runtime(workshop: &Workshop) {
    if workshop.run(&["doctor"]).contains("library found") {
        let set = ["--set", "teacher.runtime=ort", "--set", "run.labels=off"];
        let ort = [&["distill", "job.toml", "--run", "ort", "--quiet"][..], &set].concat();
        workshop.run(&ort);
        assert_eq!(teacher_accuracy(workshop, "ort"), Some(1.0));
    }
}

fn refused(workshop: &Workshop, set: &[&str], code: i32, texts: &[&str]) {
    let sets = set.iter().flat_map(|one| ["--set", one]);
    let arguments: Vec<&str> = ["plan", "job.toml"].into_iter().chain(sets).collect();
    let output = workshop.output(&arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{set:?}: {told}");
    for text in texts {
        assert!(told.contains(text), "{set:?}: {told}");
    }
}

#[test]
fn a_network_with_an_input_for_each_column_teaches_by_their_names() {
    let workshop = with_columns();
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert_eq!(teacher_accuracy(&workshop, "run"), Some(1.0));
    assert_eq!(sets(&workshop), 1);
    check_by_onnx_runtime(&workshop);
    // Names that change places are another teacher: the labels that are there are not taken for its own.
    let table = std::fs::read_to_string(workshop.path("table.csv")).expect("the table");
    let turned = table.replacen("age,rooms,owner,fee", "fee,rooms,owner,age", 1);
    workshop.write("table.csv", turned.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "turned", "--quiet"]);
    assert!(teacher_accuracy(&workshop, "turned") < Some(1.0));
    assert_eq!(sets(&workshop), 2);
}

#[test]
fn inputs_that_are_the_same_for_every_sample_are_constants_of_the_recipe() {
    let workshop = with_tokens();
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert_eq!(teacher_accuracy(&workshop, "run"), Some(1.0));
    check_by_onnx_runtime(&workshop);
    let report = std::fs::read_to_string(workshop.path("run/report.html")).expect("the report");
    assert!(report.contains("run by rten, with 1 for `attention_mask`, with 2 for `temperature`"));
    // The order of constants is nothing that labels depend on, their numbers are.
    let turned = "teacher.constants={ training = 0, temperature = 2.0, token_type_ids = 0, attention_mask = 1 }";
    workshop.run(&["label", "job.toml", "--set", turned]);
    assert_eq!(sets(&workshop), 1);
    let other = ["--set", CONSTANTS, "--run", "other", "--quiet"];
    workshop.run(&[&["distill", "job.toml"][..], &other].concat());
    assert!(teacher_accuracy(&workshop, "other") < Some(1.0));
    assert_eq!(sets(&workshop), 2);
}

#[test]
fn a_teacher_with_constants_is_a_member_of_an_ensemble() {
    let workshop = with_tokens();
    let member = |constants: &str| {
        format!("{{ file = \"net.onnx\", outputs_kind = \"logits\", constants = {constants} }}")
    };
    let first = "{ attention_mask = 1, token_type_ids = 0, training = 0, temperature = 2.0 }";
    let job = std::fs::read_to_string(workshop.path("job.toml")).expect("the job");
    let (data, _) = job.split_once("[teacher]").expect("a teacher");
    let members = [member(first), member(first)].join(", ");
    let job = format!("{data}[teacher]\nensemble = [{members}]\n{REST}");
    workshop.write("job.toml", job.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert_eq!(teacher_accuracy(&workshop, "run"), Some(1.0));
}

#[test]
fn what_goes_nowhere_is_refused_before_anything_is_written() {
    let workshop = with_columns();
    let nothing = ["nothing goes into the input `fee` double [?, 1]", "`age`, `rooms`, `owner`"];
    refused(&workshop, &["data.ignore=fee"], 3, &nothing);
    let fee = ["data.ignore=fee", "teacher.constants={ fee = 0.5 }"];
    workshop.run(&["plan", "job.toml", "--set", fee[0], "--set", fee[1]]);
    refused(&workshop, &fee[1..], 3, &["no input takes the column `fee`", "`ignore` in `[data]`"]);
    let whole = ["expected a constant, as whole samples go into `age`"];
    refused(&workshop, &["teacher.input=age"], 3, &whole);
    let word = ["teacher.constants={ fee = \"high\" }"];
    refused(&workshop, &word, 2, &["`teacher.constants` has the wrong type"]);
    workshop.write("words.onnx", &model("words"));
    let words =
        ["teacher.file=words.onnx", "teacher.constants={ city = 1 }", "teacher.output=scores"];
    refused(&workshop, &words, 3, &["the type of the input `city`", "`city` string [?, 1]"]);

    let workshop = with_tokens();
    refused(
        &workshop,
        &["teacher.constants={ attention_mask = 1 }"],
        3,
        &[
            "`input_ids` int64 [?, ?], `token_type_ids` int64",
            "`constants = { attention_mask = 1 }`",
        ],
    );
    let unknown = "teacher.constants={ mask = 1 }";
    refused(&workshop, &[unknown], 3, &["the constant `mask`: expected the name of an input"]);
    let shown = workshop.run(&["inspect", "net.onnx"]);
    for text in ["`input_ids` int64 [?, ?]", "`training` bool []", "`temperature` float [1]"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}
