//! What `check` finds where labels or numbers are learned: planted alone in sound data, found alone at its
//! place.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use random::Stream;
use serde_json::Value;
use workshop::Workshop;

/// A sound table of two features, a number and a label that hang on them loosely, with one more column.
fn table(rows: usize, edit: impl Fn(usize, &mut Row)) -> String {
    let mut generator = Stream::new(6, "rows").generator();
    let mut lines = String::from("size,age,price,sold,more\n");
    for number in 0..rows {
        let size = generator.normal();
        let price = 100.0 + 10.0 * (size + generator.normal());
        let sold = u8::from(size + generator.normal() > 0.0).to_string();
        let age = 20 + 2 * generator.below(10);
        let more = generator.normal();
        let mut row = Row { size, age, price, sold, more: format!("{more:.6}") };
        edit(number, &mut row);
        let Row { size, age, price, sold, more } = row;
        lines.push_str(&format!("{size:.6},{age},{price:.4},{sold},{more}\n"));
    }
    lines
}

struct Row {
    size: f64,
    age: u64,
    price: f64,
    sold: String,
    more: String,
}

const NUMBERS: &str = "task = \"numbers\"\ntargets = [\"price\"]\nignore = [\"sold\"]\n";
const LABELS: &str = "task = \"labels\"\ntargets = [\"sold\", \"more\"]\nignore = [\"price\"]\n";

/// Kind, severity, place and message of each finding.
fn found(keys: &str, edit: impl Fn(usize, &mut Row)) -> Vec<[String; 4]> {
    let workshop = Workshop::new();
    workshop.write("table.csv", table(400, edit).as_bytes());
    let recipe = format!(
        "[data]\nsource = \"table.csv\"\n{keys}validation = 0.0\n[teacher]\nmodel = \"mlp\"\n[student]\nmodel = \"mlp\"\n"
    );
    workshop.write("job.toml", recipe.as_bytes());
    let output = workshop.output(&["check", "job.toml", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON, but {}", String::from_utf8_lossy(&output.stderr)));
    let findings = value["findings"].as_array().expect("a list");
    let text = |finding: &Value, key: &str| finding[key].as_str().expect("text").replace("./", "");
    let keys = ["kind", "severity", "place", "message"];
    findings.iter().map(|finding| keys.map(|key| text(finding, key))).collect()
}

/// The one finding, without its message, which says `what`.
fn only(keys: &str, what: &str, edit: impl Fn(usize, &mut Row)) -> [String; 3] {
    let findings = found(keys, edit);
    let [[kind, severity, place, message]] = &findings[..] else { panic!("{findings:#?}") };
    assert!(message.contains(what), "{message}");
    [kind, severity, place].map(String::clone)
}

/// Two labels, each of which hangs loosely on the features.
fn second_label(number: usize, row: &mut Row) {
    row.more = u8::from(row.size > 0.0 && !number.is_multiple_of(3)).to_string();
}

#[test]
fn sound_labels_and_numbers_have_no_finding() {
    assert_eq!(found(NUMBERS, |_, _| {}), Vec::<[String; 4]>::new());
    assert_eq!(found(LABELS, second_label), Vec::<[String; 4]>::new());
}

#[test]
fn a_target_that_never_changes_is_found() {
    let place = "table.csv, column `price`";
    let kind = only(NUMBERS, "the target is 7 in every training row", |_, row| row.price = 7.0);
    assert_eq!(kind, ["constant-target", "warning", place]);
    let kind = only(LABELS, "the target is 0", |_, row| row.more = "0".to_owned());
    assert_eq!(kind, ["constant-target", "warning", "table.csv, column `more`"]);
}

#[test]
fn a_column_that_is_the_target_is_an_error_and_one_that_determines_it_is_a_warning() {
    let place = "table.csv, column `more`";
    let kind = only(NUMBERS, "scale and origin", |_, row| {
        row.more = format!("{:.6}", 3.0 - 0.7 * row.price);
    });
    assert_eq!(kind, ["target-copy", "error", place]);
    let kind =
        only(NUMBERS, "rises, or falls", |_, row| row.more = format!("{:.9}", row.price.ln()));
    assert_eq!(kind, ["target-function", "warning", place]);

    let sold = "task = \"labels\"\ntargets = [\"sold\"]\nignore = [\"price\"]\n";
    let kind = only(sold, "other names", |_, row| {
        row.more = if row.sold == "1" { "yes" } else { "no" }.to_owned();
    });
    assert_eq!(kind, ["target-copy", "error", place]);
    let kind = only(sold, "all rows of a value", |number, row| {
        row.more = format!("{}{}", ["n", "y"][usize::from(row.sold == "1")], number % 4);
    });
    assert_eq!(kind, ["target-function", "warning", place]);
}

#[test]
fn equal_rows_with_other_targets_contradict_each_other() {
    // The same features in twenty pairs; the shares of a part are drawn, so that most pairs are in training.
    let repeat = |number: usize, row: &mut Row| {
        if number < 40 {
            row.size = (number / 2) as f64 / 7.0 + 0.001;
            row.age = 21 + number as u64 / 2;
            row.more = (number / 2).to_string() + ".125";
        }
    };
    let kinds = |keys: &str, edit: &dyn Fn(usize, &mut Row)| -> Vec<String> {
        found(keys, edit).into_iter().map(|[kind, ..]| kind).collect()
    };
    let apart = kinds(NUMBERS, &|number, row| {
        repeat(number, row);
        row.price = if number < 40 { [50.0, 150.0][number % 2] } else { row.price };
    });
    assert!(apart.contains(&"contradictory-labels".to_owned()), "{apart:?}");
    let near = kinds(NUMBERS, &|number, row| {
        repeat(number, row);
        row.price = if number < 40 { 100.0 + (number % 2) as f64 } else { row.price };
    });
    assert!(near.contains(&"duplicate-rows".to_owned()), "{near:?}");
    assert!(!near.contains(&"contradictory-labels".to_owned()), "{near:?}");
}
