//! A table as it comes from a database, 2,000 rows with all that is wrong with such tables, through
//! the real program: checked, distilled, predicted and evaluated.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use std::collections::{BTreeMap, BTreeSet};

use random::Stream;
use serde_json::Value;
use workshop::Workshop;

const HEADER: [&str; 9] =
    ["customer", "household", "age", "income", "city", "tariff", "since", "note", "outcome"];

const RECIPE: &str = "[data]\nsource = \"customers.csv\"\nlabel = \"outcome\"\nid = \"customer\"\n\
     group = \"household\"\nignore = [\"note\", \"since\"]\nmissing = [\"NA\", \"?\"]\n\
     categorical = [\"tariff\"]\nrare = 15\nlabelled = 0.5\n\n[teacher]\nmodel = \"mlp\"\nepochs = 12\n\n\
     [student]\nmodel = \"mlp\"\nhidden = [8]\n\n[distill]\nepochs = 12\nseeds = 2\n";

/// Customers who leave, stay or buy more, by age, income, city and tariff, with households of up to
/// five, incomes that are missing most often where they are low, and 40 cities of very unequal size.
fn customers(seed: u64, households: usize, first: usize) -> Vec<Vec<String>> {
    let mut generator = Stream::new(seed, "customers").generator();
    let mut rows = Vec::new();
    for household in first..first + households {
        let city = (generator.uniform().powi(3) * 40.0) as usize;
        let income = (2.5 + 0.6 * generator.normal()).exp();
        for _ in 0..1 + generator.below(5) {
            let age = 20 + generator.below(60);
            let tariff = [101, 205, 309][generator.below(3) as usize];
            let pull = (age as f64 - 50.0) / 15.0 + if city.is_multiple_of(3) { 1.5 } else { -0.5 };
            let push = income.ln() - 2.5 + if tariff == 205 { 2.0 } else { -0.7 };
            let outcome = match (pull + 0.3 * generator.normal(), push + 0.3 * generator.normal()) {
                (pull, push) if pull > 0.0 && push > 0.0 => "buys",
                (pull, _) if pull > 0.0 => "stays",
                _ => "leaves",
            };
            let mut or = |share: f64, missing: &str, value: String| {
                if f64::from(generator.uniform()) < share { missing.to_owned() } else { value }
            };
            let cells = [
                String::new(),
                format!("h{household}"),
                or(0.08, "", age.to_string()),
                or(if income < 8.0 { 0.4 } else { 0.1 }, "NA", format!("{income:.2}")),
                or(0.05, "?", format!("city {city}")),
                or(0.03, "", tariff.to_string()),
                format!("20{:02}-0{}-11", 10 + household % 13, 1 + household % 9),
                format!("\"free text, {household}\""),
                outcome.to_owned(),
            ];
            rows.push(cells.to_vec());
        }
    }
    generator.shuffle(&mut rows);
    for (number, row) in rows.iter_mut().enumerate() {
        row[0] = format!("c{}", 100_000 * seed as usize + 7 * number);
    }
    rows
}

/// The rows as CSV, with the columns in the given order.
fn csv(rows: &[Vec<String>], columns: &[&str]) -> String {
    let positions: Vec<usize> = columns
        .iter()
        .map(|column| HEADER.iter().position(|name| name == column).expect("the column is there"))
        .collect();
    let line = |row: &Vec<String>| {
        positions.iter().map(|&position| row[position].as_str()).collect::<Vec<_>>().join(",")
            + "\n"
    };
    columns.join(",") + "\n" + &rows.iter().map(line).collect::<String>()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON value")
}

/// By customer, the prediction and its probability.
fn answers(csv: &str) -> BTreeMap<String, (String, String)> {
    let header: Vec<&str> = csv.lines().next().expect("a header").split(',').collect();
    let id = header.iter().position(|name| *name == "customer").expect("the id is carried through");
    let rows = csv.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let [.., prediction, probability] = cells[..] else { panic!("too few cells in {line}") };
        (cells[id].to_owned(), (prediction.to_owned(), probability.to_owned()))
    });
    rows.collect()
}

#[test]
fn a_messy_table_is_checked_distilled_and_predicted() {
    let workshop = Workshop::new();
    let rows: Vec<Vec<String>> = customers(1, 900, 0).into_iter().take(2000).collect();
    assert_eq!(rows.len(), 2000);
    workshop.write("customers.csv", csv(&rows, &HEADER).as_bytes());
    workshop.write("job.toml", RECIPE.as_bytes());

    // Nothing is wrong with it that would spoil the result, and what is filled in is told.
    let checked = workshop.output(&["check", "job.toml", "--json"]);
    let findings = json(&String::from_utf8_lossy(&checked.stdout))["findings"].clone();
    let kinds: BTreeSet<&str> = findings
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|finding| finding["kind"].as_str())
        .collect();
    assert!(kinds.contains("missing-cells"), "{findings}");
    assert!(!kinds.contains("id-like-column") && !kinds.contains("date-like-words"), "{findings}");
    assert_eq!(checked.status.code(), Some(0), "{findings}");

    // Whole households, and still the shares that were asked for.
    let plan = json(&workshop.run(&["plan", "job.toml", "--json"]));
    let rows_of = |part: &str| plan["data"][part].as_u64().expect("a number") as f64;
    assert!((rows_of("test_rows") / 400.0 - 1.0).abs() < 0.02, "{plan}");
    assert!((rows_of("validation_rows") / 160.0 - 1.0).abs() < 0.03, "{plan}");

    for run in ["run", "again"] {
        workshop.run(&["distill", "job.toml", "--quiet", "--run", run]);
    }
    let read = |name: &str| std::fs::read(workshop.path(name)).expect("the file is there");
    assert_eq!(read("run/results.json"), read("again/results.json"));
    assert_eq!(read("run/export/student.safetensors"), read("again/export/student.safetensors"));
    let report = String::from_utf8_lossy(&read("run/report.html")).into_owned();
    assert!(report.contains("In the data, train: missing cells filled in: `age` "));

    // Other households, without label and in another order of columns, with a city and a tariff
    // that training never saw.
    let mut new = customers(2, 150, 5000);
    new[0][4] = "city of nowhere".to_owned();
    new[1][5] = "777".to_owned();
    workshop.write("new.csv", csv(&new, &HEADER).as_bytes());
    let shuffled = ["tariff", "customer", "city", "income", "age"];
    workshop.write("features.csv", csv(&new, &shuffled).as_bytes());
    let output = workshop.output(&["predict", "run", "features.csv"]);
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    for column in ["age", "income", "city", "tariff"] {
        assert!(warned.contains(&format!("warning: column `{column}`: ")), "{warned}");
    }
    assert!(warned.contains("the first in line 3: `777`"), "{warned}");
    let features = answers(&String::from_utf8_lossy(&output.stdout));
    let model = "run/export/student.safetensors";
    let plain: Vec<&str> = HEADER.into_iter().filter(|name| *name != "note").collect();
    workshop.write("plain.csv", csv(&new, &plain).as_bytes());
    assert_eq!(answers(&workshop.run(&["predict", model, "plain.csv"])), features);

    // The accuracy is that of the predictions, and far above that of the most frequent class.
    let right = new.iter().filter(|row| features[&row[0]].0 == row[8]).count() as f64;
    let evaluation = json(&workshop.run(&["evaluate", "run", "new.csv", "--json"]));
    let accuracy = evaluation["metrics"]["accuracy"].as_f64().expect("a number");
    assert!((accuracy - right / new.len() as f64).abs() < 1e-12, "{accuracy}");
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    new.iter().for_each(|row| *outcomes.entry(&row[8]).or_default() += 1);
    let most = *outcomes.values().max().expect("there are rows") as f64 / new.len() as f64;
    assert!(accuracy > most + 0.15, "{accuracy}, and {most} are of one class");
}

#[test]
fn words_become_learned_numbers_that_are_saved_with_the_student() {
    let workshop = Workshop::new();
    let rows: Vec<Vec<String>> = customers(1, 900, 0).into_iter().take(2000).collect();
    workshop.write("customers.csv", csv(&rows, &HEADER).as_bytes());
    workshop.write("job.toml", RECIPE.as_bytes());
    let numbers = ["--set", "teacher.column_embedding=4", "--set", "student.column_embedding=3"];
    let distill = [&["distill", "job.toml", "--quiet", "--run"][..]].concat();
    workshop.run(&[&distill[..], &["run"], &numbers].concat());
    workshop.killed_at(80, &[&distill[..], &["killed"], &numbers].concat());
    workshop.run(&["resume", "killed", "--quiet"]);
    let read = |name: &str| std::fs::read(workshop.path(name)).expect("the file is there");
    assert_eq!(read("run/results.json"), read("killed/results.json"));

    let shown = json(&workshop.run(&["inspect", "run/export/student.safetensors", "--json"]));
    assert_eq!(shown["name"], "mlp 8, words as 3 numbers", "{shown}");
    assert_eq!(shown["layers"][0]["kind"], "words of 2 columns", "{shown}");

    let mut new = customers(2, 150, 5000);
    new[0][4] = "city of nowhere".to_owned();
    workshop.write("new.csv", csv(&new, &HEADER).as_bytes());
    let features = answers(&workshop.run(&["predict", "run", "new.csv"]));
    let right = new.iter().filter(|row| features[&row[0]].0 == row[8]).count() as f64;
    assert!(right / new.len() as f64 > 0.7, "{right} of {}", new.len());

    let listed =
        "model = \"layers\"\nlayers = [{ kind = \"dense\", units = 8 }, { kind = \"gelu\" }]";
    let recipe = RECIPE.replace("model = \"mlp\"\nhidden = [8]", listed);
    workshop.write("listed.toml", recipe.as_bytes());
    let listed = ["distill", "listed.toml", "--quiet", "--run", "listed"];
    workshop.run(&[&listed[..], &numbers].concat());
    let shown = json(&workshop.run(&["inspect", "listed/export/student.safetensors", "--json"]));
    assert_eq!(shown["name"], "network of 3 layers, words as 3 numbers", "{shown}");

    let set = ["--set", "data.source=digits", "--set", "student.column_embedding=3"];
    workshop.write(
        "digits.toml",
        b"[data]\nsource = \"digits\"\n[teacher]\nmodel = \"mlp\"\n[student]\nmodel = \"mlp\"\n",
    );
    let refused = workshop.output(&[&["plan", "digits.toml"][..], &set].concat());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("expected a table with columns of words, found none"), "{told}");
}
