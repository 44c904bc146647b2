"""Trainings of two and three small networks that teach one another, in PyTorch and float64.

Writes crates/train/tests/oracle/mutual_learning.json: losses, and the weights of every network after 1, 5 and 20 steps. Each
network's gradient is of its own loss alone, taken by itself. Weights and inputs are rounded to f32 first; a label of -1 means
that the sample has none.

    python oracles/mutual_learning.py
"""

import json
from pathlib import Path

import torch
from trajectory import forward, kd_loss, normal, numbers

torch.set_default_dtype(torch.float64)
OUTPUT = Path(__file__).parent.parent / "crates/train/tests/oracle/mutual_learning.json"
INPUTS, HIDDEN, CLASSES = 6, 8, 3
SAMPLES, BATCH, STEPS = 40, 8, 20
RATE, TEMPERATURE, ALPHA = 0.1, 1.0, 0.5
KEPT = (1, 5, 20)


def train(initial, inputs, labels, order):
    """Zhang and others (2018), equation 7, with all predictions made before any network moves."""
    networks = [{name: value.clone() for name, value in weights.items()} for weights in initial]
    kept, losses = {}, []
    for step, rows in enumerate(order, start=1):
        said = [forward(inputs[rows], weights) for weights in networks]
        moved, sum_of_losses = [], 0.0
        for own, weights in enumerate(networks):
            leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
            logits = forward(inputs[rows], leaves)
            terms = [
                kd_loss(logits, said[other], labels[rows], TEMPERATURE, ALPHA)
                for other in range(len(networks))
                if other != own
            ]
            loss = sum(terms) / len(terms)
            gradients = torch.autograd.grad(loss, list(leaves.values()))
            moved.append(
                {name: weights[name] - RATE * slope for name, slope in zip(leaves, gradients)}
            )
            sum_of_losses += loss.item()
        networks = moved
        losses.append(sum_of_losses / len(networks))
        if step in KEPT:
            kept[str(step)] = [
                {name: value.flatten().tolist() for name, value in weights.items()}
                for weights in networks
            ]
    return {"losses": losses, "weights": kept}


def main():
    generator = torch.Generator().manual_seed(8)
    initial = [
        {
            "hidden.0.weight": normal(generator, INPUTS, HIDDEN),
            "hidden.0.bias": normal(generator, HIDDEN) * 0.125,
            "output.weight": normal(generator, HIDDEN, CLASSES) * 0.5,
            "output.bias": normal(generator, CLASSES) * 0.125,
        }
        for _ in range(3)
    ]
    inputs = normal(generator, SAMPLES, INPUTS)
    labels = torch.randint(-1, CLASSES, (SAMPLES,), generator=generator)
    order = [torch.randperm(SAMPLES, generator=generator)[:BATCH] for _ in range(STEPS)]
    document = {
        "rate": RATE,
        "temperature": TEMPERATURE,
        "alpha": ALPHA,
        "hidden": HIDDEN,
        "classes": CLASSES,
        "features": INPUTS,
        "initial": [{name: numbers(value) for name, value in one.items()} for one in initial],
        "inputs": numbers(inputs),
        "labels": labels.tolist(),
        "order": [rows.tolist() for rows in order],
        "cases": [train(initial[:count], inputs, labels, order) for count in (2, 3)],
    }
    OUTPUT.write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
