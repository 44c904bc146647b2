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

/// Adds the terms of a part of a method, which finds its own parameters under names that begin with `prefix`.
///
/// # Errors
/// As the terms themselves.
pub(crate) fn terms_of_part(
    prefix: &str,
    loss: &dyn LogitLoss,
    batch: &LogitBatch<'_>,
    sum: &mut TermSum<'_>,
) -> Result<(), MethodError> {
    let own = batch.own.iter();
    let own = own.filter_map(|(name, values)| Some((name.strip_prefix(prefix)?, *values)));
    let own: OwnNumbers<'_> = own.collect();
    let before = sum.own_gradients();
    loss.terms(&LogitBatch { own: &own, ..*batch }, sum)?;
    sum.own_begin_with(prefix, before);
    Ok(())
}
