//! What is in an ONNX file, without running it.

use std::collections::{BTreeMap, BTreeSet};

use rten_onnx::onnx::{DataType, GraphProto, ModelProto, TensorProto, ValueInfoProto};

use crate::external::refuse_external;
use crate::guard::guarded;
use crate::{OnnxError, constants, wire};

/// The largest file in bytes: protocol buffers cannot be larger.
pub const LARGEST_FILE: u64 = 2 << 30;

/// What a model takes, gives and is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// What it takes, the weights left out.
    pub inputs: Vec<Port>,
    /// What it gives.
    pub outputs: Vec<Port>,
    /// How often each operator occurs, by its name; those outside of the standard with their domain.
    pub operators: BTreeMap<String, usize>,
    /// Numbers in all its weights.
    pub parameters: u64,
    /// The version of the standard operators.
    pub opset: Option<i64>,
    /// The program that wrote it.
    pub producer: String,
}

/// An input or an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The type of its elements, such as `float`; `unknown` where the file does not say, `other` for one that no
    /// runtime here takes.
    pub element: String,
    /// Its sizes; none for one that the file leaves open. The first counts the samples. Empty for a single number, and where the
    /// file says nothing of sizes.
    pub shape: Vec<Option<usize>>,
}

impl std::fmt::Display for Port {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = |size: &Option<usize>| size.map_or("?".to_owned(), |size| size.to_string());
        let sizes: Vec<String> = self.shape.iter().map(size).collect();
        write!(formatter, "`{}` {} [{}]", self.name, self.element, sizes.join(", "))
    }
}

impl Port {
    /// Whether it takes samples of this shape. A file may leave the whole shape open.
    pub(crate) fn takes(&self, shape: &[usize]) -> bool {
        let sizes = self.shape.get(1..).unwrap_or_default();
        let fits = sizes.len() == shape.len()
            && sizes.iter().zip(shape).all(|(size, given)| size.is_none_or(|size| size == *given));
        fits || self.shape.is_empty()
    }
}

impl Description {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`OnnxError::Format`] for something else than a model, [`OnnxError::ExternalData`] for one whose
    /// weights are elsewhere, which [`WholeModel`](crate::WholeModel) brings in, [`OnnxError::Constants`] for one that
    /// asks for more memory than a file may hold.
    pub fn read(bytes: &[u8]) -> Result<Self, OnnxError> {
        if bytes.len() as u64 > LARGEST_FILE {
            let found = format!("{} bytes, of at most {LARGEST_FILE}", bytes.len());
            return Err(OnnxError::Format(found));
        }
        wire::check(bytes)?;
        refuse_external(bytes)?;
        let model = guarded(|| ModelProto::parse_buf(bytes))
            .map_err(OnnxError::Format)?
            .map_err(|error| OnnxError::Format(error.to_string()))?;
        let graph = model.graph.as_ref().filter(|graph| !graph.output.is_empty());
        let graph = graph.ok_or_else(|| OnnxError::Format("there is no graph in it".to_owned()))?;
        constants::check(graph)?;
        let opsets = model.opset_import.iter();
        let mut standard =
            opsets.filter(|set| set.domain.as_deref().unwrap_or_default().is_empty());
        let weights: BTreeSet<&str> =
            graph.initializer.iter().filter_map(|tensor| tensor.name.as_deref()).collect();
        let is_input = |port: &&ValueInfoProto| {
            port.name.as_deref().is_none_or(|name| !weights.contains(name))
        };
        let mut description = Self {
            inputs: graph.input.iter().filter(is_input).map(port).collect(),
            outputs: graph.output.iter().map(port).collect(),
            operators: BTreeMap::new(),
            parameters: 0,
            opset: standard.next().and_then(|set| set.version),
            producer: model.producer_name.clone().unwrap_or_default(),
        };
        description.count(graph);
        Ok(description)
    }

    /// Counts operators and weights, those of branches and loops too.
    fn count(&mut self, graph: &GraphProto) {
        for tensor in &graph.initializer {
            self.weigh(tensor);
        }
        for node in &graph.node {
            let kind = node.op_type.as_deref().unwrap_or("?");
            let name = match node.domain.as_deref() {
                None | Some("" | "ai.onnx") => kind.to_owned(),
                Some(domain) => format!("{domain}.{kind}"),
            };
            *self.operators.entry(name).or_default() += 1;
            for attribute in &node.attribute {
                if let Some(tensor) = &attribute.t {
                    self.weigh(tensor);
                }
                if let Some(graph) = &attribute.g {
                    self.count(graph);
                }
            }
        }
    }

    fn weigh(&mut self, tensor: &TensorProto) {
        let sizes = tensor.dims.iter().map(|&size| u64::try_from(size).unwrap_or(0));
        let count = sizes.fold(1, u64::saturating_mul);
        self.parameters = self.parameters.saturating_add(count);
    }
}

fn port(value: &ValueInfoProto) -> Port {
    let tensor = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
    let size = |size: Option<i64>| size.and_then(|size| usize::try_from(size).ok());
    Port {
        name: value.name.clone().unwrap_or_default(),
        element: tensor.and_then(|tensor| tensor.elem_type).map_or("unknown", element).to_owned(),
        shape: shape
            .map(|shape| shape.dim.iter().map(|dim| size(dim.dim_value)).collect())
            .unwrap_or_default(),
    }
}

fn element(kind: DataType) -> &'static str {
    // The numbers of `TensorProto.DataType` in onnx.proto.
    match kind.0 {
        1 => "float",
        2 => "uint8",
        3 => "int8",
        4 => "uint16",
        5 => "int16",
        6 => "int32",
        7 => "int64",
        8 => "string",
        9 => "bool",
        10 => "float16",
        11 => "double",
        12 => "uint32",
        13 => "uint64",
        16 => "bfloat16",
        0 => "unknown",
        _ => "other",
    }
}
