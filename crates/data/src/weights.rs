/*!
How much the label of each training row counts.

The weight of a row is that of its cell in the column of weights times that of its class. All are
scaled so that their mean over the labelled training rows is 1: only their ratios matter, and the
learning rate means what it meant. Equal weights are therefore no weights at all.
*/

use options::{Key, OptionError, Section, WordOrNumbers};

use crate::error::DataError;
use crate::load::Piece;
use crate::options::{DataOptions, refused};
use crate::origin::Content;
use crate::preprocessing::cells::{is_missing, missing_value};
use crate::quote::listed;
use crate::table::Row;
use crate::table_error::TableError;

/// How much each class counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// As much as its rows.
    #[default]
    Equal,
    /// All classes alike: a class with `n` of `N` labelled training rows has the weight
    /// `N / (classes * n)`, as in G. King and L. Zeng, "Logistic Regression in Rare Events Data"
    /// (2001), and in scikit-learn.
    Balanced,
    /// These, by the name of the class, 0 or more; 1 for a class that is not named.
    Given(Vec<(String, f64)>),
}

const CLASS_WEIGHTS: Key =
    Key("class_weights", "\"balanced\", or how much the label of each class counts");
/// What weights must have.
pub(crate) const SOME_WEIGHT: &str = "weights above 0 whose sum single precision can hold";
const BALANCED: &str = "balanced";

impl ClassWeights {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        Ok(match section.word_or_numbers(CLASS_WEIGHTS, &[BALANCED], 0.0..=1e9)? {
            None => Self::Equal,
            Some(WordOrNumbers::Word(_)) => Self::Balanced,
            Some(WordOrNumbers::Numbers(weights)) => Self::Given(weights),
        })
    }

    /// The weight of each class, of which there are so many labelled training rows.
    fn of_classes(&self, classes: &[String], counts: &[usize]) -> Result<Vec<f64>, DataError> {
        let total = counts.iter().sum::<usize>() as f64;
        match self {
            Self::Equal => Ok(vec![1.0; classes.len()]),
            Self::Balanced => {
                let share = total / classes.len().max(1) as f64;
                Ok(counts.iter().map(|&count| share / count.max(1) as f64).collect())
            }
            Self::Given(weights) => {
                if let Some((name, _)) = weights.iter().find(|(name, _)| !classes.contains(name)) {
                    let expected = format!("names of classes, which are {}", listed(classes));
                    return Err(refused(CLASS_WEIGHTS.0, name, expected));
                }
                let named = |class: &String| weights.iter().find(|(name, _)| name == class);
                Ok(classes
                    .iter()
                    .map(|class| named(class).map_or(1.0, |(_, weight)| *weight))
                    .collect())
            }
        }
    }
}

/// The weight of each row that is learned from, in the order of the training samples; nothing where
/// all weigh alike. Rows without a label have none, which is 0 here.
pub(crate) fn of_rows(
    pieces: &[Piece<'_>],
    options: &DataOptions,
    classes: &[String],
) -> Result<Vec<f32>, DataError> {
    let name = options.table.weight.as_deref();
    if name.is_none() && options.class_weights == ClassWeights::Equal {
        return Ok(Vec::new());
    }
    let learning = || pieces.iter().filter(|piece| matches!(piece.name, "train" | "transfer"));
    let by_class = options.task.is_classes();
    let mut counts = vec![0; if by_class { classes.len() } else { 1 }];
    // The labels of other tasks number rows of targets, which weigh what their cells say.
    let class_of = |label: u32| if by_class { label as usize } else { 0 };
    for &label in learning().flat_map(|piece| piece.labels.iter().flatten()) {
        if let Some(count) = counts.get_mut(class_of(label)) {
            *count += 1;
        }
    }
    let of_classes = match by_class {
        true => options.class_weights.of_classes(classes, &counts)?,
        false => vec![1.0],
    };
    let missing = options.table.missing.as_deref().unwrap_or_default();
    let mut weights: Vec<f64> = Vec::new();
    for piece in learning() {
        let column = match (name, piece.content) {
            (Some(name), Content::Table(table)) if piece.labels.iter().any(Option::is_some) => {
                Some(table.column(name)?)
            }
            _ => None,
        };
        for (&row, label) in piece.rows.iter().zip(&piece.labels) {
            let class = label.and_then(|label| of_classes.get(class_of(label)));
            let weight = match (class, &column) {
                (None, _) => 0.0,
                (Some(class), Some((table, column))) => {
                    class * table.row(row).map_or(Ok(0.0), |row| of_cell(row, *column, missing))?
                }
                (Some(class), None) => *class,
            };
            weights.push(weight);
        }
    }
    let scale = counts.iter().sum::<usize>() as f64 / weights.iter().sum::<f64>();
    let weights: Vec<f32> = weights.iter().map(|weight| (weight * scale) as f32).collect();
    if scale > 0.0 && weights.iter().all(|weight| weight.is_finite()) {
        return Ok(weights);
    }
    let key = if name.is_some() { "weight" } else { CLASS_WEIGHTS.0 };
    let value = name.unwrap_or("set");
    Err(refused(key, value, SOME_WEIGHT))
}

fn of_cell(row: Row<'_>, column: usize, missing: &[String]) -> Result<f64, DataError> {
    let cell = row.cell(column);
    if is_missing(cell, missing) {
        return Err(missing_value(row, column));
    }
    let weight = cell.parse::<f64>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0);
    let no_weight = || TableError::NoWeight {
        path: row.file().to_owned(),
        line: row.line(),
        column: row.name(column),
        value: cell.into(),
    };
    Ok(weight.ok_or_else(no_weight)?)
}
