//! Initial weights as a function of seed and parameter path.

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use random::Stream;

/// Draws the initial weights of one part of a network.
///
/// The numbers depend on the seed and on the path of the parameter alone, so a layer keeps its
/// initial weights when another layer is added elsewhere, and student and baseline start equal.
#[derive(Clone, Debug)]
pub struct Initial {
    stream: Stream,
    device: Device,
}

impl Initial {
    /// Draws from `stream` for weights that live on `device`.
    pub fn new(stream: Stream, device: &Device) -> Self {
        Self { stream, device: device.clone() }
    }

    /// The part of the network below `name`.
    pub fn below(&self, name: &str) -> Self {
        Self { stream: self.stream.named(name), device: self.device.clone() }
    }

    /// Uniform in `+-sqrt(6 / (inputs + outputs))`: Glorot and Bengio (2010), equation 16; the
    /// default of Keras' dense layers.
    pub fn glorot_uniform(&self, name: &str, inputs: usize, outputs: usize) -> Param<Tensor<2>> {
        let limit = (6.0 / (inputs + outputs) as f64).sqrt() as f32;
        self.uniform(name, [inputs, outputs], limit)
    }

    /// Uniform between `-limit` and `limit`.
    pub fn uniform(&self, name: &str, shape: [usize; 2], limit: f32) -> Param<Tensor<2>> {
        let mut generator = self.stream.named(name).generator();
        let count: usize = shape.iter().product();
        let values = (0..count).map(|_| generator.uniform_between(-limit, limit)).collect();
        self.parameter(values, shape)
    }

    /// Normal with variance `2 / fan_out`, where `fan_out` is the number of outputs that an input
    /// reaches: He et al. (2015), equation 14, as usual for residual networks.
    pub fn he_normal(&self, name: &str, shape: [usize; 4], fan_out: usize) -> Param<Tensor<4>> {
        let deviation = (2.0 / fan_out as f64).sqrt();
        let mut generator = self.stream.named(name).generator();
        let count: usize = shape.iter().product();
        let values = (0..count).map(|_| (deviation * generator.normal()) as f32).collect();
        self.parameter(values, shape)
    }

    /// Normal with this deviation.
    pub fn normal(&self, name: &str, shape: [usize; 2], deviation: f64) -> Param<Tensor<2>> {
        let mut generator = self.stream.named(name).generator();
        let count: usize = shape.iter().product();
        let values = (0..count).map(|_| (deviation * generator.normal()) as f32).collect();
        self.parameter(values, shape)
    }

    /// One value throughout.
    pub fn constant(&self, value: f32, length: usize) -> Param<Tensor<1>> {
        self.parameter(vec![value; length], [length])
    }

    /// The device that the weights live on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    fn parameter<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        let tensor = Tensor::from_data(TensorData::new(values, shape), &self.device);
        Param::initialized(ParamId::new(), tensor).set_require_grad(true)
    }
}
