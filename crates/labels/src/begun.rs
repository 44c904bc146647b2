//! What was labelled of a shard when the process that labels it was stopped.
//!
//! It lies beside the shards and not among them, so that whoever reads these finds each row once, and goes when its shard
//! is whole. It proves itself as a shard does.

use std::path::PathBuf;

use columnar::footer;
use store::{StoreError, read_limited};

use crate::identity::STEP;
use crate::label_store::{LARGEST_SHARD, LabelSet};
use crate::shard::{decode, encode};
use crate::{Found, LabelError, Shard};

impl LabelSet {
    /// Reads the labels of the first rows of a shard that was begun, and verifies them.
    ///
    /// # Errors
    /// [`LabelError::Store`] when the operating system does not let them be read.
    pub fn read_begun(&self, shard: &Shard) -> Result<Found, LabelError> {
        let path = self.begun_path(shard);
        let bytes = match read_limited(&path, LARGEST_SHARD) {
            Ok(bytes) => bytes,
            Err(StoreError::Missing { .. }) => return Ok(Found::Absent),
            Err(error @ StoreError::TooLarge { .. }) => {
                let expected = format!("at most {LARGEST_SHARD} bytes");
                return Ok(Found::Damaged(LabelError::damaged(&path, expected, error.to_string())));
            }
            Err(error) => return Err(error.into()),
        };
        let labels =
            first_rows(shard, &bytes).and_then(|first| decode(self.identity(), &first, &bytes));
        Ok(match labels {
            Ok(values) => Found::Whole(values),
            Err((expected, found)) => Found::Damaged(LabelError::damaged(&path, expected, found)),
        })
    }

    /// Keeps the labels of the first rows of a shard, a multiple of 256 that is less than all, finite and rounded to the
    /// precision. What was kept of it before is replaced; [`write`](Self::write) removes it.
    ///
    /// # Errors
    /// [`LabelError::Store`] when the operating system refuses a call.
    pub fn write_begun(&mut self, shard: &Shard, values: &[f32]) -> Result<(), LabelError> {
        let rows = values.len() / self.identity().outputs.len().max(1);
        let bytes = encode(self.identity(), &first(shard, rows), values);
        self.take_share()?;
        Ok(self.disk().write_file(&self.begun_path(shard), &bytes)?)
    }

    /// Removes what was kept of a shard that is whole now.
    pub(crate) fn remove_begun(&self, shard: &Shard) -> Result<(), LabelError> {
        let path = self.begun_path(shard);
        if path.exists() {
            self.disk().remove_file(&path)?;
        }
        Ok(())
    }

    fn begun_path(&self, shard: &Shard) -> PathBuf {
        self.folder().join(format!("begun-{:05}.parquet", shard.number))
    }
}

/// A shard of no more than its first rows.
fn first(shard: &Shard, rows: usize) -> Shard {
    let start = shard.rows.start;
    Shard { rows: start..start.saturating_add(rows), ..shard.clone() }
}

/// The rows that a file says it holds of a shard.
fn first_rows(shard: &Shard, bytes: &[u8]) -> Result<Shard, (String, String)> {
    let found = footer(bytes)?;
    let rows = found.groups.iter().fold(0_u64, |rows, group| rows.saturating_add(group.rows));
    let is_part = rows < shard.rows.len() as u64 && rows.is_multiple_of(STEP as u64);
    match is_part && rows > 0 {
        true => Ok(first(shard, rows as usize)),
        false => Err((format!("the first rows of shard {}", shard.number), format!("{rows} rows"))),
    }
}
