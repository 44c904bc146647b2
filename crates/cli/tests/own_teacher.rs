//! A student that is taught by the average of its own weights, and students that teach one another, go the whole way
//! through the program: killed and resumed to the same bits, judged without a teacher that there is not.
#![allow(clippy::disallowed_methods, reason = "tests read what a run left")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const DATA: &str =
    "[data]\nsource = \"digits\"\nrows = 400\nlabelled = 0.3\n[teacher]\nstudent_average = 0.9\n";
// Without a store of labels, so that each run has the same storage calls.
const ROUND: &str = "epochs = 2\nseeds = 1\n[run]\ncheckpoint_steps = 4\nlabels = \"off\"\n";

fn recipe(keys: &str) -> String {
    format!("{DATA}[student]\nmodel = \"mlp\"\nhidden = [12]\n[distill]\n{keys}{ROUND}")
}

/// The same with students that teach one another.
fn of_peers(recipe: &str) -> String {
    recipe.replace("student_average = 0.9", "peers = 2")
}

fn distil(workshop: &Workshop, run: &str, recipe: &str) -> String {
    workshop.write("job.toml", recipe.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", run])
}

fn bytes(workshop: &Workshop, file: &str) -> Vec<u8> {
    std::fs::read(workshop.path(file)).expect("a file of the run")
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

/// By logits without a tape, and by taps with one.
#[test]
fn a_student_that_teaches_itself_resumes_to_the_same_bits() {
    let workshop = Workshop::new();
    for (whole, keys, deaths) in [
        ("logits", "alpha = 0.5\n", [30, 70, 120]),
        ("taps", "method = \"sp\"\nstudent_taps = [\"hidden1\"]\n", [30, 70, 120]),
        ("peers", "alpha = 0.5\nselect = \"best\"\n", [30, 70, 120]),
        ("peers-by-taps", "method = \"fitnet\"\nalpha = 0.5\n", [30, 70, 120]),
    ] {
        let recipe = match whole.starts_with("peers") {
            true => of_peers(&recipe(keys)),
            false => recipe(keys),
        };
        distil(&workshop, whole, &recipe);
        for death in deaths {
            let run = format!("{whole}-{death}");
            let arguments = ["distill", "job.toml", "--run", &run, "--quiet"];
            let output = workshop.killed_at(death, &arguments);
            assert!(!output.status.success(), "call {death} is behind the end of the run");
            workshop.run(&["resume", &run, "--quiet", "--threads", "1"]);
            assert!(results(&workshop, &run) == results(&workshop, whole), "{run}");
        }
    }
}

#[test]
fn a_teacher_that_changes_at_every_step_has_no_column_and_no_gap() {
    let workshop = Workshop::new();
    let said = distil(&workshop, "run", &recipe(""));
    let head = said.lines().find(|line| line.starts_with("on the test part")).expect("a table");
    assert_eq!(
        head.split_whitespace().skip(4).collect::<Vec<_>>().join(" "),
        "student alone distilled student"
    );
    for absent in ["agrees with teacher", "gap recovered"] {
        assert!(!said.contains(absent), "{said}");
    }
    assert!(said.contains("teacher: the average of the student's own weights"), "{said}");
    let results: serde_json::Value =
        serde_json::from_slice(&bytes(&workshop, "run/results.json")).expect("results");
    let seed = &results["seeds"][0];
    assert!(seed["teacher"].is_null() && seed["student"]["agreement"].is_null());
    assert_eq!(seed["student"]["steps"], seed["baseline"]["steps"]);
    let report = String::from_utf8(bytes(&workshop, "run/report.html")).expect("a text");
    for absent in ["Gap recovered</th>", "Distilled against teacher", "was not trained here"] {
        assert!(!report.contains(absent), "{absent}");
    }
    assert!(report.contains("it has no scores of its own"), "the report does not say why");
    let plan = workshop.run(&["plan", "job.toml"]);
    assert!(plan.contains("2, two for each seed"), "{plan}");
}

/// With a decay of 0 the average is the student before the step: what it says is what the student says, so that
/// the soft part and its gradient are 0 at every step, and the label part alone moves the weights.
#[test]
fn with_decay_0_the_student_has_nothing_to_learn_from_itself() {
    let workshop = Workshop::new();
    // With all labels and stochastic gradient descent the label part has half the learning rate.
    let own = recipe("alpha = 0.5\noptimizer = \"sgd\"\nmomentum = 0.0\nlearning_rate = 0.125\n")
        .replace("student_average = 0.9", "student_average = 0.0")
        .replace("labelled = 0.3", "labelled = 1.0");
    distil(&workshop, "own", &own);
    let metrics = String::from_utf8(bytes(&workshop, "own/metrics.jsonl")).expect("a text");
    let lines = metrics.lines().filter(|line| line.contains("\"role\":\"student\""));
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of the log");
        let soft = line["parts"]["soft"].as_f64().expect("a soft part");
        assert!(soft.abs() < 1e-9, "{soft}");
    }
    let half = own.replace("0.125", "0.0625");
    distil(&workshop, "half", &half);
    assert!(
        bytes(&workshop, "own/export/student.safetensors")
            == bytes(&workshop, "half/export/baseline.safetensors")
    );
}

/// The first of them is the student alone where the others do not count, and is handed over where nothing chooses.
#[test]
fn students_that_teach_one_another_are_told_and_chosen_on_validation() {
    let workshop = Workshop::new();
    let keys = "alpha = 0.0\n";
    let recipe = of_peers(&recipe(keys)).replace("labelled = 0.3", "labelled = 1.0");
    let said = distil(&workshop, "run", &recipe);
    assert!(said.contains("teacher: the others of 2 students of one network"), "{said}");
    let report = String::from_utf8(bytes(&workshop, "run/report.html")).expect("a text");
    assert!(report.contains("The one that is best on validation is judged"), "{report}");
    let blind = recipe.replace("rows = 400", "rows = 400\nvalidation = 0.0");
    distil(&workshop, "blind", &blind);
    let model = |name: &str| bytes(&workshop, &format!("blind/export/{name}.safetensors"));
    assert!(model("student") == model("baseline"));
    let report = String::from_utf8(bytes(&workshop, "blind/report.html")).expect("a text");
    assert!(report.contains("there is no validation part to choose by"), "{report}");
}

#[test]
fn what_does_not_go_with_a_student_that_teaches_itself_is_refused_with_what_would() {
    let workshop = Workshop::new();
    let refused = |command: &[&str], recipe: &str| {
        workshop.write("job.toml", recipe.as_bytes());
        let output = workshop.output(command);
        assert_eq!(output.status.code(), Some(2), "{recipe}");
        assert!(!workshop.path("run").exists(), "a folder was left behind");
        String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let distill = ["distill", "job.toml", "--run", "run"];
    let said = refused(&distill, &recipe("generations = 2\n"));
    assert!(said.contains("`generations` hands on what a teacher says"), "{said}");
    let said = refused(&distill, &recipe("assistants = [{ model = \"mlp\" }]\n"));
    assert!(said.contains("`assistants` hands on what a teacher says"), "{said}");
    let both = recipe("").replace("student_average", "model = \"mlp\"\nstudent_average");
    let said = refused(&distill, &both);
    assert!(said.contains("`student_average` and `model` both say who teaches"), "{said}");
    let both = of_peers(&recipe("")).replace("peers", "student_average = 0.5\npeers");
    let said = refused(&distill, &both);
    assert!(said.contains("`student_average` and `peers` both say who teaches"), "{said}");
    let said = refused(&distill, &of_peers(&recipe("generations = 2\n")));
    assert!(said.contains("what a teacher says, and the students teach one another"), "{said}");
    let said = refused(&distill, &of_peers(&recipe("method = \"crd\"\n")));
    assert!(said.contains("remembers what a teacher says of each row"), "{said}");
    let kept = recipe("").replace("student_average", "store = \"f16\"\nstudent_average");
    assert!(refused(&distill, &kept).contains("store"));
    let said = refused(&distill, &recipe("method = \"crd\"\n"));
    assert!(said.contains("remembers what a teacher says of each row"), "{said}");
    let said = refused(&["label", "job.toml"], &recipe("").replace("labels = \"off\"", ""));
    assert!(said.contains("are their own teachers: there is none to ask"), "{said}");
    let said = refused(&["train", "job.toml", "--model", "teacher", "--run", "run"], &recipe(""));
    assert!(said.contains("the teacher of this recipe is not trained here"), "{said}");
}
