//! Weights that the student begins with, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

/// 300 rows of so many classes, which two numbers decide.
fn table(classes: usize) -> String {
    let rows = (0..300).map(|row| {
        let (a, b) = (row * 37 % 100, row * 53 % 70);
        format!("{a},{b},c{}\n", (a + b) * classes / 170)
    });
    format!("a,b,class\n{}", rows.collect::<String>())
}

/// A job whose training is so slow that weights stay what they were, if they are begun with.
fn job(data: &str, student: &str, distill: &str) -> String {
    format!(
        "[data]\nsource = \"{data}\"\nlabel = \"class\"\n\n[teacher]\nmodel = \"mlp\"\nhidden = [16]\nepochs = 2\n\n\
         [student]\nmodel = \"mlp\"\nhidden = [12]\n{student}\n\n[distill]\n{distill}\n"
    )
}

const STILL: &str = "epochs = 1\nlearning_rate = 1e-12\nseeds = 2";
const BEGIN: &str = "weights = \"first/export/student.safetensors\"";

/// A student that has learned three classes.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    workshop.write("three.csv", table(3).as_bytes());
    workshop.write("two.csv", table(2).as_bytes());
    let learn = "epochs = 60\nlearning_rate = 0.02\nseeds = 1";
    workshop.write("first.toml", job("three.csv", "", learn).as_bytes());
    workshop.run(&["distill", "first.toml", "--run", "first", "--quiet"]);
    workshop.write("job.toml", job("three.csv", BEGIN, STILL).as_bytes());
    workshop
}

fn text(workshop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(workshop.path(name)).expect("the file is there")
}

fn json(workshop: &Workshop, name: &str) -> Value {
    serde_json::from_str(&text(workshop, name)).expect("JSON")
}

fn accuracy(results: &Value, seed: usize, role: &str) -> f64 {
    results["seeds"][seed][role]["metrics"]["accuracy"].as_f64().expect("a number")
}

fn refused(workshop: &Workshop, arguments: &[&str], code: i32, texts: &[&str]) {
    let output = workshop.output(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(code), "{told}");
    for text in texts {
        assert!(flat.contains(text), "`{text}` in {flat}");
    }
}

#[test]
fn both_students_of_every_seed_begin_with_what_another_student_learned() {
    let workshop = workshop();
    let learned = accuracy(&json(&workshop, "first/results.json"), 0, "student");
    assert!(learned > 0.6, "{learned}");
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let results = json(&workshop, "run/results.json");
    for seed in [0, 1] {
        for role in ["student", "baseline"] {
            assert_eq!(accuracy(&results, seed, role), learned, "{role} of seed {seed}");
        }
    }
    // Without them two numbers of this size are hardly ever told apart.
    workshop.write("random.toml", job("three.csv", "", STILL).as_bytes());
    workshop.run(&["distill", "random.toml", "--run", "random", "--quiet"]);
    assert!(accuracy(&json(&workshop, "random/results.json"), 0, "student") < learned);

    let source = &json(&workshop, "run/run.json")["sources"];
    let of_weights = source
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == "first/export/student.safetensors"));
    let hash = of_weights.and_then(|one| one["blake3"].as_str()).expect("its hash").to_owned();
    let page = text(&workshop, "run/report.html");
    assert!(page.contains(&hash) && page.contains("began with the weights"));

    // And they are learned on from there.
    workshop.run(&[
        "train",
        "job.toml",
        "--model",
        "student",
        "--run",
        "on",
        "--quiet",
        "--set",
        "distill.learning_rate=0.02",
        "--set",
        "distill.epochs=5",
        "--set",
        "distill.seeds=1",
    ]);
    assert_ne!(
        std::fs::read(workshop.path("on/export/model.safetensors")).expect("a model"),
        std::fs::read(workshop.path("first/export/student.safetensors")).expect("a model")
    );
}

#[test]
fn a_last_layer_for_other_classes_is_refused_and_can_be_left_out() {
    let workshop = workshop();
    workshop.write("job.toml", job("two.csv", BEGIN, STILL).as_bytes());
    let plan = ["plan", "job.toml"];
    let other = "the last layer is made for other outputs: output.bias (expected [2], found [3])";
    refused(&workshop, &plan, 3, &[other, "\"output.* ->\"", "random numbers"]);
    let left_out = format!("{BEGIN}\nkeys = [\"output.* ->\"]");
    workshop.write("job.toml", job("two.csv", &left_out, STILL).as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert!(text(&workshop, "run/report.html").contains("with a last layer of random numbers"));
    // What is no last layer must be there.
    let more = format!("{BEGIN}\nkeys = [\"hidden.* ->\"]");
    workshop.write("job.toml", job("three.csv", &more, STILL).as_bytes());
    refused(&workshop, &plan, 3, &["missing: hidden.0.bias, hidden.0.weight"]);
}

#[test]
fn a_run_goes_on_with_the_same_weights_alone() {
    let workshop = workshop();
    let run = ["distill", "job.toml", "--run", "run", "--quiet"];
    assert!(!workshop.killed_at(40, &run).status.success());
    let path = workshop.path("first/export/student.safetensors");
    let first = std::fs::read(&path).expect("weights");
    let other = std::fs::read(workshop.path("first/export/baseline.safetensors")).expect("weights");
    std::fs::write(&path, other).expect("written");
    refused(&workshop, &["resume", "run"], 3, &["first/export/student.safetensors"]);
    std::fs::write(&path, first).expect("written");
    workshop.run(&["resume", "run", "--quiet"]);
}

#[test]
fn what_weights_do_not_go_with_is_refused() {
    let workshop = workshop();
    let peers = job("three.csv", BEGIN, STILL)
        .replace("model = \"mlp\"\nhidden = [16]\nepochs = 2", "peers = 2");
    workshop.write("peers.toml", peers.as_bytes());
    refused(&workshop, &["plan", "peers.toml"], 2, &["begin alike"]);
    refused(
        &workshop,
        &["plan", "job.toml", "--set", "distill.method=simkd"],
        2,
        &["the last layer of its teacher, and `student.weights`"],
    );
    let keys = job("three.csv", "keys = [\"a -> b\"]", STILL);
    workshop.write("keys.toml", keys.as_bytes());
    refused(&workshop, &["plan", "keys.toml"], 2, &["`keys` renames weights, and no `weights`"]);
    let absent = job("three.csv", "weights = \"absent.safetensors\"", STILL);
    workshop.write("absent.toml", absent.as_bytes());
    refused(&workshop, &["plan", "absent.toml"], 3, &["absent.safetensors"]);
}
