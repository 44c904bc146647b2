//! Methods that compare taps learn from an ONNX teacher, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const RELU: &str = "/body/body.2/Relu_output_0";
const FLAT: &str = "/body/body.7/Flatten_output_0";
const ROUND: &str = "epochs = 2\nseeds = 1\n[run]\ncheckpoint_steps = 2\nlabels = \"off\"\n";

fn model(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).expect("the model")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
}

fn best(row: &[f64]) -> usize {
    (0..row.len()).fold(0, |best, place| if row[place] > row[best] { place } else { best })
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

/// A network that was exported by PyTorch, and twelve images that it was asked about, each twelve times.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    let text = include_str!("../../onnx/tests/models/values.json");
    let case = serde_json::from_str::<Value>(text).expect("JSON")["channels_last"].take();
    let (inputs, outputs) = (numbers(&case["inputs"]), numbers(&case["outputs"]));
    let mut images = header("<f4", "(144, 9, 8, 3)");
    let mut labels = header("<i8", "(144,)");
    for _ in 0..12 {
        images.extend(inputs.iter().flat_map(|x| (*x as f32).to_le_bytes()));
        labels.extend(outputs.chunks(4).flat_map(|row| (best(row) as i64).to_le_bytes()));
    }
    workshop.write("x.npy", &images);
    workshop.write("y.npy", &labels);
    workshop.write("net.onnx", &model("channels_last"));
    workshop
}

fn job(methods: &str) -> String {
    format!(
        "[data]\nsource = \"x.npy\"\nlabels = \"y.npy\"\nviews = 2\nshift = 1\n[teacher]\nfile = \"net.onnx\"\n\
         outputs_kind = \"probabilities\"\ninput_layout = \"channels-last\"\n[student]\nmodel = \"cnn\"\nchannels = [4]\n\
         [distill]\n{methods}\n{ROUND}"
    )
}

fn results(workshop: &Workshop, run: &str) -> Vec<Vec<u8>> {
    let files = ["results.json", "metrics.jsonl", "export/student.safetensors"];
    let read =
        |file: &str| std::fs::read(workshop.path(run).join(file)).expect("a file of the run");
    files.map(read).to_vec()
}

fn refused(workshop: &Workshop, methods: &str) -> String {
    workshop.write("job.toml", job(methods).as_bytes());
    let output = workshop.output(&["plan", "job.toml"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn students_learn_by_the_values_of_an_onnx_file_and_resume_to_the_same_bits() {
    let workshop = workshop();
    let map = format!("student_taps = [\"stage1\"], teacher_taps = [\"{RELU}\"]");
    let list = format!("student_taps = [\"stage1\"], teacher_taps = [\"{FLAT}\"]");
    let methods = format!(
        "methods = [{{ method = \"kd\" }}, {{ method = \"fitnet\", {map} }}, {{ method = \"at\", {map} }}, \
         {{ method = \"sp\", {map} }}, {{ method = \"rkd\", {list} }}]"
    );
    workshop.write("job.toml", job(&methods).as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "whole", "--quiet"]);
    let metrics = String::from_utf8(results(&workshop, "whole").swap_remove(1)).expect("text");
    for term in ["soft", "hint", "attention", "similarity", "relative-distance"] {
        assert!(metrics.contains(&format!("\"{term}\"")), "no term {term}: {metrics}");
    }
    let output = workshop.killed_at(70, &["distill", "job.toml", "--run", "killed", "--quiet"]);
    assert!(!output.status.success(), "killed too late");
    workshop.run(&["resume", "killed", "--quiet", "--threads", "1"]);
    assert!(results(&workshop, "killed") == results(&workshop, "whole"));
    // Raw numbers that are scaled alike are the same samples of its own: what it sees is drawn as the student's is.
    let other = ["--set", "teacher.pixel_mean=0.1", "--run", "other", "--quiet"];
    workshop.run(&[&["distill", "job.toml"][..], &other].concat());
    assert!(results(&workshop, "other") != results(&workshop, "whole"));
}

#[test]
fn which_values_are_compared_must_be_said_and_be_values_that_the_method_can_use() {
    let workshop = workshop();
    let said = refused(&workshop, "method = \"at\"");
    assert!(said.contains("method `at`: expected names in `teacher_taps`"), "{said}");
    assert!(said.contains(RELU) && said.contains("`potstill inspect FILE --taps`"), "{said}");
    assert!(!said.contains(FLAT), "a list has no places to pay attention to: {said}");
    let said =
        refused(&workshop, "method = \"at\"\nteacher_taps = [\"/body/body.2/Relu_output_1\"]");
    assert!(said.contains(&format!("a similar tap exists: `{RELU}`")), "{said}");
    let said = refused(&workshop, &format!("method = \"at\"\nteacher_taps = [\"{FLAT}\"]"));
    assert!(said.contains("found 8 values"), "{said}");
    let said = refused(&workshop, "method = \"simkd\"");
    assert!(said.contains("the last layer of its teacher"), "{said}");
}

#[test]
fn inspect_shows_the_values_on_the_way() {
    let workshop = workshop();
    let shown = workshop.run(&["inspect", "net.onnx", "--taps"]);
    for text in [RELU, "[6, 9, 8] by Relu", FLAT, "[8] by Flatten", "for `teacher_taps`"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(!workshop.run(&["inspect", "net.onnx"]).contains(RELU));
    let found: Value =
        serde_json::from_str(&workshop.run(&["inspect", "net.onnx", "--json"])).expect("JSON");
    let taps = found["taps"].as_array().expect("a list");
    assert!(taps.iter().any(|tap| tap["name"] == RELU), "{found}");
}

#[test]
fn inspect_shows_shapes_of_files_with_several_inputs() {
    let workshop = Workshop::new();
    let shown = |name: &str| {
        workshop.write("net.onnx", &model(name));
        workshop.run(&["inspect", "net.onnx", "--taps"])
    };
    // Columns of four types, also where the file takes four samples a pass.
    for name in ["columns", "columns_fixed"] {
        let shown = shown(name);
        for text in ["[1] by Cast", "[4] by Concat", "[3] by MatMul"] {
            assert!(shown.contains(text), "{name}, {text}: {shown}");
        }
    }
    let two = shown("two_inputs");
    assert!(two.contains("[2] by Add"), "{two}");
    // How many tokens there are is not said.
    let open = shown("masked");
    assert!(open.contains("mean") && open.contains("Div") && !open.contains("] by "), "{open}");
}

/// A table whose row at `place` has another number of zeros than all others, for a value that has a column for each number.
fn changing(place: usize) -> Workshop {
    let workshop = Workshop::new();
    let row = |row: usize| {
        let first = if row == place { 0 } else { 1 + row % 3 };
        format!("{first},{},{},{},{}\n", 1 + row % 5, 1 + row % 7, 1 + row % 4, row % 2)
    };
    let rows = |places: std::ops::Range<usize>| places.map(row).collect::<String>();
    workshop.write("table.csv", format!("a,b,c,d,kind\n{}", rows(0..60)).as_bytes());
    workshop.write("test.csv", format!("a,b,c,d,kind\n{}", rows(60..120)).as_bytes());
    workshop.write("net.onnx", &model("changing"));
    let job = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\ntest_source = \"test.csv\"\nvalidation = 0\n[teacher]\n\
               file = \"net.onnx\"\noutputs_kind = \"logits\"\n[student]\nmodel = \"mlp\"\nhidden = [5]\n[distill]\n\
               method = \"sp\"\nteacher_taps = [\"changing\"]\n";
    workshop.write("job.toml", format!("{job}{ROUND}").as_bytes());
    workshop
}

#[test]
fn a_value_of_a_changing_shape_is_an_error() {
    // Two samples are shown before anything is written.
    for place in [0, 59] {
        let workshop = changing(place);
        let output = workshop.output(&["distill", "job.toml", "--run", "run", "--quiet"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("the teacher has no tap `changing`"), "{told}");
        assert!(!workshop.path("run").exists());
    }
    let workshop = changing(30);
    let output = workshop.output(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("the value `changing` for some sample: expected 2 positions of 4 values"),
        "{told}"
    );
    // The value of one shape beside it teaches.
    workshop.run(&[
        "distill",
        "job.toml",
        "--run",
        "twice",
        "--quiet",
        "--set",
        "distill.teacher_taps=twice",
    ]);
}
