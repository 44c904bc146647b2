//! A published loss between taps.

use std::fmt::Debug;

use burn::tensor::Tensor;
use nn::{TapShape, Weights};
use random::Stream;
use tensors::weighted_sum;

use crate::projector::Projection;
use crate::{MethodError, Moment, OwnParameters, Part, Remembered, Side, TapPair, Usable, Usual};

/// A published loss between taps, without the choice of the taps.
pub trait TapLoss: Clone + Debug + Send + Sync + 'static {
    /// The name in a recipe.
    const NAME: &'static str;
    /// Its weight beside the labels', as published.
    const LOSS_WEIGHT: f64;
    /// How many taps it compares if nobody says it.
    const USUAL: Usual;
    /// What it asks of each of them.
    const USABLE: Usable;
    /// Whether the student's channels are mapped to the teacher's before the loss sees them.
    const PROJECTION: Projection = Projection::None;

    /// Whether the student ends in the last layer of its teacher.
    const REUSES_HEAD: bool = false;

    /// Whether it remembers samples by their place in the transfer set.
    const REMEMBERS_SAMPLES: bool = false;

    /// Whether it compares positions one by one, so that those of both taps must lie in the same way.
    const PLACE_BY_PLACE: bool = true;

    /// Checks what it asks of pairs of taps, of student and teacher, that a single one does not tell.
    ///
    /// # Errors
    /// What does not fit.
    fn check(&self, _pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
        Ok(())
    }

    /// Its own parameters for taps of these shapes, in pairs of student and teacher, as they are at first; those of
    /// the projection are not among them.
    fn parameters(&self, _pairs: &[[TapShape; 2]], _stream: &Stream) -> Weights {
        Weights::new()
    }

    /// What it remembers for these pairs, as it is at first ([`Method::memory`](crate::Method::memory)).
    fn memory(&self, _pairs: &[[TapShape; 2]], _stream: &Stream) -> Weights {
        Weights::new()
    }

    /// What a batch changes of that ([`Method::remembered`](crate::Method::remembered)).
    ///
    /// # Errors
    /// As [`parts`](Self::parts).
    fn remembered(
        &self,
        _pairs: &[TapPair],
        _parameters: &OwnParameters,
    ) -> Result<Vec<Remembered>, MethodError> {
        Ok(Vec::new())
    }

    /// The same for a training of which this is known, where it asks for any of it.
    fn knowing(&self, _known: Known<'_>) -> Option<Self> {
        None
    }

    /// The terms of the loss, each a number on the tape of the student's side.
    ///
    /// # Errors
    /// [`MethodError`] where parameters are missing.
    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError>;

    /// The same as it is at a moment of a training, where it draws random numbers, from `stream`; none where it is
    /// the same at all times.
    fn at(&self, _moment: Moment, _stream: &Stream) -> Option<Self> {
        None
    }

    /// Samples that a batch must have for all terms to say something.
    fn smallest_batch(&self) -> usize {
        1
    }

    /// The temperature, where it has one.
    fn temperature(&self) -> Option<f64> {
        None
    }

    /// The same with another temperature, where it has one.
    fn with_temperature(&self, _temperature: f64) -> Option<Self> {
        None
    }
}

/// What is known of a training before it begins.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The labels of the rows of the transfer set.
    pub labels: &'a [Option<u32>],
    /// Samples of a batch; the last one of a pass may have fewer.
    pub batch_size: usize,
    /// How many taps of student and teacher are compared.
    pub taps: [usize; 2],
}

/// What is wrong with a pair of taps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The pair, from 0.
    pub pair: usize,
    /// Whose tap it is.
    pub side: Side,
    /// What is expected.
    pub expected: String,
}

/// Positions in a row have no place on the rows and columns of a map.
///
/// # Errors
/// The first pair of a sequence and a map of several rows.
pub(crate) fn check_places(pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
    let is_row = |shape: &TapShape| matches!(shape, TapShape::Sequence { positions: 2.., .. });
    let is_map = |shape: &TapShape| matches!(shape, TapShape::Map { height: 2.., .. });
    let mixed = |[student, teacher]: &[TapShape; 2]| {
        (is_row(student) && is_map(teacher)) || (is_map(student) && is_row(teacher))
    };
    match pairs.iter().position(mixed) {
        Some(pair) => {
            let expected = match pairs.get(pair) {
                Some([student, _]) if is_row(student) => "positions in a row, as the student has",
                _ => "rows and columns, as the student has",
            };
            Err(Misfit { pair, side: Side::Teacher, expected: expected.to_owned() })
        }
        None => Ok(()),
    }
}

/// What lies between two taps of a network has two taps, and is compared channel by channel.
///
/// # Errors
/// A single pair, and pairs that differ in channels.
pub(crate) fn steps_between(pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
    if pairs.len() < 2 {
        let expected = "another tap behind it, or before it, of each network".to_owned();
        return Err(Misfit { pair: 0, side: Side::Student, expected });
    }
    same_channels(pairs, "channels")
}

/// One term, the sum over the pairs.
pub(crate) fn summed(
    name: &'static str,
    pairs: &[TapPair],
    term: impl Fn(&TapPair) -> Tensor<1>,
) -> Vec<Part> {
    one_term(name, pairs.iter().map(term))
}

/// One term, the sum of several; none of nothing.
pub(crate) fn one_term(name: &'static str, terms: impl Iterator<Item = Tensor<1>>) -> Vec<Part> {
    let terms: Vec<(Tensor<1>, f64)> = terms.map(|term| (term, 1.0)).collect();
    let sum = weighted_sum(&terms);
    sum.map(|value| Part { name, weight: 1.0, value }).into_iter().collect()
}

/// Student and teacher have as many channels in each pair; `name` is what they are called.
pub(crate) fn same_channels(pairs: &[[TapShape; 2]], name: &str) -> Result<(), Misfit> {
    let channels = |shape: TapShape| (shape.channels(), format!("{} {name}", shape.channels()));
    same(pairs, channels)
}

/// Student and teacher have the same positions in each pair.
pub(crate) fn same_positions(pairs: &[[TapShape; 2]]) -> Result<(), Misfit> {
    same(pairs, |shape| (shape.sides(), format!("{} positions", shape.positions())))
}

/// Both sides are equal in what `of` takes from a shape, with its words.
fn same<T: PartialEq>(
    pairs: &[[TapShape; 2]],
    of: impl Fn(TapShape) -> (T, String),
) -> Result<(), Misfit> {
    for (pair, [student, teacher]) in pairs.iter().enumerate() {
        let (expected, words) = of(*teacher);
        if of(*student).0 != expected {
            let expected = format!("{words}, as the teacher's tap has");
            return Err(Misfit { pair, side: Side::Student, expected });
        }
    }
    Ok(())
}
