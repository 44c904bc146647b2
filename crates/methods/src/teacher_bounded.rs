//! The teacher as a bound on the student's error, for numbers.

use std::sync::Arc;

use data::{TargetRows, Task};
use options::{Key, OptionError, Section};

use crate::mse::squared_error;
use crate::row_loss::share_loss;
use crate::{Labels, LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

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
/// `mean_j b_j`, with `b_j = |s_j - y_j|^2` where `|s_j - y_j|^2 + margin > |t_j - y_j|^2`, else 0
///
/// `s`, `t` and `y` are the student's outputs, the teacher's and the numbers, standardised by the
/// training rows, `|x|^2` the sum of squares over the outputs; `j` runs over the samples that have
/// numbers. The paper adds it with the weight 0.5 to a smooth L1 loss of the numbers; here the label
/// term is the squared error, as that of the student alone, and `alpha` is a third. At the bound itself
/// the loss jumps, and no gradient crosses it.
///
/// # Options
/// `margin` (default 0); `alpha` is 0.333 if left out.
///
/// # Cost
/// None worth telling; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "teacher-bounded"
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TeacherBounded {
    /// By how much the student's squared error has to be below the teacher's, at least 0.
    pub margin: f64,
}

/// What the term of the bound is called.
const BOUNDED_TERM: &str = "bounded";

impl TeacherBounded {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let margin = Key("margin", "by how much a squared error has to be below the teacher's");
        let margin = section.number(margin, Self::default().margin, 0.0..=1e6)?;
        Ok(Arc::new(Self { margin }))
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

impl LogitMethod for TeacherBounded {
    const NAME: &'static str = "teacher-bounded";
    const TASK: Task = Task::Numbers;
    const LABELLED_TERMS: &'static [&'static str] = &[BOUNDED_TERM];
}

impl LogitLoss for TeacherBounded {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let LogitBatch { student, classes, .. } = *batch;
        let teacher = batch.teacher(Self::NAME)?;
        let labels = batch.labels()?;
        let rows = labels.rows(Self::NAME, classes)?;
        sum.add(BOUNDED_TERM, 1.0, |gradient| {
            self.bounded(student, teacher, (labels, rows), gradient)
        });
        Ok(())
    }
}
