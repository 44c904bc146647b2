//! The loss of one label that applies or does not.

/// `-y log sigmoid(z) - (1 - y) log(1 - sigmoid(z))`, in nats, and its slope by the logit `z`; `y` is
/// from 0 to 1.
pub(crate) fn binary_cross_entropy(logit: f64, label: f64) -> (f64, f64) {
    let value = label * softplus(-logit) + (1.0 - label) * softplus(logit);
    (value, sigmoid(logit) - label)
}

/// `log(1 + exp(x))`, which is `-log(1 - sigmoid(x))`.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

/// `1 / (1 + exp(-x))`.
pub(crate) fn sigmoid(x: f64) -> f64 {
    let small = libm::exp(-x.abs());
    let tail = small / (1.0 + small);
    if x < 0.0 { tail } else { 1.0 / (1.0 + small) }
}
