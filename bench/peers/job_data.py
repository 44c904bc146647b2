"""Recipes, data and splits of the whole jobs, as potstill has them: the same files, the same shares."""

import argparse
import csv
import gzip
import io
import math
import os
import pathlib
import tomllib

import numpy

PROJECT = pathlib.Path(__file__).resolve().parents[2]
DEFAULTS = {
    "epochs": 10, "batch_size": 32, "optimizer": "adam", "learning_rate": 0.001,
    "schedule": "constant",
}  # fmt: skip


def arguments(modes):
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", choices=["digits", "fashion-mnist"])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--mode", choices=modes, required=True)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--epochs", type=int, help="of the teacher and of the students")
    return parser.parse_args()


def recipe(options):
    """The recipe with the defaults that matter here."""
    path = PROJECT / "recipes" / f"{options.recipe}.toml"
    parts = tomllib.loads(path.read_text(encoding="utf-8"))
    for part in ("teacher", "distill"):
        parts[part] = {**DEFAULTS, **parts[part]}
        if options.epochs:
            parts[part]["epochs"] = options.epochs
        if parts[part]["optimizer"] != "adam":
            raise SystemExit("the peers' jobs know Adam only")
    if options.seeds:
        parts["distill"]["seeds"] = options.seeds
    return parts


def load(parts):
    """Arrays by part, `{"train": (inputs, labels), ...}`, and the rows whose label stays visible."""
    if parts["data"]["source"] == "digits":
        inputs, labels = digits()
        rest, test = cut(labels, numpy.arange(len(labels)), parts["data"]["test"])
        test = inputs[test], labels[test]
    else:
        inputs, labels = idx("train")
        rest = numpy.arange(len(labels))
        test = idx("t10k")
    rows, validation = cut(labels, rest, parts["data"]["validation"])
    scale = scaling(inputs[rows])
    data = {"train": (scale(inputs[rows]), labels[rows])}
    data["validation"] = scale(inputs[validation]), labels[validation]
    data["test"] = scale(test[0]), test[1]
    visible = numpy.arange(len(rows))
    if "labelled" in parts["data"]:
        _, visible = cut(labels[rows], visible, parts["data"]["labelled"])
    return data, visible


def digits():
    packed = (PROJECT / "crates/data/assets/digits.csv.gz").read_bytes()
    lines = io.StringIO(gzip.decompress(packed).decode("ascii"))
    next(csv.reader(lines))
    table = numpy.loadtxt(lines, delimiter=",", dtype=numpy.int64)
    return table[:, :64].astype(numpy.float32), table[:, 64]


def idx(part):
    """Images as batch, channel, row, column of bytes, and labels."""
    folder = pathlib.Path(os.environ.get("POTSTILL_DATA", PROJECT / "data")) / "fashion-mnist"
    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    pixels = numpy.frombuffer(images, numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    return pixels, numpy.frombuffer(labels, numpy.uint8, offset=8).astype(numpy.int64)


def scaling(training):
    """Digits by their largest value; pixels standardised by all training pixels."""
    if training.ndim == 2:
        return lambda values: values / numpy.float32(16)
    counts = numpy.bincount(training.reshape(-1), minlength=256)
    levels = numpy.arange(256) / 255
    mean = (counts * levels).sum() / counts.sum()
    deviation = math.sqrt((counts * (levels - mean) ** 2).sum() / counts.sum())
    scaled = ((levels - mean) / deviation).astype(numpy.float32)
    return lambda pixels: scaled[pixels]


def cut(labels, rows, share):
    """Takes a share of each class, rounded; returns what stays and what is taken, in order."""
    generator = numpy.random.default_rng(0)
    taken = []
    for label in numpy.unique(labels[rows]):
        members = generator.permutation(rows[labels[rows] == label])
        taken.append(members[: max(1, math.floor(len(members) * share + 0.5))])
    taken = numpy.sort(numpy.concatenate(taken))
    return numpy.setdiff1d(rows, taken), taken


def batches(rows, settings, steps, generator):
    """Row numbers of `steps` batches: pass after pass, the last batch of a pass may be smaller."""
    size = settings["batch_size"]
    made = []
    while len(made) < steps:
        order = generator.permutation(rows)
        made += [order[start : start + size] for start in range(0, len(order), size)]
    return made[:steps]


def rates(settings, steps):
    """The learning rate of every step."""
    if settings["schedule"] == "constant":
        return [settings["learning_rate"]] * steps
    half = settings["learning_rate"] / 2
    return [half * (1 + math.cos(math.pi * step / steps)) for step in range(steps)]
