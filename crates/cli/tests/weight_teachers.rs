//! Weights of another program as a teacher, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

/// A residual network with the names of torchvision (`oracles/foreign_weights.py`).
const WEIGHTS: &[u8] = include_bytes!("../../export/tests/oracle/foreign.safetensors");
const RULES: &str = r#"keys = [
  "module.* -> *",
  "auxiliary.* ->",
  "conv1.* -> stem.*",
  "bn1.* -> stem_norm.*",
  "layer*.*.conv*.* -> stage*.*.convolution*.*",
  "layer*.*.bn*.* -> stage*.*.norm*.*",
  "layer*.*.downsample.0.* -> stage*.*.shortcut.convolution.*",
  "layer*.*.downsample.1.* -> stage*.*.shortcut.norm.*",
  "fc.* -> output.*",
]
"#;
const REST: &str =
    "\n[student]\nmodel = \"cnn\"\nchannels = [4]\n\n[distill]\nepochs = 1\nseeds = 1\n";

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

/// The images that PyTorch was asked about, each with the class that it chose: the teacher is always right if it is read
/// rightly, and hardly ever if not.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    let text = include_str!("../../export/tests/oracle/foreign.json");
    let oracle: Value = serde_json::from_str(text).expect("JSON");
    let mut images = header("<f4", "(120, 2, 4, 4)");
    let mut labels = header("<i8", "(120,)");
    for _ in 0..2 {
        // What the network wants is (x - 0.5) / 0.25.
        let inputs = numbers(&oracle["inputs"]).into_iter();
        images.extend(inputs.flat_map(|x| ((x * 0.25 + 0.5) as f32).to_le_bytes()));
        let logits = numbers(&oracle["logits"]);
        labels.extend(logits.chunks(3).flat_map(|row| (best(row) as i64).to_le_bytes()));
    }
    workshop.write("x.npy", &images);
    workshop.write("y.npy", &labels);
    workshop.write("foreign.safetensors", WEIGHTS);
    workshop.write("job.toml", job(RULES).as_bytes());
    workshop
}

fn job(rules: &str) -> String {
    let data = "[data]\nsource = \"x.npy\"\nlabels = \"y.npy\"\nlayout = \"channels-first\"\n\n";
    let teacher = "[teacher]\nweights = \"foreign.safetensors\"\nmodel = \"resnet8\"\nwidth = 2\n\
                   values = \"raw\"\npixel_mean = [0.5]\npixel_deviation = [0.25]\n";
    format!("{data}{teacher}{rules}{REST}")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value and nothing else")
}

fn file(workshop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(workshop.path(name)).expect("the file is there")
}

fn teacher_accuracy(workshop: &Workshop, run: &str) -> Option<f64> {
    let results = json(&file(workshop, &format!("{run}/results.json")));
    results["seeds"][0]["teacher"]["metrics"]["accuracy"].as_f64()
}

fn refused(workshop: &Workshop, set: &[&str], code: i32, texts: &[&str]) {
    let sets = set.iter().flat_map(|one| ["--set", one]);
    let arguments: Vec<&str> = ["plan", "job.toml"].into_iter().chain(sets).collect();
    let output = workshop.output(&arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(code), "{set:?}: {told}");
    for text in texts {
        assert!(flat.contains(text), "{set:?}: `{text}` in {flat}");
    }
}

#[test]
fn weights_with_foreign_names_teach_what_they_say_in_pytorch() {
    let workshop = workshop();
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert_eq!(teacher_accuracy(&workshop, "run"), Some(1.0));
    let hash = json(&file(&workshop, "run/run.json"))["sources"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == "foreign.safetensors"))
        .and_then(|source| source["blake3"].as_str().map(str::to_owned))
        .expect("its hash");
    for place in ["run/report.html", "run/MODEL_CARD.md", "run/run.json"] {
        assert!(file(&workshop, place).contains(&hash), "{place}");
    }
    // It sees other numbers where it is not told how to scale them.
    let pixels = ["pixel_mean=0.0", "pixel_deviation=1.0"].map(|key| format!("teacher.{key}"));
    let sets = pixels.iter().flat_map(|one| ["--set", one]);
    let arguments = ["distill", "job.toml", "--run", "raw", "--quiet"].into_iter();
    workshop.run(&arguments.chain(sets).collect::<Vec<_>>());
    assert!(teacher_accuracy(&workshop, "raw") < Some(1.0));
    // What the student takes has mean 0 and deviation 1 as the network wants it, nearly; so it is if nothing is said.
    let stated = "values = \"raw\"\npixel_mean = [0.5]\npixel_deviation = [0.25]\n";
    for (run, values) in [("scaled", "values = \"scaled\"\n"), ("unsaid", "")] {
        workshop.write("scaled.toml", job(RULES).replace(stated, values).as_bytes());
        workshop.run(&["distill", "scaled.toml", "--run", run, "--quiet"]);
    }
    let results = |run: &str| file(&workshop, &format!("{run}/results.json"));
    assert_eq!(results("scaled"), results("unsaid"));
    assert_ne!(results("scaled"), results("run"));
    assert!(teacher_accuracy(&workshop, "unsaid") > Some(0.9));
}

#[test]
fn such_a_teacher_shows_its_taps_joins_ensembles_and_is_asked_once() {
    let workshop = workshop();
    let taps = "distill.methods=[{ method = \"kd\" }, { method = \"fitnet\", student_taps = [\"stage1\"], teacher_taps = \
                [\"stage2\"] }]";
    workshop.run(&["distill", "job.toml", "--run", "taps", "--quiet", "--set", taps]);
    assert!(file(&workshop, "taps/metrics.jsonl").contains("\"hint\""));
    let label = |set: &[&str]| {
        let sets = set.iter().flat_map(|one| ["--set", one]);
        let arguments = ["label", "job.toml", "--json", "--quiet"].into_iter();
        let labels = json(&workshop.run(&arguments.chain(sets).collect::<Vec<_>>()));
        labels["labels"][0]["asked"].as_u64()
    };
    assert_eq!(label(&[]), Some(0), "the run has asked");
    assert!(label(&["teacher.pixel_mean=0.4"]) > Some(0));
    let mut other = WEIGHTS.to_vec();
    *other.last_mut().expect("a byte") ^= 1;
    workshop.write("foreign.safetensors", &other);
    assert!(label(&[]) > Some(0), "other weights");

    let member = "weights = \"foreign.safetensors\", model = \"resnet8\", width = 2, values = \"raw\", \
                  pixel_mean = 0.5, pixel_deviation = 0.25, ";
    let rules = RULES.replace("\n", " ");
    let rules = rules.trim().trim_end_matches(", ]").to_owned() + "]";
    let text = job("");
    let start = text.find("weights").expect("a teacher");
    let end = text.find("\n[student]").expect("a student");
    let ensemble =
        format!("ensemble = [{{ {member}{rules} }}, {{ {member}{rules}, weight = 3 }}]\n");
    workshop.write("foreign.safetensors", WEIGHTS);
    workshop.write("job.toml", format!("{}{ensemble}{}", &text[..start], &text[end..]).as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "two", "--quiet"]);
    assert_eq!(teacher_accuracy(&workshop, "two"), Some(1.0));
}

/// A linear model as a file of safetensors, written by hand: `3 a - 2 b + 5`.
fn linear() -> Vec<u8> {
    let header = "{\"output.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},\
                  \"output.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}";
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend([3.0_f32, -2.0, 5.0].into_iter().flat_map(f32::to_le_bytes));
    bytes
}

#[test]
fn weights_of_a_model_of_numbers_say_them_in_the_unit_of_the_data() {
    let workshop = Workshop::new();
    let row = |row: i32| {
        let (a, b) = (row * 7 % 10, row * 3 % 11);
        format!("{a},{b},{}\n", 3 * a - 2 * b + 5)
    };
    let rows: String = (0..120).map(row).collect();
    workshop.write("table.csv", format!("a,b,price\n{rows}").as_bytes());
    workshop.write("linear.safetensors", &linear());
    let data = "[data]\nsource = \"table.csv\"\ntask = \"numbers\"\ntargets = [\"price\"]\n\n";
    let teacher = "[teacher]\nweights = \"linear.safetensors\"\nmodel = \"mlp\"\nhidden = []\nvalues = \"raw\"\n";
    let rest = "\n[student]\nmodel = \"mlp\"\nhidden = [6]\n\n[distill]\nmethod = \"mse\"\nepochs = 1\nseeds = 1\n";
    workshop.write("job.toml", format!("{data}{teacher}{rest}").as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let results = json(&file(&workshop, "run/results.json"));
    let output = &results["seeds"][0]["teacher"]["metrics"]["outputs"][0];
    assert!(output["rmse"].as_f64() < Some(1e-4), "{output}");
}

#[test]
fn keys_that_do_not_fit_are_listed_with_the_nearest_names_before_anything_is_written() {
    let workshop = workshop();
    refused(
        &workshop,
        &["teacher.keys=[]"],
        3,
        &[
            "foreign.safetensors`: the tensors do not belong to the network; missing: output.bias, output.weight",
            "; unused: module.auxiliary.weight, module.bn1.bias",
            "\"module.fc.weight -> output.weight\"",
            "\"module.layer2.0.conv2.weight -> stage2.0.convolution2.weight\"",
        ],
    );
    let shape = "output.weight (expected [3, 12], found [3, 8])";
    refused(&workshop, &["teacher.width=3"], 3, &["of another shape:", shape, "and 22 more"]);
    let idle = "teacher.keys=[\"features.* -> *\"]";
    refused(&workshop, &[idle], 3, &["the rule `features.* -> *` of `keys` fits no name"]);
    let wrong = "teacher.keys=[\"features.* = *\"]";
    refused(&workshop, &[wrong], 2, &["`features.* = *` is no rule", "layer*.* -> stage*.*"]);
    refused(&workshop, &["teacher.model=resnet9"], 2, &["resnet9"]);
    refused(&workshop, &["teacher.epochs=3"], 2, &["epochs"]);
    refused(&workshop, &["teacher.outputs=a.csv"], 2, &["both say who teaches"]);
    workshop.write("foreign.safetensors", &WEIGHTS[..2000]);
    refused(&workshop, &[], 3, &["not a valid safetensors file"]);
    let left: Vec<String> = std::fs::read_dir(workshop.path("."))
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!left.iter().any(|name| name == "runs" || name == "label-store"), "{left:?}");
}

#[test]
fn weights_that_changed_are_refused_when_the_run_goes_on() {
    let workshop = workshop();
    workshop.killed_at(60, &["distill", "job.toml", "--run", "run", "--quiet"]);
    assert!(workshop.path("run/run.json").exists(), "killed too early");
    let mut other = WEIGHTS.to_vec();
    *other.last_mut().expect("a byte") ^= 1;
    workshop.write("foreign.safetensors", &other);
    let output = workshop.output(&["resume", "run"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(
        told.contains("has changed since the run began") && told.contains("foreign.safetensors")
    );
    workshop.write("foreign.safetensors", WEIGHTS);
    workshop.run(&["resume", "run", "--quiet"]);
}

#[test]
fn inspect_lists_names_types_and_shapes_of_weights() {
    let workshop = workshop();
    let shown = workshop.run(&["inspect", "foreign.safetensors"]);
    for text in [
        "weights",
        "module.conv1.weight",
        "F32 [2, 2, 3, 3]",
        "F16 [8, 8, 3, 3]",
        "BF16 [3]",
        "I64 []",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let output = workshop.output(&["evaluate", "foreign.safetensors", "x.npy"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("weights of PyTorch teach by `weights`"), "{told}");
}
