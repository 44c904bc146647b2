/*!
The rules of the house, checked over the files of the project itself.

Lints hold what can be seen within one crate; here is what concerns several: who may depend on whom,
how long files are and what they are called, and what must not stand in any of them. Each rule is a
pure function from files to violations, so that beside the project it also meets a made-up violation
that it must find.
*/

mod manifests;
mod sources;
mod tree;

use tree::File;

/// The files of the project.
fn project() -> Vec<File> {
    let files = tree::files_below(&tree::project_folder());
    assert!(files.iter().any(|file| file.path == "crates/house/tests/house/main.rs"));
    files
}

/// A made-up file.
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

#[track_caller]
fn assert_none(violations: Vec<String>) {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}
