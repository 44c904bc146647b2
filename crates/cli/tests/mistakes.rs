//! Every mistake a user can make is named with its place and a way out, by text and exit code, and
//! nothing is written. The texts stand in `snapshots/`; `POTSTILL_UPDATE_SNAPSHOTS=1` writes them anew.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const TABLE: &str = "a,b,kind\n1,2,x\n2,1,y\n1,3,x\n3,1,y\n1,4,x\n4,1,y\n1,5,x\n5,1,y\n1,6,x\n6,1,y\n\
                     2,7,x\n7,2,y\n1,8,x\n8,1,y\n3,9,x\n9,3,y\n";

/// A recipe on a table; `rest` adds keys to `[data]`.
fn recipe(data: &str, rest: &str) -> String {
    format!(
        "[data]\n{data}\n\n[teacher]\nmodel = \"mlp\"\nepochs = 1\n\n[student]\nmodel = \"mlp\"\n\
         hidden = [4]\n\n[distill]\nepochs = 1\nseeds = 1\n{rest}\n"
    )
}

/// Distils and compares exit code and output with the snapshot; no run folder may be made.
fn refused(workshop: &Workshop, name: &str, arguments: &[&str]) {
    let mut all = vec!["distill", "job.toml"];
    all.extend(arguments);
    workshop.compare(name, &all);
    assert!(!workshop.path("runs").exists(), "{name}: a run folder was made");
}

fn with_recipe(text: &str) -> Workshop {
    let workshop = Workshop::new();
    workshop.write("job.toml", text.as_bytes());
    workshop.write("table.csv", TABLE.as_bytes());
    workshop
}

fn with_table(content: &[u8]) -> Workshop {
    let workshop = with_recipe(&recipe("source = \"table.csv\"\nlabel = \"kind\"", ""));
    workshop.write("table.csv", content);
    workshop
}

#[test]
fn mistakes_in_a_recipe() {
    let table = "source = \"table.csv\"\nlabel = \"kind\"";
    let cases = [
        ("mistyped-key", recipe(table, "temprature = 4.0")),
        ("unknown-key", recipe(table, "zebra = 4.0")),
        ("wrong-type", recipe(table, "alpha = \"half\"")),
        ("out-of-range", recipe(table, "alpha = 1.5")),
        ("unknown-method", recipe(table, "method = \"kdd\"")),
        ("broken-toml", recipe(table, "alpha = = 2")),
        ("unknown-section", recipe(table, "") + "[rum]\nthreads = 1\n"),
        ("unknown-model", recipe(table, "").replacen("\"mlp\"", "\"resnet9\"", 1)),
        ("missing-source", recipe("validation = 0.1", "")),
        (
            "best-without-validation",
            recipe("source = \"digits\"\nvalidation = 0.0", "select = \"best\""),
        ),
        ("views-of-a-table", recipe(&format!("{table}\nviews = 3\nflip = true"), "")),
        ("views-without-variation", recipe(&format!("{table}\nviews = 3"), "")),
        ("images-needed", recipe(table, "").replacen("\"mlp\"\nhidden = [4]", "\"cnn\"", 1)),
    ];
    for (name, text) in cases {
        refused(&with_recipe(&text), name, &[]);
    }
    let layers = |list: &str| {
        let student = format!("\"layers\"\nlayers = [{list}]");
        recipe(table, "").replacen("\"mlp\"\nhidden = [4]", &student, 1)
    };
    let cases = [
        ("layer-out-of-range", "{ kind = \"relu\" },\n    { kind = \"dense\", units = 0 }"),
        ("layer-mistyped-kind", "{ kind = \"dens\" }"),
        ("layer-mistyped-key", "{ kind = \"dense\", unit = 4 }"),
        ("layer-shape", "{ kind = \"dense\" },\n    { kind = \"conv\" }"),
        ("layer-as-text", "\"dense\""),
        ("layer-residual", "{ kind = \"residual\", inner = [{ kind = \"dense\" }] }"),
    ];
    for (name, list) in cases {
        refused(&with_recipe(&layers(list)), name, &[]);
    }
    let workshop = with_recipe(&recipe(table, ""));
    refused(&workshop, "set-out-of-range", &["--set", "distill.temperature=0"]);
    refused(&workshop, "set-unknown-key", &["--set", "distill.temprature=2"]);
    refused(&workshop, "set-malformed", &["--set", "temperature"]);
    workshop.compare("missing-recipe", &["distill", "nowhere.toml"]);
}

#[test]
fn mistakes_in_a_table() {
    let nan = TABLE.replacen("3,1,y", "3,NaN,y", 1);
    let infinite = TABLE.replacen("3,1,y", "inf,1,y", 1);
    let missing_label = TABLE.replacen("3,1,y", "3,1,", 1);
    let one_class = TABLE.replace(",y", ",x");
    let cases: [(&str, &[u8]); 10] = [
        ("empty-file", b""),
        ("header-only", b"a,b,kind\n"),
        ("ragged-rows", b"a,b,kind\n1,2,x\n2,1\n1,3,x\n"),
        ("nan-feature", nan.as_bytes()),
        ("infinite-feature", infinite.as_bytes()),
        ("missing-label", missing_label.as_bytes()),
        ("one-class", one_class.as_bytes()),
        ("duplicate-column", b"a,a,kind\n1,2,x\n2,1,y\n"),
        ("not-utf8", b"a,b,kind\n1,2,x\n2,\xff,y\n"),
        ("class-too-small-to-split", b"a,b,kind\n1,2,x\n2,1,x\n1,3,x\n3,1,x\n1,3,x\n3,1,y\n"),
    ];
    for (name, content) in cases {
        refused(&with_table(content), name, &[]);
    }
    let workshop = with_table(TABLE.as_bytes());
    refused(&workshop, "missing-file", &["--set", "data.source=tabel.csv"]);
    refused(&workshop, "missing-label-column", &["--set", "data.label=kin"]);
    refused(&with_recipe(&recipe("source = \"table.csv\"", "")), "label-not-named", &[]);
}

/// IDX images of 2x2 pixels and their labels.
fn idx(count: u32, rows: u32, pixels: usize, labels: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut images = vec![0, 0, 8, 3];
    for size in [count, rows, 2] {
        images.extend(size.to_be_bytes());
    }
    images.extend((0..pixels).map(|pixel| (pixel * 37 % 256) as u8));
    let mut file = vec![0, 0, 8, 1];
    file.extend((labels.len() as u32).to_be_bytes());
    file.extend(labels);
    (images, file)
}

#[test]
fn mistakes_in_idx_files() {
    let labels: Vec<u8> = (0..40).map(|row| row % 2).collect();
    let (whole, right) = idx(40, 2, 160, &labels);
    let (oversized, _) = idx(u32::MAX, u32::MAX, 160, &labels);
    let (truncated, _) = idx(40, 2, 150, &labels);
    let (_, fewer) = idx(40, 2, 160, &labels[..39]);
    let cases: [(&str, &[u8], &[u8]); 6] = [
        ("idx-truncated-header", &whole[..9], &right),
        ("idx-truncated-pixels", &truncated, &right),
        ("idx-oversized-header", &oversized, &right),
        ("idx-wrong-magic", b"\x00\x01\x08\x03aaaaaaaaaaaaaaaa", &right),
        ("idx-fewer-labels", &whole, &fewer),
        ("idx-truncated-labels", &whole, &right[..20]),
    ];
    for (name, images, labels) in cases {
        let data = "source = \"images.idx\"\nlabels = \"labels.idx\"";
        let workshop = with_recipe(&recipe(data, ""));
        workshop.write("images.idx", images);
        workshop.write("labels.idx", labels);
        refused(&workshop, name, &[]);
    }
    // The test images have a class that training has never seen.
    let data = "source = \"images.idx\"\nlabels = \"labels.idx\"\ntest_source = \"images.idx\"\n\
                test_labels = \"test.idx\"";
    let workshop = with_recipe(&recipe(data, ""));
    workshop.write("images.idx", &whole);
    workshop.write("labels.idx", &right);
    workshop.write("test.idx", &idx(40, 2, 160, &[7; 40]).1);
    refused(&workshop, "label-out-of-range", &[]);
}

const DIGITS: &str = "source = \"digits\"\nrows = 300";

#[test]
fn mistakes_with_run_folders() {
    let workshop = with_recipe(&recipe(DIGITS, "").replace("epochs = 1", "epochs = 2"));
    workshop.write("full/precious.txt", b"mine");
    workshop.compare("folder-not-empty", &["distill", "job.toml", "--run", "full"]);
    workshop.compare("not-a-run", &["resume", "full"]);
    workshop.compare("no-such-run", &["resume", "nowhere"]);

    workshop.run(&["distill", "job.toml", "--quiet", "--run", "run"]);
    workshop.compare("already-done", &["resume", "run"]);
    {
        let run = workshop.path("run");
        let _lock = store::Lock::take(&store::Disk::new(), &run, "another command").expect("free");
        workshop.compare("run-in-use", &["report", "run"]);
    }
    let record = std::fs::read(workshop.path("run/run.json")).expect("a record");
    workshop.write("run/run.json", &record[..20]);
    workshop.compare("damaged-record", &["resume", "run"]);
    let newer = String::from_utf8_lossy(&record).replacen("\"format\": 1", "\"format\": 99", 1);
    workshop.write("run/run.json", newer.as_bytes());
    workshop.compare("newer-record", &["resume", "run"]);
    workshop.write("run/run.json", &record);

    let model = workshop.path("run/export/student.safetensors");
    let mut bytes = std::fs::read(&model).expect("a model");
    bytes.truncate(bytes.len() - 7);
    std::fs::write(&model, bytes).expect("written");
    workshop.compare("damaged-model", &["evaluate", "run"]);
}

#[test]
fn mistakes_with_models_and_rows() {
    let table = "source = \"table.csv\"\nlabel = \"kind\"";
    let workshop = with_recipe(&recipe(table, ""));
    workshop.run(&["distill", "job.toml", "--quiet", "--run", "run"]);
    workshop.write("narrow.csv", b"a,kind\n1,x\n");
    workshop.compare("predict-missing-column", &["predict", "run", "narrow.csv"]);
    workshop.compare("predict-missing-file", &["predict", "run", "nowhere.csv"]);
    workshop.compare("not-a-model", &["predict", "table.csv", "table.csv"]);
    workshop.write("unlabelled.csv", b"a,b\n1,2\n");
    workshop.compare("evaluate-without-labels", &["evaluate", "run", "unlabelled.csv"]);
    workshop.write("stranger.csv", b"a,b,kind\n1,2,q\n");
    workshop.compare("unknown-label", &["evaluate", "run", "stranger.csv"]);
}

#[test]
fn numbers_that_fail_end_with_exit_code_5() {
    let wild =
        ["teacher.optimizer=sgd", "teacher.learning_rate=1e6", "teacher.hidden=[16,16,16,16]"];
    let workshop = with_recipe(&recipe(DIGITS, ""));
    let mut arguments = vec!["distill", "job.toml", "--quiet", "--run", "run"];
    for assignment in &wild {
        arguments.extend(["--set", assignment]);
    }
    // At which step depends on the processor, so the text is no snapshot.
    let output = workshop.output(&arguments);
    assert_eq!(output.status.code(), Some(5));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("error: teacher of seed 0: "), "{said}");
    assert!(said.contains(" is not finite at step "), "{said}");
    assert!(said.contains("hint: lower `learning_rate`"), "{said}");
}
