//! Knowledge review.

use std::sync::Arc;

use burn::tensor::activation::sigmoid;
use burn::tensor::{Int, Tensor, TensorData};
use nn::{TapShape, Weights};
use options::{OptionError, Section};
use random::Stream;

use crate::feature_map::{FeatureMap, squared_difference};
use crate::own_layers::{OwnLayers, convolution, normalisation};
use crate::tap_loss::one_term;
use crate::{Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual};

/// Knowledge review: Chen, Liu, Zhao and Jia, "Distilling Knowledge via Knowledge Review" (2021), in the form of the
/// usual code.
///
/// # What it does
/// Fuses the student's taps from the last to the first, so that each has the deeper ones in it, and compares each fusion with the
/// teacher's tap of the same level, as a whole and in ever coarser form.
///
/// # When to use it
/// With networks for images and all their stages. The paper lets it grow over the first 20 epochs
/// (`weight_schedule = "warm-up"`).
///
/// # Formula
/// `sum_taps h(e(x), t)`, `x` of the last tap is `c(s)`, of any other `a c(s) + b y`, with `y` the `x` of the next deeper tap
/// at this size, and `[a, b] = sigmoid(g([c(s), y]))` at each place
///
/// `c` is a 1x1 convolution, to 512 channels or as many as the last tap of the student has, if those are fewer; `e` is a
/// 3x3 convolution to the teacher's channels; both have no bias, and a batch normalisation by the batch itself behind them.
/// `g` is a 1x1 convolution with a bias. `h` is the mean squared difference of the maps, plus 1/2, 1/4 and 1/8 of that of their averages
/// over 4x4, 2x2 and 1 windows, as far as the maps are higher than that, divided by the sum of these weights. `x` is
/// brought to other sizes by the nearest value. The usual code compares the pooled vector as one level more and looks in front of
/// the ReLUs of the teacher; both can be named.
///
/// # Options
/// `student_taps` and `teacher_taps`, from the first to the last (default: as many as both have, the last ones),
/// `loss_weight` (default 1, as published).
///
/// # Cost
/// Convolutions of all taps, and a pass of the teacher in each step. With `c` channels in the middle, each level has `c (s
/// + 9 t + 2) + 2 t` parameters, all but the last `4 c + 2` more; they are trained with the student and are no part of it.
///
/// # Example
/// ```toml
/// [distill]
/// method = "reviewkd"
/// weight_schedule = "warm-up"
/// student_taps = ["stage1", "stage2", "stage3", "pooled"]
/// teacher_taps = ["stage1.preactivation", "stage2.preactivation", "stage3.preactivation", "pooled"]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewKd;

const MOST_CHANNELS: usize = 512;

fn path(number: usize, layer: &str) -> String {
    format!("fusion.{number}.{layer}")
}

impl ReviewKd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self)
    }

    /// What a level compares with the teacher's tap, and what it hands to the level before it.
    fn fused(
        (number, pair): (usize, &TapPair),
        deeper: Option<Tensor<4>>,
        layers: OwnLayers<'_>,
    ) -> Result<[Tensor<4>; 2], MethodError> {
        let reduced = layers.convolution(&path(number, "reduce"), pair.images(), 1)?;
        let mut value = layers.normalised(&path(number, "reduce"), reduced)?;
        if let Some(deeper) = deeper {
            let [_, height, width, _] = value.dims();
            let deeper = nearest(deeper, [height, width]);
            let both = Tensor::cat(vec![value.clone(), deeper.clone()], 3);
            let gates = sigmoid(layers.convolution(&path(number, "gate"), both, 1)?);
            let gate = |place| gates.clone().narrow(3, place, 1);
            value = value * gate(0) + deeper * gate(1);
        }
        let value = nearest(value, pair.teacher().sides);
        let expanded = layers.convolution(&path(number, "expand"), value.clone(), 3)?;
        Ok([layers.normalised(&path(number, "expand"), expanded)?, value])
    }
}

/// The images at another size, each place with the nearest value.
fn nearest(images: Tensor<4>, to: [usize; 2]) -> Tensor<4> {
    let [_, height, width, _] = images.dims();
    let along = |images: Tensor<4>, axis: usize, from: usize, to: usize| {
        if from == to {
            return images;
        }
        let places: Vec<i32> = (0..to).map(|place| (place * from / to.max(1)) as i32).collect();
        let device = images.device();
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [to]), &device);
        images.select(axis, places)
    };
    let [rows, columns] = to;
    along(along(images, 1, height, rows), 2, width, columns)
}

/// The hierarchical context loss.
fn compare(student: &FeatureMap, teacher: &FeatureMap) -> (f64, Vec<f64>) {
    let [height, _] = student.sides;
    let levels = [4, 2, 1].into_iter().filter(|&level| level < height).map(|level| [level; 2]);
    let sizes: Vec<[usize; 2]> = std::iter::once(student.sides).chain(levels).collect();
    let weight = |place: usize| libm::exp2(-(place as f64));
    let total: f64 = (0..sizes.len()).map(weight).sum();
    let (mut value, mut slopes) = (0.0, vec![0.0; student.values.len()]);
    for (place, &sides) in sizes.iter().enumerate() {
        let [s, t] = [student, teacher].map(|map| map.averaged(sides));
        let share = weight(place) / (total * s.values.len().max(1) as f64);
        let (own, gradient) = squared_difference(&s.values, &t.values, share);
        value += own;
        let gradient = student.spread_back(sides, gradient);
        slopes.iter_mut().zip(gradient).for_each(|(sum, slope)| *sum += slope);
    }
    (value, slopes)
}

impl TapLoss for ReviewKd {
    const NAME: &'static str = "reviewkd";
    const LOSS_WEIGHT: f64 = 1.0;
    const USUAL: Usual = Usual::All;
    const USABLE: Usable = Usable::ANY;

    fn parameters(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let last = pairs.last().map_or(1, |[student, _]| student.channels());
        let middle = last.min(MOST_CHANNELS);
        let of = |(number, pair): (usize, &[TapShape; 2])| {
            let [student, teacher] = pair.map(TapShape::channels);
            let mut own = Vec::new();
            for (layer, sizes, kernel) in
                [("reduce", [student, middle], 1), ("expand", [middle, teacher], 3)]
            {
                let path = path(number, layer);
                let [weight, _] = convolution(stream, &path, sizes, kernel);
                own.push(weight);
                own.extend(normalisation(&path, sizes[1]));
            }
            if number + 1 < pairs.len() {
                own.extend(convolution(stream, &path(number, "gate"), [2 * middle, 2], 1));
            }
            own
        };
        pairs.iter().enumerate().flat_map(of).collect()
    }

    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let layers = OwnLayers { method: Self::NAME, parameters };
        let mut deeper = None;
        let mut terms = Vec::with_capacity(pairs.len());
        for (number, pair) in pairs.iter().enumerate().rev() {
            let [made, handed] = Self::fused((number, pair), deeper, layers)?;
            terms.push(pair.with_images(made).at_any_size(compare));
            deeper = Some(handed);
        }
        Ok(one_term("review", terms.into_iter()))
    }
}
