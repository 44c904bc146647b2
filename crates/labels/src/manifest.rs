//! `manifest.json`: what a set of labels is, and the hash of each of its files.

use serde::{Deserialize, Serialize};
use store::hash_bytes;

use crate::{Identity, Shard};

/// The content, which ends with a seal over all before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) labels: Identity,
    pub(crate) shards: Vec<Entry>,
    seal: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    file: String,
    view: usize,
    first_row: usize,
    rows: usize,
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

impl Entry {
    pub(crate) fn new(shard: &Shard, bytes: &[u8]) -> Self {
        Self {
            file: shard.file(),
            view: shard.view,
            first_row: shard.rows.start,
            rows: shard.rows.len(),
            bytes: bytes.len() as u64,
            blake3: hash_bytes(bytes),
        }
    }
}

impl Manifest {
    pub(crate) fn new(labels: Identity, shards: Vec<Entry>) -> Self {
        let unsealed = Self { labels, shards, seal: String::new() };
        let seal = hash_bytes(&unsealed.encode());
        Self { seal, ..unsealed }
    }

    /// The text as it stands in the file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Maps with text keys, texts and numbers always have a JSON form.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Reads the text of a file; none where it is not, to the last bit, what was written.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let found: Self = serde_json::from_slice(bytes).ok()?;
        let whole = Self::new(found.labels, found.shards);
        (whole.encode() == bytes).then_some(whole)
    }
}
