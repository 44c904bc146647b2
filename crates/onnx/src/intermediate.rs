//! Values on the way through a model, and files that give them too.

use std::collections::BTreeSet;

use rten_onnx::onnx::{GraphProto, ModelProto};

use crate::OnnxError;
use crate::guard::guarded;
use crate::wire::{Field, fields, message, text};

/// A value that a node of a model computes from its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intermediate {
    /// Its name.
    pub name: String,
    /// The operator that gives it.
    pub operator: String,
}

/// What a model gives for one of its outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Numbers of single precision for each sample, one after the other.
    Numbers {
        /// Sizes for one sample.
        shape: Vec<usize>,
        /// `[samples, shape]`.
        values: Vec<f32>,
    },
    /// Something else, in words.
    Other(String),
}

/// The numbers of fields in onnx.proto.
const GRAPH_OF_MODEL: u64 = 7;
const OUTPUT_OF_GRAPH: u64 = 12;
const NAME_OF_VALUE: u64 = 1;

impl Intermediate {
    /// The values that the main graph of a file computes from its inputs, in the order of its nodes; those within
    /// branches and loops are none.
    ///
    /// # Errors
    /// [`OnnxError::Format`] for something else than a model.
    pub fn all(bytes: &[u8]) -> Result<Vec<Self>, OnnxError> {
        crate::wire::check(bytes)?;
        let model = guarded(|| ModelProto::parse_buf(bytes))
            .map_err(OnnxError::Format)?
            .map_err(|error| OnnxError::Format(error.to_string()))?;
        Ok(model.graph.as_ref().map(of_graph).unwrap_or_default())
    }
}

fn of_graph(graph: &GraphProto) -> Vec<Intermediate> {
    let weights = graph.initializer.iter().filter_map(|tensor| tensor.name.as_deref());
    let weights: BTreeSet<&str> = weights.collect();
    let inputs = graph.input.iter().filter_map(|port| port.name.as_deref());
    // What is computed from weights alone is the same for all samples.
    let mut known: BTreeSet<&str> = inputs.filter(|name| !weights.contains(name)).collect();
    let mut found = Vec::new();
    for node in &graph.node {
        if !node.input.iter().any(|name| known.contains(name.as_str())) {
            continue;
        }
        let operator = node.op_type.as_deref().unwrap_or("?");
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            known.insert(name);
            found.push(Intermediate { name: name.clone(), operator: operator.to_owned() });
        }
    }
    found
}

/// The bytes of the same model with further outputs of these names, which must be those of values in it.
///
/// An output is a part of the graph, so the new ones are put behind what is there, and the length of the graph is told
/// anew.
pub(crate) fn with_outputs(bytes: &[u8], names: &[String]) -> Result<Vec<u8>, OnnxError> {
    let mut whole = Vec::with_capacity(bytes.len() + 64 * names.len());
    for Field { number, bytes, content, .. } in fields(bytes)? {
        match content {
            Some(graph) if number == GRAPH_OF_MODEL => {
                let mut graph = graph.to_vec();
                let there = outputs(&graph)?;
                for name in names.iter().filter(|name| !there.contains(*name)) {
                    let value = message(NAME_OF_VALUE, name.as_bytes());
                    graph.extend(message(OUTPUT_OF_GRAPH, &value));
                }
                whole.extend(message(GRAPH_OF_MODEL, &graph));
            }
            _ => whole.extend_from_slice(bytes),
        }
    }
    Ok(whole)
}

/// The names of the outputs of a graph.
fn outputs(graph: &[u8]) -> Result<BTreeSet<String>, OnnxError> {
    let mut names = BTreeSet::new();
    for field in fields(graph)?.into_iter().filter(|field| field.number == OUTPUT_OF_GRAPH) {
        for inner in fields(field.content.unwrap_or_default())? {
            if inner.number == NAME_OF_VALUE {
                names.extend(inner.content.map(text));
            }
        }
    }
    Ok(names)
}
