//! The `MANIFEST` of a committed folder: what belongs to it, how large it is, and what it hashes to.
//!
//! It is JSON that ends with a seal, the hash of all bytes before it, in a fixed place. The seal is checked before the
//! text is parsed, and stays where it is in later formats, so that a flipped bit is never mistaken for a newer version.

use crate::error::StoreError;
use crate::hash::hash_bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The newest format of committed folders that this version writes and reads.
pub const FORMAT: u64 = 1;

/// The most bytes that a manifest may have; 1 MiB.
pub const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// The file that a folder is committed by.
pub(crate) const MANIFEST: &str = "MANIFEST";

const LONGEST_NAME: usize = 128;
const BEFORE_SEAL: &str = ",\n  \"seal\": \"";
const AFTER_SEAL: &str = "\"\n}\n";
const SEAL_DIGITS: usize = 64;

/// The facts of the caller, and every file of the folder by name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: u64,
    pub(crate) facts: BTreeMap<String, String>,
    pub(crate) files: BTreeMap<String, Entry>,
    /// Named so that no other unknown field is let through; checked on the bytes, before they are parsed.
    #[serde(default, skip_serializing, rename = "seal")]
    _seal: String,
}

/// What a file must be.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

#[derive(Deserialize)]
struct Version {
    format: u64,
}

impl Manifest {
    /// Describes files that are about to be committed.
    pub(crate) fn of(
        files: &[(&str, &[u8])],
        facts: &BTreeMap<String, String>,
    ) -> Result<Self, StoreError> {
        let mut entries = BTreeMap::new();
        for (name, bytes) in files {
            check_name(name)?;
            let entry = Entry { bytes: bytes.len() as u64, blake3: hash_bytes(bytes) };
            if entries.insert((*name).to_owned(), entry).is_some() {
                return Err(StoreError::Name {
                    name: (*name).to_owned(),
                    reason: "is given twice",
                });
            }
        }
        Ok(Self { format: FORMAT, facts: facts.clone(), files: entries, _seal: String::new() })
    }

    /// The text as it stands in the file. The path is that of the manifest, for errors.
    pub(crate) fn encode(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        let body = serde_json::to_string_pretty(self)
            .map_err(|cause| StoreError::io("write", path, cause.into()))?;
        let body = body.strip_suffix("\n}").unwrap_or(&body);
        let text = format!("{body}{BEFORE_SEAL}{}{AFTER_SEAL}", hash_bytes(body.as_bytes()));
        let found = text.len() as u64;
        if found > LARGEST_MANIFEST {
            return Err(StoreError::TooLarge {
                path: path.to_owned(),
                limit: LARGEST_MANIFEST,
                found,
            });
        }
        Ok(text.into_bytes())
    }

    /// Reads the text of a file, trusting nothing in it.
    pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Self, StoreError> {
        check_seal(path, bytes)?;
        let unreadable = |cause: serde_json::Error| {
            StoreError::damaged(path, "a manifest in JSON", cause.to_string())
        };
        let Version { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if format > FORMAT {
            return Err(StoreError::NewerVersion {
                path: path.to_owned(),
                supported: FORMAT,
                found: format,
            });
        }
        if format != FORMAT {
            return Err(StoreError::damaged(
                path,
                format!("format {FORMAT}"),
                format!("format {format}"),
            ));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(unreadable)?;
        for name in manifest.files.keys() {
            check_name(name).map_err(|error| {
                StoreError::damaged(path, "plain file names", error.to_string())
            })?;
        }
        Ok(manifest)
    }
}

fn check_seal(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let sealed = bytes
        .strip_suffix(AFTER_SEAL.as_bytes())
        .and_then(|rest| rest.split_at_checked(rest.len().checked_sub(SEAL_DIGITS)?))
        .and_then(|(rest, seal)| Some((rest.strip_suffix(BEFORE_SEAL.as_bytes())?, seal)));
    let Some((body, seal)) = sealed else {
        let found = format!("{} bytes that do not end with one", bytes.len());
        return Err(StoreError::damaged(path, "a manifest that ends with its seal", found));
    };
    let expected = hash_bytes(body);
    if expected.as_bytes() == seal {
        return Ok(());
    }
    let found = format!("seal {}", String::from_utf8_lossy(seal).escape_debug());
    Err(StoreError::damaged(path, format!("seal {expected}"), found))
}

/// Lets names through that mean one file in one folder on every platform: letters, digits, `-`, `_` and `.` of ASCII, not
/// first or last a dot.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let reason = if name.is_empty() {
        "is empty"
    } else if name.len() > LONGEST_NAME {
        "is longer than 128 bytes"
    } else if !name.bytes().all(plain) {
        "has something else than letters, digits, `-`, `_` and `.`"
    } else if name.starts_with('.') || name.ends_with('.') {
        "begins or ends with a dot"
    } else if name.eq_ignore_ascii_case(MANIFEST) {
        "is kept for the manifest"
    } else {
        return Ok(());
    };
    Err(StoreError::Name { name: name.to_owned(), reason })
}
