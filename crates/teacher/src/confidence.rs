//! How much each teacher of an ensemble counts for one sample.
//!
//! Zhang, Chen and Wang, "Confidence-aware multi-teacher knowledge distillation" (2022), equations 2 and 3: of `K`
//! teachers with cross-entropies `L` on the label the weight of teacher `k` is
//! `(1 - exp(L_k) / (exp(L_1) + ... + exp(L_K))) / (K - 1)`. The paper needs labels; here the entropy of what the
//! teacher says stands in the place of the cross-entropy where there is none.

/// How unsure a teacher is of a sample, in nats: its cross-entropy with the label, or its entropy where there is no
/// label, both at temperature 1.
pub(crate) fn doubt(logits: &[f32], label: Option<u32>) -> f64 {
    let logits = logits.iter().copied().map(f64::from);
    let largest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logits.clone().map(|logit| (logit - largest).exp()).sum();
    let normaliser = largest + total.ln();
    match label.and_then(|label| logits.clone().nth(label as usize)) {
        Some(logit) => normaliser - logit,
        None => {
            let losses = logits.map(|logit| normaliser - logit);
            losses.map(|loss| (-loss).exp() * loss).sum()
        }
    }
}

/// The weights of teachers with these doubts, each times its own fixed weight, with a sum of 1.
pub(crate) fn weights(doubts: &[f64], fixed: &[f64]) -> Vec<f64> {
    let largest = doubts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = doubts.iter().map(|doubt| (doubt - largest).exp()).sum();
    let shares = doubts.iter().map(|doubt| 1.0 - (doubt - largest).exp() / total);
    let weighed: Vec<f64> = shares.zip(fixed).map(|(share, fixed)| share * fixed).collect();
    let sum: f64 = weighed.iter().sum();
    weighed.into_iter().map(|weight| weight / sum).collect()
}
