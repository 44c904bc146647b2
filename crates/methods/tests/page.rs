//! `docs/methods.md` is made from the documentation of the methods and from the results of
//! `examples/methods_table.rs`, which are beside it. `POTSTILL_UPDATE_SNAPSHOTS=1` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "the page is a file of the project, written on request"
)]

use std::path::{Path, PathBuf};

use data::Task;
use serde_json::Value;

const INTRODUCTION: &str = "# Methods

A method is one published way to distil. A recipe names one, `method = \"dkd\"`, or combines several
([recipe.md](recipe.md)); any of them may see standardised logits or a teacher whose mistakes are exchanged for
the labels, and its temperature and weight may change in the course of training.

This page is made from the documentation of the code. Values and gradients of every method agree with
independent programs in float64 (`oracles/`) to 1e-5, and each of its laws is a test on a thousand random cases of it.
Every soft term is 0 where student and teacher agree, unless a method's section says otherwise, is summed over
classes and averaged over the samples that it applies to, and has the factor `T^2`.

The methods from `fitnet` to `pkd` compare taps, the named values on the way through both networks, in place of
logits, and are for classes, labels and numbers. Vectors are one position of many channels, sequences are a row of
positions. They need a teacher whose values on the way are known: trained here, saved by potstill, of weights, or an ONNX file.
";

/// The results of the jobs, in the order of the page.
const FILES: [&str; 6] = [
    "methods.jsonl",
    "methods-images.jsonl",
    "methods-width.jsonl",
    "methods-transformers.jsonl",
    "methods-labels.jsonl",
    "methods-numbers.jsonl",
];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The documentation of the first public type of a source file, with its headings one level below that
/// of a section.
fn documentation(source: &str) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let declared = |line: &&str| line.starts_with("pub struct ");
    let end = lines.iter().position(declared).unwrap();
    let comment = |line: &&&str| line.starts_with("///") || line.starts_with("#[derive");
    let before =
        lines[..end].iter().rev().take_while(comment).filter(|line| line.starts_with("///"));
    let mut text: Vec<String> = before
        .map(|line| {
            let line = line.trim_start_matches("///");
            line.strip_prefix(' ').unwrap_or(line).to_owned()
        })
        .collect();
    text.reverse();
    for line in &mut text {
        if let Some(heading) = line.strip_prefix("# ") {
            *line = format!("### {heading}\n");
        }
        // Links between items of the code lead nowhere here.
        *line = line.replace("[`", "`").replace("`]", "`");
    }
    text.join("\n") + "\n"
}

fn source(name: &str) -> String {
    let file = name.replace('-', "_");
    let path = project().join(format!("crates/methods/src/{file}.rs"));
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("a method has a file: {path:?}"))
}

/// One row for each line of the results in a file.
fn table(file: &str) -> String {
    let results = std::fs::read_to_string(project().join("docs").join(file)).unwrap();
    let mut lines = results.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let about = lines.next().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut page = format!("\n{}\n\n", text(&about["about"]));
    let score = about["score"].as_str().unwrap_or("accuracy");
    page += &format!(
        "| method | {score} | agreement | against the student alone | verdict | step | parameters |\n"
    );
    page += "|---|---|---|---|---|---|---|\n";
    for line in lines {
        let percent = |key: &str| {
            line[key].as_f64().map_or_else(|| "".to_owned(), |x| format!("{:.1} %", 100.0 * x))
        };
        let factor =
            |key: &str| line[key].as_f64().map_or_else(|| "".to_owned(), |x| format!("{x:.2}"));
        page += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            text(&line["method"]),
            if score == "absolute error" { factor("accuracy") } else { percent("accuracy") },
            percent("agreement"),
            text(&line["difference"]),
            text(&line["verdict"]),
            factor("step"),
            line["parameters"]
        );
    }
    page
}

/// The names of the methods of all tasks, each once.
fn names() -> impl Iterator<Item = &'static str> {
    let mut told: Vec<&str> = Vec::new();
    let all = [Task::Classes, Task::Labels, Task::Numbers].into_iter();
    for name in all.flat_map(potstill_methods::names) {
        if !told.contains(&name) {
            told.push(name);
        }
    }
    told.into_iter()
}

fn page() -> String {
    let tables: Vec<String> = FILES.into_iter().map(table).collect();
    let mut page = format!("{INTRODUCTION}\n## Side by side\n{}", tables.join("\n"));
    for name in names() {
        page += &format!("\n## `{name}`\n\n{}", documentation(&source(name)));
    }
    page += "\n# Transforms\n";
    for (key, name) in [("standardise", "standardised"), ("probability_shift", "shifted")] {
        page += &format!("\n## `{key}`\n\n{}", documentation(&source(name)));
    }
    page
}

#[test]
fn the_page_says_what_the_code_says() {
    let path = project().join("docs/methods.md");
    let expected = page();
    if std::env::var_os("POTSTILL_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(found == expected, "docs/methods.md has drifted from the code: write it anew");
}

#[test]
fn every_method_says_what_a_reader_needs() {
    for name in names().chain(["standardised", "shifted"]) {
        let text = documentation(&source(name));
        for heading in ["What it does", "When to use it", "Formula", "Options", "Cost", "Example"] {
            assert!(text.contains(&format!("### {heading}\n")), "`{name}` lacks `{heading}`");
        }
    }
}

#[test]
fn every_method_is_in_a_table() {
    let text = |file: &str| std::fs::read_to_string(project().join("docs").join(file)).unwrap();
    let all: Vec<String> = FILES.into_iter().map(text).collect();
    for name in names() {
        let line = format!("\"method\":\"{name}\"");
        assert!(all.iter().any(|file| file.contains(&line)), "no table has `{name}`");
    }
}
