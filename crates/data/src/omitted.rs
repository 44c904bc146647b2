/*!
Training samples that only a teacher sees: those of the classes that `omit_classes` names.
*/

use crate::error::DataError;
use crate::load::Piece;
use crate::options::{DataOptions, refused};
use crate::origin::Origin;
use crate::quote::listed;

/// Whether the students never see a training sample, in the order of the training samples; empty where
/// they see all. A hidden label counts as well as a visible one, for what is omitted is the sample.
///
/// # Errors
/// [`DataError::Option`] for a class that is not there, and where no labelled sample would be left.
pub(crate) fn of_rows(
    origin: &Origin,
    pieces: &[Piece<'_>],
    options: &DataOptions,
) -> Result<Vec<bool>, DataError> {
    let names = &options.omit_classes;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let classes = &origin.classes;
    if let Some(name) = names.iter().find(|name| !classes.contains(name)) {
        let expected = format!("names of classes, which are {}", listed(classes));
        return Err(refused("omit_classes", name, expected));
    }
    let is_named =
        |label: &u32| classes.get(*label as usize).is_some_and(|class| names.contains(class));
    let mut omitted = Vec::new();
    let mut left = 0;
    for piece in pieces.iter().filter(|piece| matches!(piece.name, "train" | "transfer")) {
        let own = piece.name == "train";
        for (&row, shown) in piece.rows.iter().zip(&piece.labels) {
            let hidden = origin.train.labels.get(row).filter(|_| own).copied().flatten();
            let omits = shown.or(hidden).is_some_and(|label| is_named(&label));
            left += usize::from(!omits && shown.is_some());
            omitted.push(omits);
        }
    }
    match left {
        0 => Err(refused("omit_classes", names.join(", "), "classes that leave a labelled sample")),
        _ => Ok(omitted),
    }
}
