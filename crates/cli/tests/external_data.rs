//! A teacher whose numbers are in other files, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const JOB: &str = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n\n[teacher]\nfile = \"net/net.onnx\"\n\
                   outputs_kind = \"logits\"\n\n[student]\nmodel = \"mlp\"\nhidden = [6]\n\n\
                   [distill]\nepochs = 2\nseeds = 1\n";

fn model(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/models");
    std::fs::read(format!("{folder}/{name}")).expect("the model")
}

/// The rows that the network was asked about, and the network, its data beside it and all in one file.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    let text = include_str!("../../onnx/tests/models/values.json");
    let case = serde_json::from_str::<Value>(text).expect("JSON")["dense"].take();
    let inputs: Vec<String> =
        case["inputs"].as_array().expect("a list").iter().map(Value::to_string).collect();
    let row = |(place, row): (usize, &[String])| format!("{},{}\n", row.join(","), place % 3);
    let rows: String = inputs.chunks(4).enumerate().map(row).collect();
    workshop.write("table.csv", format!("a,b,c,d,kind\n{rows}").as_bytes());
    workshop.write("net/net.onnx", &model("external/net.onnx"));
    workshop.write("net/net.data", &model("external/net.data"));
    workshop.write("one.onnx", &model("dense.onnx"));
    workshop.write("job.toml", JOB.as_bytes());
    workshop
}

fn refused(workshop: &Workshop, arguments: &[&str], texts: &[&str]) {
    let output = workshop.output(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{arguments:?}: {told}");
    for text in texts {
        assert!(told.contains(text), "{arguments:?}: {told}");
    }
}

#[test]
fn a_teacher_in_several_files_teaches_what_it_teaches_in_one() {
    let workshop = workshop();
    workshop.run(&["distill", "job.toml", "--run", "several", "--quiet"]);
    let one = ["--set", "teacher.file=one.onnx", "--run", "one", "--quiet"];
    workshop.run(&[&["distill", "job.toml"][..], &one].concat());
    let read = |path: &str| std::fs::read(workshop.path(path)).expect("the file");
    assert_eq!(read("several/results.json"), read("one/results.json"));
    let student = "export/student.safetensors";
    assert_eq!(read(&format!("several/{student}")), read(&format!("one/{student}")));
    let report = String::from_utf8(read("several/report.html")).expect("text");
    assert!(report.contains("with its data in `net/net.data` (BLAKE3 "));
    // Two files, two sets of labels; the same ones again are found.
    let sets = || std::fs::read_dir(workshop.path("label-store")).expect("the store").count();
    assert_eq!(sets(), 2);
    workshop.run(&["distill", "job.toml", "--run", "again", "--quiet"]);
    assert_eq!(sets(), 2);
    // Other numbers of the same size are another teacher.
    let mut data = model("external/net.data");
    data[200] ^= 1;
    workshop.write("net/net.data", &data);
    workshop.run(&["distill", "job.toml", "--run", "changed", "--quiet"]);
    assert_eq!(sets(), 3);
}

#[test]
fn a_run_does_not_go_on_with_other_data_of_its_teacher() {
    let workshop = workshop();
    workshop.run(&["distill", "job.toml", "--run", "whole", "--quiet"]);
    workshop.killed_at(30, &["distill", "job.toml", "--run", "killed", "--quiet"]);
    let mut data = model("external/net.data");
    data[3] ^= 1;
    workshop.write("net/net.data", &data);
    refused(&workshop, &["resume", "killed"], &["`net/net.data`: expected hash"]);
    workshop.write("net/net.data", &model("external/net.data"));
    workshop.run(&["resume", "killed", "--quiet"]);
    let results = |run: &str| {
        std::fs::read_to_string(workshop.path(run).join("results.json")).expect("results")
    };
    assert_eq!(results("killed"), results("whole"));
}

#[test]
fn data_that_is_not_there_is_refused_before_anything_is_written() {
    let workshop = workshop();
    let distill = ["distill", "job.toml", "--run", "run"];
    workshop.write("net/net.data", &model("external/net.data")[..200]);
    let short = ["net/net.onnx", "`2.weight`", "96 bytes from byte 160 on", "a file of 200 bytes"];
    refused(&workshop, &distill, &short);
    std::fs::remove_file(workshop.path("net/net.data")).expect("the file is removed");
    refused(&workshop, &distill, &["`0.weight`", "`net.data`", "no such file", "beside it"]);
    refused(&workshop, &["inspect", "net/net.onnx"], &["no such file"]);
    workshop.write("net/outside.onnx", &model("external.onnx"));
    workshop.write("weights.bin", &[0; 8]);
    let outside = ["`../weights.bin`", "a path that leads out of it"];
    refused(
        &workshop,
        &[&distill[..], &["--set", "teacher.file=net/outside.onnx"]].concat(),
        &outside,
    );
    assert!(!workshop.path("run").exists());
}

#[test]
fn inspect_names_the_files_with_the_data() {
    let workshop = workshop();
    let shown = workshop.run(&["inspect", "net/net.onnx"]);
    for text in ["`input` float [?, 4]", "net/net.data (268 bytes)", "parameters", "67", "yes"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(!workshop.run(&["inspect", "one.onnx"]).contains("data in"));
}
