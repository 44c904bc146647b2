//! Which model of a job something belongs to.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

/// Which model of a seed something belongs to, in the order of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Role {
    /// The model whose outputs are learnt from.
    Teacher,
    /// A model between teacher and student, which learns from the one before it: its number, from 1.
    Assistant(u32),
    /// The student trained alone, under the same budget.
    Baseline,
    /// The student trained on the outputs of the teacher, or of the last assistant.
    Student,
}

const ASSISTANT: &str = "assistant-";

impl Role {
    /// The roles of every comparison, in the order in which the report shows them.
    pub const ALL: [Role; 3] = [Role::Teacher, Role::Baseline, Role::Student];

    /// What the report calls the model.
    pub fn words(self) -> Cow<'static, str> {
        match self {
            Role::Teacher => "teacher".into(),
            Role::Assistant(number) => format!("assistant {number}").into(),
            Role::Baseline => "student alone".into(),
            Role::Student => "distilled student".into(),
        }
    }

    /// What the role is in one lower-case word, as in class names of styles.
    pub fn key(self) -> &'static str {
        match self {
            Role::Teacher => "teacher",
            Role::Assistant(_) => "assistant",
            Role::Baseline => "baseline",
            Role::Student => "student",
        }
    }
}

/// The role as in JSON and in the names of files: its key, of an assistant with its number.
impl Display for Role {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Role::Assistant(number) => write!(formatter, "{ASSISTANT}{number}"),
            other => formatter.write_str(other.key()),
        }
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.to_string()
    }
}

impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if let Some(role) = Role::ALL.into_iter().find(|role| role.key() == name) {
            return Ok(role);
        }
        let number = name.strip_prefix(ASSISTANT).and_then(|number| number.parse().ok());
        number.map(Role::Assistant).ok_or_else(|| format!("no model is called `{name}`"))
    }
}
