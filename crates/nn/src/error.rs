//! What can be wrong with a network or its weights.

/// A network that cannot be built, or weights that do not belong to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnError {
    /// A layer gets an input that it cannot work on.
    #[error("{model} cannot work on {input}: expected {expected}, found {found}")]
    Shape {
        /// The architecture, as the recipe names it.
        model: Box<str>,
        /// Which input or layer.
        input: Box<str>,
        /// What it needs.
        expected: String,
        /// What it would get.
        found: String,
        /// What to do about it, where that is known.
        hint: Option<Box<str>>,
    },
    /// A weight that the network needs is not there.
    #[error("weight `{path}` is missing: expected shape {expected:?}")]
    MissingWeight {
        /// The parameter path.
        path: String,
        /// The shape that the network has.
        expected: Vec<usize>,
    },
    /// A weight that the network does not have.
    #[error("weight `{path}` does not belong to this network{}", similar.as_ref().map(|name| format!(" (the closest name is `{name}`)")).unwrap_or_default())]
    UnknownWeight {
        /// The parameter path.
        path: String,
        /// The closest path that the network has.
        similar: Option<String>,
    },
    /// A rule that renames weights cannot be read.
    #[error("`{rule}` is no rule for names of weights: expected {expected}")]
    KeyRule {
        /// The rule.
        rule: String,
        /// What it should have.
        expected: &'static str,
    },
    /// A rule that renames nothing.
    #[error("the rule `{rule}` of `keys` fits no name of the file")]
    IdleKeyRule {
        /// The rule.
        rule: String,
    },
    /// Two weights that rules give one name.
    #[error("`{first}` and `{second}` would both be called `{name}`")]
    KeyTwice {
        /// The name.
        name: String,
        /// What the one is called in the file.
        first: String,
        /// What the other is called there.
        second: String,
    },
    /// A weight of another shape.
    #[error("weight `{path}` has another shape: expected {expected:?}, found {found:?}")]
    WeightShape {
        /// The parameter path.
        path: String,
        /// The shape that the network has.
        expected: Vec<usize>,
        /// The shape that was given.
        found: Vec<usize>,
    },
}

impl NnError {
    /// The same error about a network that is named by what it is for, such as `the student`.
    #[must_use]
    pub fn of(self, who: &str) -> Self {
        match self {
            Self::Shape { model, input, expected, found, hint } => {
                let model = format!("{who} ({model})").into();
                Self::Shape { model, input, expected, found, hint }
            }
            other => other,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Shape { hint: Some(hint), .. } => Some(hint.to_string()),
            Self::Shape { hint: None, .. } => {
                Some("choose another `model`, or data that it can work on".to_owned())
            }
            Self::KeyRule { .. } => Some(
                "such as \"layer*.* -> stage*.*\": the name in the file, the name here, and `*` for any text".to_owned(),
            ),
            Self::IdleKeyRule { .. } | Self::KeyTwice { .. } => Some(
                "`potstill inspect` lists the names of the file; each rule is applied to what the one before it left"
                    .to_owned(),
            ),
            _ => Some(
                "the weights belong to another network; use those of the same recipe".to_owned(),
            ),
        }
    }
}
