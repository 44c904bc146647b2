//! Soft targets of the teacher's first classes alone.

use std::sync::Arc;

use ops::Level;
use ops::softened::{FirstClasses, divergence_from_first};
use options::{Key, OptionError, Section};

use crate::softened::read_temperature;
use crate::{LogitBatch, LogitLoss, LogitMethod, Method, MethodError, TermSum};

/// Soft targets cut off after the teacher's first classes, as toolkits for language models train on
/// recorded outputs: TRL's `loss_top_k` with `loss_add_tail`, DistillKit's compressed logits.
///
/// # What it does
/// Compares the `k` classes that the teacher holds most probable, and all others together as one class,
/// the tail, or not at all. Of equals the classes with the lowest numbers are the first.
///
/// # When to use it
/// With teachers of which no more was recorded, and with very many classes. With `tail = "bucket"`, the
/// default; the other form is there to repeat what other toolkits do.
///
/// # Formula
/// `tail = "bucket"`: `T^2 mean_i (sum_S p (log p - log q) + p_tail (log p_tail - log q_tail))`
///
/// `tail = "none"`: `T^2 mean_i sum_S p' (log p' - log q)`
///
/// `p` and `q` are the softmax of all the teacher's and the student's logits divided by `T`, `S` the first
/// `k` classes, `p_tail` what the others have together, and `p'` is `p` divided by its sum over `S`. The
/// first is 0 where both agree and never more than the divergence of `kd`. The second has the value `-log
/// sum_S p` there, and its minimum is a student that leaves the tail nothing: it makes students too sure.
/// With `k` classes or fewer in all both are `kd`.
///
/// # Options
/// `temperature` (default 1), `k` (default 5), `tail` (default `"bucket"`).
///
/// # Cost
/// Two softmaxes of the logits and a search for the first classes; no parameters.
///
/// # Example
/// ```toml
/// [distill]
/// method = "top-k"
/// k = 3
/// temperature = 2.0
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopK {
    /// `T`, above 0.
    pub temperature: f64,
    /// Classes of the teacher that count by themselves, at least 1.
    pub k: usize,
    /// What becomes of the others.
    pub tail: Tail,
}

/// What becomes of the classes that are not among the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// They are one class together.
    Bucket,
    /// They are left out, and the teacher's first ones sum to 1.
    None,
}

impl Default for TopK {
    fn default() -> Self {
        Self { temperature: 1.0, k: 5, tail: Tail::Bucket }
    }
}

impl TopK {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let temperature = read_temperature(section, default.temperature)?;
        let k = Key("k", "classes of the teacher that count by themselves");
        let k = section.integer(k, default.k as u64, 1..=1_000_000)? as usize;
        let tail = Key("tail", "what becomes of the others: one bucket, or none");
        let tail = match section.choice(tail, "bucket", &["bucket", "none"])?.as_str() {
            "none" => Tail::None,
            _ => Tail::Bucket,
        };
        Ok(Arc::new(Self { temperature, k, tail }))
    }
}

impl LogitMethod for TopK {
    const NAME: &'static str = "top-k";

    fn temperature_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.temperature)
    }

    fn takes_first(&self, classes: usize) -> bool {
        // What the others have together is known at temperature 1.
        self.k <= classes && self.temperature == 1.0
    }
}

impl LogitLoss for TopK {
    fn terms(&self, batch: &LogitBatch<'_>, sum: &mut TermSum<'_>) -> Result<(), MethodError> {
        let logits = [batch.student, batch.teacher(Self::NAME)?];
        let shape = (batch.classes, self.temperature);
        let first = FirstClasses { count: self.k, tail: self.tail == Tail::Bucket };
        sum.add("first-classes", 1.0, |gradient| {
            divergence_from_first(Level::best(), logits, shape, first, gradient)
        });
        Ok(())
    }
}
