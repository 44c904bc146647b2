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


def slope(loss, value):
    return (loss(value + STEP) - loss(value - STEP)) / (2 * STEP)


class Outputs:
    """A sum of losses of single outputs, of which each has its own output alone."""

    def __init__(self, loss):
        self.loss = loss

    def of_sample(self, student, other):
        return sum((self.loss(a, b) for a, b in zip(student, other)), mpf(0))

    def slopes(self, student, other):
        return [slope(lambda a: self.loss(a, b), value) for value, b in zip(student, other)]


class Bounded:
    """The squared distance to the targets (beside the teacher's outputs), where the bound is not kept."""

    def __init__(self, margin):
        self.margin = margin

    def both(self, student, other):
        targets, teacher = other
        ours = sum(squared(a, b) for a, b in zip(student, targets))
        return ours, sum(squared(a, b) for a, b in zip(teacher, targets))

    def of_sample(self, student, other):
        ours, theirs = self.both(student, other)
        return ours if ours + self.margin > theirs else mpf(0)

    def jumps(self, student, other):
        ours, theirs = self.both(student, other)
        return ours + self.margin == theirs

    def slopes(self, student, other):
        def changed(place):
            return lambda value: self.of_sample([*student[:place], value, *student[place + 1 :]], other)

        return [slope(changed(place), value) for place, value in enumerate(student)]


def measured(name, loss, factor, student, others):
    """Value and gradient of the mean over the samples that have something to be compared with."""
    count = max(sum(other is not None for other in others), 1)
    value, gradient = mpf(0), []
    for row, other in zip(student, others):
        if other is None:
            gradient.append([0.0] * len(row))
            continue
        value += factor * loss.of_sample(row, other) / count
        gradient.append([float(factor * one / count) for one in loss.slopes(row, other)])
    return {"name": name, "value": float(value), "gradient": gradient}


def exact(rows):
    return [None if row is None else [mpf(float(value)) for value in row] for row in rows]


def shorter(case):
    """With nine digits of each slope."""
    for loss in case["losses"]:
        loss["gradient"] = [[float(f"{slope:.8e}") for slope in row] for row in loss["gradient"]]
    return case


def plain(rows):
    return [None if row is None else [float(value) for value in row] for row in rows]


def case(name, student, teacher, targets, losses):
    s, t, y = exact(student), exact(teacher), exact(targets)
    beside = {
        "teacher": t,
        "targets": y,
        "both": [None if row is None else (row, said) for row, said in zip(y, t)],
    }
    return {
        "name": name,
        "student": plain(student),
        "teacher": plain(teacher),
        "targets": plain(targets),
        "losses": [
            {**measured(key, loss, factor, s, beside[other]), **options}
            for key, options, loss, factor, other in losses
            # At the bound itself there is no gradient.
            if not (key == "bounded" and any(map(loss.jumps, *known(s, beside[other]))))
        ],
    }


def known(student, others):
    return zip(*[(row, other) for row, other in zip(student, others) if other is not None])


def of_labels():
    result = [("label", {}, Outputs(cross_entropy), 1, "targets")]
    for temperature in (1.0, 2.0, 8.0):
        T = mpf(temperature)
        soft = Outputs(lambda a, b, T=T: divergence(a, b, T))
        result.append(("bernoulli", {"temperature": temperature}, soft, T * T, "teacher"))
    return result


def of_numbers():
    result = [
        ("label", {}, Outputs(squared), 1, "targets"),
        ("mse", {}, Outputs(squared), 1, "teacher"),
    ]
    for delta in (0.5, 1.0):
        loss = Outputs(lambda a, b, d=mpf(delta): huber(a, b, d))
        result.append(("huber", {"delta": delta}, loss, 1, "teacher"))
    for margin in (0.0, 0.5):
        result.append(("bounded", {"margin": margin}, Bounded(mpf(margin)), 1, "both"))
    return result


def f32(values):
    return np.asarray(values, dtype=np.float64).astype(np.float32)


def few_outputs(random):
    """Every kind of numbers at few outputs."""
    for batch, outputs in ((1, 1), (2, 3), (7, 2), (33, 4)):
        shape = (batch, outputs)
        normal = lambda: f32(random.normal(size=shape) * 2.0)
        masked = lambda rows: [None if i % 3 == 1 else row for i, row in enumerate(rows)]
        labels = random.integers(2, size=shape).astype(np.float32)
        extreme = lambda: f32(random.uniform(-1e4, 1e4, size=shape))
        same = normal()
        yield "labels", "normal", normal(), normal(), labels
        yield "labels", "extreme", extreme(), extreme(), labels
        yield "labels", "teacher = student", same, same, labels
        yield "labels", "some targets missing", normal(), normal(), masked(labels)
        yield "numbers", "normal", normal(), normal(), normal()
        yield "numbers", "extreme", extreme(), extreme(), extreme()
        yield "numbers", "one side extreme", normal(), extreme(), normal()
        yield "numbers", "teacher = student", same, same, normal()
        yield "numbers", "some targets missing", normal(), normal(), masked(normal())


def many_outputs(random):
    """Ties, sure teachers and extremes at 10 and 1000 outputs, of short numbers."""
    for batch, outputs in ((1, 10), (2, 10), (33, 10), (1, 1000)):
        shape = (batch, outputs)
        short = lambda width: f32(np.round(random.normal(size=shape) * width * 16.0) / 16.0)
        tied = lambda: f32(random.integers(-2, 3, size=shape))
        labels = random.integers(2, size=shape).astype(np.float32)
        sure = f32(labels * 80.0 - 40.0)
        certain = f32(labels * 20000.0 - 10000.0)
        yield "labels", "normal", short(2.0), short(2.0), labels
        yield "labels", "ties", tied(), tied(), labels
        yield "labels", "a sure teacher", short(2.0), sure, labels
        yield "labels", "a teacher beyond doubt", short(2.0), certain, labels
        yield "numbers", "normal", short(2.0), short(2.0), short(2.0)
        yield "numbers", "ties", tied(), tied(), tied()
        yield "numbers", "extreme", short(4000.0), short(4000.0), short(4000.0)


def main():
    random = np.random.default_rng(20261128)
    losses = {"labels": of_labels(), "numbers": of_numbers()}
    cases = {"labels": [], "numbers": []}
    for made, kept in ((few_outputs(random), lambda case: case), (many_outputs(random), shorter)):
        for task, name, student, teacher, targets in made:
            cases[task].append(kept(case(name, student, teacher, targets, losses[task])))
    OUTPUT.write_text(json.dumps(cases) + "\n")
    print(f"{OUTPUT}: {sum(map(len, cases.values()))} cases")


main()
