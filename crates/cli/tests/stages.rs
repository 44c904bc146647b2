//! Stages of a training go the whole way through the program: killed and resumed to the same bits on both sides of
//! the boundary, with the student alone under the same budget.
#![allow(clippy::disallowed_methods, reason = "tests read what a run left")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const DATA: &str = "[data]\nsource = \"digits\"\nrows = 400\nlabelled = 0.3\n[teacher]\nmodel = \"mlp\"\n\
                    hidden = [24]\nepochs = 1\n[student]\nmodel = \"mlp\"\nhidden = [12]\n[distill]\n";
// Without a store of labels, so that each run has the same storage calls.
const ROUND: &str = "seeds = 1\n[run]\ncheckpoint_steps = 4\nlabels = \"off\"\n";
/// `vid` has parameters of its own.
const STAGES: &str = "epochs = 2\nstages = [{ method = \"vid\", alpha = 1.0, epochs = 1, optimizer = \"sgd\", \
                      learning_rate = 0.01 }, { method = \"crd\", epochs = 1 }]\n";

fn recipe(keys: &str) -> String {
    format!("{DATA}{keys}{ROUND}")
}

fn distil(workshop: &Workshop, run: &str, recipe: &str) -> String {
    workshop.write("job.toml", recipe.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", run])
}

fn bytes(workshop: &Workshop, file: &str) -> Vec<u8> {
    std::fs::read(workshop.path(file)).expect("a file of the run")
}

fn text(workshop: &Workshop, file: &str) -> String {
    String::from_utf8(bytes(workshop, file)).expect("a text")
}

fn results(workshop: &Workshop, run: &str) -> Vec<Vec<u8>> {
    let files = [
        "results.json",
        "metrics.jsonl",
        "export/baseline.safetensors",
        "export/student.safetensors",
    ];
    files.map(|file| bytes(workshop, &format!("{run}/{file}"))).to_vec()
}

#[test]
fn stages_that_are_killed_resume_to_the_same_bits() {
    let workshop = Workshop::new();
    distil(&workshop, "whole", &recipe(STAGES));
    for death in [130, 150, 170, 190, 210, 230, 250] {
        let run = format!("killed-{death}");
        let output = workshop.killed_at(death, &["distill", "job.toml", "--run", &run, "--quiet"]);
        assert!(!output.status.success(), "call {death} is behind the end of the run");
        workshop.run(&["resume", &run, "--quiet", "--threads", "1"]);
        assert!(results(&workshop, &run) == results(&workshop, "whole"), "killed at call {death}");
    }
}

#[test]
fn each_stage_has_its_own_loss_and_the_student_alone_all_the_epochs_in_one() {
    let workshop = Workshop::new();
    distil(&workshop, "run", &recipe(STAGES));
    let metrics = text(&workshop, "run/metrics.jsonl");
    let parts: Vec<Vec<String>> = metrics
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of the log"))
        .filter(|line| line["role"] == "student")
        .map(|line| line["parts"].as_object().expect("parts").keys().cloned().collect())
        .collect();
    assert_eq!(
        parts,
        [
            vec!["unlikelihood"],
            vec!["contrast", "label"],
            vec!["label", "soft"],
            vec!["label", "soft"]
        ]
    );
    let results: serde_json::Value =
        serde_json::from_slice(&bytes(&workshop, "run/results.json")).expect("results");
    let seed = &results["seeds"][0];
    assert_eq!(seed["student"]["steps"], seed["baseline"]["steps"]);
    let report = text(&workshop, "run/report.html");
    assert!(report.contains("in 3 stages of 1 and 1 and 2 epochs"), "the report does not tell");

    distil(&workshop, "plain", &recipe("epochs = 4\n"));
    let alone = |run: &str| bytes(&workshop, &format!("{run}/export/baseline.safetensors"));
    assert!(alone("plain") == alone("run"));
}

#[test]
fn stages_that_cannot_be_are_refused_before_a_run_begins() {
    let workshop = Workshop::new();
    let refused = |keys: &str| {
        workshop.write("job.toml", recipe(keys).as_bytes());
        let output = workshop.output(&["distill", "job.toml", "--run", "run"]);
        assert_eq!(output.status.code(), Some(2), "{keys}");
        assert!(!workshop.path("run").exists(), "a folder was left behind");
        String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let said = refused("stages = [{ method = \"kd\", learning_rate = 0.1 }]\n");
    assert!(said.contains("`learning_rate` of a stage belongs to an `optimizer`"), "{said}");
    let said = refused("stages = [{ methods = [{ method = \"kd\" }] }]\n");
    assert!(said.contains("a stage has one `method`"), "{said}");
    let said = refused("stages = [{ method = \"rkd\" }]\nbatch_size = 2\n");
    assert!(said.contains("at least 3 samples for `stages` to compare, found 2"), "{said}");
    let said = refused(
        "stages = [{ method = \"sp\", student_taps = [\"hidden9\"], teacher_taps = [\"hidden1\"] }]\n",
    );
    assert!(said.contains("the student has no tap `hidden9`"), "{said}");
    let said = refused("stages = [{ method = \"kd\", batch_size = 8 }]\n");
    assert!(said.contains("batch_size"), "{said}");
}
