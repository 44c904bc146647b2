//! The forward pass of a frozen network.

use nn::{Initial, Network, count_parameters, cpu};
use random::Stream;

use crate::training::Inputs;
use crate::work::Bench;

pub(crate) fn teach<N: Network + 'static>(
    build: impl FnOnce(&Initial) -> N,
    inputs: Inputs,
) -> Bench {
    let network = build(&Initial::new(Stream::new(1, "bench"), &cpu()));
    let parameters = count_parameters(&network);
    let network = network.valid();
    let inputs = inputs.tensor();
    let step = move || {
        let _ = network.logits(inputs.clone()).into_data();
        Ok(())
    };
    Bench { step: Box::new(step), parameters }
}
