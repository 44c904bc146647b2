//! What can end a command.

use std::path::PathBuf;

use job::JobError;
use options::Place;
use store::StoreError;

use crate::recipes;

/// A command that cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The job failed.
    #[error(transparent)]
    Job(Box<JobError>),
    /// A bench failed.
    #[error("the bench failed: {0}")]
    Bench(#[from] bench::BenchError),
    /// There is no such recipe.
    #[error("there is no recipe `{}`", path.display())]
    NoRecipe { path: PathBuf },
    /// The recipe is there and cannot be read.
    #[error("cannot read the recipe `{}`: {reason}", path.display())]
    UnreadableRecipe { path: PathBuf, reason: String },
    /// A new recipe would overwrite something.
    #[error("`{}` exists", path.display())]
    RecipeExists { path: PathBuf },
    /// A result would overwrite what it was made from.
    #[error("`{}` is one of the files that the result is made from", path.display())]
    OverInput { path: PathBuf },
    /// An option that has no effect here.
    #[error("`{option}` is an option of `--by {way}`")]
    OtherWay { option: &'static str, way: &'static str },
    /// An option that names what is learned in another task.
    #[error("`{option}` does not go with `--task {task}`")]
    OtherTask { option: &'static str, task: &'static str, instead: &'static str },
    /// Nobody answered.
    #[error("no answer to: {question}")]
    NoAnswer { question: String },
    /// A result cannot be written to a file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signals cannot be caught.
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
    /// Standard output takes nothing.
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
}

impl Failure {
    /// 2 usage or recipe, 3 bad input, 4 storage, 5 numbers.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Job(error) => error.exit_code(),
            Self::NoRecipe { .. } | Self::UnreadableRecipe { .. } => 2,
            Self::RecipeExists { .. } | Self::OverInput { .. } => 2,
            Self::NoAnswer { .. } | Self::OtherWay { .. } | Self::OtherTask { .. } => 2,
            Self::Bench(_) => 5,
            Self::Store(StoreError::KillRequest { .. }) => 2,
            Self::Store(_) | Self::Signals(_) | Self::Output(_) => 4,
        }
    }

    /// What the user can do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Job(error) => error.hint(),
            Self::NoRecipe { .. } => {
                let names: Vec<String> = recipes::names().map(|name| format!("`{name}`")).collect();
                Some(format!("give a path, or one of the recipes inside: {}", names.join(", ")))
            }
            Self::UnreadableRecipe { .. } => {
                Some("give the path of a TOML file such as `recipes/digits.toml`".to_owned())
            }
            Self::RecipeExists { .. } | Self::OverInput { .. } => {
                Some("name another file with `--output FILE`".to_owned())
            }
            Self::OtherWay { option, .. } => Some(format!("leave `{option}` out")),
            Self::OtherTask { instead, .. } => {
                Some(format!("name what is to be learned by `{instead}` instead"))
            }
            Self::NoAnswer { .. } => {
                Some("name the data: `potstill init DATA --label COLUMN`".to_owned())
            }
            Self::Store(error) => error.hint(),
            Self::Bench(_) | Self::Signals(_) | Self::Output(_) => None,
        }
    }

    /// Where in a recipe the mistake is.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::Job(error) => match error.as_ref() {
                JobError::Recipe(error) => error.place.as_ref(),
                _ => None,
            },
            _ => None,
        }
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::Job(Box::new(error))
    }
}
