//! Semantic calibration.

use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, softmax};
use nn::{TapShape, Weights};
use options::{OptionError, Section};
use random::Stream;

use crate::own_layers::{OwnLayers, convolution, normalisation};
use crate::projector::uniform;
use crate::tap_loss::one_term;
use crate::tap_pair::smaller;
use crate::{
    Known, Method, MethodError, OwnParameters, Part, TapLoss, TapMethod, TapPair, Usable, Usual,
};

/// Semantic calibration: Chen, Mei, Zhang, Wang, Wang, Feng and Chen, "Cross-Layer Distillation with Semantic Calibration"
/// (2021), equations 5 to 9.
///
/// # What it does
/// Compares each tap of the student with each of the teacher's, and learns for every sample which of them suit one another: a
/// student's layer learns most from those of the teacher in which the sample is alike to the same other samples.
///
/// # When to use it
/// With networks of different depth or kind, where nobody knows which layers belong together. The authors use it beside `kd`, and
/// leave the values behind the last pooling out, which has to be named here.
///
/// # Formula
/// `1 / (n batch) sum_samples sum_ij a_ij mean (r_ij(s_i) - t_j)^2` over the `n` taps `i` of the student and all `j` of the
/// teacher; `a_i = softmax_j(q_i k_j)`, `q_i` and `k_j` the sample's row of `S S^t` and of `T T^t`, the products of all
/// samples of the batch at that tap, each behind two dense layers with a ReLU between them and scaled to length 1
///
/// `r_ij` are convolutions (1x1 to `2 t` channels, 3x3, 1x1 to the `t` of the teacher) with batch normalisation by the batch
/// itself and a ReLU between them; where a tap has one position the second is 1x1 too. The larger of two maps is averaged
/// over windows before.
///
/// A row of products has a number for each sample of the batch, so the first dense layers have `batch_size` inputs, and
/// what a number means depends on the order of the batch. The authors leave out a last batch with fewer samples, and ours
/// counts: the numbers of the samples that it lacks are 0.
///
/// # Options
/// `student_taps` and `teacher_taps`, not in pairs and as many of each as one likes (default: all of both),
/// `loss_weight` (default 400, as the authors' script).
///
/// # Cost
/// Three convolutions for each pair of taps, and a pass of the teacher in each step. With batches of `b` and `d = b / 4`,
/// each tap of either side has `2 d (b + 1) + d (2 d + 1)` parameters, and each pair of `s` and `t` channels
/// `2 t (s + 18 t + 4) + 2 t^2`; they are trained with the student and are no part of it. `batch_size` at least 2.
///
/// # Example
/// ```toml
/// [[distill.methods]]
/// method = "kd"
///
/// [[distill.methods]]
/// method = "semckd"
/// student_taps = ["stage1", "stage2", "stage3"]
/// teacher_taps = ["stage1", "stage2", "stage3"]
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SemCkd {
    /// Numbers of a row of products: the samples of a whole batch; set when the method is fitted.
    pub batch_size: usize,
    /// How many taps the teacher has; set when the method is fitted.
    pub teacher_taps: usize,
}

impl Default for SemCkd {
    fn default() -> Self {
        Self { batch_size: 1, teacher_taps: 1 }
    }
}

/// Numbers of a row of products to each of a query or key.
const SHARE: usize = 4;

fn value_path(student: usize, teacher: usize, layer: &str) -> String {
    format!("value.{student}.{teacher}.{layer}")
}

/// 3x3, or 1x1 where there are no neighbours.
fn middle_kernel(sides: [usize; 2]) -> usize {
    if sides == [1, 1] { 1 } else { 3 }
}

impl SemCkd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        TapMethod::read(section, Self::default())
    }

    /// Numbers of a query.
    fn query_size(self) -> usize {
        (self.batch_size / SHARE).max(1)
    }

    /// Both dense layers of a query or key.
    fn embedding(self, path: &str, stream: &Stream) -> Weights {
        let size = self.query_size();
        let layers = [("first", self.batch_size, 2 * size), ("second", 2 * size, size)];
        let of = |(layer, inputs, outputs): (&str, usize, usize)| {
            let [weight, bias] = ["weight", "bias"].map(|name| format!("{path}.{layer}.{name}"));
            let weights = uniform(stream, &weight, vec![inputs, outputs], inputs);
            let biases = uniform(stream, &bias, vec![outputs], inputs);
            [(weight, weights), (bias, biases)]
        };
        layers.into_iter().flat_map(of).collect()
    }

    /// Queries or keys of all samples, `[batch, query_size]`, of a tap `[batch, channels, positions]`.
    fn embedded(
        self,
        path: &str,
        tap: Tensor<3>,
        layers: OwnLayers<'_>,
    ) -> Result<Tensor<2>, MethodError> {
        let rows = tap.flatten::<2>(1, 2);
        let [batch, _] = rows.dims();
        if batch > self.batch_size {
            let expected = self.batch_size;
            return Err(MethodError::TapBatch { method: Self::NAME, expected, found: batch });
        }
        let none = Tensor::zeros([batch], &rows.device());
        let products = tensors::dense(rows.clone(), rows.transpose(), none);
        let dense = |value: Tensor<2>, layer: &str, of: usize| {
            let [_, inputs] = value.dims();
            let weight = layers.get(&format!("{path}.{layer}.weight"))?;
            let bias = layers.get(&format!("{path}.{layer}.bias"))?;
            let [outputs] = bias.dims();
            // Samples that are missing would be multiplied by 0.
            let weight = weight.reshape([of, outputs]).narrow(0, 0, inputs);
            Ok(tensors::dense(value, weight, bias))
        };
        let hidden = relu(dense(products, "first", self.batch_size)?);
        let [_, of] = hidden.dims();
        Ok(unit(dense(hidden, "second", of)?))
    }

    /// The mean squared difference of a pair in each sample, `[batch, 1]`.
    fn difference(
        path: [usize; 2],
        pair: &TapPair,
        layers: OwnLayers<'_>,
    ) -> Result<Tensor<2>, MethodError> {
        let [student, teacher] = path;
        let path = |layer: &str| value_path(student, teacher, layer);
        let sides = smaller(pair.sides(), pair.teacher().sides);
        let pair = pair.with_teacher(pair.teacher().averaged(sides)).averaged(sides);
        let mut value = layers.convolution(&path("first"), pair.images(), 1)?;
        value = relu(layers.normalised(&path("first"), value)?);
        value = layers.convolution(&path("second"), value, middle_kernel(sides))?;
        value = relu(layers.normalised(&path("second"), value)?);
        value = layers.convolution(&path("third"), value, 1)?;
        let apart = (value - pair.teacher_images()).flatten::<2>(1, 3);
        let [_, width] = apart.dims();
        Ok((apart.clone() * apart).sum_dim(1) / width.max(1) as f64)
    }
}

/// Each row scaled to length 1; a row of zeros stays one.
fn unit(rows: Tensor<2>) -> Tensor<2> {
    let squares = (rows.clone() * rows.clone()).sum_dim(1);
    let dead = squares.clone().equal_elem(0.0);
    rows / squares.mask_fill(dead, 1.0).sqrt()
}

impl TapLoss for SemCkd {
    const NAME: &'static str = "semckd";
    const LOSS_WEIGHT: f64 = 400.0;
    const USUAL: Usual = Usual::Crossed;
    const USABLE: Usable = Usable::ANY;

    fn knowing(&self, known: Known<'_>) -> Option<Self> {
        let Known { batch_size, taps: [_, teacher_taps], .. } = known;
        Some(Self { batch_size: batch_size.max(1), teacher_taps: teacher_taps.max(1) })
    }

    fn parameters(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let mut own = Weights::new();
        for (student, row) in pairs.chunks(self.teacher_taps.max(1)).enumerate() {
            own.extend(self.embedding(&format!("query.{student}"), stream));
            for (teacher, [one, other]) in row.iter().enumerate() {
                let middle = 2 * other.channels();
                let kernel = middle_kernel(smaller(one.sides(), other.sides()));
                for (layer, sizes, kernel) in [
                    ("first", [one.channels(), middle], 1),
                    ("second", [middle, middle], kernel),
                    ("third", [middle, other.channels()], 1),
                ] {
                    let path = value_path(student, teacher, layer);
                    let [weight, _] = convolution(stream, &path, sizes, kernel);
                    own.extend([weight]);
                    if layer != "third" {
                        own.extend(normalisation(&path, middle));
                    }
                }
            }
        }
        let keys = (0..self.teacher_taps.min(pairs.len())).map(|teacher| format!("key.{teacher}"));
        own.extend(keys.flat_map(|path| self.embedding(&path, stream)));
        own
    }

    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let layers = OwnLayers { method: Self::NAME, parameters };
        let rows = pairs.chunks(self.teacher_taps.max(1));
        let keys = rows.clone().next().unwrap_or_default().iter().enumerate();
        let keys = keys.map(|(teacher, pair)| {
            self.embedded(&format!("key.{teacher}"), pair.teacher_tensor(), layers)
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let count = rows.len();
        let terms = rows.enumerate().filter_map(|(student, row)| {
            let query = row.first().map(TapPair::student)?;
            let term =
                self.embedded(&format!("query.{student}"), query, layers).and_then(|query| {
                    let energies = keys.iter().map(|key| (query.clone() * key.clone()).sum_dim(1));
                    let attention = softmax(Tensor::cat(energies.collect(), 1), 1);
                    let apart = row
                        .iter()
                        .enumerate()
                        .map(|(teacher, pair)| Self::difference([student, teacher], pair, layers));
                    let apart = Tensor::cat(apart.collect::<Result<Vec<_>, _>>()?, 1);
                    let [batch, _] = apart.dims();
                    let share = 1.0 / (count * batch).max(1) as f64;
                    Ok((attention * apart).sum_dim(1).sum_dim(0).reshape([1]) * share)
                });
            Some(term)
        });
        Ok(one_term("calibration", terms.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }

    fn smallest_batch(&self) -> usize {
        2
    }
}
