//! Logit standardisation.

use burn::tensor::Tensor;
use nn::Output;

use crate::{
    LogitBatch, LogitLoss, Method, MethodError, OwnParameters, Part, Signals, TeacherOutput,
    TermSum, Transform,
};

/// Logit standardisation: Sun, Ren, Li, Wang and Cao, "Logit Standardization in Knowledge Distillation"
/// (2024), equation 10. A transform of what another method sees: `standardise = true`.
///
/// # What it does
/// Brings the logits of each sample, on both sides, to mean 0 and deviation 1 before the method compares
/// them. The student then need not have logits as large as the teacher's; only their pattern counts.
///
/// # When to use it
/// With a teacher whose logits are much larger than a small student's can be. The label part of the loss
/// is not touched. In the library that holds for the label term of a `Combination`: a method that has one
/// of its own is transformed as a whole, so a `Kd` has `alpha = 1` here.
///
/// # Formula
/// `z' = (z - mean(z)) / (1e-7 + deviation(z))`
///
/// over the classes of a sample, with the deviation that divides by `C - 1`, as in the authors' code; the
/// gradient goes through mean and deviation. With two classes all standardised logits are 0.707 or -0.707,
/// and only their signs are left; `C` should be larger. `T^2` stays a factor of the method.
///
/// # Options
/// Those of the method. The paper takes `kd` with temperature 2 and nine times the usual weight of the
/// soft part: `alpha = 0.989`.
///
/// # Cost
/// Two passes over the logits; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "kd"
/// standardise = true
/// temperature = 2.0
/// alpha = 0.989
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Standardised;

/// Added to the deviation.
const FLOOR: f64 = 1e-7;

impl Transform for Standardised {
    fn parts(
        &self,
        method: &dyn Method,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let logits = standardised(signals.student.for_teacher().clone());
        let student = Output { logits, taps: signals.student.taps.clone().without_heads() };
        let teacher = signals.teacher.map(|teacher| standardised(teacher.logits()));
        let teacher = teacher.map(TeacherOutput::new);
        let seen = Signals { student: &student, teacher: teacher.as_ref(), ..*signals };
        method.parts_with(&seen, parameters)
    }

    fn terms(
        &self,
        loss: &dyn LogitLoss,
        batch: &LogitBatch<'_>,
        sum: &mut TermSum<'_>,
    ) -> Result<(), MethodError> {
        let classes = batch.classes.max(1);
        let rows = Rows::of(batch.student, classes);
        let student = rows.standardised();
        let teacher = batch.teacher.map(|(logits, [samples, wide])| {
            (Rows::of(logits, wide.max(1)).standardised(), [samples, wide])
        });
        let teacher = teacher.as_ref().map(|(logits, dims)| (logits.as_slice(), *dims));
        let seen = LogitBatch { student: &student, teacher, ..*batch };
        sum.within(1.0, |gradient| rows.pull_back(gradient), |sum| loss.terms(&seen, sum))
    }
}

/// By Burn's own operations, on the tape of the logits.
fn standardised(logits: Tensor<2>) -> Tensor<2> {
    let [_, classes] = logits.dims();
    let centred = logits.clone() - logits.mean_dim(1);
    let variance =
        centred.clone().powi_scalar(2).sum_dim(1) / classes.saturating_sub(1).max(1) as f64;
    // A row of equal logits has no deviation and no slope; the root would have one without end.
    let none = variance.clone().equal_elem(0.0);
    let deviation = variance.mask_fill(none.clone(), 1.0).sqrt().mask_fill(none, 0.0);
    centred / (deviation + FLOOR)
}

/// The rows of logits with what standardises them.
#[derive(Debug)]
struct Rows<'a> {
    logits: &'a [f32],
    classes: usize,
    /// Mean and deviation of each row.
    moments: Vec<[f64; 2]>,
}

impl<'a> Rows<'a> {
    fn of(logits: &'a [f32], classes: usize) -> Self {
        let moments = logits.chunks_exact(classes).map(|row| {
            let mean = row.iter().map(|&z| f64::from(z)).sum::<f64>() / classes as f64;
            let squares = row.iter().map(|&z| (f64::from(z) - mean).powi(2)).sum::<f64>();
            [mean, (squares / classes.saturating_sub(1).max(1) as f64).sqrt()]
        });
        Self { logits, classes, moments: moments.collect() }
    }

    fn standardised(&self) -> Vec<f32> {
        let rows = self.logits.chunks_exact(self.classes).zip(&self.moments);
        let row = |(row, &[mean, deviation]): (&'a [f32], &[f64; 2])| {
            row.iter().map(move |&z| ((f64::from(z) - mean) / (deviation + FLOOR)) as f32)
        };
        rows.flat_map(row).collect()
    }

    /// Turns the gradient of the standardised logits into that of the logits.
    fn pull_back(&self, gradient: &mut [f32]) {
        let rows = self.logits.chunks_exact(self.classes).zip(&self.moments);
        for ((row, &[mean, deviation]), gradient) in
            rows.zip(gradient.chunks_exact_mut(self.classes))
        {
            let average = gradient.iter().map(|&g| f64::from(g)).sum::<f64>() / row.len() as f64;
            let held = deviation + FLOOR;
            let along: f64 = row
                .iter()
                .zip(&*gradient)
                .map(|(&z, &g)| f64::from(g) * (f64::from(z) - mean))
                .sum();
            let degrees = row.len().saturating_sub(1).max(1) as f64;
            let shrink =
                if deviation > 0.0 { along / (held * held * degrees * deviation) } else { 0.0 };
            for (gradient, &z) in gradient.iter_mut().zip(row) {
                let own = (f64::from(*gradient) - average) / held;
                *gradient = (own - shrink * (f64::from(z) - mean)) as f32;
            }
        }
    }
}
