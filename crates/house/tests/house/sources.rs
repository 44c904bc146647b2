//! Rules of the texts: length and names of files, module documentation, and what must not stand in any.

use crate::tree::File;
use crate::{assert_none, file, project};

/// Lines of a source file without its tests.
const LONGEST: usize = 400;
/// Half of the source files have fewer lines than this.
const USUAL: usize = 200;
/// Names that say nothing about what a file is responsible for.
const EMPTY_NAMES: [&str; 8] =
    ["utils", "util", "common", "helpers", "helper", "misc", "shared", "stuff"];
/// The folders of machines that the project was written on. Put together here, so that this file
/// does not hold them.
const MACHINE_FOLDERS: [&str; 5] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
];
/// Hosts that packages come from; the project names packages and leaves it to the clients where
/// they are fetched.
const REGISTRY_HOSTS: [&str; 7] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("py", "pi.org"),
    concat!("files.python", "hosted.org"),
    concat!("registry.", "npmjs.org"),
    concat!("deb.", "debian.org"),
    concat!("proxy.", "golang.org"),
];
/// The one place where Cargo puts packages in the lock file.
const LOCKED_SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

fn sources(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.is_crate_source())
}

/// Lines of a source file up to its tests.
fn length(file: &File) -> usize {
    file.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
}

fn long_files(files: &[File]) -> Vec<String> {
    let long = sources(files).filter(|file| length(file) > LONGEST);
    long.map(|file| format!("{}: {} lines", file.path, length(file))).collect()
}

fn usual_length(files: &[File]) -> usize {
    let mut lengths: Vec<usize> = sources(files).map(length).collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or_default()
}

fn empty_names(files: &[File]) -> Vec<String> {
    let code = files.iter().filter(|file| file.path.ends_with(".rs") || file.path.ends_with(".py"));
    let folders = |file: &File| file.path.split('/').any(|folder| EMPTY_NAMES.contains(&folder));
    let empty = code.filter(|file| EMPTY_NAMES.contains(&file.stem()) || folders(file));
    empty.map(|file| format!("{}: the name says nothing", file.path)).collect()
}

fn crates_without_documentation(files: &[File]) -> Vec<String> {
    let root = |file: &&File| {
        let inside = file.path.split_once("/src/").map(|(_, inside)| inside);
        matches!(inside, Some("lib.rs" | "main.rs"))
    };
    let documented = |file: &File| file.text.starts_with("//! ") || file.text.starts_with("/*!");
    let without = sources(files).filter(root).filter(|file| !documented(file));
    without.map(|file| format!("{}: does not begin with module documentation", file.path)).collect()
}

/// Places where unsafe code begins: the word, followed by what makes it more than a word.
fn unsafe_code(files: &[File]) -> Vec<String> {
    let word = concat!("un", "safe");
    let begins = |rest: &str| {
        let rest = rest.trim_start();
        let keywords = ["fn ", "impl", "trait ", "extern ", "mod "];
        rest.starts_with(['{', '(']) || keywords.iter().any(|word| rest.starts_with(word))
    };
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        // Joined, because a brace may stand on the next line; comments end with their lines.
        let code: Vec<&str> = file.text.lines().map(without_comment).collect();
        let code = code.join("\n");
        let found = code.match_indices(word).any(|(place, _)| {
            let before = code.get(..place).and_then(|text| text.chars().next_back());
            let whole = !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
            whole && code.get(place + word.len()..).is_some_and(begins)
        });
        if found {
            violations.push(format!("{}: holds {word} code", file.path));
        }
    }
    violations
}

fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

fn foreign_places(files: &[File]) -> Vec<String> {
    let mut violations = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            let folders = MACHINE_FOLDERS.iter().filter(|folder| names_folder(line, folder));
            let hosts = REGISTRY_HOSTS.iter().filter(|host| line.contains(**host));
            for place in folders.chain(hosts) {
                violations.push(format!("{}:{}: names `{place}`", file.path, number + 1));
            }
        }
    }
    violations
}

/// Whether an absolute path begins with the folder here; within a path it may have any name.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(place, _)| {
        let before = line.get(..place).and_then(|text| text.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-/}*".contains(letter))
    })
}

fn foreign_packages(files: &[File]) -> Vec<String> {
    let lock = files.iter().filter(|file| file.path == "Cargo.lock");
    let lines = lock.flat_map(|file| file.text.lines());
    let foreign = lines.filter(|line| line.starts_with("source = ") && *line != LOCKED_SOURCE);
    foreign.map(|line| format!("Cargo.lock: {line}")).collect()
}

#[test]
fn source_files_are_short() {
    let files = project();
    assert!(sources(&files).count() > 50);
    assert_none(long_files(&files));
    assert!(usual_length(&files) < USUAL, "the median is {} lines", usual_length(&files));
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let code = "let x = 1;\n".repeat(LONGEST);
    let tests = format!("{code}#[cfg(test)]\nmod tests {{\n{code}}}\n");
    assert_none(long_files(&[file("crates/data/src/a.rs", &tests)]));
    let long = file("crates/data/src/b.rs", &format!("{code}\n"));
    assert_eq!(long_files(&[long]), ["crates/data/src/b.rs: 401 lines"]);
    let lengths = [1, 7, 900].map(|lines| file("crates/data/src/c.rs", &"\n".repeat(lines)));
    assert_eq!(usual_length(&lengths), 7);
}

#[test]
fn names_of_files_say_what_they_are_responsible_for() {
    assert_none(empty_names(&project()));
}

#[test]
fn an_empty_name_of_a_file_or_a_folder_is_found() {
    let bad = ["crates/data/src/utils.rs", "crates/nn/src/common/mod.rs", "oracles/helpers.py"];
    let good = ["crates/data/src/commonness.rs", "docs/common.md"];
    let files: Vec<File> = bad.iter().chain(&good).map(|path| file(path, "")).collect();
    assert_eq!(empty_names(&files).len(), bad.len());
}

#[test]
fn every_crate_begins_with_its_documentation() {
    assert_none(crates_without_documentation(&project()));
}

#[test]
fn a_crate_that_does_not_begin_with_documentation_is_found() {
    let good = file("crates/data/src/lib.rs", "/*!\nData.\n*/\n");
    let bad = file("crates/nn/src/main.rs", "// Networks.\nfn main() {}\n");
    assert_eq!(crates_without_documentation(&[good, bad]).len(), 1);
}

#[test]
fn there_is_no_unsafe_code() {
    assert_none(unsafe_code(&project()));
}

#[test]
fn unsafe_code_is_found_and_the_mere_word_is_not() {
    let word = concat!("un", "safe");
    for code in [
        format!("let x = {word} {{ y }};"),
        format!("{word}\n{{ y }}"),
        format!("pub {word} fn f() {{}}"),
        format!("{word} impl Send for X {{}}"),
        format!("#[{word}(no_mangle)]"),
    ] {
        assert_eq!(unsafe_code(&[file("crates/data/src/a.rs", &code)]).len(), 1, "{code}");
        let comment = format!("// {}", code.replace('\n', " "));
        assert_none(unsafe_code(&[file("crates/data/src/a.rs", &comment)]));
    }
    let words = format!("{word}_code = \"forbid\"; not_{word} {{}}");
    assert_none(unsafe_code(&[file("crates/data/src/a.rs", &words)]));
}

#[test]
fn no_file_names_a_place_on_a_machine_or_a_registry() {
    let files = project();
    assert!(files.iter().any(|file| file.path == "Cargo.lock"));
    assert_none(foreign_places(&files));
    assert_none(foreign_packages(&files));
}

#[test]
fn places_on_a_machine_and_registries_are_found() {
    for place in MACHINE_FOLDERS.iter().chain(&REGISTRY_HOSTS) {
        let text = format!("first line\nsee `{place}x`\n");
        let found = foreign_places(&[file("docs/a.md", &text)]);
        assert_eq!(found, [format!("docs/a.md:2: names `{place}`")]);
    }
    let inside = concat!("look at crates/wo", "rk/src and ../wo", "rk/x");
    assert_none(foreign_places(&[file("docs/a.md", inside)]));
    let mirror = "source = \"registry+https://example.com/index\"";
    let lock = file("Cargo.lock", &format!("{LOCKED_SOURCE}\n{mirror}\n"));
    assert_eq!(foreign_packages(&[lock]), [format!("Cargo.lock: {mirror}")]);
}
