//! The files of the project, read.

use std::path::{Path, PathBuf};

/// A text file, with its path from the project's folder.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The crate that the file belongs to, by the name of its folder.
    pub(crate) fn crate_folder(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// The name without folder and ending.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }

    /// Whether it is the code of a crate, and not of its tests.
    pub(crate) fn is_crate_source(&self) -> bool {
        let inside = self.crate_folder().is_some() && self.path.contains("/src/");
        inside && self.path.ends_with(".rs")
    }
}

/// Folders that hold what was built, fetched or run here, as `.gitignore` lists them.
const NOT_OURS: [&str; 6] = ["target", "runs", "label-store", "data", "shared", "node_modules"];
/// Hidden folders are the machine's or the tools' own, but for this one.
const CONTINUOUS_INTEGRATION: &str = ".ci";

pub(crate) fn project_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every text file below `root`, in the order of the paths.
pub(crate) fn files_below(root: &Path) -> Vec<File> {
    let mut files = Vec::new();
    collect(root, "", &mut files);
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if is_ours(&path, &name) {
                collect(&entry.path(), &format!("{path}/"), files);
            }
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.push(File { path, text });
        }
    }
}

/// `data` and `runs` are left out in the project's own folder alone: a crate has the name too.
fn is_ours(path: &str, name: &str) -> bool {
    let hidden = name.starts_with('.') && name != CONTINUOUS_INTEGRATION;
    !hidden && name != "target" && !NOT_OURS.contains(&path)
}

#[test]
fn the_folders_of_crates_are_read_and_those_of_builds_are_not() {
    assert!(is_ours("crates/data", "data") && is_ours(".ci", ".ci"));
    assert!(!is_ours("data", "data") && !is_ours("fuzz/target", "target"));
    assert!(!is_ours(".git", ".git"));
}
