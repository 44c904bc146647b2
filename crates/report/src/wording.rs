//! What the score, the loss and the agreement of a task are called, and how they are written.

use data::Task;

use crate::number;

/// The words of a task.
#[derive(Debug)]
pub struct Wording {
    /// The quantity that models are compared by, in lower case.
    pub score: &'static str,
    /// Whether it is a share, shown in percent, or an error, which is the score negated.
    pub is_share: bool,
    /// Of the figure of the difference: title and unit.
    pub(crate) difference: [&'static str; 2],
    /// Of the validation curves of score, loss and agreement: file name, title and unit.
    pub(crate) curves: [[&'static str; 3]; 3],
    /// Of the same three for TensorBoard.
    pub(crate) tags: [&'static str; 3],
    /// What student and teacher have in common.
    pub agreement: &'static str,
    /// What samples are told apart by, in the plural.
    pub targets: &'static str,
}

/// The words of a task.
pub fn wording(task: Task) -> &'static Wording {
    match task {
        Task::Classes => &CLASSES,
        Task::Labels => &LABELS,
        Task::Numbers => &NUMBERS,
    }
}

impl Wording {
    /// A score as it is shown, without its unit: percent of a share, the error itself of an error.
    pub fn shown(&self, score: f64) -> f64 {
        if self.is_share { 100.0 * score } else { -score }
    }

    /// A score with its unit.
    pub fn written(&self, score: f64) -> String {
        match self.is_share {
            true => number::percent(score, 2),
            false => number::significant(-score),
        }
    }

    /// A difference of scores, with its sign and without its unit; positive is better.
    pub(crate) fn points(&self, difference: f64) -> String {
        match self.is_share {
            true => number::points(difference),
            false => number::signed_significant(difference),
        }
    }

    /// What a difference of scores is multiplied by to be drawn.
    pub(crate) fn scale(&self) -> f64 {
        if self.is_share { 100.0 } else { 1.0 }
    }
}

static CLASSES: Wording = Wording {
    score: "accuracy",
    is_share: true,
    difference: ["Test accuracy: distilled student minus student alone", "percentage points"],
    curves: [
        ["validation-accuracy", "Validation accuracy", "share right"],
        ["validation-nll", "Validation loss", "negative log-likelihood, nats"],
        ["agreement", "Agreement with the teacher", "share of equal predictions"],
    ],
    tags: ["validation/accuracy", "validation/nll", "validation/agreement"],
    agreement: "agrees with the teacher",
    targets: "classes",
};

static LABELS: Wording = Wording {
    score: "F1 of a sample",
    is_share: true,
    difference: ["F1 of a test sample: distilled student minus student alone", "percentage points"],
    curves: [
        ["validation-f1", "Validation F1", "mean F1 of a sample"],
        ["validation-loss", "Validation loss", "binary cross-entropy, nats"],
        ["agreement", "Agreement with the teacher", "share of equal labels"],
    ],
    tags: ["validation/sample_f1", "validation/cross_entropy", "validation/agreement"],
    agreement: "labels shared with the teacher",
    targets: "labels",
};

static NUMBERS: Wording = Wording {
    score: "mean absolute error",
    is_share: false,
    difference: ["Test error: student alone minus distilled student", "mean absolute error"],
    curves: [
        ["validation-error", "Validation error", "mean absolute error"],
        ["validation-loss", "Validation loss", "squared error, standardised"],
        ["difference-from-teacher", "Difference from the teacher", "root mean square"],
    ],
    tags: ["validation/absolute_error", "validation/squared_error", "validation/difference"],
    agreement: "RMS difference from the teacher",
    targets: "numbers",
};
