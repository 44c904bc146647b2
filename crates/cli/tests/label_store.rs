//! A teacher is asked once, whoever learns from it, and again when anything changes.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use std::path::PathBuf;

use serde_json::Value;
use workshop::Workshop;

/// 70 images of each class: 14 for test, 14 for validation, 42 to learn from.
const DATA: &str = "[data]\nsource = \"images\"\nlabels = \"classes\"\nvalidation = 0.25\n\n";
const TRAINED: &str = "[teacher]\nmodel = \"mlp\"\nhidden = [24]\nepochs = 4\n\n";
const READY: &str = "[teacher]\nfile = \"teacher\"\n\n";
const STUDENT: &str =
    "[student]\nmodel = \"mlp\"\nhidden = [8]\n\n[distill]\nepochs = 2\nseeds = 2\n";
const VIEWS: [&str; 2] = ["data.views=3", "data.shift=1"];

/// A folder with a trained teacher in `teacher`, and `job.toml` that takes it.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    let size = |count: u32| count.to_be_bytes();
    let mut images = vec![0, 0, 8, 3];
    images.extend([700, 6, 6].into_iter().flat_map(size));
    let pixel = |at: u32| (at * 37 % 90 + 16 * (at / 36 % 10)) as u8;
    images.extend((0..700 * 36).map(pixel));
    let mut classes = vec![0, 0, 8, 1];
    classes.extend(size(700));
    classes.extend((0..700).map(|row| (row % 10) as u8));
    workshop.write("images", &images);
    workshop.write("classes", &classes);
    workshop.write("first.toml", format!("{DATA}{TRAINED}{STUDENT}").as_bytes());
    workshop.write("job.toml", format!("{DATA}{READY}{STUDENT}").as_bytes());
    workshop.run(&["train", "first.toml", "--model", "teacher", "--run", "teacher", "--quiet"]);
    workshop
}

/// Runs a command with values set; gives exit code and what it says on the way.
fn said(workshop: &Workshop, arguments: &[&str], set: &[&str]) -> (Option<i32>, String) {
    let set: Vec<&str> = set.iter().flat_map(|value| ["--set", value]).collect();
    let output = workshop.output(&[arguments, &set].concat());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Without the line breaks of a terminal.
fn flat(told: &str) -> String {
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a run says about labels, a line for each seed.
fn labels(workshop: &Workshop, run: &str, set: &[&str]) -> Vec<String> {
    let (code, told) = said(workshop, &["distill", "job.toml", "--run", run], set);
    assert_eq!(code, Some(0), "{told}");
    told.lines().filter(|line| line.starts_with("labels: ")).map(str::to_owned).collect()
}

fn label(workshop: &Workshop, arguments: &[&str], set: &[&str]) -> Value {
    let set: Vec<&str> = set.iter().flat_map(|value| ["--set", value]).collect();
    let arguments = [&["label", "job.toml", "--json", "--quiet"], arguments, &set].concat();
    let found: Value = serde_json::from_str(&workshop.run(&arguments)).expect("one JSON value");
    found["labels"].clone()
}

fn results(workshop: &Workshop, run: &str) -> Vec<u8> {
    std::fs::read(workshop.path(run).join("results.json")).expect("results")
}

/// All shards in the store, in the order of their names.
fn shards(workshop: &Workshop) -> Vec<PathBuf> {
    let sets = std::fs::read_dir(workshop.path("label-store")).into_iter().flatten().flatten();
    let shards = sets.flat_map(|set| std::fs::read_dir(set.path().join("shards")).into_iter());
    let mut shards: Vec<PathBuf> = shards.flatten().flatten().map(|entry| entry.path()).collect();
    shards.sort();
    shards
}

fn flip(path: &PathBuf, byte: usize) {
    let mut bytes = std::fs::read(path).expect("the file is read");
    bytes[byte] ^= 4;
    std::fs::write(path, bytes).expect("the file is written");
}

#[test]
fn three_students_learn_from_one_labelling_to_the_bits_of_runs_without_a_store() {
    let workshop = workshop();
    let rows = "labels: 420 rows";
    assert_eq!(
        labels(&workshop, "a", &[]),
        [format!("{rows} labelled"), format!("{rows} from the store")],
        "a teacher that is there before is the same for all seeds"
    );
    let larger = ["student.hidden=[16]"];
    for (run, set) in [("b", &larger[..]), ("c", &["distill.temperature=8.0"])] {
        let told = labels(&workshop, run, set);
        assert_eq!(told, [(); 2].map(|()| format!("{rows} from the store")), "{run}");
    }
    assert_eq!(shards(&workshop).len(), 1);
    let off = [&larger[..], &["run.labels=off"]].concat();
    assert_eq!(labels(&workshop, "off", &off)[0], format!("{rows} labelled"));
    assert_eq!(shards(&workshop).len(), 1, "it keeps its labels to itself");
    assert!(workshop.path("off/labels").is_dir());
    assert_eq!(results(&workshop, "off"), results(&workshop, "b"));
}

#[test]
fn a_trained_teacher_is_asked_once_over_runs_with_the_same_weights() {
    let workshop = workshop();
    let told = |run: &str, set: &[&str]| {
        let (code, told) = said(&workshop, &["distill", "first.toml", "--run", run], set);
        assert_eq!(code, Some(0), "{told}");
        told.matches("from the store").count()
    };
    assert_eq!(told("a", &[]), 0);
    assert_eq!(told("b", &["distill.temperature=8.0"]), 2);
    assert_eq!(told("c", &["teacher.epochs=3"]), 0);
    let off = ["distill.temperature=8.0", "run.labels=off"];
    assert_eq!(told("d", &off), 0);
    assert_eq!(results(&workshop, "d"), results(&workshop, "b"));
}

#[test]
fn whatever_changes_is_a_miss_and_is_named() {
    let workshop = workshop();
    let other = ["train", "first.toml", "--model", "teacher", "--run", "other", "--quiet"];
    workshop.run(&[&other[..], &["--set", "distill.seed=5"]].concat());
    labels(&workshop, "first", &VIEWS);
    let cases: [(&str, &[&str]); 8] = [
        ("the teacher changed", &["teacher.file=other"]),
        ("the transfer set changed", &["data.split_seed=1"]),
        ("the views changed", &["data.shift=2"]),
        ("the views changed", &["data.rand_augment=1"]),
        ("the views changed", &["data.rand_augment=1", "data.rand_magnitude=20"]),
        ("the views changed", &["distill.seed=7"]),
        ("the precision changed", &["teacher.store=f16"]),
        ("the top_k changed", &["teacher.top_k=3", "distill.temperature=1.0"]),
    ];
    for (number, (reason, set)) in cases.into_iter().enumerate() {
        let set = [&VIEWS[..], set].concat();
        let told = labels(&workshop, &format!("case-{number}"), &set);
        let expected = format!("labels: 1,260 rows labelled anew: {reason}");
        assert_eq!(told[0], expected, "{set:?}");
    }
    // Views are those of a seed.
    assert_eq!(
        labels(&workshop, "again", &VIEWS),
        [(); 2].map(|()| "labels: 1,260 rows from the store")
    );
}

/// A table with an ONNX teacher, which says three numbers about four.
fn with_onnx() -> Workshop {
    let workshop = Workshop::new();
    workshop.write("net.onnx", include_bytes!("../../onnx/tests/models/dense.onnx"));
    workshop.write("table.csv", table(0).as_bytes());
    let data = "[data]\nsource = \"table.csv\"\nlabel = \"kind\"\n\n";
    let teacher = "[teacher]\nfile = \"net.onnx\"\noutputs_kind = \"logits\"\n\n";
    workshop.write("job.toml", format!("{data}{teacher}{STUDENT}").as_bytes());
    workshop
}

fn table(edited: usize) -> String {
    let row = |row: usize| {
        let first = row * 7 % 10 + usize::from(row == edited);
        format!("{first},{},{},{},{}\n", row * 3 % 11, row % 7, row * 5 % 9, row % 3)
    };
    format!("a,b,c,d,kind\n{}", (1..91).map(row).collect::<String>())
}

#[test]
fn options_of_an_onnx_file_preprocessing_and_one_edited_cell_are_misses_too() {
    let workshop = with_onnx();
    let first = labels(&workshop, "first", &[]);
    assert!(
        first[0].ends_with("rows labelled") && first[1].ends_with("from the store"),
        "{first:?}"
    );
    let cases: [(&str, &[&str]); 5] = [
        ("the teacher", &["teacher.values=scaled"]),
        ("the teacher", &["teacher.floor=0.01"]),
        ("the teacher", &["teacher.output=scores"]),
        ("the preprocessing", &["data.missing=\"?\""]),
        ("the top_k", &["teacher.top_k=2", "distill.temperature=1.0"]),
    ];
    for (number, (fact, set)) in cases.into_iter().enumerate() {
        let told = labels(&workshop, &format!("case-{number}"), set);
        assert!(told[0].contains(&format!("labelled anew: {fact} changed")), "{set:?}: {told:?}");
    }
    // A cell of a row that is learned from: that of a row of the test part alone changes nothing.
    let missed = (1..5).filter(|&edited| {
        workshop.write("table.csv", table(edited).as_bytes());
        let told = labels(&workshop, &format!("edited-{edited}"), &[]);
        assert_eq!(told[0].contains("the transfer set"), told[0].contains("anew"), "{told:?}");
        told[0].contains("anew")
    });
    assert!(missed.count() >= 1);
    workshop.write("table.csv", table(0).as_bytes());
    assert!(labels(&workshop, "again", &[])[0].ends_with("from the store"));
}

#[test]
fn labelling_that_is_killed_anywhere_goes_on_without_a_lost_or_doubled_row() {
    let workshop = workshop();
    let whole = label(&workshop, &[], &VIEWS);
    assert_eq!(whole[0]["asked"], 1260);
    assert_eq!((&whole[0]["complete"], &whole[0]["shards"]), (&true.into(), &3.into()));
    assert_eq!(whole.as_array().map(Vec::len), Some(2), "views of two seeds");
    let contents = || -> Vec<Vec<u8>> {
        shards(&workshop).iter().map(|path| std::fs::read(path).expect("a shard")).collect()
    };
    let expected = contents();
    assert_eq!(expected.len(), 6);
    let mut killed = 0;
    for call in (1..).step_by(3) {
        std::fs::remove_dir_all(workshop.path("label-store")).expect("the store is removed");
        let sets: Vec<&str> = VIEWS.iter().flat_map(|value| ["--set", value]).collect();
        let arguments = [&["label", "job.toml", "--quiet"][..], &sets].concat();
        if workshop.killed_at(call, &arguments).status.success() {
            break;
        }
        killed += 1;
        let is_whole = |path: &&PathBuf| path.extension().is_some_and(|end| end == "parquet");
        let whole = shards(&workshop).iter().filter(is_whole).count();
        let left = label(&workshop, &[], &VIEWS);
        let asked = |seed: usize| left[seed]["asked"].as_u64().expect("a number");
        // A shard that stands under its name is whole, and nobody is asked for it again.
        assert_eq!(asked(0) + asked(1), 2520 - 420 * whole as u64, "killed at call {call}");
        assert!(contents() == expected, "killed at call {call}");
        label(&workshop, &["--verify"], &VIEWS);
    }
    assert!(killed > 12, "{killed}");
}

#[test]
fn processes_share_the_work_and_the_parts_are_joined() {
    let workshop = workshop();
    let part = label(&workshop, &["--shard", "1/2"], &VIEWS);
    assert_eq!((&part[0]["asked"], &part[0]["complete"]), (&840.into(), &false.into()));
    let set = [&VIEWS[..], &["distill.seeds=1"]].concat();
    let (code, told) = said(&workshop, &["label", "job.toml", "--merge"], &set);
    assert_eq!(code, Some(3), "{told}");
    assert!(flat(&told).contains("expected `part-00001.parquet`, found nothing"), "{told}");
    // Those of both seeds are looked at, and what is wrong with each is told.
    let (code, told) = said(&workshop, &["label", "job.toml", "--merge"], &VIEWS);
    let faults = flat(&told).matches("expected `part-00001.parquet`, found nothing").count();
    assert_eq!((code, faults), (Some(3), 2), "{told}");
    assert_eq!(label(&workshop, &["--shard", "2/2"], &VIEWS)[0]["asked"], 420);
    let (code, told) = said(&workshop, &["label", "job.toml", "--verify"], &set);
    assert_eq!(code, Some(3), "not joined yet: {told}");
    label(&workshop, &["--merge"], &VIEWS);
    label(&workshop, &["--verify"], &VIEWS);
    assert_eq!(label(&workshop, &[], &VIEWS)[0]["asked"], 0);
    for wrong in ["0/2", "3/2", "2", "a/b"] {
        let (code, told) = said(&workshop, &["label", "job.toml", "--shard", wrong], &[]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("such as 1/4"), "{told}");
    }
}

#[test]
fn a_damaged_shard_is_named_and_labelled_again_and_only_told_where_nothing_is_written() {
    let workshop = workshop();
    label(&workshop, &[], &VIEWS);
    let kept = shards(&workshop).iter().map(|path| std::fs::read(path).ok()).collect::<Vec<_>>();
    let set = [&VIEWS[..], &["distill.seeds=1"]].concat();
    let folder = label(&workshop, &[], &set)[0]["folder"].as_str().expect("a path").to_owned();
    let damaged = workshop.path(&folder).join("shards/part-00001.parquet");
    flip(&damaged, 700);
    for task in ["--verify", "--merge"] {
        let (code, told) = said(&workshop, &["label", "job.toml", task], &set);
        assert_eq!(code, Some(3), "{told}");
        assert!(
            told.contains("part-00001.parquet") && flat(&told).contains("is damaged"),
            "{told}"
        );
    }
    let (code, told) = said(&workshop, &["distill", "job.toml", "--run", "run"], &VIEWS);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("part-00001.parquet") && told.contains("420 rows are labelled again"));
    assert!(told.contains("labels: 840 rows from the store, 420 labelled"), "{told}");
    let now = shards(&workshop).iter().map(|path| std::fs::read(path).ok()).collect::<Vec<_>>();
    assert!(now == kept);
    flip(&workshop.path(&folder).join("manifest.json"), 100);
    let (_, told) = said(&workshop, &["label", "job.toml"], &set);
    assert!(told.contains("manifest.json") && told.contains("it is made again"), "{told}");
    label(&workshop, &["--verify"], &VIEWS);
}

#[test]
fn half_precision_takes_half_the_space_and_students_learn_from_what_is_kept() {
    let workshop = workshop();
    let single = label(&workshop, &[], &[]);
    let half = label(&workshop, &[], &["teacher.store=f16"]);
    let bytes = |set: &Value| set[0]["bytes"].as_u64().expect("a number");
    let saved = 420 * 10 * 2;
    // The type of a column takes some more letters than a number's.
    assert!(bytes(&single).abs_diff(bytes(&half) + saved) < 300, "{single} {half}");
    let set = ["teacher.store=f16"];
    assert_eq!(labels(&workshop, "stored", &set)[0], "labels: 420 rows from the store");
    labels(&workshop, "off", &["teacher.store=f16", "run.labels=off"]);
    assert_eq!(results(&workshop, "stored"), results(&workshop, "off"));
    labels(&workshop, "single", &[]);
    assert_ne!(results(&workshop, "stored"), results(&workshop, "single"));
}

#[test]
fn what_cannot_be_labelled_before_is_refused_with_the_way_out() {
    let workshop = workshop();
    let (code, told) = said(&workshop, &["label", "first.toml"], &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("is trained in the run") && told.contains("--model teacher"), "{told}");
    let (code, told) = said(&workshop, &["label", "job.toml"], &["run.labels=off"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("`run.labels` is \"off\""), "{told}");
    let (code, told) = said(&workshop, &["label", "job.toml"], &["teacher.store=f8"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(!workshop.path("label-store").exists(), "nothing was written");
}
