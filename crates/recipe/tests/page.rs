//! `docs/recipe.md` names the keys, defaults and ranges that the program has, and no others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use potstill_recipe::{OptionError, Problem, Recipe};

const PAGE: &str = include_str!("../../../docs/recipe.md");

const SHORTEST: &str = r#"
[data]
source = "digits"
[teacher]
model = "mlp"
[student]
model = "mlp"
"#;

/// One line of a table of the page, for one of the sections that it belongs to.
struct Row {
    section: String,
    key: String,
    default: String,
    range: String,
}

fn rows() -> Vec<Row> {
    let mut sections: Vec<&str> = Vec::new();
    let mut rows = Vec::new();
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let names = heading.split('[').skip(1);
            sections = names.filter_map(|rest| rest.split(']').next()).collect();
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", key, default, range, _, ""] = cells[..] else { continue };
        let Some(key) = key.strip_prefix('`') else { continue };
        rows.extend(sections.iter().map(|section| Row {
            section: (*section).to_owned(),
            key: key.trim_end_matches('`').to_owned(),
            default: default.to_owned(),
            range: range.to_owned(),
        }));
    }
    rows
}

/// Assignments that together show every key. The third chooses the optimiser or the method, for defaults
/// that depend on it.
const VARIANTS: &[&[&str]] = &[
    &["teacher.model=mlp", "student.model=mlp", "teacher.optimizer=adam", "distill.optimizer=adam"],
    &["teacher.model=cnn", "student.model=cnn", "teacher.optimizer=sgd", "distill.optimizer=sgd"],
    &[
        "teacher.model=resnet8",
        "student.model=resnet8",
        "teacher.optimizer=adamw",
        "distill.optimizer=adamw",
        "teacher.schedule=polynomial",
        "distill.schedule=polynomial",
    ],
    &[
        "teacher.model=mlp",
        "student.model=mlp",
        "teacher.optimizer=rmsprop",
        "distill.optimizer=rmsprop",
        "teacher.schedule=step",
        "teacher.milestones=[5]",
        "distill.schedule=step",
        "distill.milestones=[5]",
    ],
    &[
        "teacher.model=mobilenet-v2",
        "student.model=mobilenet-v2",
        "teacher.optimizer=adam",
        "distill.optimizer=adam",
    ],
    &["teacher.model=vit", "student.model=vit", "teacher.optimizer=adam", "distill.optimizer=adam"],
    &[
        "teacher.model=tabular-resnet",
        "student.model=tabular-resnet",
        "teacher.optimizer=adam",
        "distill.optimizer=adam",
    ],
    &[
        "teacher.model=layers",
        "student.model=layers",
        "teacher.optimizer=adam",
        "distill.optimizer=adam",
        "teacher.layers=[{ kind = \"relu\" }]",
        "student.layers=[{ kind = \"relu\" }]",
    ],
    &["data.task=numbers", "data.targets=[\"price\"]", "distill.method=huber"],
    &["data.task=numbers", "data.targets=[\"price\"]", "distill.method=teacher-bounded"],
    &["data.task=labels", "data.targets=[\"red\", \"blue\"]", "distill.method=bernoulli"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=hard"],
    &["teacher.column_embedding=8", "student.column_embedding=8", "distill.optimizer=adam"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=dkd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=nkd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=dist"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=mlkd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=ctkd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=wsld"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=reverse-kl"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=jsd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=skew-kl"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=total-variation"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=top-k"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=tf-kd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=fitnet"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=at"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=sp"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=rkd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=pkt"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=cc"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=nst"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=fsp"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=vid"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=cwd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=ickd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=ab"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=ft"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=kdsvd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=ofd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=reviewkd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=mgd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=crd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=semckd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=simkd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=cat-kd"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=hidden"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=attention"],
    &["teacher.model=mlp", "student.model=mlp", "distill.method=pkd"],
    &[
        "teacher.model=mlp",
        "student.model=mlp",
        "distill.temperature_schedule=warm-up",
        "distill.weight_schedule=warm-up",
    ],
    &[
        "teacher.model=mlp",
        "student.model=mlp",
        "distill.temperature_schedule=linear",
        "distill.weight_schedule=cosine",
    ],
    &["teacher.model=mlp", "student.model=mlp", "distill.methods=[{ method = \"kd\" }]"],
    &["teacher.outputs=a.csv", "teacher.outputs_kind=logits", "student.model=mlp"],
    &["teacher.file=a.onnx", "teacher.outputs_kind=probabilities", "student.model=mlp"],
    &["teacher.model=mlp", "student.model=mlp", "teacher.weights=weights"],
    &[
        "teacher.ensemble=[{ file = \"a\" }, { file = \"b\" }]",
        "student.model=mlp",
        "distill.optimizer=adam",
    ],
    &[
        "teacher.ensemble=[{ file = \"a\" }, { file = \"b\" }]",
        "student.model=mlp",
        "data.task=numbers",
        "data.targets=[\"price\"]",
        "distill.method=mse",
    ],
    &["teacher.student_average=0.99", "student.model=mlp", "distill.optimizer=adam"],
    &["teacher.peers=2", "student.model=mlp", "distill.optimizer=adam"],
];

/// Keys that variants choose.
const CHOSEN: [&str; 6] =
    ["optimizer", "schedule", "method", "methods", "temperature_schedule", "weight_schedule"];

/// The keys of a resolved recipe with their values; a key without one has none.
fn keys(resolved: &str) -> BTreeMap<(String, String), Option<String>> {
    let mut section = "";
    let mut keys = BTreeMap::new();
    for line in resolved.lines() {
        let shown = line.split("  # ").next().unwrap().trim();
        if let Some(name) = shown.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, value)) = shown.split_once('=') {
            let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            let key = key.trim_start_matches("# ").trim().to_owned();
            keys.insert((section.to_owned(), key), value);
        }
    }
    keys
}

fn read(assignments: &[&str]) -> Result<Recipe, OptionError> {
    let of_files = [
        "teacher.file=",
        "teacher.outputs=",
        "teacher.ensemble=",
        "teacher.student_average=",
        "teacher.peers=",
    ];
    let is_there = |text: &&str| of_files.iter().any(|key| text.starts_with(key));
    let trained = "[teacher]\nmodel = \"mlp\"\n";
    // A teacher that is there before has no model.
    let text = match assignments.iter().any(is_there) {
        true => SHORTEST.replace(trained, "[teacher]\n"),
        false => SHORTEST.to_owned(),
    };
    Recipe::read("shortest.toml", &text, assignments)
}

#[test]
fn every_key_is_on_the_page_and_every_key_of_the_page_is_known() {
    let mut known = BTreeSet::new();
    for variant in VARIANTS {
        known.extend(keys(&read(variant).unwrap().resolved).into_keys());
    }
    let rows = rows();
    let documented: BTreeSet<_> =
        rows.iter().map(|row| (row.section.clone(), row.key.clone())).collect();
    assert_eq!(documented.len(), rows.len(), "a key stands in two tables");
    assert_eq!(documented, known);
}

#[test]
fn the_defaults_of_the_page_are_those_of_the_program() {
    for variant in VARIANTS {
        let resolved = keys(&read(variant).unwrap().resolved);
        for Row { section, key, default, .. } in rows() {
            let Some(value) = resolved.get(&(section.clone(), key.clone())) else { continue };
            let assigned = format!("{section}.{key}=");
            if variant.iter().any(|assignment| assignment.starts_with(&assigned)) {
                continue;
            }
            let place = format!("{section}.{key} with {variant:?}");
            match default_for(&default, &section, variant[2]) {
                Some(expected) => {
                    assert_eq!(same(value.as_deref().unwrap()), same(expected), "{place}")
                }
                None if default == "must be given" => assert!(value.is_some(), "{place}"),
                None if CHOSEN.contains(&key.as_str()) => {}
                None => assert_eq!(*value, None, "{place}"),
            }
        }
    }
}

/// What the cell says: `` `a` ``, `` `a`; `b` for `word` ``, or `` teacher `a`, student `b` ``.
/// The variants choose the optimizer themselves.
fn default_for<'a>(cell: &'a str, section: &str, optimizer: &str) -> Option<&'a str> {
    let quoted: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    let word = optimizer.split('=').nth(1)?;
    match (cell, &quoted[..]) {
        ("`\"adam\"`" | "`\"constant\"`" | "`\"kd\"`", _) => None,
        (_, [default]) => Some(default),
        (_, [teacher, student]) if cell.starts_with("teacher") => {
            Some(if section == "teacher" { teacher } else { student })
        }
        (_, [usual, others @ ..]) if others.len().is_multiple_of(2) => {
            let chosen = others.chunks(2).find(|pair| pair.last() == Some(&word));
            Some(chosen.map_or(usual, |pair| pair.first().unwrap()))
        }
        (_, []) => None,
        _ => panic!("a cell of another form: {cell}"),
    }
}

/// A value in one spelling, whatever its notation.
fn same(value: &str) -> String {
    value.parse::<f64>().map_or_else(|_| value.to_owned(), |number| format!("{number:e}"))
}

#[test]
fn the_ranges_of_the_page_are_those_of_the_program() {
    let mut checked = 0;
    for Row { section, key, range, .. } in rows() {
        // A list of texts has no ends.
        if range.starts_with("list of ") {
            continue;
        }
        let at = (section.clone(), key.clone());
        let known = |variant: &&&[&str]| keys(&read(variant).unwrap().resolved).contains_key(&at);
        let variant = VARIANTS.iter().find(known).unwrap();
        let list = range.starts_with("each ");
        for (value, inside) in probes(range.trim_start_matches("each ")) {
            let value = if list { format!("[{value}]") } else { value };
            let assignment = format!("{section}.{key}={value}");
            let assignments = [variant, &[assignment.as_str()][..]].concat();
            // Within its range a value may still not go together with the others.
            let refused = read(&assignments).is_err_and(|error| {
                matches!(
                    *error.problem,
                    Problem::OutOfRange { .. }
                        | Problem::WrongType { .. }
                        | Problem::UnknownChoice { .. }
                )
            });
            assert_eq!(!refused, inside, "{assignment}: {range}");
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} values checked");
}

/// Values at the ends of a range and beyond them, and whether they are inside.
fn probes(range: &str) -> Vec<(String, bool)> {
    if range.starts_with('`') {
        let words = range.split('`').skip(1).step_by(2).map(|word| (word.to_owned(), true));
        return words.chain([("none-of-these".to_owned(), false)]).collect();
    }
    if let Some((numbers, words)) = range.split_once(", or `") {
        return [probes(numbers), probes(&format!("`{words}"))].concat();
    }
    let normal = range.replace(", ", " ").replace("up to", "upto").replace(" to ", " ");
    let mut words = normal.split_whitespace().peekable();
    let mut probes = Vec::new();
    let mut ends = 0;
    while let Some(word) = words.next() {
        let next = |words: &mut dyn Iterator<Item = &str>| -> f64 {
            words.next().unwrap().parse().unwrap()
        };
        let lowest = |end: f64| {
            [(end, true), (if end >= 1.0 { end - 1.0 } else { end / 2.0 - 1e-35 }, false)]
        };
        let highest = |end: f64| [(end, true), (end + 1.0, false)];
        let both = match word {
            "above" => [(next(&mut words), false), (0.5, true)],
            "below" => [(next(&mut words), false), (0.5, true)],
            "upto" => highest(next(&mut words)),
            "at" => {
                assert_eq!(words.next(), Some("least"));
                lowest(next(&mut words))
            }
            number if ends == 0 => lowest(number.parse().unwrap()),
            number => highest(number.parse().unwrap()),
        };
        ends += 1;
        probes.extend(both);
    }
    // Whole numbers without a point, as keys of whole numbers need them.
    let written = |value: f64| {
        if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:e}") }
    };
    probes.into_iter().map(|(value, inside)| (written(value), inside)).collect()
}
