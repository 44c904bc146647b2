//! Contrastive representation distillation.

use std::sync::Arc;

use burn::tensor::Tensor;
use nn::{Parameter, TapShape, Weights};
use options::{Key, OptionError, Section};
use random::{Generator, Stream};
use tensors::{HostNumbers, known_gradient};

use crate::bank::Bank;
use crate::contrast::{Contrast, contrast, kernels};
use crate::feature_map::UnitRows;
use crate::own_layers::OwnLayers;
use crate::projector::uniform;
use crate::tap_loss::one_term;
use crate::{
    Known, Method, MethodError, Moment, OwnParameters, Part, Remembered, TapLoss, TapMethod,
    TapPair, Usable, Usual,
};

/// Contrastive representation distillation: Tian, Krishnan and Isola, "Contrastive Representation Distillation"
/// (2020), in the form of the authors' code, with its memory.
///
/// # What it does
/// Embeds the taps of both networks in one space. The student's embedding of a sample is to be near the teacher's of the
/// same sample and far from those of samples of other classes, and the other way round. The others come from a
/// memory with one embedding of each network for each row of the transfer set.
///
/// # When to use it
/// At the last tap, beside `kd`, with large transfer sets of many classes.
///
/// # Formula
/// `sum_taps mean_samples (l(s, M_t) + l(t, M_s))`, with the embeddings `s` and `t` scaled to length 1, the memories `M` of
/// the other network, and
/// `l(x, M) = -log(h(x, m) / (h(x, m) + c)) - sum_negatives log((K / N) / (h(x, n) + c))`, `h(x, m) = exp(x m /
/// contrast_temperature) / Z`, `c = K / N + 1e-7`
///
/// `m` is the sample's own place of the memory, `K` the number of its negatives, `N` that of the rows. `Z` is `N` times the mean of the
/// exponentials of the first batch, and stays. After a batch the places of its samples become `memory_momentum` times
/// what they were plus the rest of the new embeddings, scaled to length 1. Negatives are rows whose label is another
/// one or unknown, none twice, as a function of seed, step and row: all of them where there are no more than
/// `negatives`. The authors draw with repetition where there are fewer.
///
/// # Options
/// `embedding_size` (default 128), `negatives` (default 16384), `contrast_temperature` (default 0.07),
/// `memory_momentum` (default 0.5), `student_taps` and `teacher_taps` (default: the last of each), `loss_weight` (default
/// 0.8); all defaults are the authors'.
///
/// # Cost
/// Two products of `embedding_size` numbers for each sample and negative, and a pass of the teacher in each step. The two
/// embeddings, `embedding_size * (values + 1)` parameters each, are trained with the student and are no part of it. The
/// memory has `2 * rows * embedding_size` numbers, 51 MB for 50,000 rows, which are in every saved state and copied
/// in every step.
///
/// # Example
/// ```toml
/// [[distill.methods]]
/// method = "kd"
///
/// [[distill.methods]]
/// method = "crd"
/// negatives = 1024
/// ```
#[derive(Clone, Debug)]
pub struct Crd {
    /// Numbers of an embedding, at least 1.
    pub embedding_size: usize,
    /// How many samples each one is compared with, at least 1.
    pub negatives: usize,
    /// What cosines are divided by, above 0.
    pub contrast_temperature: f64,
    /// The share of the old in what is remembered, from 0 to below 1.
    pub memory_momentum: f64,
    /// The labels of the transfer set, set when the method is fitted.
    pub labels: Arc<[Option<u32>]>,
    /// Where the negatives of a step come from, set by [`Method::at`]; without it they are the first ones.
    pub noise: Option<Stream>,
}

impl Default for Crd {
    fn default() -> Self {
        Self {
            embedding_size: 128,
            negatives: 16384,
            contrast_temperature: 0.07,
            memory_momentum: 0.5,
            labels: Arc::new([]),
            noise: None,
        }
    }
}

const SIDES: [&str; 2] = ["student", "teacher"];

fn embedding(number: usize, side: &str, name: &str) -> String {
    format!("embedding.{number}.{side}.{name}")
}

impl Crd {
    pub(crate) fn read(section: &mut Section<'_>) -> Result<Arc<dyn Method>, OptionError> {
        let default = Self::default();
        let size = Key("embedding_size", "numbers of an embedding");
        let negatives = Key("negatives", "how many samples each one is compared with");
        let temperature = Key("contrast_temperature", "what cosines are divided by");
        let momentum = Key("memory_momentum", "share of the old in what is remembered");
        let loss = Self {
            embedding_size: section.integer(size, default.embedding_size as u64, 1..=4096)?
                as usize,
            negatives: section.integer(negatives, default.negatives as u64, 1..=1_000_000)?
                as usize,
            contrast_temperature: section.number(
                temperature,
                default.contrast_temperature,
                0.02..=10.0,
            )?,
            memory_momentum: section.number(momentum, default.memory_momentum, 0.0..=0.999)?,
            ..default
        };
        TapMethod::read(section, loss)
    }

    /// The negatives of a row.
    fn negatives(&self, row: usize) -> Vec<usize> {
        let own = self.labels.get(row).copied().flatten();
        let other = |&(other, label): &(usize, &Option<u32>)| {
            other != row && (label.is_none() || *label != own)
        };
        let others = self.labels.iter().enumerate().filter(other);
        let mut others: Vec<usize> = others.map(|(other, _)| other).collect();
        if let Some(noise) = self.noise.as_ref().filter(|_| self.negatives < others.len()) {
            draw(&mut others, self.negatives, &mut noise.at(row as u64).generator());
        }
        others.truncate(self.negatives);
        others
    }

    /// Each sample has a place in the memory.
    fn check_rows(&self, pair: &TapPair) -> Result<(), MethodError> {
        let [samples, _] = pair.batch();
        let found = pair.rows().iter().filter(|row| **row < self.labels.len()).count();
        match found == samples {
            true => Ok(()),
            false => Err(MethodError::Rows { method: Self::NAME, samples, found }),
        }
    }

    /// The embedding of one side before it is scaled, `[batch, embedding_size]`, with its tape.
    fn embedded(
        &self,
        (number, pair): (usize, &TapPair),
        side: usize,
        layers: OwnLayers<'_>,
    ) -> Result<Tensor<2>, MethodError> {
        let values = if side == 0 { pair.student() } else { pair.teacher_tensor() };
        let values = values.flatten::<2>(1, 2);
        let [_, inputs] = values.dims();
        let name = SIDES.get(side).copied().unwrap_or_default();
        let weight = layers.get(&embedding(number, name, "weight"))?;
        let bias = layers.get(&embedding(number, name, "bias"))?;
        Ok(tensors::dense(values, weight.reshape([inputs, self.embedding_size]), bias))
    }

    fn term(
        &self,
        (number, pair): (usize, &TapPair),
        layers: OwnLayers<'_>,
    ) -> Result<Tensor<1>, MethodError> {
        self.check_rows(pair)?;
        let bank = Bank::of(number, layers, self.embedding_size)?;
        let negatives: Vec<Vec<usize>> =
            pair.rows().iter().map(|&row| self.negatives(row)).collect();
        let mut sum: Option<Tensor<1>> = None;
        for side in 0..2 {
            let raw = self.embedded((number, pair), side, layers)?;
            let unit = unit(&raw, self.embedding_size);
            let setting = self.setting(&bank, side, pair.rows(), &negatives);
            let scale = bank.scale(side).unwrap_or_else(|| kernels(&unit.values, &setting));
            let (value, mut slopes) = contrast(&unit.values, &setting, scale);
            unit.pull_back(&mut slopes);
            let slopes = slopes.into_iter().map(|slope| slope as f32).collect();
            let term = known_gradient(&raw, value, slopes);
            sum = Some(match sum {
                Some(other) => other + term,
                None => term,
            });
        }
        sum.ok_or(MethodError::NotFitted { method: Self::NAME })
    }

    /// One side is compared with the memory of the other.
    fn setting<'a>(
        &self,
        bank: &'a Bank,
        side: usize,
        rows: &'a [usize],
        negatives: &'a [Vec<usize>],
    ) -> Contrast<'a> {
        Contrast {
            memory: bank.side(1 - side),
            width: self.embedding_size,
            rows,
            negatives,
            temperature: self.contrast_temperature,
        }
    }
}

fn unit(raw: &Tensor<2>, width: usize) -> UnitRows {
    let values: Vec<f64> = HostNumbers::of(raw).iter().map(|&x| f64::from(x)).collect();
    UnitRows::of(&values, width)
}

/// Brings `count` of the rows to the beginning, each choice equally likely.
fn draw(rows: &mut [usize], count: usize, generator: &mut Generator) {
    for place in 0..count {
        let left = rows.len().saturating_sub(place) as u64;
        rows.swap(place, place + generator.below(left) as usize);
    }
}

impl TapLoss for Crd {
    const NAME: &'static str = "crd";
    const REMEMBERS_SAMPLES: bool = true;
    const LOSS_WEIGHT: f64 = 0.8;
    const USUAL: Usual = Usual::Last;
    const USABLE: Usable = Usable::ANY;
    const PLACE_BY_PLACE: bool = false;

    fn parameters(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let of = |(number, pair): (usize, &[TapShape; 2])| {
            let sides = SIDES.into_iter().zip(pair.map(|tap| tap.channels() * tap.positions()));
            let layers = sides.flat_map(|(side, inputs)| {
                let [weight, bias] = ["weight", "bias"].map(|name| embedding(number, side, name));
                let size = self.embedding_size;
                let weights = uniform(stream, &weight, vec![inputs, size], inputs);
                let biases = uniform(stream, &bias, vec![size], inputs);
                [(weight, weights), (bias, biases)]
            });
            layers.collect::<Vec<(String, Parameter)>>()
        };
        pairs.iter().enumerate().flat_map(of).collect()
    }

    fn memory(&self, pairs: &[[TapShape; 2]], stream: &Stream) -> Weights {
        let of = |number| Bank::first(number, [self.labels.len(), self.embedding_size], stream);
        (0..pairs.len()).flat_map(of).collect()
    }

    fn knowing(&self, known: Known<'_>) -> Option<Self> {
        Some(Self { labels: known.labels.into(), ..self.clone() })
    }

    fn parts(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Part>, MethodError> {
        let layers = OwnLayers { method: Self::NAME, parameters };
        let terms = pairs.iter().enumerate().map(|pair| self.term(pair, layers));
        Ok(one_term("contrast", terms.collect::<Result<Vec<_>, _>>()?.into_iter()))
    }

    fn remembered(
        &self,
        pairs: &[TapPair],
        parameters: &OwnParameters,
    ) -> Result<Vec<Remembered>, MethodError> {
        let layers = OwnLayers { method: Self::NAME, parameters };
        let mut changes = Vec::new();
        for (number, pair) in pairs.iter().enumerate() {
            self.check_rows(pair)?;
            let mut bank = Bank::of(number, layers, self.embedding_size)?;
            // They are looked at for scales that are not known yet.
            let rows = pair.rows().iter().filter(|_| bank.scale(0).is_none());
            let negatives: Vec<Vec<usize>> = rows.map(|&row| self.negatives(row)).collect();
            let mut units = Vec::with_capacity(2);
            for side in 0..2 {
                let raw = self.embedded((number, pair), side, layers)?;
                units.push(unit(&raw, self.embedding_size).values);
            }
            // The scales are those of the memory before it changes.
            let found = units.iter().enumerate().map(|(side, unit)| {
                let setting = self.setting(&bank, side, pair.rows(), &negatives);
                bank.scale(side).unwrap_or_else(|| kernels(unit, &setting))
            });
            let scales: Vec<f64> = found.collect();
            changes.push(bank.with_scales(&scales));
            for (side, unit) in units.iter().enumerate() {
                changes.extend(bank.follow(side, pair.rows(), unit, self.memory_momentum));
            }
        }
        Ok(changes)
    }

    fn at(&self, moment: Moment, stream: &Stream) -> Option<Self> {
        let noise = Some(stream.named("negatives").at(moment.step));
        Some(Self { noise, ..self.clone() })
    }
}
