//! Which taps of two networks a method compares.

use nn::{Tap, TapKind, TapShape};
use options::closest;

use crate::MethodError;

/// The names of the taps that a method looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TapNames {
    /// Of the student.
    pub student: Vec<String>,
    /// Of the teacher.
    pub teacher: Vec<String>,
}

impl TapNames {
    /// The names of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.student.extend(other.student);
        self.teacher.extend(other.teacher);
        self
    }
}

/// The taps that the two networks of a training offer, in the order of their passes; none where a teacher
/// is no network.
#[derive(Clone, Copy, Debug)]
pub struct OfferedTaps<'a> {
    /// The student's.
    pub student: &'a [Tap],
    /// The teacher's.
    pub teacher: &'a [Tap],
    /// The labels of the rows of the transfer set that they learn from.
    pub labels: &'a [Option<u32>],
    /// Samples of a batch; the last one of a pass over the transfer set may have fewer.
    pub batch_size: usize,
}

/// One of the two networks, in errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The student.
    Student,
    /// The teacher.
    Teacher,
}

impl std::fmt::Display for Side {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Student => "student",
            Self::Teacher => "teacher",
        })
    }
}

/// How many taps are compared if a recipe names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// The last one of each network.
    Last,
    /// As many as both networks have, the last ones of the one that has more.
    All,
    /// As many as both networks have, evenly spread over the one that has more and with its last one.
    Spread,
    /// All of both, each of the student's with each of the teacher's.
    Crossed,
}

/// What a method asks of every tap.
#[derive(Clone, Copy, Debug)]
pub struct Usable {
    /// What it may hold; the first of them is what is looked for where no tap is named.
    pub kinds: &'static [TapKind],
    /// Whether its shape can be used.
    pub fits: fn(TapShape) -> bool,
    /// What is expected, in words.
    pub expected: &'static str,
}

impl Usable {
    /// Values of every shape.
    pub const ANY: Self = Self {
        kinds: VALUES,
        fits: |_| true,
        expected: "values of any shape, in front of a ReLU or not",
    };
    /// Values whose channels have several positions.
    pub const SPATIAL: Self = Self {
        kinds: VALUES,
        fits: |shape| shape.positions() > 1,
        expected: "channels of at least two positions, as images have",
    };
    /// Values at each position of a sequence.
    pub const SEQUENCE: Self = Self {
        kinds: VALUES,
        fits: |shape| matches!(shape, TapShape::Sequence { .. }),
        expected: "positions of a sequence, as transformers have",
    };

    fn suits(&self, tap: &Tap) -> bool {
        let is_named_at_own_risk = tap.kind == TapKind::Inner;
        (is_named_at_own_risk || self.kinds.contains(&tap.kind)) && (self.fits)(tap.shape)
    }

    /// Whether the tap is one of those that are looked for where none is named.
    fn is_usual(&self, tap: &Tap) -> bool {
        self.kinds.first() == Some(&tap.kind) && (self.fits)(tap.shape)
    }
}

/// What most methods compare.
const VALUES: &[TapKind] = &[TapKind::Value, TapKind::BeforeActivation];

/// The wishes of a recipe, and what holds without them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    pub(crate) method: &'static str,
    pub(crate) usual: Usual,
    pub(crate) usable: Usable,
    pub(crate) student: Option<&'a [String]>,
    pub(crate) teacher: Option<&'a [String]>,
}

impl Choice<'_> {
    /// The taps that are compared, of student and teacher: one by one as many of both, unless each is compared with each.
    ///
    /// # Errors
    /// [`MethodError`] for taps that do not exist, that have an unusable shape, or that are not in pairs.
    pub(crate) fn sides(&self, offered: OfferedTaps<'_>) -> Result<[Vec<Tap>; 2], MethodError> {
        let sides = [
            (Side::Student, self.student, offered.student),
            (Side::Teacher, self.teacher, offered.teacher),
        ];
        let [student, teacher] = sides.map(|(side, wanted, offered)| match wanted {
            Some(names) => self.named(side, names, offered),
            None => self.all_usable(side, offered),
        });
        let (mut student, mut teacher) = (student?, teacher?);
        let least = student.len().min(teacher.len());
        let (few, keep): (usize, fn(&mut Vec<Tap>, usize)) = match self.usual {
            Usual::Last => (1, keep_last),
            Usual::All => (least, keep_last),
            Usual::Spread => (least, keep_spread),
            Usual::Crossed => return Ok([student, teacher]),
        };
        match (self.student, self.teacher) {
            (Some(_), Some(_)) => {}
            (Some(_), None) => keep(&mut teacher, student.len()),
            (None, Some(_)) => keep(&mut student, teacher.len()),
            (None, None) => {
                keep(&mut student, few);
                keep(&mut teacher, few);
            }
        }
        if student.len() != teacher.len() {
            return Err(MethodError::TapCount {
                method: self.method,
                student: student.len(),
                teacher: teacher.len(),
            });
        }
        Ok([student, teacher])
    }

    /// What is compared with one another of these taps.
    pub(crate) fn pairs(&self, [student, teacher]: &[Vec<Tap>; 2]) -> Vec<[Tap; 2]> {
        let pair = |student: &Tap, teacher: &Tap| [student.clone(), teacher.clone()];
        match self.usual {
            Usual::Crossed => {
                let each = |one| teacher.iter().map(move |other| pair(one, other));
                student.iter().flat_map(each).collect()
            }
            _ => student.iter().zip(teacher).map(|(one, other)| pair(one, other)).collect(),
        }
    }

    fn named(
        &self,
        side: Side,
        names: &[String],
        offered: &[Tap],
    ) -> Result<Vec<Tap>, MethodError> {
        self.some(side, offered)?;
        let find = |name: &String| {
            let tap = offered.iter().find(|tap| tap.name == *name);
            let tap = tap.ok_or_else(|| MethodError::UnknownTap {
                method: self.method,
                side,
                found: name.clone(),
                similar: closest(name, offered.iter().map(|tap| tap.name.as_str()))
                    .map(str::to_owned),
                known: offered.iter().map(|tap| tap.name.clone()).collect(),
            })?;
            if !self.usable.suits(tap) {
                return Err(self.misfit(side, tap, offered));
            }
            Ok(tap.clone())
        };
        names.iter().map(find).collect()
    }

    fn all_usable(&self, side: Side, offered: &[Tap]) -> Result<Vec<Tap>, MethodError> {
        let last = self.some(side, offered)?;
        if offered.iter().all(|tap| tap.kind == TapKind::Inner) {
            let usable = offered.iter().filter(|tap| self.usable.suits(tap));
            let usable = usable.map(|tap| tap.name.clone()).collect();
            return Err(MethodError::TapsNotNamed { method: self.method, side, usable });
        }
        let usable = offered.iter().filter(|tap| self.usable.is_usual(tap));
        let usable: Vec<Tap> = usable.cloned().collect();
        if usable.is_empty() { Err(self.misfit(side, last, offered)) } else { Ok(usable) }
    }

    /// The last of the taps, of which there must be one.
    fn some<'t>(&self, side: Side, offered: &'t [Tap]) -> Result<&'t Tap, MethodError> {
        offered.last().ok_or(MethodError::NoTaps { method: self.method, side })
    }

    fn misfit(&self, side: Side, tap: &Tap, offered: &[Tap]) -> MethodError {
        let usable = offered.iter().filter(|tap| self.usable.suits(tap));
        MethodError::TapShape {
            method: self.method,
            side,
            tap: tap.name.clone(),
            expected: self.usable.expected.to_owned(),
            found: tap.shape.to_string(),
            usable: usable.map(|tap| tap.name.clone()).collect(),
        }
    }
}

fn keep_last(taps: &mut Vec<Tap>, count: usize) {
    taps.drain(..taps.len().saturating_sub(count));
}

/// The `k`-th of `count` is number `k * length / count` of all, counted from 1.
fn keep_spread(taps: &mut Vec<Tap>, count: usize) {
    let length = taps.len();
    if count < length {
        let chosen: Vec<usize> = (1..=count).map(|k| k * length / count).collect();
        let mut number = 0;
        taps.retain(|_| {
            number += 1;
            chosen.contains(&number)
        });
    }
}
