/*!
Files as a recipe names them: one, several in a list, or all that fit a pattern.
*/

use std::fmt;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::error::DataError;
use crate::options::refused;
use crate::raw;

/// What to do about a pattern that nothing fits.
const NO_MATCH: &str = "correct the pattern, which starts at the folder of the recipe: `*` stands for any \
                        characters of a name, `**` for any folders";

/// What a recipe names as a source: one name, or several.
///
/// A name is a path, or a pattern: `*` and `?` stand for any characters and any one character of a
/// name, `[ab]` for one of those, `**` for any folders. A path that exists is never a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(Vec<String>);

impl Source {
    /// Several names; they are one source.
    pub fn of(names: Vec<String>) -> Self {
        Self(names)
    }

    /// The name, where there is only one.
    pub(crate) fn single(&self) -> Option<&str> {
        match self.0.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// The files and folders that are meant, sorted by name; relative ones start at `base`.
    ///
    /// # Errors
    /// [`DataError::UnknownSource`] for a name that nothing has, [`DataError::Malformed`] for a pattern
    /// that nothing fits, [`DataError::Option`] under `key` for a file that is named twice.
    pub(crate) fn files(&self, base: &Path, key: &'static str) -> Result<Vec<Named>, DataError> {
        let mut files = Vec::new();
        for name in &self.0 {
            let path = base.join(name);
            if raw::exists(&path) {
                files.push(Named { path, name: name.clone() });
                continue;
            }
            if !is_pattern(name) {
                return Err(DataError::UnknownSource { name: name.clone(), path });
            }
            let found = matches(base, name);
            if found.is_empty() {
                return Err(DataError::Malformed {
                    path,
                    expected: "files that match the pattern".into(),
                    found: "none".into(),
                    hint: NO_MATCH,
                });
            }
            files.extend(found);
        }
        files.sort_by(|left, right| left.name.cmp(&right.name));
        let same = files.windows(2).find(|pair| matches!(pair, [one, two] if one.path == two.path));
        match same.and_then(<[Named]>::first) {
            Some(twice) => Err(refused(key, &twice.name, "each file once")),
            None => Ok(files),
        }
    }
}

/// A file or folder with the name that the options give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '[']) && Pattern::new(name).is_ok()
}

/// What fits a pattern. Hidden files fit only a pattern that begins with a point.
fn matches(base: &Path, name: &str) -> Vec<Named> {
    let absolute = Path::new(name).is_absolute();
    let before = match (absolute, base.as_os_str().is_empty()) {
        (false, false) => format!("{}/", Pattern::escape(&base.display().to_string())),
        _ => String::new(),
    };
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let Ok(paths) = glob::glob_with(&format!("{before}{name}"), options) else { return Vec::new() };
    let named = |path: PathBuf| {
        let shown = if absolute { &path } else { path.strip_prefix(base).unwrap_or(&path) };
        Named { name: shown.display().to_string(), path }
    };
    paths.flatten().map(named).collect()
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(", "))
    }
}

impl From<&str> for Source {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

impl From<String> for Source {
    fn from(name: String) -> Self {
        Self(vec![name])
    }
}
