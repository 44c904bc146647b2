//! A student that is its own teacher.

use options::{Key, OptionError, Section};

const DECAY: Key =
    Key("student_average", "decay of an average of the student's own weights, which teaches it");

/// The average of a network's own weights over its steps so far teaches it:
/// [`Trainer::taught_by_average`](crate::Trainer::taught_by_average).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnTeacher {
    /// Decay of the average, in `[0, 1)`.
    pub decay: f64,
}

impl OwnTeacher {
    /// The key that says so.
    pub const KEY: &str = DECAY.0;

    /// Reads it from the section of the teacher; none where its key is left out.
    ///
    /// # Errors
    /// A value of another type or out of range, and keys of another teacher beside it.
    pub fn read(section: &mut Section<'_>) -> Result<Option<Self>, OptionError> {
        if !section.has(Self::KEY) {
            return Ok(None);
        }
        let others = ["model", "file", "outputs", "ensemble"];
        if let Some(other) = others.into_iter().find(|other| section.has(other)) {
            let message = format!("`{}` and `{other}` both say who teaches", Self::KEY);
            let hint = "keep one of them; `ema` in `[teacher]` averages the weights of a `model`"
                .to_owned();
            return Err(section.conflict(other, message, hint));
        }
        Ok(Some(Self { decay: section.number(DECAY, 0.999, 0.0..1.0)? }))
    }
}
