"""The label loss and the soft-target loss of `kd` in float64, by PyTorch's autograd.

Writes crates/methods/tests/oracle/kd.json. Inputs are rounded to f32 first and all else is
computed in float64; a label of -1 means that the sample has none.

    python oracles/methods.py
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)

TEMPERATURES = [1.0, 2.0, 4.0, 20.0]
OUTPUT = Path(__file__).parent.parent / "crates/methods/tests/oracle/kd.json"


def f32_exact(values):
    return np.asarray(values).astype(np.float32)


def short(values):
    """The shortest decimals that f32 reads back exactly."""
    array = np.asarray(values, dtype=np.float32)
    numbers = [float(str(value)) for value in array.ravel()]
    assert np.array_equal(np.array(numbers).astype(np.float32), array.ravel())
    return np.array(numbers).reshape(array.shape).tolist()


def digits(values):
    """Eleven significant digits: far more than the comparison in f32 needs."""
    return [[float(f"{value:.10e}") for value in row] for row in values.tolist()]


def soft_target(student, teacher, temperature):
    log_p = torch.log_softmax(teacher / temperature, dim=1)
    log_q = torch.log_softmax(student / temperature, dim=1)
    return (log_p.exp() * (log_p - log_q)).sum(dim=1).mean()


def label(student, labels):
    known = labels >= 0
    if not known.any():
        return (student * 0.0).sum()
    log_q = torch.log_softmax(student[known], dim=1)
    return -log_q.gather(1, labels[known].unsqueeze(1)).mean()


def case(name, student, teacher, labels, temperature):
    student = f32_exact(student)
    teacher = f32_exact(teacher)
    labels = torch.tensor(np.asarray(labels, dtype=np.int64))
    fixed = torch.tensor(teacher.astype(np.float64))

    leaf = torch.tensor(student.astype(np.float64), requires_grad=True)
    soft = soft_target(leaf, fixed, temperature)
    (soft_gradient,) = torch.autograd.grad(soft * temperature**2, leaf)

    leaf = torch.tensor(student.astype(np.float64), requires_grad=True)
    hard = label(leaf, labels)
    (hard_gradient,) = torch.autograd.grad(hard, leaf)

    soft, hard = soft.item(), hard.item()
    assert math.isfinite(soft) and math.isfinite(hard)
    return {
        "name": name,
        "temperature": temperature,
        "student": short(student),
        "teacher": short(teacher),
        "labels": labels.tolist(),
        "soft": soft,
        "soft_scaled": soft * temperature**2,
        "hard": hard,
        "soft_scaled_gradient": digits(soft_gradient),
        "hard_gradient": digits(hard_gradient),
    }


def extreme(random, shape):
    values = random.uniform(-1e4, 1e4, size=shape)
    values.flat[0] = 1e4
    values.flat[-1] = -1e4
    return values


def kinds(random, batch, classes):
    """Named (student, teacher, labels) of one size."""
    shape = (batch, classes)
    normal = lambda: random.normal(size=shape) * 3.0
    labels = random.integers(classes, size=batch)
    some = np.where(np.arange(batch) % 3 == 1, labels, -1)
    none = np.full(batch, -1)
    ties = lambda: random.integers(-1, 2, size=shape).astype(float)
    same = normal()
    one_hot = np.zeros(shape)
    one_hot[np.arange(batch), random.integers(classes, size=batch)] = 1e4
    return {
        "normal": (normal(), normal(), labels),
        "extreme": (extreme(random, shape), extreme(random, shape)[::-1], labels),
        "ties": (ties(), ties(), labels),
        "teacher = student": (same, same, labels),
        "one-hot teacher": (normal(), one_hot, labels),
        "some labels missing": (normal(), normal(), some),
        "all labels missing": (normal(), normal(), none),
    }


def cross_check():
    """Vectors worked out elsewhere, asserted here before anything is written."""
    student = [[2, 0.5, -1, 0.1], [0.3, 1.2, 0.8, -0.5]]
    teacher = [[3, 1, -2, 0.5], [-0.5, 2.5, 1.5, 0]]
    known = {1.0: 0.0964178907, 2.0: 0.1809938771, 4.0: 0.2361256786}
    result = []
    for temperature, scaled in known.items():
        # These inputs are no f32 numbers; the check is on the decimals, the case on their f32.
        exact = soft_target(torch.tensor(student), torch.tensor(teacher), temperature)
        assert abs(exact * temperature**2 - scaled) < 1e-10, (temperature, exact)
        result.append(case("cross-check", student, teacher, [0, 1], temperature))
    hard = label(torch.tensor(student), torch.tensor([0, 1]))
    assert abs(hard - 0.5837909486) < 1e-10, hard
    log_p = torch.log_softmax(torch.tensor(teacher) / 4.0, dim=1)
    log_q = torch.log_softmax(torch.tensor(student) / 4.0, dim=1)
    cross_entropy = -16.0 * (log_p.exp() * log_q).sum(dim=1).mean()
    assert abs(cross_entropy - 21.3494489223) < 1e-9, cross_entropy
    return result


def main():
    random = np.random.default_rng(20261123)
    cases = cross_check()
    for classes, batches in {2: (1, 2, 33), 10: (1, 2, 33), 1000: (2,)}.items():
        for batch in batches:
            for temperature in TEMPERATURES:
                for name, (student, teacher, labels) in kinds(random, batch, classes).items():
                    if classes == 1000 and name not in ("normal", "extreme"):
                        continue
                    cases.append(case(name, student, teacher, labels, temperature))
    document = {"made_by": f"torch {torch.__version__.split('+')[0]}", "cases": cases}
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
