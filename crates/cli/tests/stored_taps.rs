//! What a method compares inside of a teacher is asked once too, where the recipe says so; and a job whose numbers
//! are on disk has the results of one whose numbers are in memory.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const JOB: &str = r#"
[data]
source = "digits"
rows = 600

[teacher]
file = "teacher"
store_taps = true

[student]
model = "mlp"
hidden = [12]

[distill]
method = "fitnet"
epochs = 2
seeds = 2
"#;

/// A folder with a teacher and a student that learns from its inside.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    let teacher = "[data]\nsource = \"digits\"\nrows = 600\n\n[teacher]\nmodel = \"mlp\"\n\
                   hidden = [24, 16]\nepochs = 2\n\n[student]\nmodel = \"mlp\"\nhidden = [4]\n";
    workshop.write("teacher.toml", teacher.as_bytes());
    workshop.write("job.toml", JOB.as_bytes());
    workshop.run(&["train", "teacher.toml", "--model", "teacher", "--run", "teacher", "--quiet"]);
    workshop
}

/// What is told of labels and taps on the way.
fn told(workshop: &Workshop, run: &str, set: &[&str]) -> Vec<String> {
    let set: Vec<&str> = set.iter().flat_map(|value| ["--set", value]).collect();
    let output =
        workshop.output(&[&["distill", "job.toml", "--run", run], set.as_slice()].concat());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let lines =
        text.lines().filter(|line| line.starts_with("labels: ") || line.starts_with("tap "));
    lines.map(str::to_owned).collect()
}

fn file(workshop: &Workshop, path: &str) -> Vec<u8> {
    std::fs::read(workshop.path(path)).expect("the file is there")
}

fn equal(workshop: &Workshop, one: &str, other: &str) {
    for name in ["results.json", "export/student.safetensors"] {
        let [one, other] = [one, other].map(|run| file(workshop, &format!("{run}/{name}")));
        assert!(one == other, "{name}");
    }
}

#[test]
fn a_teacher_is_asked_once_for_what_a_method_compares() {
    let workshop = workshop();
    let rows = "433 rows";
    assert_eq!(
        told(&workshop, "first", &[]),
        [
            format!("labels: {rows} labelled"),
            format!("tap `hidden2`: {rows} labelled"),
            format!("labels: {rows} from the store"),
            format!("tap `hidden2`: {rows} from the store"),
        ]
    );
    // Another student learns from the same.
    let other = told(&workshop, "second", &["student.hidden=[6]"]);
    assert!(other.iter().all(|line| line.ends_with("from the store")), "{other:?}");
    // Asked at each step, a dense teacher says the same.
    let asked = told(&workshop, "asked", &["teacher.store_taps=false"]);
    assert!(asked.iter().all(|line| line.starts_with("labels: ")), "{asked:?}");
    equal(&workshop, "first", "asked");
    // Without a store each run keeps its own.
    let alone = told(&workshop, "alone", &["run.labels=off"]);
    assert_eq!(alone.iter().filter(|line| line.ends_with("labelled")).count(), 2, "{alone:?}");
    equal(&workshop, "first", "alone");
    // Half precision is another set, and another result.
    let half = told(&workshop, "half", &["teacher.store=f16"]);
    assert_eq!(half[1], format!("tap `hidden2`: {rows} labelled anew: the precision changed"));
    assert_ne!(
        file(&workshop, "first/export/student.safetensors"),
        file(&workshop, "half/export/student.safetensors")
    );
}

#[test]
fn taps_are_labelled_and_verified_before_a_training() {
    let workshop = workshop();
    let text = workshop.run(&["label", "job.toml", "--quiet"]);
    assert!(text.contains("\ntap     ") && text.contains("16 numbers each as f32"), "{text}");
    let found = told(&workshop, "run", &[]);
    assert!(found.iter().all(|line| line.ends_with("from the store")), "{found:?}");
    let sets: Vec<_> = std::fs::read_dir(workshop.path("label-store")).expect("a store").collect();
    assert_eq!(sets.len(), 2);
    for set in sets {
        let shard = set.expect("a set").path().join("shards/part-00000.parquet");
        let whole = std::fs::read(&shard).expect("a shard");
        let mut bytes = whole.clone();
        bytes[1000] ^= 1;
        std::fs::write(&shard, bytes).expect("the shard is written");
        assert_eq!(workshop.output(&["label", "job.toml", "--verify"]).status.code(), Some(3));
        std::fs::write(&shard, whole).expect("the shard is written");
    }
    assert_eq!(workshop.output(&["label", "job.toml", "--verify"]).status.code(), Some(0));
}

#[test]
fn taps_are_stored_for_methods_that_compare_some() {
    let workshop = workshop();
    let output = workshop.output(&["distill", "job.toml", "--set", "distill.method=kd"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("`store_taps` is true, expected false"), "{text}");
}

#[test]
fn numbers_on_disk_give_the_results_of_numbers_in_memory() {
    let workshop = workshop();
    told(&workshop, "memory", &[]);
    told(&workshop, "disk", &["data.scratch=scratch"]);
    equal(&workshop, "memory", "disk");
    let left = std::fs::read_dir(workshop.path("scratch")).expect("the folder is made");
    assert!(!cfg!(unix) || left.count() == 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_takes_no_numbers_is_a_failure_of_storage() {
    let workshop = workshop();
    let output = workshop.output(&["distill", "job.toml", "--set", "data.scratch=/proc/none"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("/proc/none"), "{text}");
}

/// The file with the numbers has no name; but the system shows what a process holds open, and it can be emptied there.
#[test]
#[cfg(target_os = "linux")]
fn numbers_that_cannot_be_read_again_while_it_trains_are_a_failure_of_storage() {
    let workshop = workshop();
    let set = ["--set", "data.scratch=scratch", "--set", "distill.epochs=20000"];
    let arguments = [&["distill", "job.toml", "--run", "run", "--quiet"][..], &set].concat();
    let mut program = workshop.started(&arguments);
    let metrics = workshop.path("run/metrics.jsonl");
    let trains = || std::fs::metadata(&metrics).is_ok_and(|file| file.len() > 0);
    while !trains() {
        assert_eq!(program.try_wait().expect("a process"), None, "it ends before it trains");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let open = std::fs::read_dir(format!("/proc/{}/fd", program.id())).expect("a process");
    let mut emptied = 0;
    for file in open.map(|file| file.expect("a file").path()) {
        let name = std::fs::read_link(&file).expect("a name").display().to_string();
        if name.contains("/scratch/") {
            std::fs::write(&file, "").expect("the file is emptied");
            emptied += 1;
        }
    }
    if emptied == 0 {
        program.kill().expect("a process");
    }
    let output = program.wait_with_output().expect("a process");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains(" of seed 0: cannot read a scratch file in"), "{text}");
}
