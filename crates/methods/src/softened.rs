//! Softened probabilities of a batch, and gradients back through the softmax.

use ops::Level;
use ops::exponential::{exp_of_negative, ln};
use ops::soft_targets::Soft;
use ops::softmax::log_sum_exp;
use options::{Key, OptionError, Section};

use crate::{LogitBatch, MethodError, TermSum};

/// Probabilities at a temperature and their logarithms, `[batch, classes]`.
#[derive(Debug)]
pub(crate) struct Softened {
    classes: usize,
    log: Vec<f64>,
    probability: Vec<f64>,
}

/// One sample of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) log: &'a [f64],
    pub(crate) probability: &'a [f64],
}

impl Softened {
    pub(crate) fn of(logits: &[f32], classes: usize, temperature: f64) -> Self {
        let (mut log, mut probability) = (vec![0.0; logits.len()], vec![0.0; logits.len()]);
        let level = Level::best();
        ops::softmax::log_softmax(level, logits, classes, temperature, &mut log, &mut probability);
        Self { classes: classes.max(1), log, probability }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let log = self.log.chunks_exact(self.classes);
        let rows = log.zip(self.probability.chunks_exact(self.classes));
        rows.map(|(log, probability)| Row { log, probability })
    }

    /// Turns the slopes of a loss by the logarithms of the probabilities, as if each were free, into its
    /// gradient by the logits, times `factor`.
    pub(crate) fn pull_back(&self, slopes: &[f64], factor: f64, gradient: &mut [f32]) {
        let (level, probability) = (Level::best(), &self.probability);
        ops::softmax::pull_back(level, slopes, probability, self.classes, factor, gradient);
    }

    pub(crate) fn probabilities(&self) -> &[f64] {
        &self.probability
    }
}

/// What some classes of a sample have together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Together {
    probability: f64,
    pub(crate) log: f64,
}

/// Sums of probabilities that are larger have all their digits, whatever of them was too small for a number.
const EXACT: f64 = 1e-280;

impl Together {
    /// The share of one of the classes, of which this is the logarithm and the probability.
    pub(crate) fn share(self, log: f64, probability: f64) -> f64 {
        if self.probability > EXACT {
            return probability / self.probability;
        }
        exp_of_negative((log - self.log).min(0.0))
    }
}

impl Row<'_> {
    /// What these classes have together; the logarithm is exact where the probability is too small for a
    /// number, and minus infinity of none.
    pub(crate) fn together(self, classes: impl Iterator<Item = usize> + Clone) -> Together {
        let of = |values: &[f64], class: usize| values.get(class).copied().unwrap_or_default();
        let probability = classes.clone().map(|class| of(self.probability, class)).sum();
        let log = if probability > EXACT {
            ln(probability)
        } else {
            log_sum_exp(classes.map(|class| of(self.log, class)))
        };
        Together { probability, log }
    }
}

/// `T^2` times the mean over the samples of a loss of one sample at temperature `T`.
///
/// `loss` gets number, student and teacher of a sample, gives the value, and writes its slopes by the
/// logarithms of the student's probabilities, as if each were free; they are 0 before. Fills
/// `gradient`.
pub(crate) fn mean_over_samples(
    [student, teacher]: [&[f32]; 2],
    classes: usize,
    temperature: f64,
    gradient: &mut [f32],
    mut loss: impl FnMut(usize, Row<'_>, Row<'_>, &mut [f64]) -> f64,
) -> f64 {
    let [student, teacher] =
        [student, teacher].map(|logits| Softened::of(logits, classes, temperature));
    let classes = student.classes;
    let samples = (student.log.len() / classes).max(1) as f64;
    let mut slopes = vec![0.0; student.log.len()];
    let rows = student.rows().zip(teacher.rows()).zip(slopes.chunks_exact_mut(classes));
    let values = rows
        .enumerate()
        .map(|(number, ((student, teacher), slopes))| loss(number, student, teacher, slopes));
    let sum: f64 = values.sum();
    student.pull_back(&slopes, temperature / samples, gradient);
    sum * (temperature * temperature / samples)
}

/// As [`mean_over_samples`] of the divergence of the student from the teacher, times the weight of each sample
/// where there are weights.
pub(crate) fn mean_divergence(
    [student, teacher]: [&[f32]; 2],
    classes: usize,
    temperature: f64,
    weights: &[f32],
    gradient: &mut [f32],
) -> f64 {
    let terms = Soft { weights, ..Soft::of(teacher, temperature) }.alone();
    let [value, _] = ops::soft_targets::loss(Level::best(), student, classes, terms, gradient);
    value
}

/// Adds the term of that name, [`mean_over_samples`] of `loss`, to the sum; `method` is who asks for the
/// teacher.
///
/// # Errors
/// [`MethodError::MissingTeacher`] or [`MethodError::TeacherShape`].
pub(crate) fn add_mean(
    (method, term): (&'static str, &'static str),
    temperature: f64,
    batch: &LogitBatch<'_>,
    sum: &mut TermSum<'_>,
    mut loss: impl FnMut(Row<'_>, Row<'_>, &mut [f64]) -> f64,
) -> Result<(), MethodError> {
    let logits = [batch.student, batch.teacher(method)?];
    sum.add(term, 1.0, |gradient| {
        let loss = |_, student: Row<'_>, teacher: Row<'_>, slopes: &mut [f64]| {
            loss(student, teacher, slopes)
        };
        mean_over_samples(logits, batch.classes, temperature, gradient, loss)
    });
    Ok(())
}

/// Reads the temperature of a method.
pub(crate) fn read_temperature(
    section: &mut Section<'_>,
    default: f64,
) -> Result<f64, OptionError> {
    section.number(Key("temperature", "softens both sides of the soft part"), default, TEMPERATURES)
}

/// Temperatures that a method can have.
const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.01..=1000.0;
