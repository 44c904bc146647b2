"""The works that every contestant builds alike: shapes, sizes and the data that is fixed.

Pure Python but for `data`, so that the runner needs no NumPy.
"""

CLASSES = 10
TEMPERATURE = 4.0
ALPHA = 0.9
ADAM = {"rate": 1e-3, "first": 0.9, "second": 0.999, "epsilon": 1e-8}
SGD = {"rate": 0.05, "momentum": 0.9}
NORM_EPSILON = 1e-5
NORM_MOMENTUM = 0.1  # the share of the new batch, as PyTorch counts it

# MobileNet-V2 for 32x32: expansion, channels, repetitions, first stride.
MOBILENET = [
    (1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2),
    (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
]  # fmt: skip
MOBILENET_STEM, MOBILENET_LAST = 32, 1280

VIT = {"image": (3, 32, 32), "patch": 4, "width": 128, "heads": 4, "hidden": 512, "layers": 2}
TOKENS = 64


def residual(image, stem, channels, blocks):
    """A residual family: a stage for each entry of `channels`, stages after the first halve."""
    return {"image": image, "stem": stem, "channels": channels, "blocks": blocks}


def _works():
    works = {}
    for inputs in (64, 784):
        for batch in (32, 512):
            works[f"dense-{inputs}-b{batch}"] = {
                "kind": "dense", "task": "train", "batch": batch, "inputs": inputs,
                "teacher": [64, 64], "hidden": [32, 32], "optimizer": "adam",
            }  # fmt: skip
    cifar, stages = (3, 32, 32), [32, 64, 128, 256]
    works["residual-student-b64"] = {
        "kind": "residual", "task": "train", "batch": 64, "optimizer": "sgd",
        **residual(cifar, 32, stages, 1),
    }  # fmt: skip
    works["residual-teacher-b64"] = {
        "kind": "residual", "task": "infer", "batch": 64, **residual(cifar, 32, stages, 5),
    }  # fmt: skip
    works["mobilenet-v2-b64"] = {
        "kind": "mobilenet", "task": "train", "batch": 64, "image": cifar, "optimizer": "sgd",
    }  # fmt: skip
    works["transformer-b32"] = {
        "kind": "transformer", "task": "train", "batch": 32, "image": cifar, "optimizer": "adam",
    }  # fmt: skip
    works["latency-dense-784"] = {
        "kind": "dense", "task": "latency", "batch": 1, "inputs": 784, "hidden": [32, 32],
    }  # fmt: skip
    works["latency-resnet8"] = {
        "kind": "residual", "task": "latency", "batch": 1,
        **residual((1, 28, 28), 16, [16, 32, 64], 1),
    }  # fmt: skip
    return works


WORKS = _works()


def data(work):
    """Inputs (images as batch, channel, row, column), the teacher's logits and labels."""
    import numpy

    generator = numpy.random.default_rng(0)
    shape = work["image"] if "image" in work else (work["inputs"],)
    batch = work["batch"]
    inputs = generator.standard_normal((batch, *shape), dtype=numpy.float32)
    logits = 2.0 * generator.standard_normal((batch, CLASSES), dtype=numpy.float32)
    labels = generator.integers(0, CLASSES, batch)
    return inputs, logits, labels
