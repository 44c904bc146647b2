//! Rows of many classes, one by one. What lies beside a row's gradient is as long as a row, so that a
//! large batch needs no memory of its size.

use super::part::{Factors, Part};
use crate::exponential::{exp_up_to_one, ln};
use crate::lanes::{largest, quick_sum, quick_sum_pairs};
use crate::memory::Buffer;

/// Numbers whose sums are taken while they are near.
const CHUNK: usize = 512;

/// Writes the gradients of the rows and gives the sums of their losses.
#[inline(always)]
pub(super) fn rows<const SOFT: bool, const LABEL: bool>(
    part: &mut Part<'_>,
    factors: Factors,
) -> [f64; 2] {
    let classes = factors.classes;
    let mut teacher_scratch = Buffer::dirty(if SOFT { classes } else { 0 });
    let mut label_scratch = Buffer::dirty(if LABEL { classes } else { 0 });
    let mut sums = [0.0; 2];
    for row in 0..part.student.len() / classes {
        let place = row * classes..(row + 1) * classes;
        let (label, weight) = (part.label(row), part.weight(row));
        let student = &part.student[place.clone()];
        let most = largest(student);
        let gradient = &mut part.gradient[place.clone()];
        if SOFT {
            let teacher = &part.teacher[place.clone()];
            let factors = Factors { soft: weight * factors.soft, ..factors };
            let divergence = soft(student, most, teacher, factors, gradient, &mut teacher_scratch);
            sums[0] += weight * divergence;
        } else {
            gradient.fill(0.0);
        }
        if let (true, Some(label)) = (LABEL, label) {
            sums[1] += self::label(student, most, label, factors, gradient, &mut label_scratch);
        }
    }
    sums
}

/// The divergence of a row; writes the gradient.
#[inline(always)]
fn soft(
    student: &[f32],
    most: f32,
    teacher: &[f32],
    factors: Factors,
    gradient: &mut [f32],
    scratch: &mut [f32],
) -> f64 {
    let (inverse, most_of_teacher) = (factors.inverse, largest(teacher));
    let mut differences = [0.0; CHUNK];
    let (mut of_student, mut of_teacher, mut together) = (0.0, 0.0, 0.0);
    let logits = student.chunks(CHUNK).zip(teacher.chunks(CHUNK));
    let outputs = gradient.chunks_mut(CHUNK).zip(scratch.chunks_mut(CHUNK));
    for ((student, teacher), (q, p)) in logits.zip(outputs) {
        for (q, student) in q.iter_mut().zip(student) {
            *q = exp_up_to_one((student - most) * inverse);
        }
        for (p, teacher) in p.iter_mut().zip(teacher) {
            *p = exp_up_to_one((teacher - most_of_teacher) * inverse);
        }
        let differences = &mut differences[..student.len()];
        for ((difference, student), teacher) in differences.iter_mut().zip(student).zip(teacher) {
            *difference = (teacher - most_of_teacher) - (student - most);
        }
        of_student += quick_sum(q, |q| q);
        of_teacher += quick_sum(p, |p| p);
        together += quick_sum_pairs(p, differences, |p, difference| p * difference);
    }
    let (q_factor, p_factor) = (factors.soft / of_student, factors.soft / of_teacher);
    let (q_factor, p_factor) = (q_factor as f32, p_factor as f32);
    for (gradient, p) in gradient.iter_mut().zip(&*scratch) {
        *gradient = *gradient * q_factor - p * p_factor;
    }
    // `log p - log q` is the difference of the softened logits, less one number for the whole row.
    f64::from(inverse) * together / of_teacher - ln(of_teacher / of_student)
}

/// The loss of a row by its label; adds to the gradient.
#[inline(always)]
fn label(
    student: &[f32],
    most: f32,
    (label, weight): (usize, f64),
    factors: Factors,
    gradient: &mut [f32],
    scratch: &mut [f32],
) -> f64 {
    let mut loss = -factors.sure * f64::from(student[label] - most);
    if factors.every > 0.0 {
        loss -= factors.every * quick_sum(student, |logit| logit - most);
    }
    let mut total = 0.0;
    for (logits, scratch) in student.chunks(CHUNK).zip(scratch.chunks_mut(CHUNK)) {
        for (scratch, logit) in scratch.iter_mut().zip(logits) {
            *scratch = exp_up_to_one(logit - most);
        }
        total += quick_sum(scratch, |value| value);
    }
    let scale = weight * factors.label;
    let of_label = f64::from(scratch[label]) / total - factors.sure - factors.every;
    let at_label = f64::from(gradient[label]) + of_label * scale;
    let (factor, less) = ((scale / total) as f32, (factors.every * scale) as f32);
    for (gradient, value) in gradient.iter_mut().zip(&*scratch) {
        *gradient += value * factor - less;
    }
    gradient[label] = at_label as f32;
    weight * (loss + ln(total))
}
