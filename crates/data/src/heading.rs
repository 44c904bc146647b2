/*!
What a table says about its columns, whatever is in them.
*/

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::table_error::TableError;

/// The columns of a table, by name.
#[derive(Clone)]
pub(crate) struct Heading {
    /// The file, or what names them all.
    pub(crate) path: PathBuf,
    /// The columns that can be read, in order.
    pub(crate) names: Vec<String>,
    /// Whether the file says what its columns hold.
    pub(crate) states_types: bool,
    /// Columns whose file says that they are text, whatever their cells look like.
    pub(crate) texts: BTreeSet<String>,
    /// Columns of the file that are not here, because a cell cannot hold what they do, and what that
    /// is.
    pub(crate) unreadable: BTreeMap<String, String>,
}

impl Heading {
    /// The heading of a file that says nothing more.
    pub(crate) fn new(path: &Path, names: Vec<String>) -> Self {
        let (texts, unreadable) = (BTreeSet::new(), BTreeMap::new());
        Self { path: path.into(), names, states_types: false, texts, unreadable }
    }

    /// The heading of some of its columns alone.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        let texts = self.texts.iter().filter(|text| names.contains(&text.as_str())).cloned();
        Self {
            path: self.path.clone(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            states_types: self.states_types,
            texts: texts.collect(),
            unreadable: BTreeMap::new(),
        }
    }

    /// Whether the file has a column of that name, readable or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.place(name).is_some() || self.unreadable.contains_key(name)
    }

    /// The position of the column named `name`, where there is one that can be read.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column == name)
    }

    /// The position of the column named `name`.
    pub(crate) fn column(&self, name: &str) -> Result<usize, DataError> {
        if let Some(place) = self.place(name) {
            return Ok(place);
        }
        let (path, column) = (self.path.clone(), name.to_owned());
        Err(match self.unreadable.get(name) {
            Some(found) => TableError::ColumnType { path, column, found: found.clone() }.into(),
            None => DataError::MissingColumn { path, column, columns: self.names.clone() },
        })
    }

    /// Takes up the heading of another file, whose columns are the same in any order, and gives the
    /// position there of each column. `first` is the first file.
    ///
    /// # Errors
    /// [`TableError::ColumnsDiffer`] for a column that only one of the two has, or that is text in one
    /// alone where both say what they hold.
    pub(crate) fn join(&mut self, other: Self, first: &Path) -> Result<Vec<usize>, DataError> {
        let differ = |column: &str, difference| TableError::ColumnsDiffer {
            path: other.path.clone(),
            column: column.to_owned(),
            difference,
            first: first.to_owned(),
        };
        for (names, others, difference) in [
            (&self.names, &other.names, "is missing"),
            (&other.names, &self.names, "is one column more"),
        ] {
            if let Some(name) = names.iter().find(|name| !others.contains(name)) {
                return Err(differ(name, difference).into());
            }
        }
        let unlike = self.texts.symmetric_difference(&other.texts).next();
        // A file that says nothing of types has the texts of one that does.
        if let Some(name) = unlike.filter(|_| self.states_types && other.states_types) {
            let is_text = other.texts.contains(name);
            return Err(differ(name, if is_text { "is text" } else { "is no text" }).into());
        }
        let order = self.names.iter().map(|name| other.column(name)).collect::<Result<_, _>>()?;
        self.states_types |= other.states_types;
        self.texts.extend(other.texts);
        self.unreadable.extend(other.unreadable);
        Ok(order)
    }
}

/// # Errors
/// [`DataError::DuplicateColumn`] for the second of two equal names.
pub(crate) fn refuse_equal_names(path: &Path, names: &[String]) -> Result<(), DataError> {
    let mut seen = BTreeMap::new();
    for (position, name) in names.iter().enumerate() {
        if let Some(first) = seen.insert(name, position) {
            return Err(DataError::DuplicateColumn {
                path: path.into(),
                column: name.clone(),
                first: first + 1,
                second: position + 1,
            });
        }
    }
    Ok(())
}
