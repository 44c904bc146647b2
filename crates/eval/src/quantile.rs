//! Quantiles of sorted values.

/// The quantile of values sorted from low to high, with linear interpolation between neighbours
/// (type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996); `None` without
/// values. `share` is in `[0, 1]`.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(position.floor() as usize)?;
    let above = *sorted.get(position.ceil() as usize)?;
    Some(below + (above - below) * position.fract())
}
