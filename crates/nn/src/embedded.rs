//! Learned numbers for the words in the columns of a table.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use data::SampleShape;
use options::{Key, OptionError, Section};
use serde::{Deserialize, Serialize};

use crate::mlp::MlpPlan;
use crate::plan::{Check, Plan};
use crate::{
    AnyNetwork, Architecture, Initial, Layer, Mlp, Network, NnError, Sequential, SequentialLayers,
    TabularResnet, TabularResnetSizes, Taps,
};

/// A network for tables that sees each column of words as learned numbers, entity embeddings: Guo and
/// Berkhahn, "Entity Embeddings of Categorical Variables" (2016), section 3.
///
/// A sample has one value for each word of a column, 1 for its own and 0 for others; they are multiplied by
/// the column's table of words and numbers. A cell that has none of the words gives zeros. The network behind
/// it sees first the values that are no words, then the numbers of each column in turn.
#[derive(Module, Debug)]
pub struct Embedded {
    /// For each column `[words, numbers]`.
    tables: Vec<Param<Tensor<2>>>,
    network: TableNetwork,
    #[module(skip)]
    plan: EmbeddedPlan,
}

/// A network for tables.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a process holds a handful of networks")]
enum TableNetwork {
    Mlp(Mlp),
    TabularResnet(TabularResnet),
    Sequential(Sequential),
}

/// What is learned for words, and the network behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmbeddedPlan {
    /// Learned numbers for each word.
    pub numbers: usize,
    /// Of each column of words the place of its first value in a sample, and how many words it has. A
    /// recipe does not know them; [`Architecture::for_columns`] adds them.
    pub columns: Vec<[usize; 2]>,
    /// The network behind it.
    pub network: TablePlan,
}

/// A network for tables, as a recipe describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum TablePlan {
    /// Dense layers with ReLU.
    Mlp {
        /// Units of the hidden layers, in order.
        hidden: Vec<usize>,
    },
    /// A residual network for tables.
    TabularResnet(TabularResnetSizes),
    /// A list of layers.
    #[serde(rename = "layers")]
    Sequential(SequentialLayers),
}

const MOST_NUMBERS: usize = 4096;
const COLUMN_EMBEDDING: Key =
    Key("column_embedding", "learned numbers for each column of words, instead of one a word");

impl TablePlan {
    /// Reads whether words become learned numbers, and gives the whole.
    pub(crate) fn read(self, section: &mut Section<'_>) -> Result<Architecture, OptionError> {
        let numbers = section.optional_integer(COLUMN_EMBEDDING, 1..=MOST_NUMBERS as u64)?;
        Ok(match (numbers, self) {
            (Some(numbers), network) => Architecture::Embedded(EmbeddedPlan {
                numbers: numbers as usize,
                columns: Vec::new(),
                network,
            }),
            (None, Self::Mlp { hidden }) => Architecture::Mlp { hidden },
            (None, Self::TabularResnet(sizes)) => Architecture::TabularResnet(sizes),
            (None, Self::Sequential(layers)) => Architecture::Sequential(layers),
        })
    }

    fn plan(&self) -> Box<dyn Plan> {
        match self {
            Self::Mlp { hidden } => Box::new(MlpPlan(hidden.clone())),
            Self::TabularResnet(sizes) => Box::new(*sizes),
            Self::Sequential(layers) => Box::new(layers.clone()),
        }
    }
}

impl EmbeddedPlan {
    /// The places of a sample that are no words: where each run of them begins, and how long it is.
    fn others(&self, width: usize) -> Vec<[usize; 2]> {
        let starts =
            std::iter::once(0).chain(self.columns.iter().map(|[start, words]| start + words));
        let ends = self.columns.iter().map(|[start, _]| *start).chain([width]);
        starts
            .zip(ends)
            .filter(|(start, end)| start < end)
            .map(|(start, end)| [start, end - start])
            .collect()
    }

    /// The width of what the network behind it sees.
    fn width(&self, input: SampleShape) -> usize {
        let words: usize = self.columns.iter().map(|[_, words]| words).sum();
        input.len().saturating_sub(words).saturating_add(self.numbers * self.columns.len())
    }
}

impl Plan for EmbeddedPlan {
    fn name(&self) -> String {
        format!(
            "{}, words as {}",
            self.network.plan().name(),
            words::counted(self.numbers, "number")
        )
    }

    fn check(&self, check: &Check) -> Result<(), NnError> {
        check.size("`column_embedding`", "numbers", 1..=MOST_NUMBERS, self.numbers)?;
        if self.columns.is_empty() {
            return Err(check.mistake(
                "`column_embedding`",
                "a table with columns of words",
                "none",
            ));
        }
        let mut end = 0;
        for &[start, words] in &self.columns {
            let next = start.checked_add(words).filter(|next| *next <= check.input.len());
            match next {
                Some(next) if start >= end && words > 0 => end = next,
                _ => {
                    let expected = format!("places of {} values, in order", check.input.len());
                    let found = format!("{words} words from {start} on");
                    return Err(check.mistake("the columns of words", &expected, &found));
                }
            }
        }
        let (model, input) = (self.name(), SampleShape::Vector(self.width(check.input)));
        self.network.plan().check(&Check { model, input })
    }

    fn layers(&self, input: SampleShape, classes: usize) -> Vec<Layer> {
        let width = self.width(input);
        let weights = self.columns.iter().map(|[_, words]| words * self.numbers).sum();
        let kind = format!("words of {} columns", self.columns.len());
        let tables = Layer {
            multiply_adds: weights as u64,
            ..Layer::weights("tables", &kind, weights, &[width])
        };
        let network = self.network.plan().layers(SampleShape::Vector(width), classes);
        let below = |layer: Layer| Layer { name: format!("network.{}", layer.name), ..layer };
        std::iter::once(tables).chain(network.into_iter().map(below)).collect()
    }

    fn taps(&self) -> Vec<String> {
        self.network.plan().taps()
    }

    fn build(&self, input: SampleShape, classes: usize, initial: &Initial) -> AnyNetwork {
        let width = self.width(input);
        // The range is that of the authors of the tabular residual network (`rtdl`).
        let limit = (self.numbers as f32).sqrt().recip();
        let table = |(number, [_, words]): (usize, &[usize; 2])| {
            initial.uniform(&format!("tables.{number}"), [*words, self.numbers], limit)
        };
        let below = initial.below("network");
        AnyNetwork::Embedded(Embedded {
            tables: self.columns.iter().enumerate().map(table).collect(),
            network: match &self.network {
                TablePlan::Mlp { hidden } => {
                    TableNetwork::Mlp(Mlp::new(width, hidden, classes, &below))
                }
                TablePlan::TabularResnet(sizes) => {
                    TableNetwork::TabularResnet(TabularResnet::new(width, *sizes, classes, &below))
                }
                TablePlan::Sequential(layers) => TableNetwork::Sequential(layers.network(
                    SampleShape::Vector(width),
                    classes,
                    &below,
                )),
            },
            plan: self.clone(),
        })
    }
}

impl Network for Embedded {
    fn forward(&self, inputs: Tensor<2>, taps: &mut Taps) -> Tensor<2> {
        let [_, width] = inputs.dims();
        let values = |[start, length]: [usize; 2]| inputs.clone().narrow(1, start, length);
        let others = self.plan.others(width).into_iter().map(values);
        let words = self.tables.iter().zip(&self.plan.columns);
        let words = words.map(|(table, column)| values(*column).matmul(table.val()));
        let seen = Tensor::cat(others.chain(words).collect(), 1);
        match &self.network {
            TableNetwork::Mlp(network) => network.forward(seen, taps),
            TableNetwork::TabularResnet(network) => network.forward(seen, taps),
            TableNetwork::Sequential(network) => network.forward(seen, taps),
        }
    }
}
