//! Which taps a network offers, and their shapes.

use std::fmt;

use burn::tensor::{Tensor, TensorData};

use crate::{Feature, Network, TapKind, Taps, batch, cpu};

/// A tap that a network offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tap {
    /// As the network calls it.
    pub name: String,
    /// What it holds for each sample.
    pub shape: TapShape,
    /// What that is.
    pub kind: TapKind,
}

/// The shape of a tap for one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapShape {
    /// So many values.
    Vector(usize),
    /// A row of features at each position.
    Sequence {
        /// Positions of the sequence.
        positions: usize,
        /// Values at each of them.
        features: usize,
    },
    /// Channels of the same size.
    Map {
        /// Channels.
        channels: usize,
        /// Rows of each channel.
        height: usize,
        /// Columns of each channel.
        width: usize,
    },
}

impl TapShape {
    /// Values at one position: of a vector all of them.
    pub fn channels(self) -> usize {
        match self {
            Self::Vector(channels)
            | Self::Sequence { features: channels, .. }
            | Self::Map { channels, .. } => channels,
        }
    }

    /// Height and width of what the positions lie on: a vector has one position, a sequence is one row.
    pub fn sides(self) -> [usize; 2] {
        match self {
            Self::Vector(_) => [1, 1],
            Self::Sequence { positions, .. } => [1, positions],
            Self::Map { height, width, .. } => [height, width],
        }
    }

    /// Positions of each channel.
    pub fn positions(self) -> usize {
        self.sides().iter().product()
    }

    /// Values of a sample.
    pub fn len(self) -> usize {
        self.channels() * self.positions()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for TapShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector(values) => formatter.write_str(&words::counted(*values, "value")),
            Self::Sequence { positions, features } => {
                let [positions, features] = [(positions, "position"), (features, "value")]
                    .map(|(count, one)| words::counted(*count, one));
                write!(formatter, "{positions} of {features}")
            }
            Self::Map { channels, height, width } => {
                write!(formatter, "{} of {height}x{width}", words::counted(*channels, "channel"))
            }
        }
    }
}

impl Feature {
    /// The values of `rows` samples, each sample's as [`values`](Self::values) gives them, without a tape. What is
    /// missing is 0, and what is too much is left out.
    pub fn of_values(shape: TapShape, rows: usize, mut values: Vec<f32>) -> Self {
        values.resize(rows * shape.len(), 0.0);
        match shape {
            TapShape::Vector(width) => {
                Self::Vector(Tensor::from_data(TensorData::new(values, [rows, width]), &cpu()))
            }
            TapShape::Sequence { positions, features } => {
                let data = TensorData::new(values, [rows, positions, features]);
                Self::Sequence(Tensor::from_data(data, &cpu()))
            }
            TapShape::Map { channels, height, width } => {
                let data = TensorData::new(values, [rows, channels, height, width]);
                Self::Map(Tensor::from_data(data, &cpu()))
            }
        }
    }

    /// The values of all samples, one sample after the other, in the order of the axes.
    pub fn values(self) -> Vec<f32> {
        let data = match self {
            Self::Vector(tensor) => tensor.into_data(),
            Self::Sequence(tensor) => tensor.into_data(),
            Self::Map(tensor) => tensor.into_data(),
        };
        data.iter::<f32>().collect()
    }

    /// The shape for one sample.
    pub fn shape(&self) -> TapShape {
        match self {
            Self::Vector(tensor) => {
                let [_, values] = tensor.dims();
                TapShape::Vector(values)
            }
            Self::Sequence(tensor) => {
                let [_, positions, features] = tensor.dims();
                TapShape::Sequence { positions, features }
            }
            Self::Map(tensor) => {
                let [_, channels, height, width] = tensor.dims();
                TapShape::Map { channels, height, width }
            }
        }
    }

    /// `[batch, channels, positions]`, with the tape.
    pub fn by_channel(&self) -> Tensor<3> {
        match self {
            Self::Vector(tensor) => {
                let [batch, values] = tensor.dims();
                tensor.clone().reshape([batch, values, 1])
            }
            Self::Sequence(tensor) => tensor.clone().swap_dims(1, 2),
            Self::Map(tensor) => {
                let [batch, channels, height, width] = tensor.dims();
                tensor.clone().reshape([batch, channels, height * width])
            }
        }
    }

    pub(crate) fn without_tape(self) -> Self {
        match self {
            Self::Vector(tensor) => Self::Vector(tensor.without_autodiff()),
            Self::Sequence(tensor) => Self::Sequence(tensor.without_autodiff()),
            Self::Map(tensor) => Self::Map(tensor.without_autodiff()),
        }
    }
}

/// The taps that a network offers, in the order of its forward pass, found by showing it a sample of
/// `width` zeros in inference form.
pub fn probe<N: Network>(network: &N, width: usize) -> Vec<Tap> {
    let output = network.valid().observe(batch(&vec![0.0; width], width), Taps::all());
    let tap = |name: &str| {
        let shape = output.taps.get(name)?.shape();
        Some(Tap { name: name.to_owned(), shape, kind: output.taps.kind(name) })
    };
    output.taps.names().filter_map(tap).collect()
}
