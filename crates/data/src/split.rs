/*!
Dividing rows class by class, so that every part has every class in the same share.

Which row goes where depends on the seed and on the rows of its own class alone.
*/

use random::Stream;

use crate::error::DataError;
use crate::options::{LEAVING_ROWS, refused};
use crate::quote::shown;

/// What is cut off, and how many rows of each class must stay behind.
pub(crate) struct Cut {
    /// The name of the part, for errors.
    pub(crate) part: &'static str,
    /// The share of each class to take, rounded to whole rows and at least one.
    pub(crate) share: f64,
    /// Rows of each class that must be left over.
    pub(crate) leave: usize,
}

/// Takes a share of each class from `rows`; returns what stays and what is taken, both ascending.
///
/// `labels` holds the class of every row that can occur in `rows`; rows without one stay.
pub(crate) fn stratified(
    rows: &[usize],
    labels: &[Option<u32>],
    classes: &[String],
    cut: &Cut,
    stream: &Stream,
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes.len()];
    let mut stay = Vec::new();
    let mut taken = Vec::new();
    for &row in rows {
        let class = labels.get(row).copied().flatten();
        match class.and_then(|class| members.get_mut(class as usize)) {
            Some(group) => group.push(row),
            None => stay.push(row),
        }
    }
    for (class, mut group) in members.into_iter().enumerate() {
        let count = ((group.len() as f64 * cut.share).round() as usize).max(1);
        if group.len() < count + cut.leave {
            return Err(too_few(cut, classes.get(class).map_or("", String::as_str), group.len()));
        }
        stream.at(class as u64).generator().shuffle(&mut group);
        stay.extend(group.split_off(count));
        taken.extend(group);
    }
    stay.sort_unstable();
    taken.sort_unstable();
    Ok((stay, taken))
}

/// The error for a class that has too few rows for any share, or too few for this one, which is a key of its own.
fn too_few(cut: &Cut, class: &str, found: usize) -> DataError {
    let (part, expected) = (cut.part, 1 + cut.leave);
    if found < expected {
        return DataError::ClassEmpty { part, class: class.to_owned(), expected, found };
    }
    let class = shown(class);
    let left = format!(
        "{LEAVING_ROWS} at least {} of the {found} rows of class `{class}` to train on",
        cut.leave
    );
    refused(part, cut.share, left)
}
