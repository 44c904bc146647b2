//! What can be wrong with a recipe, and where.

use std::ops::Range;
use std::sync::Arc;

/// A mistake in a recipe or in a `--set` argument.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct OptionError {
    /// What is wrong; boxed to keep results small.
    pub problem: Box<Problem>,
    /// Where it stands, unless something is missing as a whole.
    pub place: Option<Place>,
}

/// A stretch of the text that a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the recipe, or `--set`.
    pub origin: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    /// Bytes of `text`.
    pub span: Range<usize>,
}

/// The kinds of mistakes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not TOML.
    #[error("{message}")]
    Syntax {
        /// What the TOML reader says.
        message: String,
    },
    /// A section that nobody reads.
    #[error("unknown section `[{section}]`")]
    UnknownSection {
        /// Its name.
        section: String,
        /// The closest known name.
        similar: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// A key that nobody reads.
    #[error("unknown key `{key}` in `[{section}]`")]
    UnknownKey {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// The closest known key with its default.
        similar: Option<(String, String)>,
        /// All keys of the section.
        known: Vec<String>,
    },
    /// A key that must be there.
    #[error("`{key}` is missing in `[{section}]`")]
    Missing {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What it should say.
        expected: String,
    },
    /// A value of another type.
    #[error("`{section}.{key}` has the wrong type: expected {expected}, found {found}")]
    WrongType {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// The type that is needed.
        expected: String,
        /// The type and value that are there.
        found: String,
    },
    /// A value outside its range.
    #[error("`{section}.{key}` is out of range: expected {expected}, found {found}")]
    OutOfRange {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// The range.
        expected: String,
        /// The value.
        found: String,
    },
    /// A word that is not among the choices.
    #[error("`{section}.{key}` has an unknown value `{found}`")]
    UnknownChoice {
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// The value.
        found: String,
        /// The choices.
        choices: Vec<String>,
        /// The closest choice.
        similar: Option<String>,
    },
    /// Options that do not go together.
    #[error("{message}")]
    Conflict {
        /// Which, and why.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A `--set` argument that is not `section.key=value`.
    #[error("`--set {argument}` is not of the form `section.key=value`")]
    Assignment {
        /// The argument.
        argument: String,
    },
}

impl OptionError {
    pub(crate) fn new(problem: Problem, place: Option<Place>) -> Self {
        Self { problem: Box::new(problem), place }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self.problem.as_ref() {
            Problem::Syntax { .. } => None,
            Problem::UnknownSection { similar: Some(name), .. } => {
                Some(format!("a similar section exists: `[{name}]`"))
            }
            Problem::UnknownSection { known, .. } => {
                Some(format!("the sections are {}", listed(known)))
            }
            Problem::UnknownKey { similar: Some((key, default)), .. } => {
                Some(format!("a similar key exists: `{key}` ({default})"))
            }
            Problem::UnknownKey { section, known, .. } => {
                Some(format!("the keys of `[{section}]` are {}", listed(known)))
            }
            Problem::Missing { key, expected, .. } => Some(format!("add `{key} = {expected}`")),
            Problem::WrongType { key, expected, .. } if expected == TABLES => Some(format!(
                "write each item with its keys in braces: `{key} = [{{ key = value }}, ...]`"
            )),
            Problem::WrongType { .. } | Problem::OutOfRange { .. } => None,
            Problem::UnknownChoice { similar: Some(choice), .. } => {
                Some(format!("a similar value exists: `{choice}`"))
            }
            Problem::UnknownChoice { choices, .. } => {
                Some(format!("the values are {}", listed(choices)))
            }
            Problem::Conflict { hint, .. } => Some(hint.clone()),
            Problem::Assignment { .. } => {
                Some("for example: `--set distill.temperature=2.0`".to_owned())
            }
        }
    }
}

/// The type of a key whose items have keys of their own.
pub(crate) const TABLES: &str = "a list of tables";

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The closest of `names` to `name`, when it is close enough to be a slip of the keyboard.
pub fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
