//! The divergence of the student's softened probabilities from the teacher's.

use super::{WORK, piece};
use crate::Level;
use crate::exponential::{exp, ln};
use crate::lanes::{largest, sum, sum_pairs};
use crate::loops::Loops;
use crate::memory::Buffer;
use crate::threads::each_piece;

/// `T^2 mean_i sum_c p_ic (log p_ic - log q_ic)`, where `p` and `q` are the softmax of the
/// teacher's and the student's logits divided by the temperature `T`, and `i` runs over samples:
/// Hinton, Vinyals and Dean (2015), section 2.1.
///
/// `student`, `teacher` and `gradient` are `[batch, classes]`. `gradient` becomes the gradient of
/// the student's logits, `T (q - p) / batch`. Value and gradient are exactly 0 where student and
/// teacher are equal, and finite for logits up to a magnitude of 1e30.
pub fn soft_target_loss(
    level: Level,
    student: &[f32],
    teacher: &[f32],
    classes: usize,
    temperature: f64,
    gradient: &mut [f32],
) -> f64 {
    if classes == 0 || student.is_empty() {
        return 0.0;
    }
    let batch = (student.len() / classes) as f64;
    let rows = Rows { classes, inverse: (1.0 / temperature) as f32, scale: temperature / batch };
    let piece = piece(classes);
    let pieces = student.chunks(piece).zip(teacher.chunks(piece)).zip(gradient.chunks_mut(piece));
    let sums = each_piece(
        pieces.collect(),
        student.len() * WORK,
        |((student, teacher), gradient): (_, &mut [f32])| {
            let mut scratch = Buffer::dirty(2 * student.len());
            level.run(Loops(
                #[inline(always)]
                || rows.run(student, teacher, gradient, &mut scratch),
            ))
        },
    );
    sums.into_iter().sum::<f64>() * (temperature * temperature / batch)
}

/// What is the same for all rows.
#[derive(Clone, Copy)]
struct Rows {
    classes: usize,
    /// `1 / T`
    inverse: f32,
    /// `T / batch`
    scale: f64,
}

impl Rows {
    /// Writes the gradient and gives the sum of the rows' divergences.
    ///
    /// Short rows would fill vectors badly, so that exponentials are taken of all rows at once.
    #[inline(always)]
    fn run(
        self,
        student: &[f32],
        teacher: &[f32],
        gradient: &mut [f32],
        scratch: &mut [f32],
    ) -> f64 {
        let (weights, differences) = scratch.split_at_mut(student.len());
        self.soften(student, gradient);
        self.soften(teacher, weights);
        for ((student, teacher), difference) in
            gradient.iter_mut().zip(&mut *weights).zip(&mut *differences)
        {
            *difference = *teacher - *student;
            (*student, *teacher) = (exp(*student), exp(*teacher));
        }
        let mut divergences = 0.0;
        let weights = weights.chunks_exact(self.classes);
        let rows = weights.zip(differences.chunks_exact(self.classes));
        for (student, (teacher, difference)) in gradient.chunks_exact_mut(self.classes).zip(rows) {
            divergences += self.finish(student, teacher, difference);
        }
        divergences
    }

    /// Logits divided by the temperature, less the row's largest.
    #[inline(always)]
    fn soften(self, logits: &[f32], softened: &mut [f32]) {
        let rows = logits.chunks_exact(self.classes).zip(softened.chunks_exact_mut(self.classes));
        for (logits, softened) in rows {
            let most = largest(logits);
            for (softened, &logit) in softened.iter_mut().zip(logits) {
                *softened = (logit - most) * self.inverse;
            }
        }
    }

    /// Turns the exponentials of the student's row into its gradient, and gives the divergence.
    ///
    /// `log p - log q` is the difference of the softened logits, less one number for the whole row.
    #[inline(always)]
    fn finish(self, student: &mut [f32], teacher: &[f32], difference: &[f32]) -> f64 {
        let of_student = sum(student, f64::from);
        let of_teacher = sum(teacher, f64::from);
        let shift = ln(of_teacher / of_student);
        let divergence =
            sum_pairs(teacher, difference, |p, log| f64::from(p) * (f64::from(log) - shift));
        let (q_scale, p_scale) = (self.scale / of_student, self.scale / of_teacher);
        for (student, &teacher) in student.iter_mut().zip(teacher) {
            *student = (f64::from(*student) * q_scale - f64::from(teacher) * p_scale) as f32;
        }
        divergence / of_teacher
    }
}
