//! A shifted bias makes the output of a class larger by as much, whatever the network and the input.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use data::SampleShape;
use options::Document;
use potstill_nn::{Architecture, cpu, infer, shift_output_bias};
use random::Stream;

const IMAGE: SampleShape = SampleShape::Image { channels: 1, height: 8, width: 8 };

fn architecture(model: &str) -> Architecture {
    let mut document = Document::parse("test", &format!("[student]\n{model}")).unwrap();
    Architecture::read(&mut document.section("student", ""), &[8]).unwrap()
}

/// Numbers without meaning in the place of all weights, which may be 0 at first.
struct Filler(u64);

impl ModuleMapper for Filler {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        let mut generator = Stream::new(self.0, "fill").generator();
        param.map(|tensor| {
            let values: Vec<f32> = (0..tensor.shape().num_elements())
                .map(|_| 0.1 + 0.1 * generator.uniform())
                .collect();
            Tensor::<1>::from_floats(values.as_slice(), &tensor.device()).reshape(tensor.shape())
        })
    }
}

#[test]
fn every_network_has_the_bias_of_its_output_where_it_is_sought() {
    let mut generator = Stream::new(2, "inputs").generator();
    let inputs: Vec<f32> = (0..3 * IMAGE.len()).map(|_| generator.normal() as f32).collect();
    for model in [
        "model = \"mlp\"",
        "model = \"cnn\"",
        "model = \"resnet8\"\nwidth = 4",
        "model = \"resnet8x4\"",
        "model = \"wrn-10-1\"",
        "model = \"vgg8\"",
        "model = \"mobilenet-v2\"",
        "model = \"shufflenet-v1\"",
        "model = \"shufflenet-v2\"",
        "model = \"vit\"\nembedding = 8\nheads = 2\ndepth = 1\nfeed_forward = 8",
        "model = \"vit\"\nembedding = 8\nheads = 2\ndepth = 1\ndistillation_token = true",
        "model = \"tabular-resnet\"",
        "model = \"layers\"\nlayers = [{ kind = \"flatten\" }]",
    ] {
        let shape =
            if model.contains("tabular") { SampleShape::Vector(IMAGE.len()) } else { IMAGE };
        let network =
            architecture(model).build(shape, 4, Stream::new(1, "weights"), &cpu()).unwrap();
        let network = network.map(&mut Filler(0));
        let logits = |network| infer(&network, &inputs, IMAGE.len(), 4).unwrap();
        let before = logits(network.clone());
        let after = logits(shift_output_bias(network, &[(2, 3.5), (0, -1.0), (9, 1.0)]).unwrap());
        for (row, (before, after)) in before.chunks(4).zip(after.chunks(4)).enumerate() {
            let shifted = [before[0] - 1.0, before[1], before[2] + 3.5, before[3]];
            for (found, expected) in after.iter().zip(shifted) {
                let tolerance = 1e-5 * expected.abs().max(4.0);
                assert!(
                    (found - expected).abs() <= tolerance,
                    "{model}, row {row}: {found} {expected}"
                );
            }
        }
    }
}
