//! Teachers of labels and of numbers that are not of potstill, through the real program: recorded outputs, ONNX files and
//! ensembles of both.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

fn model(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../onnx/tests/models");
    std::fs::read(format!("{folder}/{name}.onnx")).expect("the model")
}

/// Rows of four numbers and what ONNX Runtime says about them (`oracles/onnx_models.py`), three numbers each.
fn rows() -> Vec<(Vec<f64>, Vec<f64>)> {
    let text = include_str!("../../onnx/tests/models/values.json");
    let case = serde_json::from_str::<Value>(text).expect("JSON")["dense"].take();
    let numbers = |key: &str| -> Vec<f64> {
        case[key].as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
    };
    let (inputs, outputs) = (numbers("inputs"), numbers("outputs"));
    inputs.chunks(4).zip(outputs.chunks(3)).map(|(i, o)| (i.to_vec(), o.to_vec())).collect()
}

/// Each row with its targets: the teacher is always right if it is read rightly.
fn write_table(workshop: &Workshop, target: impl Fn(f64) -> f64) {
    let row = |(inputs, outputs): (Vec<f64>, Vec<f64>)| {
        let cells = inputs.into_iter().chain(outputs.into_iter().map(&target));
        format!("{}\n", cells.map(|cell| cell.to_string()).collect::<Vec<_>>().join(","))
    };
    let rows: String = rows().into_iter().map(row).collect();
    workshop.write("table.csv", format!("a,b,c,d,x,y,z\n{rows}").as_bytes());
}

/// What the teacher says, with the columns in another order than `targets`.
fn write_outputs(workshop: &Workshop, name: &str, said: impl Fn(f64) -> f64) {
    let row = |(_, outputs): (Vec<f64>, Vec<f64>)| {
        let cells = outputs.iter().rev().map(|&output| said(output).to_string());
        format!("{}\n", cells.collect::<Vec<_>>().join(","))
    };
    let rows: String = rows().into_iter().map(row).collect();
    workshop.write(name, format!("z,y,x\n{rows}").as_bytes());
}

fn job(task: &str, method: &str, teacher: &str) -> String {
    format!(
        "[data]\nsource = \"table.csv\"\ntask = \"{task}\"\ntargets = [\"x\", \"y\", \"z\"]\n\n[teacher]\n{teacher}\n\n\
         [student]\nmodel = \"mlp\"\nhidden = [6]\n\n[distill]\nmethod = \"{method}\"\nalpha = 1.0\nepochs = 2\nseeds = 1\n"
    )
}

fn distil(workshop: &Workshop, run: &str, recipe: &str) -> Value {
    workshop.write("job.toml", recipe.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", run, "--quiet"]);
    let results = std::fs::read_to_string(workshop.path(run).join("results.json"));
    serde_json::from_str(&results.expect("results")).expect("JSON")
}

fn refused(workshop: &Workshop, recipe: &str, code: i32, texts: &[&str]) {
    workshop.write("job.toml", recipe.as_bytes());
    let output = workshop.output(&["plan", "job.toml"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(code), "{told}");
    for text in texts {
        assert!(flat.contains(text), "`{text}` in {flat}");
    }
}

const NUMBERS: &str = "outputs = \"said.csv\"\noutputs_kind = \"values\"";

#[test]
fn recorded_numbers_teach_in_the_unit_of_the_data() {
    let workshop = Workshop::new();
    write_table(&workshop, |output| 1000.0 + 50.0 * output);
    // A teacher that says 2 too much, in the unit of the data.
    write_outputs(&workshop, "said.csv", |output| 1002.0 + 50.0 * output);
    let results = distil(&workshop, "run", &job("numbers", "mse", NUMBERS));
    let outputs = &results["seeds"][0]["teacher"]["metrics"]["outputs"];
    for output in 0..3 {
        let error = outputs[output]["rmse"].as_f64().expect("a number");
        assert!((error - 2.0).abs() < 1e-3, "{results}");
    }
    // Without the offset it is right.
    write_outputs(&workshop, "said.csv", |output| 1000.0 + 50.0 * output);
    let results = distil(&workshop, "right", &job("numbers", "mse", NUMBERS));
    let r2 = results["seeds"][0]["teacher"]["metrics"]["outputs"][1]["r2"].as_f64();
    assert!(r2 > Some(0.999_999), "{results}");
}

/// What `predict` of scikit-learn gives for one number: one dimension.
#[test]
fn an_array_of_one_dimension_is_one_number_for_each_row() {
    let workshop = Workshop::new();
    write_table(&workshop, |output| output);
    let mut text = "{'descr': '<f8', 'fortran_order': False, 'shape': (70,), }".to_owned();
    while !(10 + text.len() + 1).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.extend(rows().into_iter().flat_map(|(_, outputs)| outputs[0].to_le_bytes()));
    workshop.write("said.npy", &bytes);
    let teacher = NUMBERS.replace("said.csv", "said.npy");
    let one = "[\"x\"]\nignore = [\"y\", \"z\"]";
    let recipe = job("numbers", "mse", &teacher);
    let results = distil(&workshop, "run", &recipe.replace("[\"x\", \"y\", \"z\"]", one));
    let rmse = results["seeds"][0]["teacher"]["metrics"]["outputs"][0]["rmse"].as_f64();
    assert!(rmse < Some(1e-5), "{results}");
    refused(
        &workshop,
        &recipe,
        3,
        &["said.npy", "rows of 3 numbers, one for each class, label or number"],
    );
}

#[test]
fn an_onnx_file_of_numbers_teaches_as_its_recorded_outputs_do() {
    let workshop = Workshop::new();
    write_table(&workshop, |output| output);
    workshop.write("net.onnx", &model("dense"));
    write_outputs(&workshop, "said.csv", |output| output);
    let onnx = "file = \"net.onnx\"\noutputs_kind = \"values\"";
    let results = distil(&workshop, "onnx", &job("numbers", "huber", onnx));
    let of_file = &results["seeds"][0]["teacher"]["metrics"];
    assert!(of_file["outputs"][2]["rmse"].as_f64() < Some(1e-5), "{of_file}");
    // What both say together is in the middle: one says 4 more than the truth.
    write_outputs(&workshop, "said.csv", |output| output + 4.0);
    let ensemble = "ensemble = [{ file = \"net.onnx\", outputs_kind = \"values\" }, { outputs = \"said.csv\", \
                    outputs_kind = \"values\", weight = 3.0 }]";
    let results = distil(&workshop, "both", &job("numbers", "mse", ensemble));
    let rmse = results["seeds"][0]["teacher"]["metrics"]["outputs"][0]["rmse"].as_f64();
    assert!(rmse.is_some_and(|rmse| (rmse - 3.0).abs() < 1e-4), "{results}");
    let resolved = std::fs::read_to_string(workshop.path("both/recipe.toml")).expect("the recipe");
    assert!(resolved.contains("mean = \"values\""), "{resolved}");
}

/// What becomes of an output in a file.
type Said = fn(f64) -> f64;

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[test]
fn labels_are_taught_by_logits_and_by_probabilities_of_each_alike() {
    let workshop = Workshop::new();
    write_table(&workshop, |output| f64::from(output > 0.0));
    workshop.write("net.onnx", &model("dense"));
    let onnx = "file = \"net.onnx\"\noutputs_kind = \"logits\"";
    let first = distil(&workshop, "onnx", &job("labels", "bernoulli", onnx));
    let first = first["seeds"][0]["teacher"]["metrics"].clone();
    assert_eq!(first["subset_accuracy"], 1.0, "{first}");
    let bce = first["cross_entropy"].as_f64();
    let said: [(&str, Said); 3] = [
        ("logits", |output| output),
        ("probabilities", sigmoid),
        ("log-probabilities", |output| sigmoid(output).ln()),
    ];
    for (kind, said) in said {
        write_outputs(&workshop, "said.csv", said);
        let teacher = format!("outputs = \"said.csv\"\noutputs_kind = \"{kind}\"");
        let results = distil(&workshop, kind, &job("labels", "bernoulli", &teacher));
        let metrics = &results["seeds"][0]["teacher"]["metrics"];
        assert_eq!(metrics["subset_accuracy"], 1.0, "{kind}");
        let found = metrics["cross_entropy"].as_f64();
        assert!(
            found.zip(bce).is_some_and(|(a, b)| (a - b).abs() < 1e-5),
            "{kind} {metrics} {first}"
        );
    }
    // Two that agree are their mean.
    for mean in ["probabilities", "logits"] {
        let ensemble = format!(
            "mean = \"{mean}\"\nensemble = [{{ file = \"net.onnx\", outputs_kind = \"logits\" }}, {{ outputs = \
             \"said.csv\", outputs_kind = \"log-probabilities\" }}]"
        );
        let results =
            distil(&workshop, &format!("mean-{mean}"), &job("labels", "bernoulli", &ensemble));
        let found = results["seeds"][0]["teacher"]["metrics"]["cross_entropy"].as_f64();
        assert!(found.zip(bce).is_some_and(|(a, b)| (a - b).abs() < 1e-5), "{mean}");
    }
}

#[test]
fn certain_probabilities_of_labels_are_floored_on_both_sides_where_everyone_can_see_it() {
    let workshop = Workshop::new();
    write_table(&workshop, |output| f64::from(output > 0.0));
    write_outputs(&workshop, "said.csv", |output| f64::from(output > 0.0));
    let teacher = "outputs = \"said.csv\"\noutputs_kind = \"probabilities\"\nfloor = 0.01";
    distil(&workshop, "run", &job("labels", "bernoulli", teacher));
    let count = 3 * rows().len();
    let text = format!("{count} probabilities nearer to 0 or 1 than the floor of 1e-2");
    let record = std::fs::read_to_string(workshop.path("run/run.json")).expect("the record");
    assert!(record.contains(&text), "{text}: {record}");
}

#[test]
fn outputs_that_do_not_fit_the_task_are_refused_before_anything_is_written() {
    let workshop = Workshop::new();
    write_table(&workshop, |output| output);
    write_outputs(&workshop, "said.csv", |output| output);
    workshop.write("net.onnx", &model("dense"));
    let numbers = |teacher: &str| job("numbers", "mse", teacher);
    let said = "outputs = \"said.csv\"\noutputs_kind = ";
    refused(
        &workshop,
        &numbers(&format!("{said}\"logits\"")),
        2,
        &[
            "`outputs_kind` is \"logits\", and `data.task` is numbers",
            "outputs for numbers are values",
        ],
    );
    refused(&workshop, &numbers("outputs = \"said.csv\""), 2, &["outputs_kind", "\"values\""]);
    refused(&workshop, &numbers(&format!("{said}\"values\"\nfloor = 0.1")), 2, &["floor"]);
    let confident =
        "member_weights = \"confidence\"\nensemble = [{ file = \"a\" }, { file = \"b\" }]";
    let for_classes = ["`member_weights` is \"confidence\", which is for classes only", "`weight`"];
    refused(&workshop, &numbers(confident), 2, &for_classes);
    let mean = "mean = \"logits\"\nensemble = [{ file = \"a\" }, { file = \"b\" }]";
    refused(&workshop, &numbers(mean), 2, &["`values`"]);
    let two = numbers(NUMBERS).replace("[\"x\", \"y\", \"z\"]", "[\"x\", \"y\"]\nignore = [\"z\"]");
    // A table may have more columns; an ONNX file has none with names.
    refused(&workshop, &two, 0, &[]);
    let onnx = two.replace("outputs = \"said.csv\"", "file = \"net.onnx\"");
    refused(&workshop, &onnx, 3, &["expected 2 numbers for each sample, found [3]"]);
    let lacking = numbers(NUMBERS).replace("\"z\"]", "\"z\", \"d\"]");
    refused(&workshop, &lacking, 3, &["said.csv", "there is no column `d`"]);
    let classes = "[data]\nsource = \"digits\"\nrows = 300\n";
    let recipe = numbers(NUMBERS);
    let rest = &recipe[recipe.find("[teacher]").expect("a teacher")..];
    let recipe = format!("{classes}{}", rest.replace("method = \"mse\"", "method = \"kd\""));
    refused(&workshop, &recipe, 2, &["`outputs_kind` is \"values\", and `data.task` is classes"]);
    workshop.write("said.csv", "z,y,x\n1,2,none\n".as_bytes());
    refused(&workshop, &numbers(NUMBERS), 3, &["said.csv:2: column `x` holds `none`"]);
    write_table(&workshop, |output| f64::from(output > 0.0));
    write_outputs(&workshop, "said.csv", |output| output.abs() + 2.0);
    let labels = job("labels", "bernoulli", &format!("{said}\"probabilities\""));
    refused(&workshop, &labels, 3, &["expected probabilities from 0 to 1"]);
    assert!(!workshop.path("runs").exists() && !workshop.path("label-store").exists());
}
