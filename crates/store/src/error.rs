//! All that can go wrong in the store, sorted so that a program can choose its exit code.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// A failure to write, to read back, or to own something on the disk.
///
/// The message of the operating system is part of the text, so [`std::error::Error::source`] does not repeat it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The device, or the share of it that this user may fill, is full.
    #[error("no space left on device while trying to {action} `{}`", path.display())]
    Full {
        /// What was tried, as a verb: `write`, `synchronise`.
        action: &'static str,
        /// The file or folder it was tried on.
        path: PathBuf,
        /// The operating system's answer.
        cause: Error,
    },
    /// The operating system refused a call.
    #[error("cannot {action} `{}`: {cause}", path.display())]
    Io {
        /// What was tried, as a verb: `create`, `rename`.
        action: &'static str,
        /// The file or folder it was tried on.
        path: PathBuf,
        /// The operating system's answer.
        cause: Error,
    },
    /// There is nothing at this path.
    #[error("there is no file or folder `{}`", path.display())]
    Missing {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// Something else than the expected kind of entry stands at this path.
    #[error("`{}` is {found}, expected {expected}", path.display())]
    WrongKind {
        /// The path that was asked for.
        path: PathBuf,
        /// What was needed: a file, a folder.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A file is larger than its reader allows; nothing was read.
    #[error("`{}` has {found} bytes, expected at most {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is allowed, in bytes.
        limit: u64,
        /// Its size in bytes.
        found: u64,
    },
    /// A file is not what was once written.
    #[error("`{}` is damaged: expected {expected}, found {found}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A committed folder has a format that this version does not know.
    #[error("`{}` was made by a newer version: its format is {found}, expected at most {supported}", path.display())]
    NewerVersion {
        /// The manifest.
        path: PathBuf,
        /// The newest format that this version reads.
        supported: u64,
        /// The format that the manifest names.
        found: u64,
    },
    /// A name cannot be used inside a committed folder.
    #[error("`{}` cannot be a file or folder name in the store: it {reason}", name.escape_debug())]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A committed folder of this name, whole and with other content, is there already.
    #[error("`{}` is committed already, with other content", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Another process, or another part of this one, owns the folder.
    #[error("`{}` is in use by {owner}", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Who owns it, as far as the lock file tells: process number and command.
        owner: String,
    },
    /// A folder was to be cleaned by someone who does not own it.
    #[error("`{}` is outside of the locked folder `{}`", path.display(), folder.display())]
    NotOwned {
        /// The folder to clean.
        path: PathBuf,
        /// The folder that the lock covers.
        folder: PathBuf,
    },
    /// The testing aid [`KILL_VARIABLE`](crate::KILL_VARIABLE) holds something else than a count.
    #[error("the environment variable {variable} is `{}`, expected a whole number from 1", found.escape_debug())]
    KillRequest {
        /// The name of the variable.
        variable: &'static str,
        /// Its value.
        found: String,
    },
}

impl StoreError {
    /// Sorts an answer of the operating system: a full device is told apart from all else.
    pub(crate) fn io(action: &'static str, path: &Path, cause: Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { action, path, cause },
            _ => Self::Io { action, path, cause },
        }
    }

    /// As [`StoreError::io`], for reading, where an absent file is a case of its own.
    pub(crate) fn reading(path: &Path, cause: Error) -> Self {
        match cause.kind() {
            ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
            _ => Self::io("read", path, cause),
        }
    }

    /// Speaks of the final path where the call was on a temporary one, which means nothing to the user.
    pub(crate) fn in_final_place(mut self, temporary: &Path, last: &Path) -> Self {
        if let Self::Full { path, .. } | Self::Io { path, .. } = &mut self
            && let Ok(inside) = path.strip_prefix(temporary)
        {
            // Joining an empty path would add a separator.
            *path = if inside.as_os_str().is_empty() { last.to_owned() } else { last.join(inside) };
        }
        self
    }

    pub(crate) fn damaged(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Damaged { path: path.to_owned(), expected: expected.into(), found: found.into() }
    }

    /// Whether stored data is not what was written, so that falling back to an older state makes sense.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Whether the fault lies in what was given to read (exit code 3) and not in the storage (exit code 4).
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. }
                | Self::Missing { .. }
                | Self::WrongKind { .. }
                | Self::TooLarge { .. }
                | Self::NewerVersion { .. }
        )
    }

    /// What the user can do about it, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Full { .. } => {
                "free some space, then run the command again; what was saved before is intact"
            }
            Self::Io { cause, .. } => match cause.kind() {
                ErrorKind::PermissionDenied => {
                    "give yourself the right to write there, or choose another folder"
                }
                ErrorKind::ReadOnlyFilesystem => {
                    "choose a folder on a file system that can be written to"
                }
                ErrorKind::Unsupported => {
                    "choose a folder on a local file system; this one lacks what is needed"
                }
                _ => return None,
            },
            Self::Missing { .. } => {
                "check the spelling of the path and the folder that the command runs in"
            }
            Self::WrongKind { .. } => "name another path",
            Self::TooLarge { .. } => "check that this is the file you meant, or split it",
            Self::Damaged { .. } => {
                "restore the file from a copy, or remove its folder to use the state before it"
            }
            Self::NewerVersion { .. } => {
                "use the version of potstill that wrote it, or a newer one"
            }
            Self::Exists { .. } => "choose another name, or remove the old folder first",
            Self::InUse { .. } => {
                "wait until it ends, or stop it; the lock ends with the process that holds it"
            }
            Self::KillRequest { .. } => "unset the variable; it is an aid for tests",
            Self::Name { .. } | Self::NotOwned { .. } => return None,
        };
        Some(text.to_owned())
    }
}
