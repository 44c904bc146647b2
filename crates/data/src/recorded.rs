/*!
What a model said about rows, as a file holds it: a number for each class, label or number to learn, row by row.
*/

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::file::SourceFile;
use crate::npy;
use crate::npz::{self, Archive};
use crate::origin::Content;
use crate::parquet;
use crate::preprocessing::cells::number;
use crate::roles;
use crate::table::Table;

/// The array of an archive that is taken where none is named.
const USUAL_ARRAY: &str = "outputs";

/// Numbers for each class, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRows {
    /// The file.
    pub path: PathBuf,
    /// `[rows, classes]`, the classes in the order of the data.
    pub values: Vec<f64>,
    /// Number of classes.
    pub classes: usize,
    /// The row of each name, where the file has a column of names.
    pub ids: Option<BTreeMap<String, usize>>,
    /// The columns of a table that are no class and no names of rows.
    pub passed_over: Vec<String>,
    /// The line of each row of a table; none for an array.
    lines: Option<Vec<u64>>,
    /// The file with its hash.
    pub source: SourceFile,
}

impl RecordedRows {
    /// Reads a CSV or Parquet file with a column for each of `classes`, or an array of NumPy, `[rows, classes]`
    /// in the order of `classes`: `x.npy`, `x.npz:array`, or the array `outputs` of `x.npz`. Further
    /// columns of a table are passed over, but `id_column`, which names the rows. `name` is a path
    /// that starts at `base`.
    ///
    /// # Errors
    /// A class without a column, another number of columns, a cell that is no finite number, a name that
    /// is missing or stands in two rows, a column of names that cannot be read, and whatever is wrong with
    /// the file.
    pub fn read(
        base: &Path,
        name: &str,
        classes: &[String],
        id_column: Option<&str>,
    ) -> Result<Self, DataError> {
        let path = base.join(name);
        if let Some((archive, array)) = npz::address(&path) {
            let (mut archive, source) = Archive::open(&archive)?;
            let array = archive.array(array.as_deref().unwrap_or(USUAL_ARRAY))?;
            let path = array.path.clone();
            let content = npy::outputs(array)?;
            return Self::of_array(path, content, named(source, name), classes);
        }
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("csv") => {
                let (table, source) = Table::read(&path)?;
                Self::of_table(&table, named(source, name), classes, id_column)
            }
            Some("parquet" | "pq") => {
                let (table, source) = parquet::read(&path)?;
                Self::of_table(&table, named(source, name), classes, id_column)
            }
            Some("npy") => {
                let (content, source) = npy::read_outputs(&path)?;
                Self::of_array(path, content, named(source, name), classes)
            }
            _ => Err(DataError::Malformed {
                path,
                expected: "recorded outputs in a file *.csv, *.parquet, *.npy or *.npz".into(),
                found: "another name".into(),
                hint: "write the outputs as CSV, with a column for each class",
            }),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.classes).unwrap_or_default()
    }

    /// The numbers of one row; none beyond the last.
    pub fn row(&self, row: usize) -> &[f64] {
        let start = row.saturating_mul(self.classes);
        self.values.get(start..start.saturating_add(self.classes)).unwrap_or_default()
    }

    /// Where a row stands: file and line, or file and row.
    pub fn place(&self, row: usize) -> String {
        match self.lines.as_ref().and_then(|lines| lines.get(row)) {
            Some(line) => format!("{}:{line}", self.path.display()),
            None => format!("{}, row {}", self.path.display(), row + 1),
        }
    }

    fn of_array(
        path: PathBuf,
        content: Content,
        source: SourceFile,
        classes: &[String],
    ) -> Result<Self, DataError> {
        let found = match content {
            Content::Vectors(vectors) if vectors.width == classes.len() => {
                let values = vectors.values.into_iter().map(f64::from).collect();
                let (ids, lines, passed_over) = (None, None, Vec::new());
                let classes = classes.len();
                return Ok(Self { path, values, classes, ids, passed_over, lines, source });
            }
            content => content.in_words(),
        };
        Err(DataError::Malformed {
            path,
            expected: format!(
                "rows of {}, one for each class, label or number to learn",
                words::counted(classes.len(), "number")
            ),
            found,
            hint: "save an array of rows and classes, the classes in the order that `potstill init` \
                   and the report show; labels and numbers in that of `targets`",
        })
    }

    fn of_table(
        table: &Table,
        source: SourceFile,
        classes: &[String],
        id_column: Option<&str>,
    ) -> Result<Self, DataError> {
        let columns = classes.iter().map(|class| table.column(class));
        let columns = columns.collect::<Result<Vec<usize>, _>>()?;
        let mut values = Vec::with_capacity(table.len() * columns.len());
        for row in table.rows() {
            for &column in &columns {
                values.push(number(row, column)?);
            }
        }
        let is_used = |name: &&String| classes.contains(name) || id_column == Some(name.as_str());
        let names = table.heading.names.iter();
        let passed_over = names.filter(|name| !is_used(name)).cloned().collect();
        let ids = match id_column.filter(|name| table.heading.has(name)) {
            Some(name) => Some(roles::ids(table, table.column(name)?, &[])?),
            None => None,
        };
        let owned = |(id, row): (&str, usize)| (id.to_owned(), row);
        let ids = ids.map(|ids| ids.into_iter().map(owned).collect());
        let lines = Some(table.rows().map(|row| row.line()).collect());
        let (path, classes) = (table.heading.path.clone(), classes.len());
        Ok(Self { path, values, classes, ids, passed_over, lines, source })
    }
}

fn named(source: SourceFile, name: &str) -> SourceFile {
    SourceFile { name: name.into(), ..source }
}
