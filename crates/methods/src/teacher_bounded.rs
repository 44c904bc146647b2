//! The teacher as a bound on the student's error, for numbers.

use data::{TargetRows, Task};
use options::{Key, OptionError, Section};
use tensors::HostNumbers;

use crate::cross_entropy::{LABEL_TERM, check, label_term};
use crate::mse::squared_error;
use crate::row_loss::{on_tape, share_loss};
use crate::{
    Labels, LogitBatch, LogitLoss, Method, MethodError, Part, Signals, TermSum, label_loss,
};

/// Distillation of numbers with the teacher as a bound: Chen, Choi, Yu, Han and Chandraker, "Learning
/// Efficient Object Detection Models with Knowledge Distillation" (2017), section 3.3.
///
/// # What it does
/// The student is never pulled to the teacher's output, which may be far off in any direction. It is
/// pulled more strongly to its numbers, until its error is below that of the teacher by the margin.
///
/// # When to use it
/// For `task = "numbers"` where the teacher makes large errors. It learns from samples with numbers only.
///
/// # Formula
/// `mean_j |s_j - y_j|^2 + weight mean_j b_j`, with `b_j = |s_j - y_j|^2` where
/// `|s_j - y_j|^2 + margin > |t_j - y_j|^2`, else 0
///
/// `s`, `t` and `y` are the student's outputs, the teacher's and the numbers, standardised by the
/// training rows, `|x|^2` the sum of squares over the outputs; `j` runs over the samples that have
/// numbers. The paper has a smooth L1 loss as its first part; here it is the squared error, as that
/// of the student alone. At the bound itself the loss jumps, and no gradient crosses it.
///
/// # Options
/// `weight` (default 0.5, the paper's), `margin` (default 0).
///
/// # Cost
/// None worth telling; no parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TeacherBounded {
    /// Weight of the bounded part, above 0.
    pub weight: f64,
    /// By how much the student's squared error has to be below the teacher's, at least 0.
    pub margin: f64,
}

impl Default for TeacherBounded {
    fn default() -> Self {
        Self { weight: 0.5, margin: 0.0 }
    }
}

/// What the term of the bound is called.
const BOUNDED_TERM: &str = "bounded";

impl TeacherBounded {
    /// Reads `weight` and `margin`.
    ///
    /// # Errors
    /// Values of another type or out of range.
    pub fn read(section: &mut Section<'_>) -> Result<Self, OptionError> {
        let default = Self::default();
        let weight = Key("weight", "of the error that is not below the teacher's");
        let margin = Key("margin", "by how much a squared error has to be below the teacher's");
        Ok(Self {
            weight: section.number(weight, default.weight, 1e-6..=1e6)?,
            margin: section.number(margin, default.margin, 0.0..=1e6)?,
        })
    }

    /// The bounded part; fills its gradient.
    fn bounded(
        &self,
        student: &[f32],
        teacher: &[f32],
        (labels, rows): (Labels<'_>, &TargetRows),
        gradient: &mut [f32],
    ) -> f64 {
        let outputs = rows.width.max(1);
        let targets = labels.classes.iter().map(|label| label.and_then(|label| rows.row(label)));
        // Samples within the bound are part of the mean, and have no loss.
        let share = 1.0 / targets.clone().flatten().count().max(1) as f64;
        let outside =
            student.chunks_exact(outputs).zip(teacher.chunks_exact(outputs)).zip(targets).map(
                |((student, teacher), target)| {
                    target.filter(|target| {
                        squares(student, target) + self.margin > squares(teacher, target)
                    })
                },
            );
        share_loss(std::iter::repeat(share), student, outputs, outside, squared_error, gradient)
    }
}

fn squares(output: &[f32], target: &[f32]) -> f64 {
    let pairs = output.iter().zip(target);
    pairs.map(|(output, target)| squared_error(f64::from(*output), f64::from(*target)).0).sum()
}

impl Method for TeacherBounded {
    fn name(&self) -> &'static str {
        "teacher-bounded"
    }

    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        let (student, labels) = (&signals.student.logits, signals.labels);
        let [batch, outputs] = student.dims();
        let teacher = signals.teacher(self.name())?.logits();
        let rows = labels.rows(self.name(), outputs)?;
        check(labels, [batch, outputs])?;
        let teacher = HostNumbers::of(&teacher);
        let bounded = on_tape(student, |student, gradient| {
            self.bounded(student, &teacher, (labels, rows), gradient)
        });
        let value = label_loss(student, labels)?;
        Ok(vec![
            Part { name: LABEL_TERM, weight: 1.0, value },
            Part { name: BOUNDED_TERM, weight: self.weight, value: bounded },
        ])
    }

    fn task(&self) -> Option<Task> {
        Some(Task::Numbers)
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        Some(self)
    }

    fn samples(&self, _name: &str, labels: &[Option<u32>]) -> usize {
        labels.iter().flatten().count()
    }

    fn learns_without_labels(&self) -> bool {
        false
    }
}

impl LogitLoss for TeacherBounded {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let LogitBatch { student, classes, .. } = *batch;
        let teacher = batch.teacher(self.name())?;
        let labels = batch.labels()?;
        let rows = labels.rows(self.name(), classes)?;
        label_term(1.0, batch, sum)?;
        sum.add(BOUNDED_TERM, self.weight, |gradient| {
            self.bounded(student, teacher, (labels, rows), gradient)
        });
        Ok(())
    }
}
