/*!
Files as tokens: the bytes of both ends, as Magika's model of file types takes them.
*/

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::file::SourceFile;
use crate::options::refused;
use crate::preprocessing::cells::{is_missing, missing_value};
use crate::roles::OTHER_THAN_LABEL;
use crate::room::ValueWriter;
use crate::sample::{SampleShape, Samples};
use crate::table::Row;
use crate::table_error::TableError;
use crate::table_options::TableOptions;
use crate::table_source::TableSource;

/// What stands where a file has no byte.
const PADDING: u16 = 256;
/// Files that are read together.
const FILES: usize = 4096;
/// The values of a byte, and the padding.
const VOCABULARY: usize = 257;
/// How much of each end is looked at, as a multiple of what is taken: white space is left out of it.
const BLOCK: usize = 4;

/// How the files that a table names become tokens.
///
/// Of the first `4 * bytes` bytes of a file the white space in front is left out, and the first `bytes`
/// of the rest are taken; of the last `4 * bytes` the white space at the end, and the last `bytes`. What
/// is missing is 256: behind the beginning, and in front of the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BytePreprocessing {
    /// The column with the paths; relative ones start at the folder of the table.
    pub file: String,
    /// Bytes of each end.
    pub bytes: usize,
    /// The column that holds the class.
    pub label: String,
    /// Texts that mean a missing class, beside the empty one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
}

impl BytePreprocessing {
    pub(crate) fn new(
        options: &TableOptions,
        label: String,
        classes: Vec<String>,
    ) -> Result<Self, DataError> {
        let file = options.file.clone().unwrap_or_default();
        if file == label {
            return Err(refused("file", file, OTHER_THAN_LABEL));
        }
        let missing = options.missing.clone().unwrap_or_default();
        Ok(Self { file, bytes: options.bytes, label, missing, classes })
    }

    pub(crate) fn shape(&self) -> SampleShape {
        SampleShape::Tokens { length: self.bytes.saturating_mul(2), vocabulary: VOCABULARY }
    }

    /// The files of a part as one source: the hash is that of their tokens.
    pub(crate) fn source(&self, part: &str, samples: &Samples) -> Result<SourceFile, DataError> {
        Ok(SourceFile {
            name: format!("files of the column `{}`, {part}", self.file),
            bytes: samples.values.len() as u64,
            blake3: samples.fingerprint()?,
        })
    }

    /// Writes the tokens of the files that the chosen rows name.
    pub(crate) fn write(
        &self,
        table: &TableSource,
        rows: &[usize],
        writer: &mut ValueWriter,
    ) -> Result<(), DataError> {
        let (table, column) = table.column(&self.file)?;
        let read = |&row: &usize| match table.row(row) {
            Some(row) => self.tokens_of(row, column),
            None => Ok(Vec::new()),
        };
        for rows in rows.chunks(FILES) {
            // Collected first, so that of several bad files the first in the table is told.
            let files: Vec<Result<Vec<u16>, DataError>> = rows.par_iter().map(read).collect();
            for tokens in files {
                let values: Vec<f32> = tokens?.into_iter().map(f32::from).collect();
                writer.push(&values)?;
            }
        }
        Ok(())
    }

    fn tokens_of(&self, row: Row<'_>, column: usize) -> Result<Vec<u16>, DataError> {
        let cell = row.cell(column);
        if is_missing(cell, &self.missing) {
            return Err(missing_value(row, column));
        }
        let path = row.file();
        let file = path.parent().unwrap_or_else(|| Path::new("")).join(cell);
        tokens(&file, self.bytes).map_err(|source| {
            let (path, line): (PathBuf, u64) = (path.to_owned(), row.line());
            DataError::Table(TableError::FileOfRow { path, line, file, source })
        })
    }
}

/// The tokens of one file: so many of its beginning, and as many of its end.
fn tokens(path: &Path, bytes: usize) -> io::Result<Vec<u16>> {
    // Asked before opening, because opening a pipe would wait for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is a folder or a device"));
    }
    let mut file = File::open(path)?;
    let block = file.metadata()?.len().min(bytes.saturating_mul(BLOCK) as u64);
    let (mut first, mut last) = (Vec::new(), Vec::new());
    file.by_ref().take(block).read_to_end(&mut first)?;
    file.seek(SeekFrom::End(-(block as i64)))?;
    file.take(block).read_to_end(&mut last)?;
    let first = first.iter().skip_while(is_space).take(bytes);
    let mut tokens: Vec<u16> = first.map(|&byte| byte.into()).collect();
    tokens.resize(bytes, PADDING);
    let last = last.iter().rev().skip_while(is_space).take(bytes);
    let mut end: Vec<u16> = last.map(|&byte| byte.into()).collect();
    end.resize(bytes, PADDING);
    tokens.extend(end.iter().rev());
    Ok(tokens)
}

/// White space as C and Python have it, with the vertical tab.
fn is_space(byte: &&u8) -> bool {
    byte.is_ascii_whitespace() || **byte == 0x0b
}
