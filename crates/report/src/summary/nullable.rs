//! Reads numbers back that JSON cannot hold.
//!
//! JSON has no NaN and no infinity; `serde_json` writes them as `null`. A run that ended in such a number must still be
//! reportable, so `null` is read as NaN, which the report shows as "n/a".

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

pub(super) fn number<'de, D: Deserializer<'de>>(source: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(source)?.unwrap_or(f64::NAN))
}

pub(super) fn list<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<f64>, D::Error> {
    let values = Vec::<Option<f64>>::deserialize(source)?;
    Ok(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

pub(super) fn map<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let values = BTreeMap::<String, Option<f64>>::deserialize(source)?;
    Ok(values.into_iter().map(|(name, value)| (name, value.unwrap_or(f64::NAN))).collect())
}
