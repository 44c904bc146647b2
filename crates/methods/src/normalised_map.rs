//! Normalisation of the channels of a feature by the batch.

use crate::feature_map::FeatureMap;

/// What is added to a variance.
const EPSILON: f64 = 1e-5;

/// A feature whose channels have mean 0 and variance 1 over the samples and places of the batch: batch normalisation
/// (Ioffe and Szegedy, 2015) as it is in training.
#[derive(Debug)]
pub(crate) struct NormalisedMap {
    pub(crate) map: FeatureMap,
    /// One by the deviation of each channel.
    scales: Vec<f64>,
}

impl NormalisedMap {
    pub(crate) fn of(map: &FeatureMap) -> Self {
        let count = (map.batch * map.positions()).max(1) as f64;
        let means = sums(map, |value| value, &map.values);
        let means: Vec<f64> = means.into_iter().map(|sum| sum / count).collect();
        let mut values = map.values.clone();
        each(map, &mut values, |channel, value| *value -= at(&means, channel));
        let variances = sums(map, |value| value * value, &values);
        let scale = |sum: f64| 1.0 / (sum / count + EPSILON).sqrt();
        let scales: Vec<f64> = variances.into_iter().map(scale).collect();
        each(map, &mut values, |channel, value| *value *= at(&scales, channel));
        Self { map: FeatureMap { values, ..*map }, scales }
    }

    /// Each channel times its scale plus its shift.
    pub(crate) fn affine(&self, scale: &[f32], shift: &[f32]) -> FeatureMap {
        let mut values = self.map.values.clone();
        let number =
            |of: &[f32], channel: usize| f64::from(of.get(channel).copied().unwrap_or_default());
        each(&self.map, &mut values, |channel, value| {
            *value = *value * number(scale, channel) + number(shift, channel);
        });
        FeatureMap { values, ..self.map }
    }

    /// From the gradient by what [`affine`](Self::affine) gave those by the feature, by the scale and by the shift.
    pub(crate) fn pull_back(&self, slopes: &[f64], scale: &[f32]) -> [Vec<f64>; 3] {
        let count = (self.map.batch * self.map.positions()).max(1) as f64;
        let by_shift = sums(&self.map, |slope| slope, slopes);
        let products: Vec<f64> =
            slopes.iter().zip(&self.map.values).map(|(slope, x)| slope * x).collect();
        let by_scale = sums(&self.map, |product| product, &products);
        let mut found: Vec<f64> = self.map.values.clone();
        each(&self.map, &mut found, |channel, x| {
            *x = at(&by_shift, channel) / count + *x * at(&by_scale, channel) / count;
        });
        let mut gradient: Vec<f64> =
            slopes.iter().zip(&found).map(|(slope, x)| slope - x).collect();
        each(&self.map, &mut gradient, |channel, slope| {
            let scale = f64::from(scale.get(channel).copied().unwrap_or_default());
            *slope *= scale * at(&self.scales, channel);
        });
        [gradient, by_scale, by_shift]
    }
}

fn at(values: &[f64], channel: usize) -> f64 {
    values.get(channel).copied().unwrap_or_default()
}

/// Changes each number of a channel of a feature of this shape.
fn each(map: &FeatureMap, values: &mut [f64], mut change: impl FnMut(usize, &mut f64)) {
    for (row, positions) in values.chunks_exact_mut(map.positions()).enumerate() {
        let channel = row % map.channels.max(1);
        positions.iter_mut().for_each(|value| change(channel, value));
    }
}

/// The sum over each channel.
fn sums(map: &FeatureMap, of: impl Fn(f64) -> f64, values: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; map.channels];
    for (row, positions) in values.chunks_exact(map.positions()).enumerate() {
        let channel = row % map.channels.max(1);
        if let Some(sum) = sums.get_mut(channel) {
            *sum += positions.iter().map(|&value| of(value)).sum::<f64>();
        }
    }
    sums
}
