//! A network that ends in the last layer of another one.

use burn::module::Module;
use burn::tensor::Tensor;
use data::SampleShape;
use serde::{Deserialize, Serialize};
use tensors::{Activation, channels_last, global_average};

use crate::architecture::LARGEST_LAYER;
use crate::plan::{Check, Plan};
use crate::tap_kind::FEATURES;
use crate::{
    AnyNetwork, Architecture, Feature, Initial, Layer, Linear, Network, NnError,
    NormalisedConvolution, TapKind, TapShape, Taps, Weights, cpu, probe, read_weights,
    write_weights,
};

/// The last layer of a network that gets the means of a map, and the channels of that map.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Channels of the map.
    pub channels: usize,
    /// Weight and bias by path.
    weights: Weights,
}

/// Where every network with such a layer has it.
const PATHS: [&str; 2] = ["output.weight", "output.bias"];

impl Head {
    /// That of a network that is shown samples of `width` values; none of one that ends in another way.
    pub fn of<N: Network>(network: &N, width: usize) -> Option<Self> {
        let TapShape::Map { channels, .. } = features(network, width)? else { return None };
        let all = read_weights(network);
        let weights = PATHS.map(|path| Some((path.to_owned(), all.get(path)?.clone())));
        let weights = weights.into_iter().collect::<Option<Weights>>()?;
        Some(Self { channels, weights })
    }

    /// Puts it into the place of a network's last layer.
    ///
    /// # Errors
    /// [`NnError::WeightShape`] and the like where it does not fit.
    pub fn into(self, network: AnyNetwork) -> Result<AnyNetwork, NnError> {
        let mut weights = read_weights(&network);
        weights.extend(self.weights);
        write_weights(network, &weights)
    }
}

/// The shape of the map whose means the last layer gets; none where there is none.
fn features<N: Network>(network: &N, width: usize) -> Option<TapShape> {
    let taps = probe(network, width);
    taps.into_iter().find(|tap| tap.kind == TapKind::Features).map(|tap| tap.shape)
}

/// A student whose last layer is the teacher's: Chen, Mei, Zhang, Wang, Feng and Chen, "Knowledge Distillation with the
/// Reused Teacher Classifier" (2022), section 3.2.
///
/// The map of the student whose means its own last layer would get goes through a projector to the channels of the teacher's
/// map: convolutions 1x1, 3x3 and 1x1, with half of these channels between them, each with batch normalisation and a ReLU
/// behind it. The means of what comes out go through the last layer of the teacher, which is not trained.
///
/// Taps: those of the student up to that map, then `features` and `class-maps` behind the projector, and `pooled`.
#[derive(Module, Debug)]
pub struct Reused {
    /// The student, a list of one. Its own last layer has one output, which nothing uses.
    body: Vec<AnyNetwork>,
    projector: Vec<NormalisedConvolution>,
    output: Linear,
    #[module(skip)]
    plan: ReusedPlan,
}

impl Reused {
    /// As a file describes it.
    pub fn plan(&self) -> &ReusedPlan {
        &self.plan
    }
}

/// What such a network is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReusedPlan {
    /// The student.
    pub student: Box<Architecture>,
    /// Channels, height and width of its last map.
    pub map: [usize; 3],
    /// Channels of the teacher's last map.
    pub channels: usize,
}

impl ReusedPlan {
    /// A student for samples of this shape, and the channels that the head of its teacher gets.
    ///
    /// # Errors
    /// [`NnError::Shape`] where the student's own last layer does not get the means of a map.
    pub fn of(
        student: &Architecture,
        input: SampleShape,
        channels: usize,
    ) -> Result<Self, NnError> {
        let network = student.build(input, 1, random::Stream::new(0, "probed"), &cpu())?;
        match features(&network, input.len()) {
            Some(TapShape::Map { channels: own, height, width }) => {
                Ok(Self { student: Box::new(student.clone()), map: [own, height, width], channels })
            }
            _ => Err(no_map(&Check { model: student.name(), input })),
        }
    }

    /// Inputs, outputs and kernels of the projector.
    fn projector(&self) -> [([usize; 2], usize); 3] {
        let (inputs, outputs) = (self.map[0], self.channels);
        let middle = (outputs / 2).max(1);
        [([inputs, middle], 1), ([middle, middle], 3), ([middle, outputs], 1)]
    }
}

fn no_map(check: &Check) -> NnError {
    let expected = "a network whose last layer gets the means of a map, such as `resnet20`, `wrn-16-2`, `vgg8`, \
                    `mobilenet-v2` or `shufflenet-v2`";
    check.mistake("the last layer", expected, "another kind")
}

impl Plan for ReusedPlan {
    fn name(&self) -> String {
        format!("{} with its teacher's head", self.student.name())
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        check.size("the projector", "channels", 1..=LARGEST_LAYER, self.channels)?;
        self.student.check(check.input, 1)?;
        let own = self.student.layers(check.input, 1)?.pop();
        let has_map = self.student.taps().iter().any(|tap| tap == FEATURES);
        if !has_map || matches!(*self.student, Architecture::Reused(_)) {
            return Err(no_map(check));
        }
        // Its own last layer has a weight for each channel, and a bias.
        let channels = own.map_or(0, |layer| layer.parameters.saturating_sub(1));
        let [expected, height, width] = self.map;
        check.size(
            "the map",
            "channels, as the student has",
            expected..=expected,
            channels as usize,
        )?;
        check.size("the map", "rows", 1..=check.input.len(), height)?;
        check.size("the map", "columns", 1..=check.input.len(), width)
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        // It was checked before.
        let body = self.student.layers(input, 1).unwrap_or_default().into_iter();
        let [_, height, width] = self.map;
        let projector = self.projector().into_iter().enumerate();
        let projector = projector.flat_map(|(number, ([inputs, outputs], kernel))| {
            let name = format!("projector.{number}");
            [
                Layer::convolution(&name, inputs, outputs, kernel, [height, width]),
                Layer::batch_norm(&name, outputs, [height, width]),
            ]
        });
        let head = Layer::linear("output", "dense, the teacher's", self.channels, classes);
        body.map(|layer| Layer { name: format!("body.0.{}", layer.name), ..layer })
            .chain(projector)
            .chain([head])
            .collect()
    }

    fn taps(&self) -> Vec<String> {
        self.student.taps()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        let projector = self.projector().into_iter().enumerate();
        let projector = projector.map(|(number, (sizes, kernel))| {
            let initial = initial.below(&format!("projector.{number}"));
            NormalisedConvolution::new(sizes, kernel, 1, &initial)
        });
        let Linear { weight, bias } = Linear::new(self.channels, classes, &initial.below("output"));
        AnyNetwork::Reused(Reused {
            // Its initial weights are those that it has alone.
            body: vec![self.student.plan().build(input, 1, initial)],
            projector: projector.collect(),
            output: Linear {
                weight: weight.set_require_grad(false),
                bias: bias.set_require_grad(false),
            },
            plan: self.clone(),
        })
    }
}

impl Network for Reused {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let map = taps.features_of(|inner| {
            for body in &self.body {
                body.forward(inputs.clone(), inner);
            }
        });
        let Some(Feature::Map(map)) = map else {
            // A body without a map is refused before.
            let [batch, _] = inputs.dims();
            return Tensor::zeros([batch, self.output.bias.dims()[0]], &inputs.device());
        };
        let mut value = channels_last(map);
        for convolution in &self.projector {
            value = convolution.forward(value, None, Activation::Relu);
        }
        taps.keep_class_maps(&value, &self.output);
        let pooled = global_average(value);
        taps.keep("pooled", || pooled.clone());
        self.output.forward(pooled)
    }
}
