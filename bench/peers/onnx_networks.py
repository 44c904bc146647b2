"""The networks for inference as ONNX graphs; batch normalisation is left for the runtime to fold.

    onnx_networks.py WORK > COUNT_OF_PARAMETERS, LINE FEED, MODEL
"""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

import works

OPSET = 21
IR_VERSION = 10


class Graph:
    """Nodes and weights in the making; each method returns the name of its output."""

    def __init__(self):
        self.nodes, self.weights, self.count = [], [], 0
        self.generator = numpy.random.default_rng(1)

    def node(self, kind, *inputs, **attributes):
        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, array, trainable=True):
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array.astype(numpy.float32), name))
        self.count += array.size if trainable else 0
        return name

    def uniform(self, low, high, *shape):
        return self.generator.uniform(low, high, shape)

    def linear(self, x, inputs, outputs):
        limit = inputs**-0.5
        weight = self.weight(self.uniform(-limit, limit, inputs, outputs))
        return self.node("Gemm", x, weight, self.weight(self.uniform(-limit, limit, outputs)))

    def convolution(self, x, inputs, outputs, size, stride=1):
        limit = (inputs * size * size) ** -0.5
        weight = self.weight(self.uniform(-limit, limit, outputs, inputs, size, size))
        attributes = {"kernel_shape": [size, size], "strides": [stride, stride]}
        return self.node("Conv", x, weight, pads=[size // 2] * 4, **attributes)

    def norm(self, x, channels):
        gamma = self.weight(self.uniform(0.5, 1.5, channels))
        beta = self.weight(self.uniform(-0.2, 0.2, channels))
        mean = self.weight(self.uniform(-0.2, 0.2, channels), trainable=False)
        variance = self.weight(self.uniform(0.5, 1.5, channels), trainable=False)
        inputs = (x, gamma, beta, mean, variance)
        return self.node("BatchNormalization", *inputs, epsilon=works.NORM_EPSILON)


def dense(graph, inputs, hidden):
    x = "inputs"
    for units in hidden:
        x = graph.node("Relu", graph.linear(x, inputs, units))
        inputs = units
    return graph.linear(x, inputs, works.CLASSES)


def block(graph, x, inputs, outputs, stride):
    around = x
    if inputs != outputs or stride != 1:
        around = graph.norm(graph.convolution(x, inputs, outputs, 1, stride), outputs)
    x = graph.norm(graph.convolution(x, inputs, outputs, 3, stride), outputs)
    x = graph.norm(graph.convolution(graph.node("Relu", x), outputs, outputs, 3), outputs)
    return graph.node("Relu", graph.node("Add", x, around))


def residual(graph, image, stem, channels, blocks):
    x = graph.norm(graph.convolution("inputs", image[0], stem, 3), stem)
    x, inputs = graph.node("Relu", x), stem
    for stage, outputs in enumerate(channels):
        for index in range(blocks):
            x = block(graph, x, inputs, outputs, 2 if stage > 0 and index == 0 else 1)
            inputs = outputs
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    return graph.linear(pooled, inputs, works.CLASSES)


def build(work):
    """The serialised model and its number of trainable parameters."""
    graph = Graph()
    if work["kind"] == "dense":
        last, shape = dense(graph, work["inputs"], work["hidden"]), (work["inputs"],)
    elif work["kind"] == "residual":
        shape = work["image"]
        last = residual(graph, shape, work["stem"], work["channels"], work["blocks"])
    else:
        raise SystemExit(f"no ONNX graph for {work['kind']}")
    graph.nodes.append(helper.make_node("Identity", [last], ["logits"]))

    def value(name, *dimensions):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, dimensions)

    batch = work["batch"]
    made = helper.make_graph(
        graph.nodes, "work", [value("inputs", batch, *shape)],
        [value("logits", batch, works.CLASSES)], graph.weights,
    )  # fmt: skip
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    onnx.checker.check_model(model)
    return model.SerializeToString(), graph.count


if __name__ == "__main__":
    model, count = build(works.WORKS[sys.argv[1]])
    sys.stdout.buffer.write(b"%d\n" % count + model)
