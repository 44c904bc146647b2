//! What the named networks cost, against what PyTorch counts (`oracles/named_networks.py`) and against what was
//! published: every row of `docs/networks.md`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use data::SampleShape;
use options::Document;
use potstill_nn::{Architecture, Totals, totals};
use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/networks.md");

/// The network of a recipe: a model, and behind it keys, or a width multiplier ` x2.0`, hidden layers, or a token.
fn named(name: &str) -> Architecture {
    let short = [(" x", "width_multiplier = "), (" with a ", "distillation_token = true # ")];
    let found = short.iter().find_map(|(mark, key)| {
        let (model, rest) = name.split_once(mark)?;
        Some((model, format!("{key}{rest}")))
    });
    let (model, keys) = match name.strip_prefix("mlp ") {
        Some(hidden) => ("mlp", format!("hidden = [{}]", hidden.replace('-', ", "))),
        None => found.unwrap_or_else(|| {
            let (model, keys) = name.split_once(", ").unwrap_or((name, ""));
            (model, keys.replace(", ", "\n"))
        }),
    };
    let text = format!("[student]\nmodel = \"{model}\"\n{keys}\n");
    let mut document = Document::parse("test", &text).unwrap();
    let mut section = document.section("student", "");
    let architecture = Architecture::read(&mut section, &[]).unwrap();
    section.finish().unwrap();
    architecture
}

fn counted(name: &str, classes: usize, side: usize) -> Totals {
    let image = SampleShape::Image { channels: 3, height: side, width: side };
    totals(&named(name).layers(image, classes).unwrap())
}

/// The cells of the rows of a table of the page, by its first heads.
fn table(heads: &str) -> Vec<Vec<&'static str>> {
    let rows = PAGE.lines().skip_while(|line| !line.starts_with(heads)).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn number<T: std::str::FromStr>(cell: &str) -> T {
    cell.replace(',', "").parse().ok().unwrap()
}

#[test]
fn costs_of_every_named_network_are_those_that_pytorch_counts_and_the_page_says() {
    let all: Value = serde_json::from_str(include_str!("oracle/named_networks.json")).unwrap();
    let costs = all["costs"].as_object().unwrap();
    let rows = table("| network | parameters, 10 classes");
    assert_eq!(costs.len(), 2 * rows.len());
    for row in rows {
        for (classes, cells) in [(10, &row[1..3]), (100, &row[3..5])] {
            let found = counted(row[0], classes, 32);
            let expected = &costs[&format!("{}, {classes} classes", row[0])];
            let name = format!("{} of {classes} classes", row[0]);
            assert_eq!(found.parameters, expected["parameters"].as_u64().unwrap(), "{name}");
            assert_eq!(found.multiply_adds, expected["multiply_adds"].as_u64().unwrap(), "{name}");
            let page = Totals { parameters: number(cells[0]), multiply_adds: number(cells[1]) };
            assert_eq!(found, page, "{name}");
        }
    }
}

#[test]
fn every_network_of_the_benchmarks_is_on_the_page() {
    let known: BTreeSet<&str> =
        table("| network | parameters, 10 classes").iter().map(|row| row[0]).collect();
    let expected = "resnet8 resnet14 resnet20 resnet32 resnet44 resnet56 resnet110 resnet8x4 resnet32x4 wrn-16-1 \
                    wrn-16-2 wrn-40-1 wrn-40-2 wrn-28-10 vgg8 vgg11 vgg13 vgg16 vgg19 shufflenet-v1 vit tabular-resnet";
    for name in expected.split(' ').chain(["mobilenet-v2 x1.0", "shufflenet-v2 x1.0"]) {
        assert!(known.contains(name), "{name}");
    }
}

/// A count in the unit and with as many decimals as were published.
fn rounded(count: i64, like: &str) -> String {
    let (number, unit) = like.split_once(' ').unwrap();
    let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let scale = if unit == "G" { 1e9 } else { 1e6 };
    format!("{:.decimals$} {unit}", count as f64 / scale)
}

/// The rows whose number is a count of ours, and with what theirs has beside it the published one.
fn published(heads: &str, count: fn(Totals) -> u64) -> usize {
    let rows = table(heads);
    for row in &rows {
        let found = count(counted(row[0], number(row[1]), number(row[2])));
        assert_eq!(found, number::<u64>(row[3]), "{}", row[0]);
        let theirs = found as i64 + number::<i64>(row[4]);
        assert_eq!(rounded(theirs, row[5]), row[5], "{} of source {}", row[0], row[6]);
        assert_eq!(row[4] == "0", row[7].is_empty(), "{}: a difference has its reason", row[0]);
    }
    rows.len()
}

#[test]
fn parameters_are_as_many_as_published() {
    assert_eq!(published("| network | classes | image | parameters", |all| all.parameters), 41);
}

#[test]
fn multiply_adds_are_as_many_as_published() {
    assert_eq!(
        published("| network | classes | image | multiply-adds", |all| all.multiply_adds),
        19
    );
}

#[test]
fn a_number_is_rounded_as_it_was_published() {
    assert_eq!(rounded(269_722, "0.27 M"), "0.27 M");
    assert_eq!(rounded(4_598_880_000, "4.6 G"), "4.6 G");
    assert_ne!(rounded(5_750_001, "5.7 M"), "5.7 M");
}
