//! A method whose parts all weigh nothing.

use options::{OptionError, Section};

/// Refuses weights that are all 0: nothing of the method would be left, and the student would not learn from the teacher.
/// Each weight has its key in the section.
pub(crate) fn check_some_weight(
    section: &Section<'_>,
    weights: &[(&str, f64)],
) -> Result<(), OptionError> {
    if weights.iter().any(|&(_, weight)| weight > 0.0) {
        return Ok(());
    }
    let keys: Vec<String> = weights.iter().map(|(key, _)| format!("`{key}`")).collect();
    let message = format!(
        "nothing of the method counts: expected a weight above 0 in {}, found 0",
        keys.join(" or ")
    );
    let key = weights.first().map_or("method", |&(key, _)| key);
    let hint =
        "leave the weights out, or the method; without a teacher a student learns by `alpha = 0`";
    Err(section.conflict(key, message, hint.to_owned()))
}
