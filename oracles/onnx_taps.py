"""Values on the way through ONNX files, as ONNX Runtime gives them.

Reads the files of onnx_models.py in crates/onnx/tests/models/ and writes taps.json beside them: each value that a node computes
from the input and that holds floats, with its shape and its numbers for the first samples of values.json. And writes
changing.onnx, of which one value has another shape for each sample.

    python oracles/onnx_taps.py
"""

import json
import pathlib

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "crates/onnx/tests/models"
SAMPLES = {"dense": 3, "channels_last": 2, "bytes": 2}


def changing():
    """The numbers of a row that are not 0, by their places: as many as there are; and twice the row."""
    nodes = [
        helper.make_node("NonZero", ["input"], ["places"]),
        helper.make_node("Cast", ["places"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["numbers", "first"], ["changing"]),
        helper.make_node("Add", ["input", "input"], ["twice"]),
        helper.make_node("MatMul", ["twice", "weight"], ["scores"]),
    ]
    port = helper.make_tensor_value_info
    first = helper.make_tensor("first", TensorProto.INT64, [1], [0])
    weight = helper.make_tensor("weight", TensorProto.FLOAT, [4, 2], [1, 0, -1, 0, 0, 1, 0, -1])
    graph = helper.make_graph(
        nodes, "changing", [port("input", TensorProto.FLOAT, ["batch", 4])],
        [port("scores", TensorProto.FLOAT, ["batch", 2])], [first, weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (FOLDER / "changing.onnx").write_bytes(model.SerializeToString())


def values(name, samples):
    model = onnx.load(FOLDER / f"{name}.onnx")
    weights = {tensor.name for tensor in model.graph.initializer}
    known = {port.name for port in model.graph.input} - weights
    names = []
    for node in model.graph.node:
        if known & set(node.input):
            known |= set(node.output)
            names += node.output
    there = {port.name for port in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=value) for value in names if value not in there)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    case = json.loads((FOLDER / "values.json").read_text())[name]
    kind = {"tensor(int64)": numpy.int64}.get(session.get_inputs()[0].type, numpy.float32)
    rows = numpy.array(case["inputs"]).reshape(case["shape"]).astype(kind)[:samples]
    given = session.run(names, {"input": rows})
    return [{"name": value, "shape": list(array.shape), "values": [round(value, 6) for value in array.astype(float).ravel().tolist()]}
            for value, array in zip(names, given) if array.dtype == numpy.float32 and array.shape[:1] == (samples,)]


changing()
found = {name: values(name, samples) for name, samples in SAMPLES.items()}
(FOLDER / "taps.json").write_text(json.dumps(found) + "\n")
for name, taps in found.items():
    print(name, [(tap["name"], tap["shape"]) for tap in taps])
