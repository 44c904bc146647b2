"""Losses of samples with several labels or with numbers, value and gradient, by mpmath.

Every loss is written down as its definition, with 60 digits, and differentiated by central differences
of width 1e-20, so that no formula for a gradient is part of it. Writes
crates/methods/tests/oracle/targets.json; inputs are rounded to f32 first, `null` is a sample without
targets.

    python oracles/targets.py
"""

import json
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

mp.dps = 60
STEP = mpf(10) ** -20
OUTPUT = Path(__file__).parent.parent / "crates/methods/tests/oracle/targets.json"


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def cross_entropy(z, y):
    """Of a Bernoulli distribution; 1 - sigmoid(z) is sigmoid(-z), which keeps its digits."""
    loss = mpf(0)
    if y > 0:
        loss -= y * mp.log(sigmoid(z))
    if y < 1:
        loss -= (1 - y) * mp.log(sigmoid(-z))
    return loss


def divergence(z, t, temperature):
    z, t = z / temperature, t / temperature
    p, rest = sigmoid(t), sigmoid(-t)
    return p * mp.log(p / sigmoid(z)) + rest * mp.log(rest / sigmoid(-z))


def squared(s, t):
    return (s - t) ** 2


def huber(s, t, delta):
    x = abs(s - t)
    return x * x / 2 if x <= delta else delta * (x - delta / 2)


def mean_over_samples(loss, student, others):
    """`loss` of single outputs, summed over outputs, averaged over the samples that have a target."""
    known = [(s, o) for s, o in zip(student, others) if o is not None]
    return sum((loss(a, b) for s, o in known for a, b in zip(s, o)), mpf(0)) / max(len(known), 1)


def bounded(student, teacher, targets, margin):
    total, count = mpf(0), 0
    for s, t, y in zip(student, teacher, targets):
        if y is None:
            continue
        count += 1
        ours = sum(squared(a, b) for a, b in zip(s, y))
        theirs = sum(squared(a, b) for a, b in zip(t, y))
        total += ours if ours + margin > theirs else 0
    return total / max(count, 1)


def measured(name, loss, student):
    """Value and gradient of a function of the student's outputs."""
    gradient = []
    for row in student:
        gradient.append([])
        for place, value in enumerate(row):
            row[place] = value + STEP
            above = loss(student)
            row[place] = value - STEP
            below = loss(student)
            row[place] = value
            gradient[-1].append(float((above - below) / (2 * STEP)))
    return {"name": name, "value": float(loss(student)), "gradient": gradient}


def exact(rows):
    return [None if row is None else [mpf(float(value)) for value in row] for row in rows]


def plain(rows):
    return [None if row is None else [float(value) for value in row] for row in rows]


def case(name, student, teacher, targets, losses):
    s, t, y = exact(student), exact(teacher), exact(targets)
    return {
        "name": name,
        "student": plain(student),
        "teacher": plain(teacher),
        "targets": plain(targets),
        "losses": [
            {**measured(key, lambda s: loss(s, t, y), s), **options} for key, options, loss in losses
        ],
    }


def of_labels():
    result = [("label", {}, lambda s, t, y: mean_over_samples(cross_entropy, s, y))]
    for temperature in (1.0, 2.0, 8.0):
        T = mpf(temperature)
        soft = lambda s, t, y, T=T: T * T * mean_over_samples(lambda a, b: divergence(a, b, T), s, t)
        result.append(("bernoulli", {"temperature": temperature}, soft))
    return result


def of_numbers():
    result = [
        ("label", {}, lambda s, t, y: mean_over_samples(squared, s, y)),
        ("mse", {}, lambda s, t, y: mean_over_samples(squared, s, t)),
    ]
    for delta in (0.5, 1.0):
        loss = lambda s, t, y, d=mpf(delta): mean_over_samples(lambda a, b: huber(a, b, d), s, t)
        result.append(("huber", {"delta": delta}, loss))
    for margin in (0.0, 0.5):
        loss = lambda s, t, y, m=mpf(margin): bounded(s, t, y, m)
        result.append(("bounded", {"margin": margin}, loss))
    return result


def main():
    random = np.random.default_rng(20261128)
    f32 = lambda values: np.asarray(values, dtype=np.float64).astype(np.float32)
    cases = {"labels": [], "numbers": []}
    for batch, outputs in ((1, 1), (2, 3), (7, 2), (33, 4)):
        shape = (batch, outputs)
        normal = lambda: f32(random.normal(size=shape) * 2.0)
        masked = lambda rows: [None if i % 3 == 1 else row for i, row in enumerate(rows)]
        labels = random.integers(2, size=shape).astype(np.float32)
        extreme = lambda: f32(random.uniform(-1e4, 1e4, size=shape))
        same = normal()
        for name, student, teacher, targets in (
            ("normal", normal(), normal(), labels),
            ("extreme", extreme(), extreme(), labels),
            ("teacher = student", same, same, labels),
            ("some targets missing", normal(), normal(), masked(labels)),
        ):
            cases["labels"].append(case(name, student, teacher, targets, of_labels()))
        for name, student, teacher, targets in (
            ("normal", normal(), normal(), normal()),
            ("extreme", extreme(), extreme(), extreme()),
            ("one side extreme", normal(), extreme(), normal()),
            ("teacher = student", same, same, normal()),
            ("some targets missing", normal(), normal(), masked(normal())),
        ):
            # At the bound itself there is no gradient.
            jumps = lambda loss: name == "teacher = student" and loss[1] == {"margin": 0.0}
            losses = [loss for loss in of_numbers() if not jumps(loss)]
            cases["numbers"].append(case(name, student, teacher, targets, losses))
    OUTPUT.write_text(json.dumps(cases) + "\n")
    print(f"{OUTPUT}: {sum(map(len, cases.values()))} cases")


main()
