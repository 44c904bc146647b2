//! Rules of the `Cargo.toml` files: dependency directions, who names Burn, and the common lints.

use toml::{Table, Value};

use crate::tree::File;
use crate::{assert_none, file, project};

/// The layers of the house, lowest first: a crate may depend on those before it and on no other.
const LAYERS: [&str; 22] = [
    "words", "random", "options", "store", "columnar", "labels", "data", "onnx", "ops", "tensors",
    "nn", "methods", "teacher", "train", "eval", "export", "recipe", "report", "bench", "job",
    "potstill", "cli",
];
/// The crates that may name the tensor library.
const BURN: [&str; 8] =
    ["tensors", "nn", "methods", "teacher", "train", "bench", "job", "potstill"];
/// These rules themselves, beside the house and depending on nothing in it.
const RULES: &str = "house";

/// The manifest of one crate.
struct Manifest<'a> {
    name: &'a str,
    path: &'a str,
    table: Table,
}

fn manifests(files: &[File]) -> Vec<Manifest<'_>> {
    let manifest = |file: &'_ File| file.path.ends_with("/Cargo.toml");
    files
        .iter()
        .filter(|file| manifest(file))
        .filter_map(|file| {
            let table = file.text.parse().unwrap_or_default();
            Some(Manifest { name: file.crate_folder()?, path: &file.path, table })
        })
        .collect()
}

impl Manifest<'_> {
    /// Every dependency of every kind, those for one platform included.
    fn dependencies(&self) -> Vec<(&String, &Value)> {
        let platforms = self.table.get("target").and_then(Value::as_table);
        let platforms = platforms.into_iter().flat_map(Table::values).filter_map(Value::as_table);
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        std::iter::once(&self.table)
            .chain(platforms)
            .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()))
            .flatten()
            .collect()
    }
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == name)
}

fn wrong_directions(files: &[File]) -> Vec<String> {
    let mut violations = Vec::new();
    for manifest in manifests(files) {
        let Manifest { name, path, .. } = manifest;
        let own = if name == RULES { Some(0) } else { layer(name) };
        let Some(own) = own else {
            violations.push(format!("{path}: `{name}` has no place among the layers"));
            continue;
        };
        for (dependency, _) in manifest.dependencies() {
            if layer(dependency).is_some_and(|other| other >= own) {
                violations.push(format!("{path}: `{name}` stands below `{dependency}`"));
            }
        }
    }
    violations
}

/// A path or a second name would hide a dependency from the rule above, and a version of its own
/// would build a library twice.
fn dependencies_beside_the_workspace(files: &[File]) -> Vec<String> {
    let mut violations = Vec::new();
    for manifest in manifests(files) {
        for (dependency, value) in manifest.dependencies() {
            let workspace = value.get("workspace").and_then(Value::as_bool) == Some(true);
            if !workspace {
                violations
                    .push(format!("{}: `{dependency}` is not the workspace's", manifest.path));
            }
        }
    }
    violations
}

fn tensor_libraries(files: &[File]) -> Vec<String> {
    let names_burn = |manifest: &Manifest<'_>| {
        manifest.dependencies().iter().any(|(name, _)| *name == "burn" || name.starts_with("burn-"))
    };
    let outsiders = manifests(files).into_iter().filter(|manifest| !BURN.contains(&manifest.name));
    let outsiders = outsiders.filter(names_burn);
    outsiders.map(|manifest| format!("{}: names Burn", manifest.path)).collect()
}

fn crates_without_lints(files: &[File]) -> Vec<String> {
    let lints = |manifest: &Manifest<'_>| {
        let lints = manifest.table.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(Value::as_bool) == Some(true)
    };
    let without = manifests(files).into_iter().filter(|manifest| !lints(manifest));
    without.map(|manifest| format!("{}: lacks `[lints] workspace = true`", manifest.path)).collect()
}

#[test]
fn a_crate_depends_only_on_those_below_it() {
    let files = project();
    assert!(manifests(&files).len() > 10);
    assert_none(wrong_directions(&files));
}

#[test]
fn a_dependency_upwards_is_found_in_every_kind_of_dependency() {
    for section in [
        "dependencies",
        "dev-dependencies",
        "build-dependencies",
        "target.'cfg(unix)'.dependencies",
    ] {
        let text = format!("[{section}]\nrandom.workspace = true\ntrain = {{ workspace = true }}");
        let violations = wrong_directions(&[file("crates/data/Cargo.toml", &text)]);
        assert_eq!(violations, ["crates/data/Cargo.toml: `data` stands below `train`"]);
    }
}

#[test]
fn a_crate_outside_the_layers_and_rules_that_depend_on_the_house_are_found() {
    let stranger = file("crates/stranger/Cargo.toml", "");
    let rules = file("crates/house/Cargo.toml", "[dependencies]\nrandom.workspace = true");
    assert_eq!(wrong_directions(&[stranger, rules]).len(), 2);
}

#[test]
fn all_dependencies_are_those_of_the_workspace() {
    assert_none(dependencies_beside_the_workspace(&project()));
}

#[test]
fn a_dependency_with_its_own_version_path_or_name_is_found() {
    for given in ["\"1\"", "{ path = \"../train\" }", "{ version = \"1\", package = \"burn\" }"] {
        let manifest = file("crates/data/Cargo.toml", &format!("[dependencies]\nx = {given}"));
        assert_eq!(dependencies_beside_the_workspace(&[manifest]).len(), 1, "{given}");
    }
}

#[test]
fn only_the_crates_that_compute_with_tensors_name_burn() {
    assert_none(tensor_libraries(&project()));
}

#[test]
fn a_crate_that_must_not_know_burn_but_names_it_is_found() {
    let allowed = file("crates/nn/Cargo.toml", "[dependencies]\nburn.workspace = true");
    let reader = file("crates/data/Cargo.toml", "[dev-dependencies]\nburn-core.workspace = true");
    assert_eq!(tensor_libraries(&[allowed, reader]), ["crates/data/Cargo.toml: names Burn"]);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    assert_none(crates_without_lints(&project()));
}

#[test]
fn a_crate_without_the_lints_is_found() {
    let good = file("crates/data/Cargo.toml", "[lints]\nworkspace = true");
    let bad = file("crates/nn/Cargo.toml", "[lints]\nworkspace = false");
    let none = file("crates/train/Cargo.toml", "[package]");
    assert_eq!(crates_without_lints(&[good, bad, none]).len(), 2);
}
