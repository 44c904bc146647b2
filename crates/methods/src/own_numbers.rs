//! The parameters of a method itself as plain numbers, where there is no tape.

use std::collections::BTreeMap;

use crate::{LogitBatch, LogitLoss, MethodError, TermSum};

/// The parameters of a method itself by name, as they are now.
pub type OwnNumbers<'a> = BTreeMap<&'a str, &'a [f32]>;

/// What one term of a loss says about one of them.
#[derive(Clone, Debug)]
pub(crate) struct OwnGradient {
    /// The number of the term.
    pub(crate) term: usize,
    /// The name of the parameter.
    pub(crate) parameter: String,
    /// The gradient, of the term or of its part in a sum.
    pub(crate) values: Vec<f32>,
}

/// Adds the terms of a part of a method, which finds its own parameters under names that begin with `prefix`; the
/// word is made only where there are some.
///
/// # Errors
/// As the terms themselves.
pub(crate) fn terms_of_part(
    prefix: impl Fn() -> String,
    loss: &dyn LogitLoss,
    batch: &LogitBatch<'_>,
    sum: &mut TermSum<'_>,
) -> Result<(), MethodError> {
    let before = sum.own_gradients();
    if batch.own.is_empty() {
        loss.terms(batch, sum)?;
    } else {
        let prefix = prefix();
        let own = batch.own.iter();
        let own =
            own.filter_map(|(name, values)| Some((name.strip_prefix(prefix.as_str())?, *values)));
        let own: OwnNumbers<'_> = own.collect();
        loss.terms(&LogitBatch { own: &own, ..*batch }, sum)?;
    }
    if sum.own_gradients() > before {
        sum.own_begin_with(&prefix(), before);
    }
    Ok(())
}
