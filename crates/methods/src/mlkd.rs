//! Multi-level logit distillation.

use std::sync::Arc;

use ops::Level;
use ops::memory::Buffer;
use ops::softmax::pull_back;
use options::{Key, OptionError, Section};

use crate::gram_difference::GramDifference;
use crate::softened::{Row, Softened};
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
/// `temperatures` (default 2, 3, 4, 5 and 6). A schedule of the temperature is one of their mean, and all of
/// them change in proportion.
///
/// # Cost
/// Two softmaxes and `5 batch classes min(batch, classes)` multiply-adds for each temperature; no
/// parameters.
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
        if temperatures.is_empty() {
            let message = "expected a temperature in `temperatures`, found none".to_owned();
            let hint = "leave `temperatures` out, or write `[2, 4]`".to_owned();
            return Err(section.conflict("temperatures", message, hint));
        }
        Ok(Arc::new(Self { temperatures: temperatures.into_iter().map(|t| t as f64).collect() }))
    }
}

/// Both sides at one temperature.
struct Heated {
    temperature: f64,
    student: Softened,
    teacher: Softened,
    grams: GramDifference,
}

impl Heated {
    fn new([student, teacher]: [&[f32]; 2], classes: usize, temperature: f64) -> Self {
        let [student, teacher] =
            [student, teacher].map(|logits| Softened::of(logits, classes, temperature));
        let grams = GramDifference::of([student.probabilities(), teacher.probabilities()], classes);
        Self { temperature, student, teacher, grams }
    }

    /// The mean divergence times `T^2`.
    fn instance(&self, samples: f64) -> f64 {
        let both = self.student.rows().zip(self.teacher.rows());
        let row = |(student, teacher): (Row<'_>, Row<'_>)| -> f64 {
            let logs = teacher.log.iter().zip(student.log);
            teacher
                .probability
                .iter()
                .zip(logs)
                .map(|(p, (log_p, log_q))| p * (log_p - log_q))
                .sum()
        };
        self.temperature * self.temperature / samples * both.map(row).sum::<f64>()
    }

    /// Fills the gradient of the terms with these weights.
    fn differentiate(&self, [instance, batch, class]: [f64; 3], classes: usize, out: &mut [f32]) {
        let q = self.student.probabilities();
        let p = self.teacher.probabilities();
        let samples = (q.len() / classes).max(1) as f64;
        // By the probabilities, then by their logarithms.
        let mut slopes = self.grams.slopes(batch, class);
        let of_divergence = instance * self.temperature * self.temperature / samples;
        for (slope, (q, p)) in slopes.iter_mut().zip(q.iter().zip(p)) {
            *slope = *slope * q - of_divergence * p;
        }
        pull_back(Level::best(), &slopes, q, classes, 1.0 / self.temperature, out);
    }
}

impl LogitMethod for Mlkd {
    const NAME: &'static str = "mlkd";

    /// The mean of all.
    fn of_temperature(&self) -> Option<f64> {
        let count = self.temperatures.len();
        (count > 0).then(|| self.temperatures.iter().sum::<f64>() / count as f64)
    }

    /// All of them in proportion.
    fn at_temperature(self, temperature: f64) -> Option<Self> {
        let factor = temperature / self.of_temperature()?;
        Some(Self { temperatures: self.temperatures.iter().map(|t| factor * t).collect() })
    }

    fn fewest_samples(&self) -> usize {
        2
    }
}

impl LogitLoss for Mlkd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let logits = [batch.student, batch.teacher(Self::NAME)?];
        let classes = batch.classes.max(1);
        let samples = batch.rows().max(1) as f64;
        let heated = |&temperature: &f64| Heated::new(logits, classes, temperature);
        let heated: Vec<Heated> = self.temperatures.iter().map(heated).collect();
        let named = [("instance", 1.0), ("batch", 1.0), ("class", 1.0)];
        sum.add_together(named, |weights, gradient| {
            gradient.fill(0.0);
            let mut own = Buffer::exact(gradient.len());
            let mut values = [0.0; 3];
            for heated in &heated {
                heated.differentiate(weights, classes, &mut own);
                gradient.iter_mut().zip(&*own).for_each(|(sum, own)| *sum += own);
                let [of_samples, of_classes] = heated.grams.values();
                let found = [heated.instance(samples), of_samples, of_classes];
                values.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
            }
            values
        });
        Ok(())
    }
}
