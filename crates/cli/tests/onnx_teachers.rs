//! Teachers of other frameworks, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const REST: &str =
    "\n[student]\nmodel = \"mlp\"\nhidden = [6]\n\n[distill]\nepochs = 2\nseeds = 2\n";

fn model(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).expect("the model")
}

fn values(name: &str) -> Value {
    let text = include_str!("../../onnx/tests/models/values.json");
    serde_json::from_str::<Value>(text).expect("JSON")[name].take()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
}

fn best(row: &[f64]) -> usize {
    (0..row.len()).fold(0, |best, place| if row[place] > row[best] { place } else { best })
}

/// The rows that ONNX Runtime was asked about, each with the class that it chose: the teacher is always
/// right if it is run rightly, and hardly ever if not.
fn with_dense(teacher: &str) -> Workshop {
    let workshop = Workshop::new();
    let case = values("dense");
    let (inputs, outputs) = (numbers(&case["inputs"]), numbers(&case["outputs"]));
    let rows = inputs.chunks(4).zip(outputs.chunks(3)).map(|(row, outputs)| {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        format!("{},{}\n", cells.join(","), best(outputs))
    });
    let table = format!("a,b,c,d,kind\n{}", rows.collect::<String>());
    workshop.write("table.csv", table.as_bytes());
    workshop.write("net.onnx", &model("dense"));
    let data = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n\n";
    workshop.write(
        "job.toml",
        format!("{data}[teacher]\nfile = \"net.onnx\"\n{teacher}{REST}").as_bytes(),
    );
    workshop
}

fn teacher_accuracy(workshop: &Workshop, run: &str) -> Option<f64> {
    let results =
        std::fs::read_to_string(workshop.path(run).join("results.json")).expect("results");
    let results: Value = serde_json::from_str(&results).expect("JSON");
    results["seeds"][0]["teacher"]["metrics"]["accuracy"].as_f64()
}

fn refused(workshop: &Workshop, set: &[&str], code: i32, text: &str) {
    let sets = set.iter().flat_map(|one| ["--set", one]);
    let arguments: Vec<&str> = ["plan", "job.toml"].into_iter().chain(sets).collect();
    let output = workshop.output(&arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{set:?}: {told}");
    assert!(told.contains(text), "{set:?}: {told}");
}

#[test]
fn a_network_of_another_framework_teaches_from_raw_rows() {
    let workshop = with_dense("outputs_kind = \"logits\"\n");
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert_eq!(teacher_accuracy(&workshop, "run"), Some(1.0));
    let report = std::fs::read_to_string(workshop.path("run/report.html")).expect("the report");
    assert!(report.contains("the ONNX file `net.onnx`"));
    let run = std::fs::read_to_string(workshop.path("run/run.json")).expect("the record");
    let run: Value = serde_json::from_str(&run).expect("JSON");
    let teacher = &run["summary"]["models"][0];
    assert_eq!(teacher["role"], "teacher");
    for key in ["latency_us_p50", "latency_us_p90", "throughput_per_second"] {
        assert!(teacher[key].as_f64().is_some_and(|value| value > 0.0), "{key}: {teacher}");
    }
    let card = std::fs::read_to_string(workshop.path("run/MODEL_CARD.md")).expect("the card");
    assert!(card.contains("latency of the teacher, one sample"), "{card}");
    // Other numbers go in where it is told that it takes what the student takes.
    let scaled = ["--set", "teacher.values=scaled", "--run", "scaled", "--quiet"];
    workshop.run(&[&["distill", "job.toml"][..], &scaled].concat());
    assert!(teacher_accuracy(&workshop, "scaled") < Some(1.0));
}

/// The beginning of a file of NumPy.
fn header(descr: &str, shape: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes
}

#[test]
fn flat_rows_of_images_have_the_layout_too() {
    let workshop = Workshop::new();
    let case = values("dense");
    let (inputs, outputs) = (numbers(&case["inputs"]), numbers(&case["outputs"]));
    let mut images = header("<f4", "(70, 1, 2, 2)");
    images.extend(inputs.iter().flat_map(|value| (*value as f32).to_le_bytes()));
    let mut labels = header("<i8", "(70,)");
    labels.extend(outputs.chunks(3).flat_map(|row| (best(row) as i64).to_le_bytes()));
    workshop.write("x.npy", &images);
    workshop.write("y.npy", &labels);
    workshop.write("net.onnx", &model("dense"));
    let job = "[data]\nsource = \"x.npy\"\nlabels = \"y.npy\"\n\n[teacher]\nfile = \"net.onnx\"\n\
               outputs_kind = \"logits\"\n";
    workshop.write("job.toml", format!("{job}{REST}").as_bytes());
    for (layout, is_right) in [("channels-last", true), ("channels-first", false)] {
        let set = format!("teacher.input_layout={layout}");
        workshop.run(&["distill", "job.toml", "--set", &set, "--run", layout, "--quiet"]);
        assert_eq!(teacher_accuracy(&workshop, layout) == Some(1.0), is_right, "{layout}");
    }
}

#[test]
fn images_go_in_with_their_layout_and_scale() {
    let workshop = Workshop::new();
    let case = values("channels_last");
    let (inputs, outputs) = (numbers(&case["inputs"]), numbers(&case["outputs"]));
    // Twelve images are too few to divide, so each is there twelve times.
    let mut images = header("<f4", "(144, 9, 8, 3)");
    let mut labels = header("<i8", "(144,)");
    for _ in 0..12 {
        // What the model wants is (x - 0.5) / 0.25.
        images.extend(inputs.iter().flat_map(|x| ((x * 0.25 + 0.5) as f32).to_le_bytes()));
        labels.extend(outputs.chunks(4).flat_map(|row| (best(row) as i64).to_le_bytes()));
    }
    workshop.write("x.npy", &images);
    workshop.write("y.npy", &labels);
    workshop.write("net.onnx", &model("channels_last"));
    let data = "[data]\nsource = \"x.npy\"\nlabels = \"y.npy\"\n\n[teacher]\nfile = \"net.onnx\"\n\
                outputs_kind = \"probabilities\"\ninput_layout = \"channels-last\"\n\
                pixel_mean = [0.5]\npixel_deviation = [0.25, 0.25, 0.25]\n";
    workshop.write("job.toml", format!("{data}{REST}").as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert_eq!(teacher_accuracy(&workshop, "run"), Some(1.0));
    let layout = "teacher.input_layout=channels-first";
    refused(&workshop, &[layout], 3, "expected `input` float [?, 9, 8, 3], found [3, 9, 8]");
    refused(&workshop, &[layout], 3, "set `input_layout = \"channels-last\"`");
    refused(&workshop, &["teacher.values=scaled"], 2, "has no meaning with `values = \"scaled\"`");
    let mean = "teacher.pixel_mean=[0.1, 0.2]";
    refused(&workshop, &[mean], 2, "one number, or one for each of 3 channels");
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let workshop = with_dense("outputs_kind = \"logits\"\n");
    for name in ["trees", "two_inputs", "external"] {
        workshop.write(&format!("{name}.onnx"), &model(name));
    }
    workshop.write("cut.onnx", &model("dense")[..300]);
    workshop.write("text.onnx", b"this is no model");
    refused(&workshop, &["teacher.outputs_kind=probabilities"], 3, "expected probabilities");
    let kind = ["teacher.outputs_kind=probabilities"];
    refused(&workshop, &kind, 3, "table.csv:2 (training sample 1): expected probabilities");
    refused(&workshop, &kind, 3, "hint: state with `outputs_kind` what the file gives");
    refused(&workshop, &["teacher.output=logits"], 3, "expected `logits`, found `scores`");
    refused(&workshop, &["teacher.file=cut.onnx"], 3, "not a whole ONNX file");
    refused(&workshop, &["teacher.file=text.onnx"], 3, "not a whole ONNX file");
    refused(&workshop, &["teacher.file=external.onnx"], 3, "a path that leads out of it");
    let two = "nothing goes into the inputs `left` float [?, 2], `right` float [?, 2]";
    refused(&workshop, &["teacher.file=two_inputs.onnx"], 3, two);
    let trees = ["teacher.file=trees.onnx", "teacher.output=scores"];
    refused(&workshop, &trees, 3, "TreeEnsembleClassifier");
    refused(&workshop, &["data.ignore=a"], 3, "expected `input` float [?, 4], found [3]");
    refused(&workshop, &["teacher.pixel_range=255"], 2, "the samples are no images");
    refused(&workshop, &["data.categorical=a"], 2, "the column `a` holds words");
}

#[test]
fn inspect_lists_what_is_in_an_onnx_file() {
    let workshop = Workshop::new();
    workshop.write("images.onnx", &model("channels_last"));
    workshop.write("trees.onnx", &model("trees"));
    let shown = workshop.run(&["inspect", "images.onnx"]);
    for text in ["`input` float [?, 9, 8, 3]", "`scores` float [?, 4]", "Conv 2", "pytorch", "yes"]
    {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let of_ort = shown.lines().find(|line| line.starts_with("runs with ONNX Runtime"));
    let known: &[&str] = if cfg!(feature = "ort") { &["yes", "no:"] } else { &["not known"] };
    let told = |line: &str| known.iter().any(|known| line.contains(known));
    assert!(of_ort.is_some_and(told), "{shown}");
    let trees = workshop.run(&["inspect", "trees.onnx"]);
    assert!(
        trees.contains("no: rten cannot run it")
            && trees.contains("ai.onnx.ml.TreeEnsembleClassifier 1")
    );
    workshop.write("cut.onnx", &model("channels_last")[..1000]);
    let output = workshop.output(&["inspect", "cut.onnx"]);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
#[cfg(not(feature = "ort"))]
fn onnx_runtime_is_refused_with_a_hint_where_it_is_not_built_in() {
    let workshop = with_dense("outputs_kind = \"logits\"\n");
    refused(&workshop, &["teacher.runtime=ort"], 3, "built without ONNX Runtime");
    refused(&workshop, &["teacher.runtime=ort"], 3, "--features ort");
    refused(&workshop, &["teacher.runtime=onnx"], 2, "`ort`");
    assert!(workshop.run(&["doctor"]).contains("not built in"));
}

/// The forest that rten cannot run, as a teacher that is always right if it is run rightly.
#[test]
#[cfg(feature = "ort")]
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn a_forest_teaches_by_onnx_runtime_and_has_labels_of_its_own() {
    let workshop = Workshop::new();
    let doctor = workshop.run(&["doctor"]);
    if !doctor.contains("library found") {
        eprintln!("skipped: {doctor}");
        return;
    }
    let text = include_str!("../../onnx/tests/models/forest.json");
    let case: Value = serde_json::from_str(text).expect("JSON");
    let (inputs, outputs) = (numbers(&case["inputs"]), numbers(&case["outputs"]));
    // Forty rows are too few to divide, so each is there four times.
    let rows = inputs.chunks(4).zip(outputs.chunks(3)).map(|(row, outputs)| {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        format!("{},{}\n", cells.join(","), best(outputs)).repeat(4)
    });
    let table = format!("a,b,c,d,kind\n{}", rows.collect::<String>());
    workshop.write("table.csv", table.as_bytes());
    workshop.write("net.onnx", &model("forest"));
    let data = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n\n[teacher]\nfile = \"net.onnx\"\n\
                output = \"scores\"\noutputs_kind = \"probabilities\"\n";
    workshop.write("job.toml", format!("{data}{REST}").as_bytes());
    refused(&workshop, &[], 3, "TreeEnsembleClassifier");
    let by_ort = ["--set", "teacher.runtime=ort"];
    workshop.run(&[&["distill", "job.toml", "--run", "run", "--quiet"][..], &by_ort].concat());
    assert_eq!(teacher_accuracy(&workshop, "run"), Some(1.0));
    let report = std::fs::read_to_string(workshop.path("run/report.html")).expect("the report");
    assert!(report.contains("run by ONNX Runtime"));
    // The same file by two runtimes may round in two ways: two sets of labels.
    let dense = with_dense("outputs_kind = \"logits\"\n");
    for set in ["teacher.runtime=rten", "teacher.runtime=ort"] {
        dense.run(&["label", "job.toml", "--set", set]);
    }
    let sets = std::fs::read_dir(dense.path("label-store")).expect("the store").count();
    assert_eq!(sets, 2);
}
