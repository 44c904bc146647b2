//! A temperature that is learned against the student.

use std::f64::consts::PI;
use std::sync::Arc;

use nn::{Parameter, Weights};
use ops::Level;
use ops::softened::{Class, Share};
use options::{Key, OptionError, Section};

use crate::{
    LogitBatch, LogitLoss, Method, MethodError, Moment, OwnParameters, Part, Signals, TermSum,
    logit_parts, logit_parts_with,
};

/// A learned temperature: Li, Li, Yang, Zhao, Song, Luo, Li and Yang, "Curriculum Temperature for
/// Knowledge Distillation" (2023), section 3, with one temperature for all samples.
///
/// # What it does
/// `kd` whose temperature is a parameter that goes where the student's loss is larger. How strongly it
/// does rises over the first epochs, so that the lessons begin easy and become harder.
///
/// # When to use it
/// In place of a search for the temperature.
///
/// # Formula
/// `T^2 mean_i KL(p_i || q_i)`, `T = lowest_temperature + temperature_range sigmoid(theta)`
///
/// `theta` begins at 1 and is trained by the student's optimiser with the gradient of the loss, that of
/// the factor `T^2` included, times `-(1 - cos(pi min(e, E) / E)) / 2` in epoch `e`, counted from 1, where
/// `E` is `ramp_epochs`. The authors' code counts in the same way; the paper's second form, one temperature
/// for each sample from a small network, is not here.
///
/// # Options
/// `lowest_temperature` (default 1), `temperature_range` (default 20), `ramp_epochs` (default 10). The
/// default begins at a temperature of 15.6.
///
/// # Cost
/// Two softmaxes of the logits; one parameter of its own, which is no part of the student.
///
/// # Example
/// ```toml
/// [distill]
/// method = "ctkd"
/// ramp_epochs = 5
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ctkd {
    /// The temperature is never lower; above 0.
    pub lowest_temperature: f64,
    /// How far above that the temperature may be; above 0.
    pub temperature_range: f64,
    /// Epochs in which the pull on the temperature rises; at least 1.
    pub ramp_epochs: u64,
    /// What the gradient of the temperature is multiplied by; set by [`Method::at`].
    pub pull: f64,
}

/// The name of the parameter.
const THETA: &str = "theta";
/// Where it begins.
const START: f32 = 1.0;

impl Default for Ctkd {
    fn default() -> Self {
        Self { lowest_temperature: 1.0, temperature_range: 20.0, ramp_epochs: 10, pull: -1.0 }
    }
}

impl Ctkd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let lowest = Key("lowest_temperature", "below which it cannot be learned");
        let range = Key("temperature_range", "how far above that it may be");
        let ramp = Key("ramp_epochs", "in which the pull on the temperature rises");
        Ok(Arc::new(Self {
            lowest_temperature: section.number(
                lowest,
                default.lowest_temperature,
                0.01..=1000.0,
            )?,
            temperature_range: section.number(range, default.temperature_range, 0.01..=1000.0)?,
            ramp_epochs: section.integer(ramp, default.ramp_epochs, 1..=1_000_000)?,
            ..default
        }))
    }
}

impl LogitLoss for Ctkd {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let logits = [batch.student, batch.teacher(self.name())?];
        let theta = batch.own.get(THETA).and_then(|own| own.first()).copied().unwrap_or(START);
        let share = 1.0 / (1.0 + libm::exp(-f64::from(theta)));
        let temperature = self.lowest_temperature + self.temperature_range * share;
        sum.add_with_own("learned-soft", 1.0, THETA, |gradient| {
            let [value, by_temperature] = ops::softened::mean_over_samples(
                Level::best(),
                logits,
                (batch.classes, temperature),
                #[inline(always)]
                |Class { q, p, log_q, log_p }| {
                    let apart = log_p - log_q;
                    let rest = (p - q) * log_q - p * log_p * apart;
                    Share { values: [p * apart, p * log_p, rest], slope: -p }
                },
                #[inline(always)]
                // The divergence, and `T` times its derivative by the temperature.
                |[divergence, negative_entropy, rest]| {
                    [divergence, rest + negative_entropy * divergence]
                },
                gradient,
            );
            // Of `T^2 KL`: the square, and the divergence by `T`.
            let slope = (2.0 * value + by_temperature) / temperature;
            let by_theta = slope * self.temperature_range * share * (1.0 - share) * self.pull;
            (value, vec![by_theta as f32])
        });
        Ok(())
    }
}

impl Method for Ctkd {
    fn name(&self) -> &'static str {
        "ctkd"
    }

    /// At the initial temperature.
    fn parts(&self, signals: &Signals<'_>) -> Result<Vec<Part>, MethodError> {
        logit_parts(self, signals)
    }

    fn on_logits(&self) -> Option<&dyn LogitLoss> {
        Some(self)
    }

    fn parameters(&self) -> Weights {
        Weights::from([(THETA.to_owned(), Parameter { shape: vec![1], values: vec![START] })])
    }

    fn parts_with(
        &self,
        signals: &Signals<'_>,
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        logit_parts_with(self, signals, parameters)
    }

    fn at(&self, moment: Moment) -> Option<Arc<dyn Method>> {
        let place = moment.epoch().min(self.ramp_epochs) as f64 / self.ramp_epochs.max(1) as f64;
        Some(Arc::new(Self { pull: -0.5 * (1.0 - libm::cos(PI * place)), ..*self }))
    }

    fn trains_both_heads(&self) -> bool {
        false
    }

    fn learns_without_labels(&self) -> bool {
        true
    }
}
