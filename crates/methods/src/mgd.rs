//! Masked generation.

use std::sync::Arc;

use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use nn::{TapShape, Weights};
use options::{Key, OptionError, Section};
use random::Stream;

use crate::feature_map::{FeatureMap, squared_difference};
use crate::own_layers::{OwnLayers, convolution};
use crate::projector::Projection;
use crate::tap_loss::one_term;
use crate::{
    Method, MethodError, Moment, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual,
};

/// Masked generation: Yang, Li, Shao, Shi, Yuan and Yuan, "Masked Generative Distillation" (2022), in the form of the
/// authors' code.
///
/// # What it does
/// Hides a part of the student's values and has a small network make the teacher's whole map of the rest, so that what
/// is left must speak for what is hidden.
///
/// # When to use it
/// With networks for images, at their last maps, beside `kd`.
///
/// # Formula
/// `sum_taps sum (G(mask r(s)) - t)^2 / samples`, `G` two 3x3 convolutions with ReLU between them
///
/// The sum is over all values. Where the numbers of channels differ, `r` is a 1x1 convolution. A mask hides
/// whole channels of a sample (`masked = "channels"`, as the authors' code for classification) or places of it in all
/// channels (`"positions"`, as the paper and the code for detection). What is hidden is drawn anew in each step,
/// as a function of seed and step; batches of one step have the same masks. The authors need maps of one size;
/// here the larger is averaged over windows, behind `G`.
///
/// # Options
/// `mask_ratio` (default 0.15, the authors' for classification), `masked` (default `"channels"`), `student_taps` and
/// `teacher_taps` (default: the last maps of each), `loss_weight` (default 0.00007, the authors').
///
/// # Cost
/// `18 channels^2 positions` multiply-adds a sample and twice that backwards, and a pass of the teacher in each step.
/// `G` has `18 channels^2 + 2 channels` parameters, which are trained with the student and are no part of it; so is
/// the convolution in front of it.
///
/// # Example
/// ```toml
/// [[distill.methods]]
/// method = "kd"
///
/// [[distill.methods]]
/// method = "mgd"
/// mask_ratio = 0.5
/// masked = "positions"
/// ```
#[derive(Clone, Debug)]
pub struct Mgd {
    /// The share that is hidden, from 0 to below 1.
    pub mask_ratio: f64,
    /// What is hidden.
    pub masked: Masked,
    /// Where the masks of a step come from; without it nothing is hidden. Set by [`Method::at`].
    pub noise: Option<Stream>,
}

/// What a mask of [`Mgd`] hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Masked {
    /// Channels of a sample.
    #[default]
    Channels,
    /// Places of a sample.
    Positions,
}

impl Default for Mgd {
    fn default() -> Self {
        Self { mask_ratio: 0.15, masked: Masked::Channels, noise: None }
    }
}

impl Mgd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let ratio = Key("mask_ratio", "share of the student's values that is hidden");
        let ratio = section.number(ratio, Self::default().mask_ratio, 0.0..=0.99)?;
        let masked = Key("masked", "what is hidden of a sample");
        let masked = match section.choice(masked, "channels", &["channels", "positions"])?.as_str()
        {
            "positions" => Masked::Positions,
            _ => Masked::Channels,
        };
        TapMethod::read(section, Self { mask_ratio: ratio, masked, noise: None })
    }

    /// The images with a part hidden.
    fn hidden(&self, images: Tensor<4>, number: usize) -> Tensor<4> {
        let Some(noise) = &self.noise else { return images };
        let [batch, height, width, channels] = images.dims();
        let shape = match self.masked {
            Masked::Channels => [batch, 1, 1, channels],
            Masked::Positions => [batch, height, width, 1],
        };
        let mut generator = noise.at(number as u64).generator();
        let mut kept = || f32::from(u8::from(f64::from(generator.uniform()) >= self.mask_ratio));
        let mask: Vec<f32> = (0..shape.iter().product()).map(|_| kept()).collect();
        let mask = Tensor::from_data(TensorData::new(mask, shape), &images.device());
        images * mask
    }

    fn generated(
        &self,
        (number, pair): (usize, &TapPair),
        layers: OwnLayers<'_>,
    ) -> Result<Tensor<1>, MethodError> {
        let hidden = self.hidden(pair.images(), number);
        let inner = relu(layers.convolution(&path(number, "first"), hidden, 3)?);
        let made = layers.convolution(&path(number, "second"), inner, 3)?;
        Ok(pair.with_images(made).at_one_size(compare))
    }
}

fn path(number: usize, layer: &str) -> String {
    format!("generation.{number}.{layer}")
}

fn compare(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    squared_difference(&student.values, &teacher.values, 1.0 / student.batch.max(1) as f64)
}

impl TapLoss for Mgd {
    const NAME: &'static str = "mgd";
    const LOSS_WEIGHT: f64 = 7e-5;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::SPATIAL;
    const PROJECTION: Projection = Projection::WhereNeeded;

    fn parameters(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let of = |(number, [_, teacher]): (usize, &[TapShape; 2])| {
            let sizes = [teacher.channels(); 2];
            let [first, second] = ["first", "second"].map(|layer| path(number, layer));
            [convolution(stream, &first, sizes, 3), convolution(stream, &second, sizes, 3)]
        };
        pairs.iter().enumerate().flat_map(of).flatten().collect()
    }

    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let layers = OwnLayers { method: Self::NAME, parameters };
        let terms = pairs.iter().enumerate().map(|pair| self.generated(pair, layers));
        Ok(one_term("generated", terms.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }

    fn at(&self, moment: Moment, stream: &Stream) -> Option<Self> {
        let noise = Some(stream.named("mask").at(moment.step));
        (self.mask_ratio > 0.0).then(|| Self { noise, ..self.clone() })
    }
}
