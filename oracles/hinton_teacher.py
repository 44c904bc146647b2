"""The teacher of recipes/mnist-hinton.toml in PyTorch, as far as two programs with other random numbers can be the same.

Prints the mean loss of each epoch and the errors on the test part; docs/papers.md has them beside potstill's. The first
epoch sees the images as they are, as the first view of the recipe is.

    python oracles/hinton_teacher.py data/mnist [--epochs 60] [--seed 1]
"""

import argparse
import gzip
import math
from pathlib import Path

import numpy
import torch
from torch.nn import Dropout, Flatten, Linear, ReLU, Sequential
from torch.nn.functional import cross_entropy, pad

BATCH, RATE, LARGEST_NORM, SHIFT = 128, 1e-3, 3.5, 2


def read(folder, name):
    path = next(Path(folder).glob(name + "*"))
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    axes = data[3]
    sizes = [int.from_bytes(data[4 + 4 * axis :][:4], "big") for axis in range(axes)]
    numbers = numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * axes).reshape(sizes)
    return torch.tensor(numbers.astype(numpy.int64))


def network():
    layers = Sequential(
        Flatten(), Dropout(0.2), Linear(784, 1200), ReLU(), Dropout(0.5),
        Linear(1200, 1200), ReLU(), Dropout(0.5), Linear(1200, 10),
    )  # fmt: skip
    for layer in dense(layers):
        torch.nn.init.xavier_uniform_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    return layers


def dense(layers):
    return [layer for layer in layers if isinstance(layer, Linear)]


def moved(padded, rows, epoch):
    """Images moved by up to `SHIFT` pixels in any direction."""
    corners = torch.randint(0, 2 * SHIFT + 1, (2, len(rows)))
    if epoch == 0:
        corners[:] = SHIFT
    places = zip(rows.tolist(), *corners.tolist())
    return torch.stack([padded[row, y : y + 28, x : x + 28] for row, y, x in places])


@torch.no_grad()
def limit_norms(layers):
    for layer in dense(layers):
        norms = layer.weight.norm(dim=1, keepdim=True)
        layer.weight.mul_((LARGEST_NORM / norms).clamp(max=1.0))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="of the four files of MNIST")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder, epochs = options.folder, options.epochs
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    images, test = (read(folder, f"{part}-images").float() / 255 for part in ("train", "t10k"))
    labels, answers = (read(folder, f"{part}-labels") for part in ("train", "t10k"))
    mean, deviation = images.mean(), images.std()
    padded = pad((images - mean) / deviation, [SHIFT] * 4, value=float(-mean / deviation))
    layers = network()
    optimizer = torch.optim.Adam(layers.parameters(), RATE)
    steps, step = epochs * math.ceil(len(images) / BATCH), 0
    for epoch in range(epochs):
        losses = []
        for rows in torch.randperm(len(images)).split(BATCH):
            for group in optimizer.param_groups:
                group["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
            loss = cross_entropy(layers(moved(padded, rows, epoch)), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            limit_norms(layers)
            losses.append(loss.item())
            step += 1
        print(f"epoch {epoch + 1}: mean loss {sum(losses) / len(losses):.4f}", flush=True)
    layers.eval()
    wrong = layers((test - mean) / deviation).argmax(dim=1) != answers
    print(f"{int(wrong.sum())} errors of {len(wrong)}")


main()
