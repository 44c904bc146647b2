//! Constants that a model asks for and does not hold: a runtime makes them while it loads the file, however large they are.

use std::collections::BTreeMap;

use rten_onnx::onnx::{GraphProto, NodeProto, TensorProto};

use crate::{LARGEST_FILE, OnnxError};

/// Bytes of an element, the fewest that a runtime computes with often.
const ELEMENT: u64 = 4;

/// Refuses a graph whose constants, those of `ConstantOfShape`, `Expand` and `Tile` with sizes that stand in the file, take more
/// memory than a file with all weights may.
pub(crate) fn check(graph: &GraphProto) -> Result<(), OnnxError> {
    let mut constants = Constants::default();
    for tensor in &graph.initializer {
        constants.hold(tensor.name.as_deref(), tensor);
    }
    let mut bytes = 0_u64;
    for node in &graph.node {
        let Some(count) = constants.made_by(node) else { continue };
        bytes = bytes.saturating_add(count.saturating_mul(ELEMENT));
        if bytes > LARGEST_FILE {
            let operator = node.op_type.clone().unwrap_or_default();
            return Err(OnnxError::Constants { operator, bytes });
        }
    }
    Ok(())
}

/// The constants of a graph by name: how many numbers each has, and the numbers where they may be sizes.
#[derive(Default)]
struct Constants<'g> {
    counts: BTreeMap<&'g str, u64>,
    sizes: BTreeMap<&'g str, Vec<i64>>,
}

impl<'g> Constants<'g> {
    fn hold(&mut self, name: Option<&'g str>, tensor: &TensorProto) {
        let Some(name) = name else { return };
        self.counts.insert(name, product(&tensor.dims));
        self.sizes.insert(name, integers(tensor));
    }

    /// How many numbers the constant has that a node makes; none where it makes none of these.
    fn made_by(&mut self, node: &'g NodeProto) -> Option<u64> {
        let name = node.output.first()?.as_str();
        let input = |place: usize| node.input.get(place).map(String::as_str);
        let sizes = |place: usize| Some(product(self.sizes.get(input(place)?)?));
        let count = |place: usize| self.counts.get(input(place)?).copied();
        let made = match node.op_type.as_deref()? {
            "Constant" => {
                for attribute in &node.attribute {
                    if let Some(tensor) = &attribute.t {
                        self.hold(Some(name), tensor);
                    } else if !attribute.ints.is_empty() {
                        self.counts.insert(name, attribute.ints.len() as u64);
                        self.sizes.insert(name, attribute.ints.clone());
                    }
                }
                return None;
            }
            "ConstantOfShape" => sizes(0)?,
            // Sizes of 1 are those of the value: at least the larger of the two.
            "Expand" => count(0)?.max(sizes(1)?),
            "Tile" => count(0)?.saturating_mul(sizes(1)?),
            _ => return None,
        };
        self.counts.insert(name, made);
        Some(made)
    }
}

/// Sizes that are not positive count as 0.
fn product(sizes: &[i64]) -> u64 {
    let sizes = sizes.iter().map(|&size| u64::try_from(size).unwrap_or(0));
    sizes.fold(1, u64::saturating_mul)
}

/// The whole numbers in a tensor.
fn integers(tensor: &TensorProto) -> Vec<i64> {
    // The number of `int64` in onnx.proto; sizes are of no other type.
    if tensor.data_type.is_none_or(|kind| kind.0 != 7) {
        return Vec::new();
    }
    let Some(raw) = &tensor.raw_data else { return tensor.int64_data.clone() };
    let raw = raw.borrow();
    raw.chunks_exact(8).filter_map(|bytes| bytes.try_into().ok()).map(i64::from_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use crate::wire::message;
    use crate::{Description, OnnxError};

    /// A model of one node over an initializer `sizes` and a number `one`; the numbers of fields are those of onnx.proto.
    fn model(operator: &str, inputs: &[&str], sizes: &[i64]) -> Vec<u8> {
        let numbers: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
        let tensor = |name: &str, count: u8, kind: u8, raw: &[u8]| {
            let head = [0x08, count, 0x10, kind];
            message(5, &[&head[..], &message(8, name.as_bytes())[..], &message(9, raw)].concat())
        };
        let inputs: Vec<u8> = inputs.iter().flat_map(|name| message(1, name.as_bytes())).collect();
        let node = [inputs, message(2, b"made"), message(4, operator.as_bytes())].concat();
        let parts = [
            message(1, &node),
            tensor("sizes", sizes.len() as u8, 7, &numbers),
            tensor("one", 1, 1, &1.0_f32.to_le_bytes()),
            message(12, &message(1, b"made")),
        ];
        message(7, &parts.concat())
    }

    #[test]
    fn constants_that_no_machine_should_make_are_refused_before_they_are() {
        let made = [
            ("ConstantOfShape", &["sizes"][..]),
            ("Expand", &["one", "sizes"]),
            ("Tile", &["one", "sizes"]),
        ];
        for (operator, inputs) in made {
            for large in [&[1 << 20, 1 << 20][..], &[1 << 40], &[i64::MAX, i64::MAX]] {
                let error = Description::read(&model(operator, inputs, large)).unwrap_err();
                assert!(matches!(error, OnnxError::Constants { .. }), "{operator}: {error}");
                assert!(error.to_string().contains(operator) && error.hint().is_some());
            }
            for small in [&[1 << 10, 1 << 10][..], &[0, i64::MAX], &[-1, 1 << 40]] {
                assert!(Description::read(&model(operator, inputs, small)).is_ok(), "{operator}");
            }
        }
        // What a model makes of its input is no constant.
        assert!(Description::read(&model("Expand", &["input", "sizes"], &[1 << 40])).is_ok());
    }
}
