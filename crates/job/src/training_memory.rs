//! Whether a network fits the machine that is to train it.

use crate::JobError;
use crate::event::Card;

/// Weights, gradient and two moments of each, as numbers of four bytes.
const TRAINING_BYTES: u64 = 4 * 4;

/// Refuses a network that cannot be trained in the machine's memory, where that is known; what is between its layers comes
/// on top and is not counted.
pub(crate) fn check_memory(card: &Card, memory: Option<u64>) -> Result<(), JobError> {
    let needed = nn::totals(&card.layers).parameters.saturating_mul(TRAINING_BYTES);
    match memory {
        Some(there) if needed > there => {
            Err(JobError::Memory { network: card.name.clone(), needed, there })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use data::SampleShape;
    use nn::Architecture;

    use super::*;

    #[test]
    fn a_network_that_is_larger_than_the_machine_is_refused() {
        let architecture = Architecture::Mlp { hidden: vec![99] };
        // 100 * 99 + 99 + 99 * 10 + 10 weights, each with a gradient and two moments of four bytes.
        let layers = architecture.layers(SampleShape::Vector(100), 10).unwrap();
        let card = Card { name: architecture.name(), layers };
        let bytes = 16 * (100 * 99 + 99 + 99 * 10 + 10);
        assert!(check_memory(&card, Some(bytes)).is_ok() && check_memory(&card, None).is_ok());
        let error = check_memory(&card, Some(bytes - 1)).unwrap_err();
        assert!(matches!(error, JobError::Memory { needed, .. } if needed == bytes), "{error}");
    }
}
