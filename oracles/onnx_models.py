"""Small ONNX files, and what ONNX Runtime makes of them.

Writes crates/onnx/tests/models/: networks exported by PyTorch, files that are wrong in one way each, and values.json
with inputs and outputs.
"""

import json
import pathlib
import warnings

import numpy
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/onnx/tests/models"
OUT.mkdir(parents=True, exist_ok=True)
warnings.filterwarnings("ignore")
torch.manual_seed(20261128)
generator = numpy.random.default_rng(20261128)


class ChannelsLast(torch.nn.Module):
    """Takes images with their channels last, as Keras does, and gives probabilities."""

    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(3, 6, 3, padding=1),
            torch.nn.BatchNorm2d(6),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(6, 8, 3, stride=2),
            torch.nn.GELU(),
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
            torch.nn.Linear(8, 4),
        )

    def forward(self, images):
        return torch.softmax(self.body(images.permute(0, 3, 1, 2)), dim=1)


class Bytes(torch.nn.Module):
    """Takes whole numbers and gives log-probabilities, as Magika does with its bytes."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(17, 5)
        self.dense = torch.nn.Linear(5, 3)

    def forward(self, numbers):
        return torch.log_softmax(self.dense(self.table(numbers).mean(dim=1)), dim=1)


def spread(network, images):
    """Sets the last layer so that the images fall into all classes."""
    randomise(network)
    with torch.no_grad():
        last = network.body[-1]
        # One class for each of four directions, weighed as if the hidden numbers were standardised.
        directions = torch.zeros(4, 8)
        directions[range(4), range(4)] = 2.0
        values = network.eval().body[:-1](torch.from_numpy(images).permute(0, 3, 1, 2))
        last.weight.copy_(directions / values.std(dim=0))
        last.bias.copy_(-(last.weight @ values.mean(dim=0)))
        assert len(set(last(values).argmax(dim=1).tolist())) == 4
    return network


def randomise(network):
    """Running statistics that are not those of a new network."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)


def export(name, network, inputs, dynamic=True):
    path = OUT / f"{name}.onnx"
    torch.onnx.export(
        network.eval(),
        (torch.from_numpy(inputs),),
        path,
        dynamo=False,
        input_names=["input"],
        output_names=["scores"],
        dynamic_axes={"input": {0: "batch"}, "scores": {0: "batch"}} if dynamic else None,
    )
    session = onnxruntime.InferenceSession(path)
    outputs = session.run(None, {"input": inputs})[0]
    weights = onnx.load(path).graph.initializer
    return {
        "shape": list(inputs.shape),
        "inputs": inputs.astype(float).ravel().tolist(),
        "outputs": outputs.astype(float).ravel().tolist(),
        "classes": outputs.shape[1],
        "parameters": int(sum(numpy.prod(weight.dims) for weight in weights)),
    }


dense = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
rows = generator.standard_normal((70, 4)).astype(numpy.float32)
images = generator.standard_normal((12, 9, 8, 3)).astype(numpy.float32)
pictures = ChannelsLast()
values = {
    "dense": export("dense", dense, rows),
    "channels_last": export("channels_last", spread(pictures, images), images),
    "bytes": export("bytes", Bytes(), generator.integers(0, 17, (6, 11)).astype(numpy.int64)),
    "fixed_batch": export("fixed_batch", dense, rows[:4], dynamic=False),
}
(OUT / "values.json").write_text(json.dumps(values) + "\n")


def save(name, nodes, inputs, outputs, **more):
    graph = helper.make_graph(nodes, name, inputs, outputs, more.get("initializer", []))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    (OUT / f"{name}.onnx").write_bytes(
        helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    )


def port(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


# What scikit-learn's forests become.
trees = helper.make_node(
    "TreeEnsembleClassifier", ["input"], ["label", "scores"], domain="ai.onnx.ml",
    classlabels_int64s=[0, 1], post_transform="NONE",
)
labels = port("label", ["batch"], TensorProto.INT64)
save("trees", [trees], [port("input", ["batch", 4])], [labels, port("scores", ["batch", 2])])

# Two trees of three leaves each, on the first two and the last two features, with three classes; what rten lacks and ONNX
# Runtime has, with its own outputs.
leaves = [(tree, leaf) for tree in (0, 1) for leaf in (1, 3, 4)]
weights = [[0.4, 0.1, 0.0], [0.1, 0.3, 0.1], [0.0, 0.05, 0.45], [0.25, 0.25, 0.0], [0.0, 0.1, 0.4], [0.2, 0.15, 0.15]]
forest = helper.make_node(
    "TreeEnsembleClassifier", ["input"], ["label", "scores"], domain="ai.onnx.ml",
    classlabels_int64s=[0, 1, 2], post_transform="NONE",
    nodes_treeids=[tree for tree in (0, 1) for _ in range(5)], nodes_nodeids=[*range(5), *range(5)],
    nodes_featureids=[0, 0, 1, 0, 0, 2, 0, 3, 0, 0], nodes_values=[0.1, 0, -0.2, 0, 0, -0.3, 0, 0.4, 0, 0],
    nodes_modes=["BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"] * 2,
    nodes_truenodeids=[1, 0, 3, 0, 0] * 2, nodes_falsenodeids=[2, 0, 4, 0, 0] * 2,
    class_treeids=[tree for tree, _ in leaves for _ in range(3)],
    class_nodeids=[leaf for _, leaf in leaves for _ in range(3)], class_ids=[0, 1, 2] * 6,
    class_weights=[weight for row in weights for weight in row],
)
save("forest", [forest], [port("input", ["batch", 4])], [labels, port("scores", ["batch", 3])])
rows = numpy.random.default_rng(7).normal(size=(40, 4)).astype(numpy.float32)
scores = onnxruntime.InferenceSession(str(OUT / "forest.onnx")).run(["scores"], {"input": rows})[0]
found = {"inputs": rows.ravel().tolist(), "outputs": scores.ravel().tolist()}
(OUT / "forest.json").write_text(json.dumps(found) + "\n")
twice = helper.make_node("Add", ["input", "input"], ["scores"])
for name, batch in [("no_batch", 0), ("huge_batch", 2**62)]:
    save(name, [twice], [port("input", [batch, 2])], [port("scores", [batch, 2])])
two = helper.make_node("Add", ["left", "right"], ["scores"])
save("two_inputs", [two], [port("left", ["batch", 2]), port("right", ["batch", 2])], [port("scores", ["batch", 2])])
weight = helper.make_tensor("weight", TensorProto.FLOAT, [2], [1.0, 2.0])
weight.ClearField("float_data")
weight.data_location = TensorProto.EXTERNAL
weight.external_data.add(key="location", value="../weights.bin")
add = helper.make_node("Add", ["input", "weight"], ["scores"])
save("external", [add], [port("input", ["batch", 2])], [port("scores", ["batch", 2])], initializer=[weight])
print({path.name: path.stat().st_size for path in sorted(OUT.iterdir())})
