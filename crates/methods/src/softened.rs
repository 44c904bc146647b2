//! Softened probabilities of a batch, and gradients back through the softmax.

use ops::Level;
use ops::softened::{Class, Share};
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

    pub(crate) fn probabilities(&self) -> &[f64] {
        &self.probability
    }
}

/// Adds the term of that name, [`ops::softened::mean_over_samples`] of a loss that adds up over classes, to the sum;
/// `method` is who asks for the teacher.
///
/// # Errors
/// [`MethodError::MissingTeacher`] or [`MethodError::TeacherShape`].
pub(crate) fn add_mean(
    (method, term): (&'static str, &'static str),
    temperature: f64,
    batch: &LogitBatch<'_>,
    sum: &mut TermSum<'_>,
    of_class: impl Fn(Class) -> Share<1> + Send + Sync,
) -> Result<(), MethodError> {
    let logits = [batch.student, batch.teacher(method)?];
    let shape = (batch.classes, temperature);
    sum.add(term, 1.0, |gradient| {
        let level = Level::best();
        let [value] = ops::softened::mean_over_samples(
            level,
            logits,
            shape,
            of_class,
            #[inline(always)]
            |value| value,
            gradient,
        );
        value
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
