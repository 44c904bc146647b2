"""A small vision transformer with a distillation token, in NumPy and float64.

Writes crates/nn/tests/oracle/distillation_token.json: sizes, weights by path, inputs, and what each head
says. Touvron et al. (2021), with the mean of the image's tokens in place of the class token, as our vision
transformer has it; Dosovitskiy et al. (2021) for the layers: normalisation before each part, exact GELU.
"""

import json
from math import erf, sqrt
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent.parent / "crates/nn/tests/oracle/distillation_token.json"
CHANNELS, SIDE, PATCH, WIDTH, DEPTH, HEADS, HIDDEN, CLASSES, BATCH = 2, 8, 4, 6, 2, 2, 10, 3, 4
random = np.random.default_rng(9)
weights = {}


def weight(path, *shape, centre=0.0):
    """Numbers that single precision holds."""
    values = centre + random.normal(0, 0.4, shape)
    weights[path] = values.astype(np.float32).astype(np.float64)
    return weights[path]


def dense(path, x, outputs):
    return x @ weight(f"{path}.weight", x.shape[-1], outputs) + weight(f"{path}.bias", outputs)


def norm(path, x):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    scale, shift = weight(f"{path}.weight", WIDTH, centre=1.0), weight(f"{path}.bias", WIDTH)
    return (x - mean) / np.sqrt(variance + 1e-5) * scale + shift


def attention(path, x):
    batch, tokens, _ = x.shape
    parts = np.split(dense(f"{path}.projection", x, 3 * WIDTH), 3, axis=2)
    q, k, v = (part.reshape(batch, tokens, HEADS, -1).transpose(0, 2, 1, 3) for part in parts)
    scores = q @ k.transpose(0, 1, 3, 2) / sqrt(WIDTH // HEADS)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(batch, tokens, WIDTH)
    return dense(f"{path}.output", mixed, WIDTH)


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(erf)(x / sqrt(2)))


def main():
    images = random.normal(0, 1, (BATCH, CHANNELS, SIDE, SIDE)).astype(np.float32).astype(np.float64)
    rows = range(0, SIDE, PATCH)
    patches = [images[:, :, i : i + PATCH, j : j + PATCH].reshape(BATCH, -1) for i in rows for j in rows]
    x = dense("embedding", np.stack(patches, axis=1), WIDTH) + weight("positions", len(patches), WIDTH)
    token = weight("distillation_token", 1, WIDTH)
    x = np.concatenate([x, np.repeat(token[None], BATCH, axis=0)], axis=1)
    for number in range(DEPTH):
        path = f"layers.{number}"
        x = x + attention(f"{path}.attention", norm(f"{path}.attention_norm", x))
        hidden = gelu(dense(f"{path}.dense1", norm(f"{path}.dense_norm", x), HIDDEN))
        x = x + dense(f"{path}.dense2", hidden, WIDTH)
    x = norm("norm", x)
    labels = dense("output", x[:, :-1].mean(1), CLASSES)
    teacher = dense("distillation_output", x[:, -1], CLASSES)
    shown = {path: {"shape": list(values.shape), "values": values.ravel().tolist()} for path, values in weights.items()}
    found = {"weights": shown, "inputs": images.ravel().tolist()}
    found |= {"labels": labels.ravel().tolist(), "teacher": teacher.ravel().tolist()}
    FILE.write_text(json.dumps(found) + "\n")


main()
