"""Small ONNX files with several inputs, and what they give, by NumPy in float64.

Writes into crates/onnx/tests/models/: columns.onnx, which has an input for each column of a table, each of another type, and
columns_fixed.onnx, the same for four samples a pass; masked.onnx, which takes tokens, and besides what is the same for every
sample; narrow.onnx, of bytes and half precision; words.onnx, uneven.onnx, deep.onnx and
vast.onnx, which cannot be used; and inputs.json with inputs and outputs.
"""

import json
import pathlib

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/onnx/tests/models"
FLOAT, DOUBLE, INT64, BOOL = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BOOL
generator = numpy.random.default_rng(20261129)
port = helper.make_tensor_value_info


def save(name, nodes, inputs, outputs, **weights):
    tensors = [numpy_helper.from_array(array, key) for key, array in weights.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def single(*sizes):
    return generator.standard_normal(sizes).astype(numpy.float32)


def rounded(array):
    return [round(value, 6) for value in numpy.asarray(array, numpy.float64).ravel().tolist()]


# The inputs stand in another order than the columns of the table.
weight, bias = 2 * single(4, 3), numpy.float32([0.1, -0.2, 0.3])
for name, batch in [("columns", "batch"), ("columns_fixed", 4)]:
    nodes = [
        helper.make_node("Unsqueeze", ["rooms", "last"], ["rooms_column"]),
        helper.make_node("Cast", ["rooms_column"], ["rooms_float"], to=FLOAT),
        helper.make_node("Cast", ["owner"], ["owner_float"], to=FLOAT),
        helper.make_node("Cast", ["fee"], ["fee_float"], to=FLOAT),
        helper.make_node("Concat", ["age", "rooms_float", "owner_float", "fee_float"], ["joined"], axis=1),
        helper.make_node("MatMul", ["joined", "weight"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["scores"]),
    ]
    inputs = [
        port("rooms", INT64, [batch]), port("age", FLOAT, [batch, 1]),
        port("owner", BOOL, [batch, 1]), port("fee", DOUBLE, [batch, 1]),
    ]
    save(name, nodes, inputs, [port("scores", FLOAT, [batch, 3])],
         weight=weight, bias=bias, last=numpy.int64([1]))
rows = numpy.stack([
    single(90), generator.integers(-2, 3, 90), generator.integers(0, 2, 90), single(90),
], axis=1).round(3)
scores = rows @ weight.astype(numpy.float64) + bias
assert (numpy.bincount(scores.argmax(axis=1), minlength=3) > 12).all()
columns = {"columns": ["age", "rooms", "owner", "fee"], "inputs": rounded(rows), "outputs": rounded(scores)}

# The mean of the embeddings of tokens and kinds where the mask is 1, as a text model has it.
table, kinds, weight = single(17, 5), 0.3 * single(2, 5), single(5, 3)
table -= table.mean(axis=0) + kinds[0]
nodes = [
    helper.make_node("Gather", ["table", "input_ids"], ["tokens"]),
    helper.make_node("Gather", ["kinds", "token_type_ids"], ["kind"]),
    helper.make_node("Add", ["tokens", "kind"], ["embedded"]),
    helper.make_node("Cast", ["attention_mask"], ["mask"], to=FLOAT),
    helper.make_node("Unsqueeze", ["mask", "last"], ["mask_column"]),
    helper.make_node("Mul", ["embedded", "mask_column"], ["masked"]),
    helper.make_node("ReduceSum", ["masked", "positions"], ["total"], keepdims=0),
    helper.make_node("ReduceSum", ["mask", "positions"], ["count"], keepdims=1),
    helper.make_node("Div", ["total", "count"], ["mean"]),
    helper.make_node("MatMul", ["mean", "weight"], ["product"]),
    helper.make_node("Div", ["product", "temperature"], ["softened"]),
    helper.make_node("Neg", ["softened"], ["turned"]),
    helper.make_node("Where", ["training", "turned", "softened"], ["scores"]),
]
inputs = [
    port("attention_mask", INT64, ["batch", "length"]), port("input_ids", INT64, ["batch", "length"]),
    port("token_type_ids", INT64, ["batch", "length"]), port("training", BOOL, []),
    port("temperature", FLOAT, [1]),
]
save("masked", nodes, inputs, [port("scores", FLOAT, ["batch", 3])],
     table=table, kinds=kinds, weight=weight, last=numpy.int64([2]), positions=numpy.int64([1]))
tokens = generator.integers(0, 17, (40, 11))
cases = []
for mask, kind, training, temperature in [(1, 0, 0, 2.0), (1, 1, 1, 0.5)]:
    embedded = (table[tokens].astype(numpy.float64) + kinds[kind]) * mask
    mean = embedded.sum(axis=1) / (11 * mask)
    softened = mean @ weight.astype(numpy.float64) / temperature
    constants = {
        "attention_mask": mask, "token_type_ids": kind, "training": training, "temperature": temperature,
    }
    outputs = -softened if training else softened
    cases.append({"constants": constants, "mean": rounded(mean), "outputs": rounded(outputs), "best": outputs.argmax(axis=1).tolist()})
assert (numpy.bincount(cases[0]["best"], minlength=3) > 4).all() and cases[0]["best"] != cases[1]["best"]
masked = {"shape": list(tokens.shape), "inputs": tokens.ravel().tolist(), "cases": cases}
(OUT / "inputs.json").write_text(json.dumps({"columns": columns, "masked": masked}) + "\n")

twice = helper.make_node("Concat", ["age", "age"], ["scores"], axis=1)
scores = [port("scores", FLOAT, ["batch", 2])]
save("words", [twice], [port("age", FLOAT, ["batch", 1]), port("city", TensorProto.STRING, ["batch", 1])], scores)
save("uneven", [twice], [port("age", FLOAT, [2, 1]), port("height", FLOAT, [3, 1])], [port("scores", FLOAT, [2, 2])])
nodes = [
    helper.make_node("Cast", ["small"], ["small_float"], to=FLOAT),
    helper.make_node("Cast", ["half"], ["half_float"], to=FLOAT),
    helper.make_node("Concat", ["small_float", "half_float"], ["scores"], axis=1),
]
save("narrow", nodes, [port("small", TensorProto.UINT8, ["batch", 1]), port("half", TensorProto.FLOAT16, ["batch", 1])], scores)
rows = port("rows", FLOAT, ["batch", 2])
same = helper.make_node("Identity", ["rows"], ["scores"])
for name, sizes in [("deep", ["batch", "rows", "columns"]), ("vast", [2**40])]:
    save(name, [same], [rows, port("other", FLOAT, sizes)], scores)
for name in ["columns", "columns_fixed", "masked", "words", "uneven", "narrow", "deep", "vast"]:
    print(name, (OUT / f"{name}.onnx").stat().st_size)
