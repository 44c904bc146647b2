"""A whole job in Keras on JAX, as potstill's `distill` does it, start-up included.

    keras_job.py digits|fashion-mnist --output FOLDER --threads N --mode scan|step|fit

`scan` is an epoch as one compiled program, `step` a step; `fit` is Keras' own loop with several steps a call.
"""

import json
import os
import sys
import tempfile

import job_data

options = job_data.arguments(["scan", "step", "fit"])
os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# JAX' own cache of compiled programs; PyTorch keeps one unasked.
cache = os.path.join(tempfile.gettempdir(), "potstill-bench-jax-cache")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", cache)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
# Keras loads TensorFlow where it finds it, for nothing here; who uses JAX need not have it.
sys.modules["tensorflow"] = None

import jax
import keras
import numpy
from keras import layers

import keras_networks
import keras_trainers
import works

EVALUATION_BATCH = 500


def build(section):
    """A network of a recipe's section."""
    if section["model"] == "mlp":
        return keras_networks.dense(64, section["hidden"])
    if section["model"] == "resnet8":
        return keras_networks.residual((1, 28, 28), 16, [16, 32, 64], 1)
    x = inputs = keras.Input((28, 28, 1))
    for outputs in section["channels"]:
        x = layers.ReLU()(keras_networks.norm(keras_networks.convolution(x, outputs, 3)))
        x = layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, layers.Dense(works.CLASSES)(layers.Flatten()(x)))


class Predictor:
    """Compiled once for a network, with its weights as arguments."""

    def __init__(self, network):
        self.network = network
        self.forward = jax.jit(
            lambda trainable, other, inputs: network.stateless_call(
                trainable, other, inputs, training=False
            )[0]
        )

    def __call__(self, inputs):
        trainable = [variable.value for variable in self.network.trainable_variables]
        other = [variable.value for variable in self.network.non_trainable_variables]
        starts = range(0, len(inputs), EVALUATION_BATCH)
        parts = (inputs[start : start + EVALUATION_BATCH] for start in starts)
        return numpy.concatenate([self.forward(trainable, other, part) for part in parts])


def fresh(network):
    """New initial weights for the same variables, so that nothing is compiled again."""
    copy = keras.models.clone_model(network)
    network.set_weights(copy.get_weights())


def steps_of(settings, count):
    return -(-count // settings["batch_size"]) * settings["epochs"]


def train(trainer, predictor, seed, columns, rows, settings, validation):
    keras.utils.set_random_seed(seed)
    fresh(trainer.network)
    trainer.reset()
    steps = steps_of(settings, len(columns[0]))
    per_epoch = steps // settings["epochs"]
    order = job_data.batches(rows, settings, steps, numpy.random.default_rng(seed))
    rates, history = job_data.rates(settings, steps), []
    for start in range(0, steps, per_epoch):
        stop = start + per_epoch
        loss = trainer.epoch(columns, order[start:stop], rates[start:stop])
        right = predictor(validation[0]).argmax(1) == validation[1]
        history.append({"loss": loss, "accuracy": float(right.mean())})
    return history


def main():
    parts = job_data.recipe(options)
    arrays, visible = job_data.load(parts)
    data = {}
    for part, (inputs, labels) in arrays.items():
        if inputs.ndim == 4:
            inputs = inputs.transpose(0, 2, 3, 1)
        data[part] = numpy.ascontiguousarray(inputs), labels.astype("int32")
    settings = parts["distill"]
    teacher, student = build(parts["teacher"]), build(parts["student"])
    predictors = {"teacher": Predictor(teacher), "alone": Predictor(student)}
    predictors["distilled"] = predictors["alone"]
    make = getattr(keras_trainers, options.mode.capitalize())
    kind = settings["temperature"], settings["alpha"]
    count = len(data["train"][0])
    trainers = {
        "teacher": make(teacher, parts["teacher"], None, steps_of(parts["teacher"], count)),
        "alone": make(student, settings, None, steps_of(settings, count)),
        "distilled": make(student, settings, kind, steps_of(settings, count)),
    }
    results, everything = [], numpy.arange(count)
    for seed in range(settings["seeds"]):
        for role, trainer in trainers.items():
            columns, rows = data["train"], visible
            if role == "distilled":
                columns, rows = (*columns, predictors["teacher"](columns[0])), everything
            section = parts["teacher"] if role == "teacher" else settings
            history = train(
                trainer, predictors[role], seed, columns, rows, section, data["validation"]
            )
            logits = predictors[role](data["test"][0])
            right = float((logits.argmax(1) == data["test"][1]).mean())
            results.append({"seed": seed, "role": role, "test": right, "history": history})
            numpy.save(options.output / f"{role}-{seed}-test.npy", logits)
            trainer.network.save_weights(options.output / f"{role}-{seed}.weights.h5")
    (options.output / "results.json").write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
