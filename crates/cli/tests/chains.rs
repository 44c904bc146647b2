//! Networks between teacher and student go the whole way through the program: trained one after the other, killed
//! and resumed to the same bits, judged and shown.
#![allow(clippy::disallowed_methods, reason = "tests read what a run left")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const TEACHER: &str = "[data]\nsource = \"digits\"\nrows = 400\nlabelled = 0.3\n[teacher]\nmodel = \"mlp\"\n\
                       hidden = [32]\nepochs = 2\n";
const STUDENT: &str = "[student]\nmodel = \"mlp\"\nhidden = [8]\n";
// Without a store of labels, so that each run has the same storage calls.
const ROUND: &str = "epochs = 2\nseeds = 1\n[run]\ncheckpoint_steps = 4\nlabels = \"off\"\n";
const ASSISTANTS: &str =
    "assistants = [{ model = \"mlp\", hidden = [24] }, { model = \"mlp\", hidden = [16] }]\n";

fn recipe(keys: &str) -> String {
    format!("{TEACHER}{STUDENT}[distill]\n{keys}{ROUND}")
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

/// What a run leaves that holds no time.
fn results(workshop: &Workshop, run: &str) -> Vec<Vec<u8>> {
    let models = ["baseline", "assistant-1", "assistant-2", "student"];
    let models = models.map(|model| format!("export/{model}.safetensors"));
    let files = ["results.json".to_owned(), "metrics.jsonl".to_owned()].into_iter().chain(models);
    files.map(|file| bytes(workshop, &format!("{run}/{file}"))).collect()
}

#[test]
fn a_chain_that_is_killed_resumes_to_the_same_bits() {
    let workshop = Workshop::new();
    distil(&workshop, "whole", &recipe(ASSISTANTS));
    let whole = results(&workshop, "whole");
    for death in [70, 130, 190, 260] {
        let run = format!("killed-{death}");
        let output = workshop.killed_at(death, &["distill", "job.toml", "--run", &run, "--quiet"]);
        assert!(!output.status.success(), "call {death} is behind the end of the run");
        workshop.run(&["resume", &run, "--quiet", "--threads", "1"]);
        assert!(results(&workshop, &run) == whole, "killed at call {death}");
    }
}

#[test]
fn every_assistant_is_judged_and_shown_with_what_it_costs() {
    let workshop = Workshop::new();
    let said = distil(&workshop, "run", &recipe(ASSISTANTS));
    let mut heads = said.lines().filter(|line| line.starts_with("on the test part"));
    for names in
        [&["teacher", "student alone", "distilled student"][..], &["assistant 1", "assistant 2"]]
    {
        let head = heads.next().expect("a table");
        let places: Vec<usize> = names.iter().map(|name| head.find(name).expect(name)).collect();
        assert!(places.is_sorted() && head.len() <= 80, "{head}");
    }

    let results: serde_json::Value =
        serde_json::from_slice(&bytes(&workshop, "run/results.json")).expect("results");
    let seed = &results["seeds"][0];
    assert_eq!(seed["assistants"].as_array().map(Vec::len), Some(2));
    for model in [&seed["assistants"][0], &seed["assistants"][1], &seed["student"]] {
        assert_eq!(model["steps"], seed["baseline"]["steps"]);
    }
    let report = text(&workshop, "run/report.html");
    for words in ["Assistant 1", "Assistant 2", "Training loss of the assistant 2"] {
        assert!(report.contains(words), "no {words}");
    }
    // 64-24-10 and 64-16-10 against 64-8-10: 1776 and 1184 products against 592.
    assert!(report.contains("Together they take 5.00 times the multiply-adds"), "no cost");

    let plan = workshop.run(&["plan", "job.toml"]);
    assert!(plan.contains("assistant 1: mlp 24, 1,810 params, 1,776 mult-adds"), "{plan}");
    assert!(plan.contains("5, 5 for each seed"), "{plan}");
}

/// Each network learns from the one before it and from nothing else.
#[test]
fn the_student_of_a_chain_is_the_student_of_its_last_assistant() {
    let workshop = Workshop::new();
    distil(&workshop, "chain", &recipe(ASSISTANTS));
    let student = bytes(&workshop, "chain/export/student.safetensors");
    let of = |teacher: &str| format!("[teacher]\nfile = \"chain/export/{teacher}.safetensors\"\n");
    let trained = "[teacher]\nmodel = \"mlp\"\nhidden = [32]\nepochs = 2\n";
    distil(&workshop, "last", &recipe("").replace(trained, &of("assistant-2")));
    assert!(bytes(&workshop, "last/export/student.safetensors") == student);
    distil(&workshop, "first", &recipe("").replace(trained, &of("assistant-1")));
    assert!(bytes(&workshop, "first/export/student.safetensors") != student);
}

#[test]
fn generations_are_assistants_with_the_network_of_the_student() {
    let workshop = Workshop::new();
    distil(&workshop, "born", &recipe("generations = 3\n"));
    let same = "{ model = \"mlp\", hidden = [8] }";
    distil(&workshop, "named", &recipe(&format!("assistants = [{same}, {same}]\n")));
    assert!(results(&workshop, "born") == results(&workshop, "named"));
    // Another generation has other initial weights.
    let first = bytes(&workshop, "born/export/assistant-1.safetensors");
    assert!(first != bytes(&workshop, "born/export/student.safetensors"));
    // The student alone knows nothing of them.
    distil(&workshop, "plain", &recipe(""));
    let alone = |run: &str| bytes(&workshop, &format!("{run}/export/baseline.safetensors"));
    assert!(alone("plain") == alone("born"));
}

#[test]
fn recorded_outputs_teach_the_first_assistant() {
    let workshop = Workshop::new();
    let rows: String = (0..60).map(|row| format!("{},{}\n", row * 7 % 10, row % 2)).collect();
    workshop.write("table.csv", format!("size,kind\n{rows}").as_bytes());
    workshop.write("outputs.csv", format!("0,1\n{}", "0.4,0.6\n".repeat(60)).as_bytes());
    let recorded = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n[teacher]\n\
                    outputs = \"outputs.csv\"\noutputs_kind = \"probabilities\"\n";
    let said = distil(&workshop, "run", &recipe(ASSISTANTS).replace(TEACHER, recorded));
    assert!(said.contains("assistant 2"), "{said}");
}

#[test]
fn a_chain_that_cannot_work_is_refused_before_a_run_begins() {
    let workshop = Workshop::new();
    let refused = |recipe: &str| {
        workshop.write("job.toml", recipe.as_bytes());
        let output = workshop.output(&["distill", "job.toml", "--run", "run"]);
        assert_eq!(output.status.code(), Some(2), "{recipe}");
        assert!(!workshop.path("run").exists(), "a folder was left behind");
        String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let said = refused(&recipe(&format!("generations = 2\n{ASSISTANTS}")));
    assert!(said.contains("both say who stands between teacher and student"), "{said}");
    // The teacher has the tap and the first assistant too, but the second has one hidden layer.
    let deep = TEACHER.replace("[32]", "[32, 32]");
    let chain = recipe(
        "method = \"sp\"\nstudent_taps = [\"hidden1\"]\nteacher_taps = [\"hidden2\"]\n\
         assistants = [{ model = \"mlp\", hidden = [24, 24] }, { model = \"mlp\", hidden = [16] }]\n",
    );
    let said = refused(&chain.replace(TEACHER, &deep));
    assert!(said.contains("distilled student and the network that it learns from: "), "{said}");
    assert!(said.contains("the teacher has no tap `hidden2`"), "{said}");
    let said = refused(&recipe("assistants = [{ model = \"mpl\" }]\n"));
    assert!(said.contains("mlp"), "{said}");
}
