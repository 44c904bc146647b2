//! Teachers of which only the outputs are there, through the real program.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use serde_json::Value;
use workshop::Workshop;

const ROWS: usize = 240;
const NAMES: [&str; 3] = ["high", "low", "middle"];
const REST: &str =
    "\n[student]\nmodel = \"mlp\"\nhidden = [6]\n\n[distill]\nepochs = 2\nseeds = 2\n";

fn class(row: usize) -> usize {
    (row * 7) % 10 % 3
}

/// What the teacher says about a row: mostly right, differently sure for each.
fn probabilities(row: usize) -> [f64; 3] {
    let sure = 0.5 + 0.4 * (row % 17) as f64 / 17.0;
    let mut all = [(1.0 - sure) * 0.25, (1.0 - sure) * 0.75, 0.0];
    all.rotate_left(3 - class(row) % 3);
    all[class(row)] += sure;
    all
}

fn table(rows: std::ops::Range<usize>) -> String {
    let row = |row: usize| {
        format!("r{row:03},{},{},{}\n", (row * 7) % 10, (row * 3) % 11, NAMES[class(row)])
    };
    format!("name,size,age,kind\n{}", rows.map(row).collect::<String>())
}

/// The outputs as CSV, the columns in another order than the classes, for rows in the given order.
fn outputs(rows: impl Iterator<Item = usize>, with_names: bool) -> String {
    let row = |row: usize| {
        let [high, low, middle] = probabilities(row);
        let name = if with_names { format!("r{row:03},") } else { String::new() };
        format!("{name}{low},{middle},{high}\n")
    };
    let head = if with_names { "name,low,middle,high\n" } else { "low,middle,high\n" };
    format!("{head}{}", rows.map(row).collect::<String>())
}

fn with(teacher: &str, data: &str) -> Workshop {
    let workshop = Workshop::new();
    workshop.write("table.csv", table(0..ROWS).as_bytes());
    let data = format!("[data]\nsource = \"table.csv\"\nlabel = \"kind\"\nid = \"name\"\n{data}\n");
    workshop.write("job.toml", format!("{data}[teacher]\n{teacher}{REST}").as_bytes());
    workshop.write("rows.csv", outputs(0..ROWS, false).as_bytes());
    // Every row once, in an order that is not that of the table.
    let shuffled = (0..ROWS).map(|row| (row * 77) % ROWS);
    workshop.write("named.csv", outputs(shuffled, true).as_bytes());
    workshop
}

const BY_ROW: &str = "outputs = \"rows.csv\"\noutputs_kind = \"probabilities\"\n";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value and nothing else")
}

fn file(workshop: &Workshop, name: &str) -> String {
    std::fs::read_to_string(workshop.path(name)).expect("the file is there")
}

fn refused(workshop: &Workshop, set: &[&str], code: i32, text: &str) {
    let sets = set.iter().flat_map(|one| ["--set", one]);
    let arguments: Vec<&str> = ["plan", "job.toml"].into_iter().chain(sets).collect();
    let output = workshop.output(&arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{set:?}: {told}");
    assert!(told.contains(text), "{set:?}: {told}");
}

/// An array of NumPy in version 1 of its format.
fn npy(values: impl Iterator<Item = f64>, rows: usize) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, 3), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.flat_map(f64::to_le_bytes));
    bytes
}

#[test]
fn outputs_find_their_samples_by_row_and_by_name_alike() {
    let workshop = with(BY_ROW, "");
    workshop.run(&["distill", "job.toml", "--run", "by-row", "--quiet"]);
    let named = ["--set", "teacher.outputs=named.csv"];
    let distill = ["distill", "job.toml", "--quiet", "--run"];
    workshop.run(&[&distill[..], &["by-name"], &named].concat());
    let values = (0..ROWS).flat_map(probabilities);
    workshop.write("rows.npy", &npy(values, ROWS));
    workshop.run(&[&distill[..], &["array", "--set", "teacher.outputs=rows.npy"]].concat());
    let results = file(&workshop, "by-row/results.json");
    assert_eq!(results, file(&workshop, "by-name/results.json"));
    // The values of the array go through single precision, which is what logits are kept in.
    let accuracy = |run: &str| {
        json(&file(&workshop, &format!("{run}/results.json")))["seeds"][0]["teacher"]["metrics"]
            ["accuracy"]
            .clone()
    };
    assert_eq!(accuracy("array"), accuracy("by-row"));
    let record = json(&file(&workshop, "by-name/run.json"));
    let origin = record["teacher"][0].as_str().expect("where it comes from");
    assert!(
        origin.contains("`named.csv`") && origin.contains("matched by the column `name`"),
        "{origin}"
    );
}

#[test]
fn the_teacher_scores_what_its_outputs_say_about_the_test_part() {
    let workshop = with(BY_ROW, "");
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let choices = file(&workshop, "run/predictions.csv");
    let rows = choices.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let right = rows.clone().filter(|cells| cells[3] == cells[4]).count();
    let results = json(&file(&workshop, "run/results.json"));
    let accuracy = results["seeds"][1]["teacher"]["metrics"]["accuracy"].as_f64();
    assert_eq!(accuracy, Some(right as f64 / rows.count() as f64));
    // It is right wherever it gives the class of the row at least one half.
    assert_eq!(accuracy, Some(1.0));
}

#[test]
fn zeros_are_floored_where_everyone_can_see_it() {
    let workshop = with(&format!("{BY_ROW}floor = 1e-4\n"), "");
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let zeros = (0..ROWS).flat_map(probabilities).filter(|&value| value == 0.0).count();
    let text = format!("{zeros} probabilities below the floor of 1e-4 are taken as that");
    assert!(file(&workshop, "run/run.json").contains(&text), "{text}");
    assert!(file(&workshop, "run/report.html").contains(&text), "{text}");
    assert!(file(&workshop, "run/recipe.toml").contains("floor = 0.0001"));
}

#[test]
fn a_teacher_without_outputs_for_the_test_part_has_no_score_there() {
    let workshop = with(BY_ROW, "test_source = \"test.csv\"\n");
    workshop.write("test.csv", table(ROWS..ROWS + 60).as_bytes());
    let shown = workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    assert!(shown.contains("gap recovered: not known"), "{shown}");
    let results = json(&file(&workshop, "run/results.json"));
    assert!(results["seeds"][0]["teacher"].is_null() && results["gap_recovered"].is_null());
    assert!(results["seeds"][0]["student"]["agreement"].is_null());
    let sentence = "How the teacher does on the test part is not known";
    assert!(file(&workshop, "run/report.html").contains(sentence));
    assert!(file(&workshop, "run/MODEL_CARD.md").contains(sentence));
    workshop.run(&["report", "run"]);

    workshop.write("test-outputs.csv", outputs(ROWS..ROWS + 60, false).as_bytes());
    let known = ["--set", "teacher.test_outputs=test-outputs.csv", "--run", "known", "--quiet"];
    workshop.run(&[&["distill", "job.toml"][..], &known].concat());
    let results = json(&file(&workshop, "known/results.json"));
    assert_eq!(results["seeds"][0]["teacher"]["metrics"]["accuracy"], 1.0);

    // Outputs that are given and belong to no row are not taken for none.
    let others = outputs(ROWS..ROWS + 60, true).replace("\nr", "\nx");
    workshop.write("test-outputs.csv", others.as_bytes());
    let given = "teacher.test_outputs=test-outputs.csv";
    refused(&workshop, &[given], 3, "no output of the teacher for `r240` of the test source");
}

#[test]
fn rows_without_labels_are_taught_by_recorded_outputs() {
    let transfer = table(ROWS..ROWS + 90);
    let unlabelled: String = transfer
        .lines()
        .map(|line| format!("{}\n", line.rsplit_once(',').expect("a label").0))
        .collect();
    let workshop = with(BY_ROW, "transfer = \"more.csv\"\n");
    workshop.write("more.csv", unlabelled.as_bytes());
    refused(&workshop, &[], 3, "no output of the teacher for `r240` of `data.transfer` (training)");
    workshop.write("more-outputs.csv", outputs(ROWS..ROWS + 90, true).as_bytes());
    let outputs = ["--set", "teacher.transfer_outputs=more-outputs.csv"];
    workshop.run(&[&["distill", "job.toml", "--run", "run", "--quiet"][..], &outputs].concat());
}

#[test]
fn outputs_that_do_not_fit_are_refused_with_their_place() {
    let workshop = with(BY_ROW, "");
    let good = file(&workshop, "rows.csv");
    let changed = |line: usize, text: &str| {
        let lines = good.lines().enumerate();
        let lines = lines.map(|(place, row)| if place + 1 == line { text } else { row });
        let text: String = lines.map(|row| format!("{row}\n")).collect();
        workshop.write("rows.csv", text.as_bytes());
    };
    changed(18, "0.5,0.3,0.1");
    refused(
        &workshop,
        &[],
        3,
        "rows.csv:18: expected probabilities that sum to 1, within 0.001, found a sum of 0.9",
    );
    changed(18, "1.5,-0.6,0.1");
    refused(&workshop, &[], 3, "rows.csv:18: expected probabilities from 0 to 1, found 1.5");
    changed(18, "0.5,none,0.1");
    refused(&workshop, &[], 3, "rows.csv:18: column `middle` holds `none`, expected a number");
    changed(1, "low,middle,hihg");
    refused(&workshop, &[], 3, "there is no column `high`");
    workshop.write("rows.csv", good.lines().take(ROWS).collect::<Vec<_>>().join("\n").as_bytes());
    refused(&workshop, &[], 3, "expected 240 rows, one for each row of `data.source`, found 239");
    workshop.write("rows.csv", good.as_bytes());
    refused(
        &workshop,
        &["teacher.outputs_kind=log-probabilities"],
        3,
        "rows.csv:2: expected log-probabilities, at most 0, found 0.",
    );
    refused(&workshop, &["teacher.outputs_kind=logit"], 2, "logits");
    refused(&workshop, &["teacher.floor=0"], 2, "floor");
    refused(&workshop, &["teacher.test_outputs=rows.csv"], 3, "the data has none");
    refused(&workshop, &["teacher.outputs=rows.txt"], 3, "*.csv, *.parquet, *.npy or *.npz");
    workshop.write("rows.npy", &npy((0..ROWS).flat_map(probabilities), ROWS)[..1000]);
    refused(&workshop, &["teacher.outputs=rows.npy"], 3, "rows.npy");

    let named = file(&workshop, "named.csv");
    workshop.write("named.csv", named.replace("r017,", "x017,").as_bytes());
    refused(
        &workshop,
        &["teacher.outputs=named.csv"],
        3,
        "no output of the teacher for `r017` of `data.source`",
    );
    let more = format!("{named}x017,0.5,0.25,0.25\nx018,0.5,0.25,0.25\n");
    workshop.write("named.csv", more.as_bytes());
    refused(
        &workshop,
        &["teacher.outputs=named.csv"],
        3,
        "named.csv:242: expected the name of a row of the data, found `x017`, and 1 more such name",
    );
    workshop.write("named.csv", named.replace("r017,", "r018,").as_bytes());
    refused(&workshop, &["teacher.outputs=named.csv"], 3, "column `name` holds `r018` again");
}

#[test]
fn outputs_of_rows_that_are_not_used_or_stand_in_another_file_are_passed_over() {
    let workshop = with(BY_ROW, "transfer = \"more.csv\"\ntest_source = \"test.csv\"\n");
    workshop.write("more.csv", table(ROWS..ROWS + 30).as_bytes());
    workshop.write("test.csv", table(ROWS + 30..ROWS + 90).as_bytes());
    // One file with what the teacher said about everything.
    workshop.write("all.csv", outputs(0..ROWS + 90, true).as_bytes());
    let sets =
        ["outputs", "transfer_outputs", "test_outputs"].map(|key| format!("teacher.{key}=all.csv"));
    let sets = sets.each_ref().map(String::as_str);
    refused(&workshop, &sets, 0, "");
    refused(&workshop, &[&sets[..], &["data.rows=200"]].concat(), 0, "");
    workshop.write("all.csv", outputs(0..ROWS + 91, true).as_bytes());
    refused(
        &workshop,
        &sets,
        3,
        "all.csv:332: expected the name of a row of the data, found `r330`",
    );
}

#[test]
fn images_of_several_folders_that_have_one_name_are_not_matched_by_it() {
    let workshop = Workshop::new();
    let picture = include_bytes!("../../data/tests/pictures/rgb.png");
    let mut rows = String::from("file,cat,dog\n");
    for class in ["cat", "dog"] {
        for number in 0..8 {
            let name = format!("{class}/{number}.png");
            for folder in ["one", "two"] {
                workshop.write(&format!("{folder}/{name}"), picture);
            }
            rows += &format!("{name},0.5,0.5\n");
        }
    }
    workshop.write("rows.csv", rows.as_bytes());
    let job = "[data]\nsource = [\"one\", \"two\"]\n\n[teacher]\n";
    workshop.write("job.toml", format!("{job}{BY_ROW}{REST}").as_bytes());
    refused(&workshop, &[], 3, "two samples of `data.source` are called `cat/");
    refused(&workshop, &["data.source=one"], 0, "");
}

#[test]
fn the_kind_of_outputs_must_be_said() {
    let workshop = with("outputs = \"rows.csv\"\n", "");
    refused(&workshop, &[], 2, "outputs_kind");
}

#[test]
fn an_ensemble_is_the_mean_of_its_members() {
    let members = "ensemble = [\n  { outputs = \"rows.csv\", outputs_kind = \"probabilities\" },\n  \
                   { file = \"net\", weight = 3 },\n]\n";
    let workshop = with(members, "");
    let trained = file(&workshop, "job.toml").replace(members, "model = \"mlp\"\nepochs = 1\n");
    workshop.write("net.toml", trained.as_bytes());
    workshop.run(&["train", "net.toml", "--model", "teacher", "--run", "net", "--quiet"]);
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let record = json(&file(&workshop, "run/run.json"));
    let origin = record["teacher"].to_string();
    assert!(origin.contains("member 1 with weight 1: probabilities for `data.source`"), "{origin}");
    assert!(origin.contains("member 2 with weight 3: the saved model"), "{origin}");
    let results = json(&file(&workshop, "run/results.json"));
    assert_eq!(
        results["seeds"][0]["teacher"]["metrics"],
        results["seeds"][1]["teacher"]["metrics"]
    );

    // A run that goes on reads the resolved recipe, which says the same.
    workshop.killed_at(60, &["distill", "job.toml", "--run", "killed", "--quiet"]);
    workshop.run(&["resume", "killed", "--quiet"]);
    assert_eq!(file(&workshop, "run/results.json"), file(&workshop, "killed/results.json"));

    refused(&workshop, &["teacher.ensemble=[{file = \"net\"}]"], 2, "an ensemble of 1 teachers");
    refused(&workshop, &["teacher.mean=geometric"], 2, "probabilities");
}

#[test]
fn outputs_in_another_order_than_their_rows_are_doubted() {
    let workshop = with(BY_ROW, "");
    let said = |run: &str| {
        let output = workshop.output(&["distill", "job.toml", "--run", run]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        told
    };
    assert!(!said("right").contains("warning: "));
    // The names that would tell are not there.
    workshop.write("rows.csv", outputs((0..ROWS).map(|row| (row * 77) % ROWS), false).as_bytes());
    let told = said("shuffled");
    for text in ["warning: `rows.csv` is matched row by row", "With `id`"] {
        assert!(told.contains(text), "{text}: {told}");
    }
    assert!(
        file(&workshop, "shuffled/report.html").contains("are its rows in the order of the data?")
    );
}

#[test]
fn columns_of_outputs_that_are_no_class_are_named() {
    let workshop = with(BY_ROW, "");
    let text = file(&workshop, "rows.csv");
    let row = |(number, row): (usize, &str)| {
        let more = if number == 0 { "unheard of" } else { "0.5" };
        format!("{row},{more}\n")
    };
    let wider: String = text.lines().enumerate().map(row).collect();
    workshop.write("rows.csv", wider.as_bytes());
    workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
    let record = json(&file(&workshop, "run/run.json"));
    let origin = record["teacher"][0].as_str().expect("where it comes from");
    assert!(
        origin.ends_with("matched row by row; what else it holds is passed over: `unheard of`"),
        "{origin}"
    );
}
