//! Multi-level logit distillation.

use std::sync::Arc;

use ops::gram::{add_product, products};
use options::{Key, OptionError, Section};

use crate::dist::scaled;
use crate::softened::{Softened, mean_divergence};
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Multi-level distillation: Jin, Wang and Lin, "Multi-Level Logit Distillation" (2023), section 3.
///
/// # What it does
/// Compares student and teacher at several temperatures at once and on three levels: sample by sample as
/// `kd`, how alike the samples of a batch are to one another, and how classes go together.
///
/// # When to use it
/// With images of many classes and large batches.
///
/// # Formula
/// `sum_T (T^2 mean_i KL(p_i || q_i) + |P P' - Q Q'|^2 / batch + |P' P - Q' Q|^2 / classes)`
///
/// `P` and `Q` are the softmax of the teacher's and the student's logits at temperature `T`, one row a
/// sample, `'` transposes, and `| |^2` is the sum of squares.
///
/// This is the reading of the paper on one view of each sample. The authors' code adds the same for a
/// second, strongly changed view, masks samples by the teacher's confidence in a way that multiplies sums
/// that were already taken, and uses the first view in place of the second at two temperatures; users
/// could not repeat its results. None of that is here.
///
/// # Options
/// `temperatures` (default 2, 3, 4, 5 and 6).
///
/// # Cost
/// Two softmaxes and three products of `batch` rows with each other, `3 batch^2 classes` multiply-adds,
/// for each temperature; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "mlkd"
/// temperatures = [2, 4]
/// batch_size = 64
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mlkd {
    /// Temperatures, above 0.
    pub temperatures: Vec<f64>,
}

impl Default for Mlkd {
    fn default() -> Self {
        Self { temperatures: vec![2.0, 3.0, 4.0, 5.0, 6.0] }
    }
}

impl Mlkd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let temperatures = Key("temperatures", "at which both sides are compared");
        let temperatures = section.integers(temperatures, &[2, 3, 4, 5, 6], 1..=1000)?;
        Ok(Arc::new(Self { temperatures: temperatures.into_iter().map(|t| t as f64).collect() }))
    }
}

/// Both sides at one temperature.
struct Heated {
    temperature: f64,
    student: Softened,
    teacher: Softened,
    /// Products of the samples of each side with one another.
    samples: [Vec<f64>; 2],
}

impl Heated {
    fn new(logits: [&[f32]; 2], classes: usize, temperature: f64) -> Self {
        let [student, teacher] = logits.map(|logits| Softened::of(logits, classes, temperature));
        let samples = [&student, &teacher].map(|side| {
            let probabilities = side.probabilities();
            products(ops::Level::best(), probabilities, probabilities, classes)
        });
        Self { temperature, student, teacher, samples }
    }
}

/// The sum of `term` over the temperatures, and of the gradients that it fills.
fn sum_over(
    temperatures: &[Heated],
    gradient: &mut [f32],
    term: impl Fn(&Heated, &mut [f32]) -> f64,
) -> f64 {
    gradient.fill(0.0);
    let mut own = vec![0.0; gradient.len()];
    let mut value = 0.0;
    for heated in temperatures {
        value += term(heated, &mut own);
        gradient.iter_mut().zip(&own).for_each(|(sum, own)| *sum += own);
    }
    value
}

impl LogitMethod for Mlkd {
    const NAME: &'static str = "mlkd";

    fn fewest_samples(&self) -> usize {
        2
    }
}

impl LogitLoss for Mlkd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let logits = [batch.student, batch.teacher(Self::NAME)?];
        let classes = batch.classes.max(1);
        let heated = |&temperature: &f64| Heated::new(logits, classes, temperature);
        let heated: Vec<Heated> = self.temperatures.iter().map(heated).collect();
        sum.add("instance", 1.0, |gradient| {
            sum_over(&heated, gradient, |heated, gradient| {
                mean_divergence(logits, classes, heated.temperature, &[], gradient)
            })
        });
        for (name, level) in [("batch", Level::Batch), ("class", Level::Class)] {
            sum.add(name, 1.0, |gradient| {
                sum_over(&heated, gradient, |heated, gradient| {
                    let mut slopes = vec![0.0; batch.student.len()];
                    let value = level.difference(heated, classes, &mut slopes);
                    // Without the factor of a divergence, which `scaled` puts in as square.
                    let square = heated.temperature * heated.temperature;
                    slopes.iter_mut().for_each(|slope| *slope /= square);
                    let (student, temperature) = (&heated.student, heated.temperature);
                    scaled(student, &mut slopes, temperature, gradient, value / square)
                })
            });
        }
        Ok(())
    }
}

/// Which Gram matrices are compared.
#[derive(Clone, Copy)]
enum Level {
    /// Of samples with each other.
    Batch,
    /// Of classes with each other.
    Class,
}

impl Level {
    /// The squared difference of the Gram matrices by the number of their rows, and its slopes by `q`.
    ///
    /// Those of classes are never formed: with `Q` and `P` of `batch` rows,
    /// `|Q'Q - P'P|^2 = |QQ'|^2 + |PP'|^2 - 2 |QP'|^2` and `Q (Q'Q - P'P) = (QQ') Q - (QP') P`.
    fn difference(self, heated: &Heated, classes: usize, slopes: &mut [f64]) -> f64 {
        let [q, p] = [&heated.student, &heated.teacher].map(Softened::probabilities);
        let [of_q, of_p] = &heated.samples;
        let samples = q.len() / classes;
        match self {
            Self::Batch => {
                let difference: Vec<f64> = of_q.iter().zip(of_p).map(|(q, p)| q - p).collect();
                add_product(
                    ops::Level::best(),
                    [&difference, q],
                    classes,
                    4.0 / samples.max(1) as f64,
                    slopes,
                );
                squares(&difference) / samples.max(1) as f64
            }
            Self::Class => {
                let both = products(ops::Level::best(), q, p, classes);
                let rows = classes as f64;
                add_product(ops::Level::best(), [of_q, q], classes, 4.0 / rows, slopes);
                add_product(ops::Level::best(), [&both, p], classes, -4.0 / rows, slopes);
                (squares(of_q) + squares(of_p) - 2.0 * squares(&both)) / rows
            }
        }
    }
}

fn squares(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum()
}
