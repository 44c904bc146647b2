//! Data in which no row has a label, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const ROWS: usize = 300;
const RECIPE: &str = "[data]
source = \"rows.csv\"
classes = [\"low\", \"high\", \"odd\"]
labelled = 0

[teacher]
outputs = \"teacher.csv\"
outputs_kind = \"logits\"

[student]
model = \"mlp\"
hidden = [6]

[distill]
temperature = 1.0
alpha = 1.0
epochs = 12
seeds = 3
";

/// A teacher whose choice a small network can learn in part.
fn logits(row: usize) -> [f64; 3] {
    let (size, age) = (((row * 7) % 20) as f64, ((row * 3) % 11) as f64);
    [6.0 - 0.6 * size, 0.6 * size - 6.0, 2.5 - (age - 5.0).abs()]
}

fn workshop(head: &str, label: impl Fn(usize) -> String) -> Workshop {
    let workshop = Workshop::new();
    let row = |row: usize| format!("{},{}{}\n", (row * 7) % 20, (row * 3) % 11, label(row));
    let table = format!("size,age{head}\n{}", (0..ROWS).map(row).collect::<String>());
    workshop.write("rows.csv", table.as_bytes());
    let said = |row: usize| {
        let [low, high, odd] = logits(row);
        format!("{odd},{low},{high}\n")
    };
    let outputs = format!("odd,low,high\n{}", (0..ROWS).map(said).collect::<String>());
    workshop.write("teacher.csv", outputs.as_bytes());
    workshop.write("job.toml", RECIPE.as_bytes());
    workshop
}

fn without_labels() -> Workshop {
    workshop("", |_| String::new())
}

fn file(workshop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(workshop.path(name)).expect("the file is there")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value and nothing else")
}

fn refused(workshop: &Workshop, arguments: &[&str], text: &str) {
    let output = workshop.output(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    assert!(told.contains(text) && told.contains("hint:"), "{arguments:?}: {told}");
}

#[test]
fn the_student_is_held_against_its_teacher_and_there_is_no_verdict() {
    let workshop = without_labels();
    let told = workshop.run(&["distill", "job.toml", "--run", "run"]);
    assert!(told.contains("NO VERDICT") && told.contains("agrees with"), "{told}");
    assert!(!told.contains("accuracy") && !told.contains("gap recovered"), "{told}");
    let results = json(&file(&workshop, "run/results.json"));
    assert!(results.get("verdict").is_none() && results.get("difference").is_none());
    // The same shares from what each said about each sample.
    let predictions = file(&workshop, "run/predictions.csv");
    let mut lines = predictions.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().expect("a head");
    assert_eq!(head.len(), 8, "{head:?}: no label, and no student alone");
    let rows: Vec<Vec<&str>> = lines.collect();
    assert_eq!(rows.len(), 60);
    let seeds = results["seeds"].as_array().expect("seeds");
    let mut sum = 0.0;
    for (place, seed) in seeds.iter().enumerate() {
        let [teacher, student] = ["teacher", "student"].map(|role| {
            let name = format!("{role}-seed-{place}");
            head.iter().position(|column| *column == name).expect("the column")
        });
        let equal = rows.iter().filter(|row| row[teacher] == row[student]).count();
        let share = equal as f64 / rows.len() as f64;
        assert_eq!(seed["student"]["agreement"].as_f64(), Some(share));
        assert_eq!(seed["student"]["metrics"]["agreement"].as_f64(), Some(share));
        assert!(seed.get("baseline").is_none());
        sum += share;
    }
    let agreement = |key: &str| results["agreement"][key].as_f64().expect("a number");
    let mean = agreement("mean");
    assert!((mean - sum / 3.0).abs() < 1e-12 && mean > 0.6, "{mean}");
    assert!(0.0 <= agreement("low") && agreement("low") <= mean && mean <= agreement("high"));
    assert!(agreement("high") <= 1.0);
    assert!(results["divergence"]["mean"].as_f64().is_some_and(|value| value > 0.0));
    assert!(!workshop.path("run/export/student-alone.safetensors").exists());
    assert!(!workshop.path("run/export/baseline.safetensors").exists());
}

#[test]
fn the_report_and_the_card_say_what_is_not_known() {
    let workshop = without_labels();
    workshop.run(&["distill", "job.toml", "--run", "run"]);
    let pages =
        || ["report.html", "MODEL_CARD.md"].map(|name| file(&workshop, &format!("run/{name}")));
    let before = pages();
    for page in &before {
        assert!(page.contains("NO VERDICT") && page.contains("No row has a label"), "{page}");
        assert!(page.contains("divergence from the teacher"), "{page}");
        assert!(!page.contains("Accuracy") && !page.contains("Brier") && !page.contains("n/a %"));
    }
    workshop.run(&["report", "run"]);
    assert_eq!(pages(), before);
    let told = workshop.run(&["inspect", "run"]);
    assert!(told.contains("NO VERDICT"), "{told}");
}

#[test]
fn evaluate_finds_the_agreement_of_the_run_again() {
    let workshop = without_labels();
    workshop.run(&["distill", "job.toml", "--run", "run"]);
    let found = json(&workshop.run(&["evaluate", "run", "--json"]));
    let results = json(&file(&workshop, "run/results.json"));
    let seeds = results["seeds"].as_array().expect("seeds");
    let same = |seed: &&Value| seed["student"]["metrics"] == found["metrics"];
    assert_eq!(seeds.iter().filter(same).count().min(1), 1, "{found} in {results}");
    let output = workshop.output(&["evaluate", "run", "rows.csv"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(3) && told.contains("predict"), "{told}");
    let told = workshop.run(&["predict", "run", "rows.csv"]);
    assert!(told.lines().next().is_some_and(|head| head == "size,age,prediction,probability"));
}

#[test]
fn labels_that_are_in_the_file_change_nothing() {
    let names = ["low", "high", "odd"];
    let results = [1, 2].map(|step| {
        let labels = workshop(",kind", |row| format!(",{}", names[(row * step) % 3]));
        let set = ["--set", "data.label=kind"];
        labels.run(&[&["distill", "job.toml", "--run", "run"][..], &set].concat());
        file(&labels, "run/results.json")
    });
    assert_eq!(results[0], results[1]);
    let bare = without_labels();
    bare.run(&["distill", "job.toml", "--run", "run"]);
    assert_eq!(results[0], file(&bare, "run/results.json"));
}

#[test]
fn a_run_that_was_stopped_goes_on_to_the_same_bits() {
    let whole = without_labels();
    whole.run(&["distill", "job.toml", "--run", "run"]);
    let cut = without_labels();
    cut.killed_at(120, &["distill", "job.toml", "--run", "run"]);
    cut.run(&["resume", "run"]);
    for name in ["results.json", "predictions.csv", "metrics.jsonl"] {
        let name = format!("run/{name}");
        assert_eq!(file(&whole, &name), file(&cut, &name), "{name}");
    }
}

#[test]
fn the_best_epoch_is_chosen_by_agreement_on_validation() {
    let workshop = without_labels();
    let set = ["--set", "distill.select=best"];
    workshop.run(&[&["distill", "job.toml", "--run", "run"][..], &set].concat());
    let results = json(&file(&workshop, "run/results.json"));
    for seed in results["seeds"].as_array().expect("seeds") {
        let lines = file(&workshop, "run/metrics.jsonl");
        let of_seed = lines.lines().map(json).filter(|line| line["seed"] == seed["seed"]);
        let best = of_seed.filter_map(|line| line["validation"]["agreement"].as_f64());
        let best = best.fold(0.0, f64::max);
        assert_eq!(seed["student"]["best_validation_score"].as_f64(), Some(best));
    }
}

#[test]
fn what_needs_labels_is_refused_with_a_hint() {
    let workshop = without_labels();
    let with = |set: &[&str], text: &str| {
        let sets = set.iter().flat_map(|one| ["--set", one]);
        let arguments: Vec<&str> = ["plan", "job.toml"].into_iter().chain(sets).collect();
        refused(&workshop, &arguments, text);
    };
    with(&["distill.alpha=0.9"], "the label part has no weight");
    with(&["distill.method=nkd"], "learns from rows with a label alone");
    // A part that learns nothing is no less silent beside one that does.
    let parts = "distill.methods=[{ method = \"kd\", temperature = 1.0 }, { method = \"dkd\" }]";
    let both = RECIPE.replace("temperature = 1.0\n", "");
    workshop.write("both.toml", both.as_bytes());
    refused(
        &workshop,
        &["plan", "both.toml", "--set", parts],
        "`methods` has what learns from rows",
    );
    for (stage, text) in [
        ("method = \"dkd\"\nalpha = 1.0", "`stages` has what learns from rows with a label alone"),
        ("method = \"kd\"\nalpha = 0.5", "the label part has no weight"),
    ] {
        let staged = format!("{RECIPE}\n[[distill.stages]]\n{stage}\nepochs = 3\n");
        workshop.write("staged.toml", staged.as_bytes());
        refused(&workshop, &["plan", "staged.toml"], text);
    }
    with(&["data.weight=size"], "`weight` is about labels");
    with(&["data.class_weights=balanced"], "`class_weights` is about labels");
    let trained = "[teacher]\nmodel = \"mlp\"\n";
    let recipe = RECIPE
        .replace("[teacher]\noutputs = \"teacher.csv\"\noutputs_kind = \"logits\"\n", trained);
    workshop.write("trained.toml", recipe.as_bytes());
    refused(&workshop, &["plan", "trained.toml"], "no teacher can be trained here");
    let own = RECIPE.replace(
        "[teacher]\noutputs = \"teacher.csv\"\noutputs_kind = \"logits\"\n",
        "[teacher]\nstudent_average = 0.9\n",
    );
    workshop.write("own.toml", own.as_bytes());
    refused(&workshop, &["plan", "own.toml"], "no teacher can be trained here");
    let classes = "classes = [\"low\", \"high\", \"odd\"]\n";
    workshop.write("nameless.toml", RECIPE.replace(classes, "").as_bytes());
    let told = workshop.output(&["plan", "nameless.toml"]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("`classes` is missing, expected the names of all classes"), "{told}");
    refused(&workshop, &["train", "job.toml", "--model", "student"], "needs labels");
    let grid = ["--grid", "distill.epochs=1,2"];
    refused(&workshop, &[&["sweep", "job.toml"][..], &grid].concat(), "needs labels");
    assert!(!workshop.path("runs").exists(), "nothing was written");
    workshop.run(&["distill", "job.toml", "--run", "run"]);
    refused(&workshop, &["compare", "run", "run"], "needs labels");
}

#[test]
fn a_teacher_that_is_silent_about_the_test_part_is_refused_before_training() {
    let workshop = without_labels();
    workshop.write("test.csv", b"size,age\n1,2\n3,4\n5,6\n");
    let set = ["--set", "data.test_source=test.csv"];
    let arguments = [&["distill", "job.toml"][..], &set].concat();
    refused(&workshop, &arguments, "nothing to measure by");
    assert!(!workshop.path("runs").exists(), "nothing was written");
}

#[test]
fn rows_of_a_transfer_file_are_learned_from_and_plan_and_check_know_it() {
    let workshop = without_labels();
    workshop.write("more.csv", b"size,age\n1,2\n3,4\n5,6\n");
    workshop.write("said.csv", b"low,high,odd\n3,1,0\n2,1,0\n0,1,3\n");
    let more = ["--set", "data.transfer=more.csv", "--set", "teacher.transfer_outputs=said.csv"];
    let told = workshop.run(&[&["plan", "job.toml"][..], &more].concat());
    assert!(
        told.contains("219 rows, 0 labelled") && told.contains("3, one for each seed"),
        "{told}"
    );
    let told = workshop.run(&[&["label", "job.toml"][..], &more].concat());
    assert!(told.contains("219"), "{told}");
    let output = workshop.output(&["check", "job.toml"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    workshop.run(&[&["distill", "job.toml", "--run", "run"][..], &more].concat());
}

#[test]
fn a_labelled_source_with_an_unlabelled_transfer_set_is_judged_at_equal_steps_and_the_report_says_how()
 {
    let names = ["low", "high", "odd"];
    let workshop = workshop(",kind", |row| format!(",{}", names[row % 3]));
    workshop.write("more.csv", b"size,age\n1,2\n3,4\n5,6\n");
    workshop.write("said.csv", b"low,high,odd\n3,1,0\n2,1,0\n0,1,3\n");
    let sets = [
        "data.labelled=1",
        "data.label=kind",
        "data.transfer=more.csv",
        "teacher.transfer_outputs=said.csv",
    ];
    let sets = sets.iter().flat_map(|one| ["--set", one]);
    let arguments: Vec<&str> =
        ["distill", "job.toml", "--run", "run"].into_iter().chain(sets).collect();
    workshop.run(&arguments);
    let results = json(&file(&workshop, "run/results.json"));
    for seed in results["seeds"].as_array().expect("seeds") {
        let steps = |role: &str| seed[role]["steps"].as_u64().expect("a number");
        assert_eq!(steps("baseline"), steps("student"));
    }
    let report = file(&workshop, "run/report.html");
    let said = "The student alone learned from the 216 labelled rows only";
    assert!(report.contains(said) && report.contains("over all 219 rows"));
}
