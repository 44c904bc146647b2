//! The losses of distillation by soft targets: Hinton, Vinyals and Dean, "Distilling the Knowledge
//! in a Neural Network" (2015), section 2.
//!
//! One pass over the logits gives the values of both terms and the gradient of their weighted sum.
//! Rows of few classes are taken eight at a time, one in each lane of a vector; long rows one by one.

mod long;
mod part;
mod short;

use crate::Level;
use crate::blocks::WIDEST;
use crate::loops::Loops;
use crate::threads::each_piece;
use part::{Factors, Part};

/// Numbers of one piece of work, as far as rows are not longer.
const PIECE: usize = 1 << 12;

/// Multiplications and additions for one logit, about.
const WORK: usize = 32;

/// The terms of a loss of logits; the gradient is that of their weighted sum.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms<'a> {
    /// What the teacher says.
    pub soft: Option<Soft<'a>>,
    /// What the labels say.
    pub label: Option<Label<'a>>,
}

/// `T^2 mean_i sum_c p_ic (log p_ic - log q_ic)`, where `p` and `q` are the softmax of the
/// teacher's and the student's logits divided by the temperature `T`, and `i` runs over samples:
/// Hinton, Vinyals and Dean (2015), section 2.1.
#[derive(Clone, Copy, Debug)]
pub struct Soft<'a> {
    /// The teacher's logits, as many as the student's.
    pub teacher: &'a [f32],
    /// `T`, above 0.
    pub temperature: f64,
    /// How much each sample counts, 0 or more; empty where all count once. They do not change what the mean is over.
    pub weights: &'a [f32],
    /// How many samples the mean is over; all of them where nothing is said.
    pub samples: Option<usize>,
    /// The factor of its gradient, `T (q - p) / batch`.
    pub weight: f64,
}

/// The mean of `-log softmax(logits)[label]` over the samples that have a label; 0 without any.
///
/// With label smoothing `e` (Szegedy et al., 2016, section 7) the target is `1 - e` at the label and
/// `e / classes` more at every class, and the loss its cross-entropy.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    /// The classes of the samples and how much each counts; the mean is over the number of samples with a
    /// label, whatever their weights.
    pub labels: Weighted<'a>,
    /// `e`, from 0 to below 1.
    pub smoothing: f64,
    /// The factor of its gradient, `(softmax(logits) - target) / count`; 0 for samples without a label.
    pub weight: f64,
}

/// Labels, and how much each counts.
#[derive(Clone, Copy, Debug)]
pub struct Weighted<'a> {
    /// The class of each sample, where it is known; below the number of classes.
    pub labels: &'a [Option<u32>],
    /// One number of 0 or more for each label; empty where all count once.
    pub weights: &'a [f32],
}

impl<'a> Soft<'a> {
    /// Where all samples count once.
    pub fn of(teacher: &'a [f32], temperature: f64) -> Self {
        Self { teacher, temperature, weights: &[], samples: None, weight: 1.0 }
    }

    /// The soft term by itself.
    pub fn alone(self) -> Terms<'a> {
        Terms { soft: Some(self), label: None }
    }
}

impl<'a> Label<'a> {
    /// Without a factor.
    pub fn of(labels: Weighted<'a>, smoothing: f64) -> Self {
        Self { labels, smoothing, weight: 1.0 }
    }

    /// The label term by itself.
    pub fn alone(self) -> Terms<'a> {
        Terms { soft: None, label: Some(self) }
    }
}

/// The values of the soft term and of the label term, each before its weight and 0 where it is absent.
///
/// `student` and `gradient` are `[batch, classes]`; `gradient` becomes that of the weighted sum. Value and
/// gradient of the soft term are exactly 0 where student and teacher are equal, and finite for logits up
/// to a magnitude of 1e30.
pub fn loss(
    level: Level,
    student: &[f32],
    classes: usize,
    terms: Terms<'_>,
    gradient: &mut [f32],
) -> [f64; 2] {
    let labelled = |label: &Label<'_>| label.labels.labels.iter().any(Option::is_some);
    let terms = Terms { label: terms.label.filter(labelled), ..terms };
    if classes == 0 || student.is_empty() {
        return [0.0; 2];
    }
    let factors = Factors::of(&terms, student.len() / classes, classes);
    let run = |part: Part<'_>| match (terms.soft.is_some(), terms.label.is_some()) {
        (true, true) => rows::<true, true>(level, part, factors),
        (true, false) => rows::<true, false>(level, part, factors),
        (false, true) => rows::<false, true>(level, part, factors),
        (false, false) => {
            part.gradient.fill(0.0);
            [0.0; 2]
        }
    };
    let length = (PIECE / classes).max(1) * classes;
    let sums = if student.len() <= length {
        run(Part::all(student, terms, gradient))
    } else {
        let parts = Part::pieces(student, terms, gradient, [length, classes]);
        let sums = each_piece(parts, student.len() * WORK, run);
        sums.into_iter().fold([0.0; 2], |[a, b], [soft, label]| [a + soft, b + label])
    };
    [sums[0] * factors.soft_value, sums[1] * factors.label_value]
}

/// The sums of the rows' losses; their gradients are written.
fn rows<const SOFT: bool, const LABEL: bool>(
    level: Level,
    mut part: Part<'_>,
    factors: Factors,
) -> [f64; 2] {
    if factors.classes <= WIDEST {
        return level.run(Loops(
            #[inline(always)]
            || short::rows::<SOFT, LABEL>(&mut part, factors),
        ));
    }
    level.run(Loops(
        #[inline(always)]
        || long::rows::<SOFT, LABEL>(&mut part, factors),
    ))
}
