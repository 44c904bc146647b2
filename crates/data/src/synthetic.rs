/*!
Rows that nobody has seen, near to the training rows of a table: a teacher that can be asked about any
row labels them, and the student learns from more of what the teacher knows.
*/

mod columns;
mod munge;
mod neighbours;
mod spunge;

use std::path::Path;

use crate::error::DataError;
use crate::file::SourceFile;
use crate::load::Divided;
use crate::omitted;
use crate::options::{DataOptions, refused};
use crate::origin::Content;
use columns::Columns;

/// How synthetic rows are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Synthesis {
    /// Cells move towards those of the nearest other row: Bucila, Caruana and Niculescu-Mizil, "Model
    /// Compression" (2006), algorithm 1, as AutoGluon has it: neighbours are those of the training rows
    /// themselves, and only the row changes, not its neighbour.
    Munge {
        /// The probability that a cell changes, from 0 to 1.
        share: f64,
        /// A number moves to the neighbour's, with noise of `|difference| / locality` around it; above 0.
        locality: f64,
    },
    /// Cells are drawn from the column, with noise on numbers: AutoGluon's simpler form, which needs no
    /// neighbours. It loses what columns have to do with each other.
    Spunge {
        /// At most this share of the cells of a row changes, at least one; from 0 to 1. It is also the
        /// probability that a number has noise.
        share: f64,
        /// The noise in standard deviations of the column, 0 or more.
        noise: f64,
    },
}

/// Rows of text under a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticRows {
    /// The features in the order of the source, after the column of ids where the options name one.
    pub header: Vec<String>,
    /// One cell for every column.
    pub records: Vec<Vec<String>>,
    /// The files that they are made from.
    pub sources: Vec<SourceFile>,
}

/// Makes synthetic rows from the training rows of a table, row `i` from training row `i` modulo their
/// number; a pure function of data, options and seed. Rows of classes that the students never see are
/// none of them.
///
/// Whole numbers stay whole where all training rows have whole ones, and numbers stay within the range of
/// the training rows. Neither is in the papers: it keeps to what a teacher may have seen. Missing cells are
/// taken over as any others. There is no label.
///
/// # Errors
/// [`DataError::Option`] where the source is not a table or a number is out of its range, and whatever is
/// wrong with the data.
pub fn synthesise(
    options: &DataOptions,
    base: &Path,
    synthesis: Synthesis,
    rows: usize,
    seed: u64,
) -> Result<SyntheticRows, DataError> {
    synthesis.check()?;
    // The rows may be what the recipe will name as its transfer set.
    let options = DataOptions { transfer: None, ..options.clone() };
    let divided = Divided::read(&options, base)?;
    let pieces = divided.pieces();
    let omitted = omitted::of_rows(&divided.origin, &pieces, &options)?;
    let train = pieces.into_iter().find(|piece| piece.name == "train");
    let (Some(train), Content::Table(table)) = (train, &divided.origin.train.content) else {
        return Err(refused("source", options.source.to_string(), "a table of features"));
    };
    // Rows near to an omitted class would bring it back.
    let is_omitted = |place: usize| omitted.get(place).copied().unwrap_or(false);
    let places: Vec<usize> = (0..train.rows.len()).filter(|place| !is_omitted(*place)).collect();
    let kept = places.iter().filter_map(|&place| train.rows.get(place).copied());
    let columns = Columns::of(&divided.preprocessing, table, &kept.collect::<Vec<usize>>())?;
    let mut records: Vec<Vec<String>> = match synthesis {
        Synthesis::Munge { share, locality } => {
            let corpus = divided.corpus(&options)?;
            let mut values = Vec::new();
            for &place in &places {
                values.extend_from_slice(&corpus.train.row(place)?);
            }
            let used = rows.min(places.len());
            let nearest = neighbours::nearest(&values, corpus.train.shape.len(), used);
            munge::rows(&columns, &nearest, [share, locality], rows, seed)
        }
        Synthesis::Spunge { share, noise } => spunge::rows(&columns, [share, noise], rows, seed),
    };
    let mut header = columns.names();
    if let Some(id) = &options.table.id {
        header.insert(0, id.clone());
        for (number, record) in (1..).zip(&mut records) {
            record.insert(0, format!("synthetic-{number}"));
        }
    }
    Ok(SyntheticRows { header, records, sources: divided.origin.sources.clone() })
}

impl Synthesis {
    fn check(self) -> Result<(), DataError> {
        let (share, key, second, range, inside) = match self {
            Self::Munge { share, locality } => {
                (share, "locality", locality, "a number above 0", locality > 0.0)
            }
            Self::Spunge { share, noise } => {
                (share, "noise", noise, "a number of 0 or more", noise >= 0.0)
            }
        };
        if !(0.0..=1.0).contains(&share) {
            return Err(refused("share", share, "from 0 to 1"));
        }
        if !inside || !second.is_finite() {
            return Err(refused(key, second, range));
        }
        Ok(())
    }
}
