//! Values on the way through a network of another framework.

use burn::tensor::{Tensor, TensorData};
use data::{Samples, Views};
use nn::{Feature, Tap, TapKind, TapShape, Taps};
use onnx::{Given, Intermediate, Model, OnnxError};

use crate::frozen::view_values;
use crate::{OnnxNetwork, Shown, TapSource, TeacherError};

/// The values that a network offers, with the bytes that give them.
#[derive(Debug)]
pub(crate) struct Tapped {
    bytes: Vec<u8>,
    pub(crate) taps: Vec<Tap>,
}

impl Tapped {
    /// Runs the file on two samples, `arranged` and of these `sizes`, and keeps the values that have the same shape for
    /// both: a list for each, positions with features, or channels with rows and columns.
    pub(crate) fn find(
        bytes: Vec<u8>,
        network: &OnnxNetwork,
        (sizes, arranged): (&[usize], &[f32]),
    ) -> Result<Self, OnnxError> {
        let output = network.model.outputs();
        let all = Intermediate::all(&bytes)?.into_iter().map(|value| value.name);
        let names: Vec<String> = all.filter(|name| !output.contains(name)).collect();
        if names.is_empty() {
            return Ok(Self { bytes, taps: Vec::new() });
        }
        let model = Model::tapped(&bytes, &network.feed, names.clone(), network.wanted.runtime)?;
        let given = model.give(arranged, sizes)?;
        let tap = |(name, given): (String, Given)| {
            let shape = tap_shape(&given)?;
            Some(Tap { name, shape, kind: TapKind::Inner })
        };
        let taps = names.into_iter().zip(given).filter_map(tap).collect();
        Ok(Self { bytes, taps })
    }
}

/// The shape of a value as a tap; none where it cannot be one.
fn tap_shape(given: &Given) -> Option<TapShape> {
    let Given::Numbers { shape, .. } = given else { return None };
    match shape[..] {
        _ if shape.contains(&0) => None,
        [values] => Some(TapShape::Vector(values)),
        [positions, features] => Some(TapShape::Sequence { positions, features }),
        [channels, height, width] => Some(TapShape::Map { channels, height, width }),
        _ => None,
    }
}

/// A network that is asked for some of its values at each step.
#[derive(Debug)]
pub(crate) struct OnnxTaps<'a> {
    network: &'a OnnxNetwork,
    model: Model,
    wanted: Vec<Tap>,
    /// The transfer set as the network sees it, with its views; none where it sees it as the student.
    own: Option<(&'a Samples, Views)>,
}

impl<'a> OnnxTaps<'a> {
    /// The values of these names; those that are not offered are left out.
    pub(crate) fn new(
        network: &'a OnnxNetwork,
        tapped: &Tapped,
        names: &[String],
        own: Option<(&'a Samples, Views)>,
    ) -> Result<Self, OnnxError> {
        let wanted = tapped.taps.iter().filter(|tap| names.contains(&tap.name));
        let wanted: Vec<Tap> = wanted.cloned().collect();
        let names = wanted.iter().map(|tap| tap.name.clone()).collect();
        let runtime = network.wanted.runtime;
        let model = Model::tapped(&tapped.bytes, &network.feed, names, runtime)?;
        Ok(Self { network, model, wanted, own })
    }

    fn values(&self, shown: Shown<'_>) -> Result<Vec<f32>, TeacherError> {
        match &self.own {
            Some((samples, views)) => {
                Ok(view_values((samples, views), (shown.view, shown.mix), shown.rows)?)
            }
            None => Ok(shown.inputs.clone().into_data().iter::<f32>().collect()),
        }
    }
}

impl TapSource for OnnxTaps<'_> {
    fn taps(&self, shown: Shown<'_>) -> Result<Taps, TeacherError> {
        let (sizes, arranged) = self.network.arranged(&self.values(shown)?);
        let given =
            self.model.give(&arranged, &sizes).map_err(|error| self.network.failed(error))?;
        let mut taps = Taps::these(self.wanted.iter().map(|tap| tap.name.clone()));
        for (tap, given) in self.wanted.iter().zip(given) {
            let values = match given {
                Given::Numbers { values, .. } if values.len() == shown.rows.len() * length(tap) => {
                    values
                }
                Given::Numbers { shape, .. } => return Err(self.other(tap, format!("{shape:?}"))),
                Given::Other(found) => return Err(self.other(tap, found)),
            };
            taps.keep_kind(tap.kind, &tap.name, || feature(tap.shape, values, shown.rows.len()));
        }
        Ok(taps)
    }
}

impl OnnxTaps<'_> {
    fn other(&self, tap: &Tap, found: String) -> TeacherError {
        let what = format!("the value `{}` for some sample", tap.name);
        let expected = format!("{}, as for the first", tap.shape);
        self.network.failed(OnnxError::Port { what, expected, found })
    }
}

/// Numbers of a tap for one sample.
fn length(tap: &Tap) -> usize {
    tap.shape.channels() * tap.shape.positions()
}

fn feature(shape: TapShape, values: Vec<f32>, rows: usize) -> Feature {
    let device = nn::cpu();
    match shape {
        TapShape::Vector(width) => {
            let data = TensorData::new(values, [rows, width]);
            Feature::Vector(Tensor::from_data(data, &device))
        }
        TapShape::Sequence { positions, features } => {
            let data = TensorData::new(values, [rows, positions, features]);
            Feature::Sequence(Tensor::from_data(data, &device))
        }
        TapShape::Map { channels, height, width } => {
            let data = TensorData::new(values, [rows, channels, height, width]);
            Feature::Map(Tensor::from_data(data, &device))
        }
    }
}
