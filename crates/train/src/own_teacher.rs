//! Students that are their own teachers.

use options::{Key, OptionError, Section};

const DECAY: Key =
    Key("student_average", "decay of an average of the student's own weights, which teaches it");
const PEERS: Key = Key("peers", "students that learn at the same time, each from the others");

/// Who teaches where there is no other network than the student's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OwnTeacher {
    /// The average of its weights over its steps so far, with this decay, in `[0, 1)`:
    /// [`Trainer::taught_by_average`](crate::Trainer::taught_by_average).
    Average(f64),
    /// All but one of so many students, at least 2, for each of them:
    /// [`Trainer::with_peers`](crate::Trainer::with_peers).
    Peers(u64),
}

impl OwnTeacher {
    /// The keys that say so, each for itself.
    pub const KEYS: [&str; 2] = [DECAY.0, PEERS.0];

    /// The key of this one.
    pub fn key(self) -> &'static str {
        match self {
            Self::Average(_) => DECAY.0,
            Self::Peers(_) => PEERS.0,
        }
    }

    /// Reads it from the section of the teacher; none where its keys are left out.
    ///
    /// # Errors
    /// A value of another type or out of range, and keys of another teacher beside it.
    pub fn read(section: &mut Section<'_>) -> Result<Option<Self>, OptionError> {
        let Some(key) = Self::KEYS.into_iter().find(|key| section.has(key)) else {
            return Ok(None);
        };
        let others = ["model", "file", "outputs", "ensemble", PEERS.0];
        let others = others.into_iter().filter(|other| *other != key);
        if let Some(other) = others.into_iter().find(|other| section.has(other)) {
            let message = format!("`{key}` and `{other}` both say who teaches");
            let hint = "keep one of them; `ema` in `[teacher]` averages the weights of a `model`"
                .to_owned();
            return Err(section.conflict(other, message, hint));
        }
        Ok(Some(match key == PEERS.0 {
            true => Self::Peers(section.integer(PEERS, 2, 2..=8)?),
            false => Self::Average(section.number(DECAY, 0.999, 0.0..1.0)?),
        }))
    }
}
