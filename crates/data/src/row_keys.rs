/*!
Where each sample comes from, so that what someone else says about rows finds its sample.
*/

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::DataError;
use crate::file::SourceFile;
use crate::file_names::FileNames;
use crate::load::{Corpus, Divided, Piece};
use crate::options::DataOptions;
use crate::roles::table_with;
use crate::table::Table;

/// A file that samples come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowFile {
    /// The training source, and what is divided off it.
    Source,
    /// The transfer file.
    Transfer,
    /// The test samples that a source or `test_source` has.
    Test,
}

impl RowFile {
    /// The file in the words of the recipe.
    pub fn words(self) -> &'static str {
        match self {
            Self::Source => "`data.source`",
            Self::Transfer => "`data.transfer`",
            Self::Test => "the test source",
        }
    }
}

/// Where a sample comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// The file.
    pub file: RowFile,
    /// Its row in the file, from 0.
    pub row: usize,
    /// What it is called: the cell of the column `id`, or the file of an image.
    pub id: Option<String>,
}

/// Where all samples come from, in the order of the parts of [`load`](crate::load).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKeys {
    /// The samples that are learned from.
    pub train: Vec<RowKey>,
    /// The validation part.
    pub validation: Vec<RowKey>,
    /// The test part.
    pub test: Vec<RowKey>,
    /// Rows of each file.
    pub counts: BTreeMap<RowFile, usize>,
    /// The column that holds the names of the rows: `id` of the options, or `file` for a folder of
    /// images; none where rows have no names.
    pub id_column: Option<String>,
    /// The names of all rows of all files, used or not.
    names: BTreeSet<String>,
    /// The paths of the files that were left out, because `skip_bad` allows it.
    skipped: Vec<String>,
    sources: Vec<SourceFile>,
}

/// The column that names the images of a folder, as `predict` writes it.
const FILE_COLUMN: &str = "file";

impl RowKeys {
    /// Reads the files that `options` name once more, and says where each sample of
    /// [`load`](crate::load) comes from.
    ///
    /// # Errors
    /// As [`load`](crate::load).
    pub fn read(options: &DataOptions, base: &Path) -> Result<Self, DataError> {
        let divided = Divided::read(options, base)?;
        let own_test = divided.origin.test.is_some();
        let column = options.table.id.clone();
        let mut keys = Self {
            train: Vec::new(),
            validation: Vec::new(),
            test: Vec::new(),
            counts: BTreeMap::new(),
            id_column: column.clone(),
            names: BTreeSet::new(),
            skipped: divided.origin.skipped.iter().map(|file| file.name.clone()).collect(),
            sources: divided.origin.sources.clone(),
        };
        for piece in divided.pieces() {
            let file = match piece.name {
                "transfer" => RowFile::Transfer,
                "test" if own_test => RowFile::Test,
                _ => RowFile::Source,
            };
            keys.counts.insert(file, piece.content.len());
            if piece.files.is_some() {
                keys.id_column = Some(FILE_COLUMN.to_owned());
            }
            let called = Called::of(&piece, column.as_deref())?;
            keys.names.extend((0..piece.content.len()).filter_map(|row| called.name(row)));
            let key = |&row: &usize| RowKey { file, row, id: called.name(row) };
            let named = piece.rows.iter().map(key).collect();
            match piece.name {
                "validation" => keys.validation = named,
                "test" => keys.test = named,
                _ => keys.train.extend(named),
            }
        }
        Ok(keys)
    }

    /// Whether the files are those that `corpus` was read from.
    pub fn are_of(&self, corpus: &Corpus) -> bool {
        self.sources.iter().all(|source| corpus.sources.contains(source))
    }

    /// Whether a row of one of the files is called so, whether or not it is used, or a file that was left out.
    pub fn know(&self, name: &str) -> bool {
        let is_skipped = |path: &String| Path::new(path).ends_with(name);
        self.names.contains(name) || self.skipped.iter().any(is_skipped)
    }
}

/// What the rows of a file are called.
struct Called<'a> {
    /// A table with the column of names, and its place.
    table: Option<(Cow<'a, Table>, usize)>,
    files: Option<&'a FileNames>,
}

impl<'a> Called<'a> {
    fn of(piece: &Piece<'a>, column: Option<&'a str>) -> Result<Self, DataError> {
        let named = table_with(piece.content, column);
        let table = named.map(|(table, name)| table.column(name)).transpose()?;
        Ok(Self { table, files: piece.files })
    }

    fn name(&self, row: usize) -> Option<String> {
        match (&self.table, self.files) {
            (Some((table, place)), _) => Some(table.row(row)?.cell(*place).to_owned()),
            (None, Some(files)) => files.names().get(row).cloned(),
            (None, None) => None,
        }
    }
}
