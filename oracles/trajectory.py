"""Whole trainings of a small network in PyTorch, float64: the weights after 1, 5 and 50 steps, and their averages.

Writes crates/train/tests/oracle/trajectory.json. Weights, inputs and the teacher's logits are
rounded to f32 first, all else is computed in float64; a label of -1 means that the sample has none.

    python oracles/trajectory.py
"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
OUTPUT = Path(__file__).parent.parent / "crates/train/tests/oracle/trajectory.json"
INPUTS, HIDDEN, CLASSES = 6, 8, 3
SAMPLES, BATCH, STEPS = 40, 8, 50
RATE = 0.01
KEPT = (1, 5, 50)
DECAY = 0.9


def normal(generator, *shape):
    return torch.randn(shape, generator=generator).to(torch.float32).to(torch.float64)


def numbers(tensor):
    """The shortest decimals that f32 reads back exactly."""
    return [float(str(value)) for value in tensor.to(torch.float32).flatten().numpy()]


def label_loss(logits, labels):
    known = labels >= 0
    if not known.any():
        return 0.0 * logits.sum()
    return torch.nn.functional.cross_entropy(logits[known], labels[known])


def kd_loss(logits, teacher, labels, temperature, alpha):
    soft = torch.nn.functional.kl_div(
        torch.log_softmax(logits / temperature, dim=1),
        torch.log_softmax(teacher / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    return alpha * temperature**2 * soft + (1 - alpha) * label_loss(logits, labels)


def forward(inputs, weights):
    hidden = torch.relu(inputs @ weights["hidden.0.weight"] + weights["hidden.0.bias"])
    return hidden @ weights["output.weight"] + weights["output.bias"]


def train(initial, data, order, labels, method):
    names = list(initial)
    weights = {name: value.clone().requires_grad_() for name, value in initial.items()}
    optimizer = torch.optim.Adam(weights.values(), lr=RATE)
    kept, averages, losses = {}, {}, []
    moments = {name: torch.zeros_like(value) for name, value in initial.items()}
    for step, rows in enumerate(order, start=1):
        logits = forward(data["inputs"][rows], weights)
        if method == "kd":
            loss = kd_loss(logits, data["teacher"][rows], labels[rows], 2.0, 0.7)
        elif method == "own average":
            # Tarvainen and Valpola (2017): the teacher is the average of the weights of the steps before this one.
            correction = 1 - DECAY ** (step - 1)
            teacher = {name: moments[name] / correction for name in names} if step > 1 else weights
            teacher = forward(data["inputs"][rows], teacher).detach()
            loss = kd_loss(logits, teacher, labels[rows], 2.0, 0.7)
        else:
            loss = label_loss(logits, labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        # Kingma and Ba (2015), section 7.2, as it stands there: a biased average, then corrected.
        for name in names:
            moments[name] = DECAY * moments[name] + (1 - DECAY) * weights[name].detach()
        if step in KEPT:
            kept[str(step)] = {name: weights[name].flatten().tolist() for name in names}
            averages[str(step)] = {
                name: (moments[name] / (1 - DECAY**step)).flatten().tolist() for name in names
            }
    return {"labels": labels.tolist(), "losses": losses, "weights": kept, "averages": averages}


def main():
    generator = torch.Generator().manual_seed(7)
    initial = {
        "hidden.0.weight": normal(generator, INPUTS, HIDDEN),
        "hidden.0.bias": normal(generator, HIDDEN) * 0.125,
        "output.weight": normal(generator, HIDDEN, CLASSES) * 0.5,
        "output.bias": normal(generator, CLASSES) * 0.125,
    }
    data = {
        "inputs": normal(generator, SAMPLES, INPUTS),
        "teacher": normal(generator, SAMPLES, CLASSES) * 2.0,
    }
    labels = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    order = [torch.randperm(SAMPLES, generator=generator)[:BATCH] for _ in range(STEPS)]
    some = torch.where(torch.arange(SAMPLES) % 3 == 0, labels, -1)
    # The first batch has no label at all.
    none_at_first = labels.clone()
    none_at_first[order[0]] = -1
    cases = {
        "alone": train(initial, data, order, labels, "alone"),
        "alone, first batch without labels": train(initial, data, order, none_at_first, "alone"),
        "kd, some labels missing": train(initial, data, order, some, "kd"),
        "kd, first batch without labels": train(initial, data, order, none_at_first, "kd"),
        "kd, taught by its own average": train(initial, data, order, some, "own average"),
    }
    document = {
        "rate": RATE,
        "decay": DECAY,
        "hidden": HIDDEN,
        "classes": CLASSES,
        "features": INPUTS,
        "initial": {name: numbers(value) for name, value in initial.items()},
        "inputs": numbers(data["inputs"]),
        "teacher": numbers(data["teacher"]),
        "order": [rows.tolist() for rows in order],
        "cases": cases,
    }
    OUTPUT.write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
