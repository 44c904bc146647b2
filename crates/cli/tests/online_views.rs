//! A new view in each epoch: the teacher is asked at each step, and everything is as with as many numbered views
//! as there are epochs.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use std::path::Path;

use serde_json::Value;
use workshop::Workshop;

const DATA: &str = "[data]\nsource = \"images\"\nlabels = \"classes\"\nshift = 1\nerase = 0.3\nviews = \"online\"\n";
const TRAINED: &str =
    "[teacher]\nmodel = \"cnn\"\nchannels = [4, 6]\nepochs = 3\nbatch_size = 32\n";
const STUDENT: &str = "[student]\nmodel = \"mlp\"\nhidden = [12]\n\
                       [distill]\nepochs = 4\nbatch_size = 32\nseeds = 2\n";
/// As many as there are epochs.
const NUMBERED: &str = "data.views=4";

/// A folder with images of ten classes, and `job.toml`, whose sections are these.
fn workshop(teacher: &str, student: &str) -> Workshop {
    let workshop = Workshop::new();
    let size = |count: u32| count.to_be_bytes();
    let mut images = vec![0, 0, 8, 3];
    images.extend([360, 8, 8].into_iter().flat_map(size));
    images.extend((0..360 * 64_u32).map(|at| (at * 37 % 90 + 16 * (at / 64 % 10)) as u8));
    let mut classes = vec![0, 0, 8, 1];
    classes.extend(size(360));
    classes.extend((0..360).map(|row| (row % 10) as u8));
    workshop.write("images", &images);
    workshop.write("classes", &classes);
    workshop.write("job.toml", format!("{DATA}{teacher}{student}").as_bytes());
    workshop
}

/// Runs a job, and gives what it told on the way.
fn distill(workshop: &Workshop, run: &str, set: &[&str]) -> String {
    let set: Vec<&str> = set.iter().flat_map(|value| ["--set", value]).collect();
    let output = workshop.output(&[&["distill", "job.toml", "--run", run], &set[..]].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    told
}

/// All that a job computed: the log of its trainings, the scores, and the bytes of its models.
fn computed(run: &Path) -> Vec<(String, Vec<u8>)> {
    let models = std::fs::read_dir(run.join("export")).expect("the models");
    let mut names: Vec<String> = models
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".safetensors"))
        .map(|name| format!("export/{name}"))
        .collect();
    names.sort();
    names.extend(["metrics.jsonl", "results.json"].map(str::to_owned));
    let read = |name: String| {
        let bytes = std::fs::read(run.join(&name)).expect("a file of the run");
        (name, bytes)
    };
    names.into_iter().map(read).collect()
}

/// Runs a job with online views and with numbered ones, and compares all that they computed.
fn same_as_numbered(workshop: &Workshop, set: &[&str]) {
    let online = distill(workshop, "online", set);
    let numbered = distill(workshop, "numbered", &[&[NUMBERED], set].concat());
    assert!(!online.contains("labels: ") && numbered.contains("labels: "), "{online}{numbered}");
    let [found, expected] = ["online", "numbered"].map(|run| computed(&workshop.path(run)));
    assert!(expected.len() >= 4, "two models, the log and the scores");
    for ((name, found), (_, expected)) in found.iter().zip(&expected) {
        assert!(found == expected, "{name} differs");
    }
    assert_eq!(found.len(), expected.len());
    for run in ["online", "numbered"] {
        std::fs::remove_dir_all(workshop.path(run)).expect("the run is removed");
    }
}

#[test]
fn a_run_has_the_bits_of_one_with_a_numbered_view_for_each_epoch() {
    let workshop = workshop(TRAINED, STUDENT);
    same_as_numbered(&workshop, &[]);
    // Several batches a step, the last of an epoch not full, and rows that no student sees.
    same_as_numbered(&workshop, &["distill.accumulate=3", "data.omit_classes=[\"4\"]"]);
    // Fewer views than epochs come again, and that is something else.
    distill(&workshop, "online", &[]);
    distill(&workshop, "fewer", &["data.views=2"]);
    let [online, fewer] = ["online", "fewer"].map(|run| computed(&workshop.path(run)));
    assert!(online != fewer);
}

#[test]
fn assistants_and_stages_and_taps_have_the_bits_of_numbered_views() {
    let chain = "assistants = [{ model = \"mlp\", hidden = [16] }]\n\
                 stages = [{ method = \"dist\", epochs = 1 }]\n";
    let with_chain = format!("{}{chain}", STUDENT.replace("epochs = 4", "epochs = 3"));
    same_as_numbered(&workshop(TRAINED, &with_chain), &[]);
    let of_taps = format!("{STUDENT}method = \"sp\"\n");
    let of_taps =
        of_taps.replace("model = \"mlp\"\nhidden = [12]", "model = \"cnn\"\nchannels = [3, 4]");
    same_as_numbered(&workshop(TRAINED, &of_taps), &["distill.seeds=1"]);
}

#[test]
fn saved_teachers_and_ensembles_of_them_have_the_bits_of_numbered_views() {
    let workshop = workshop(TRAINED, STUDENT);
    for (run, hidden) in [("first", "teacher.channels=[4, 6]"), ("second", "teacher.channels=[5]")]
    {
        let train = ["train", "job.toml", "--model", "teacher", "--run", run, "--quiet"];
        workshop.run(&[&train[..], &["--set", hidden, "--set", "distill.seeds=1"]].concat());
    }
    let several = "ensemble = [{ file = \"first\" }, { file = \"second\", weight = 2.0 }]";
    for teacher in [
        "file = \"first\"".to_owned(),
        several.to_owned(),
        format!("{several}\nmember_weights = \"confidence\""),
    ] {
        workshop.write("job.toml", format!("{DATA}[teacher]\n{teacher}\n{STUDENT}").as_bytes());
        same_as_numbered(&workshop, &[]);
    }
}

#[test]
fn a_run_that_is_killed_anywhere_resumes_to_the_same_bits() {
    let workshop = workshop(TRAINED, &format!("{STUDENT}[run]\ncheckpoint_steps = 5\n"));
    distill(&workshop, "whole", &[]);
    let expected = computed(&workshop.path("whole"));
    let mut killed = 0;
    for call in [30, 75, 130, 190, 260, 330, 400] {
        let run = format!("call-{call}");
        let begin = ["distill", "job.toml", "--run", &run, "--quiet"];
        killed += u32::from(!workshop.killed_at(call, &begin).status.success());
        let again = ["resume", &run, "--quiet"];
        // A second time, further on.
        killed += u32::from(!workshop.killed_at(call / 2, &again).status.success());
        workshop.output(&again);
        assert!(computed(&workshop.path(&run)) == expected, "killed at call {call}");
    }
    assert!(killed >= 10, "only {killed} were killed: the calls are too late");
}

#[test]
fn nothing_is_labelled_before_and_the_plan_says_so() {
    let workshop = workshop(TRAINED, STUDENT);
    let plan = |set: &[&str]| -> (Value, String) {
        let plan = |more: &[&str]| workshop.run(&[&["plan", "job.toml"], set, more].concat());
        (serde_json::from_str(&plan(&["--json"])).expect("one JSON value"), plan(&[]))
    };
    let (online, told) = plan(&[]);
    assert_eq!(online["label_bytes"], 0);
    assert!(told.contains("none are kept: who teaches is asked at each step"), "{told}");
    // Two seeds, one view, ten classes of four bytes.
    let (plain, told) = plan(&["--set", "data.student_views=false"]);
    let rows = plain["data"]["training_rows"].as_u64().expect("a number");
    assert_eq!(plain["label_bytes"], 2 * rows * 10 * 4, "students see the images as they are");
    assert!(!told.contains("none are kept"), "{told}");
    distill(&workshop, "run", &["distill.seeds=1"]);
    let labels = std::fs::read_dir(workshop.path("run/labels")).into_iter().flatten().count();
    assert_eq!(labels, 0);
    assert!(distill(&workshop, "plain", &["data.student_views=false"]).contains("labels: "));
}

#[test]
fn what_goes_with_labels_that_are_kept_is_refused() {
    let trained = "[teacher]\nmodel = \"mlp\"\nepochs = 1\n";
    let workshop = workshop(trained, STUDENT);
    let train = ["train", "job.toml", "--model", "teacher", "--run", "teacher", "--quiet"];
    workshop.run(&[&train[..], &["--set", "distill.seeds=1"]].concat());
    let ready =
        format!("{DATA}[teacher]\nfile = \"teacher\"\n{STUDENT}[run]\nlabels = \"store\"\n");
    workshop.write("ready.toml", ready.as_bytes());
    let outputs =
        format!("{DATA}[teacher]\noutputs = \"a.csv\"\noutputs_kind = \"logits\"\n{STUDENT}");
    workshop.write("outputs.toml", outputs.as_bytes());
    // 360 rows of two numbers, in NumPy's format.
    let mut vectors = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (360, 2), }";
    vectors.extend(format!("{header:<117}\n").bytes());
    vectors.extend((0..720).map(|at| (at % 251) as u8));
    workshop.write("vectors.npy", &vectors);
    for (arguments, set, says) in [
        (["distill", "job.toml"], "teacher.store=f16", "`store` says how labels are kept"),
        (["distill", "job.toml"], "teacher.top_k=3", "`top_k` says how labels are kept"),
        (["label", "ready.toml"], "distill.seeds=1", "nothing is labelled before a training"),
        (["distill", "outputs.toml"], "distill.seeds=1", "and `data.views` is online"),
        (
            ["distill", "job.toml"],
            "data.views=offline",
            "an integer from 1 to 65536, or \"online\"",
        ),
        (
            ["distill", "job.toml"],
            "data.source=vectors.npy",
            "`views` is online, expected 1, because the samples are no images",
        ),
    ] {
        let output = workshop.output(&[&arguments[..], &["--set", set]].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(says), "{set}: {told}");
        assert!(!workshop.path("runs").exists() && !workshop.path("store").exists(), "{set}");
    }
    let without = DATA.replace("shift = 1\nerase = 0.3\n", "");
    workshop.write("job.toml", format!("{without}{trained}{STUDENT}").as_bytes());
    let output = workshop.output(&["distill", "job.toml"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("`views` is online, expected 1 where no `shift`"), "{told}");
}
