//! One prediction of a small network, from numbers to numbers.

use burn::module::Module;
use data::SampleShape;
use nn::{Architecture, Network, count_parameters, cpu};
use random::Stream;

use crate::BenchError;
use crate::work::Bench;

pub(crate) fn latency(architecture: Architecture) -> Result<Bench, BenchError> {
    let shape = SampleShape::Image { channels: 1, height: 28, width: 28 };
    let network = architecture.build(shape, 10, Stream::new(1, "bench"), &cpu())?;
    let parameters = count_parameters(&network);
    let network = network.valid();
    let mut generator = Stream::new(1, "inputs").generator();
    let values: Vec<f32> = (0..shape.len()).map(|_| generator.normal() as f32).collect();
    let step = move || {
        let _ = network.logits(nn::batch(&values, values.len())).into_data();
        Ok(())
    };
    Ok(Bench { step: Box::new(step), parameters })
}
