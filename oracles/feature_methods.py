"""The methods that compare taps, in float64: values, and gradients by PyTorch's autograd.

Writes crates/methods/tests/oracle/feature_methods.json. Taps and the methods' own parameters are made by a small
generator that the Rust test repeats, so that the file holds answers alone: for each term its value, and of its
gradient by each tap of the student and by each parameter the norm and some of the numbers. Each loss is written
down here as its documentation has it, on images and vectors as they are, and differentiated by PyTorch; nothing
is taken from the Rust side.

    python oracles/feature_methods.py
"""

import json
import math
from pathlib import Path

import torch
from features import Generator, as_map, flat, one_size, taps, unit
from layered_feature_methods import LAYERED, applies_to_layered, shapes_of_layers, shapes_of_semckd
from torch.nn.functional import smooth_l1_loss

torch.set_default_dtype(torch.float64)

OUTPUT = Path(__file__).parent.parent / "crates/methods/tests/oracle/feature_methods.json"
KEPT = 8


def fitnet(pairs, own):
    def term(number, student, teacher):
        weight, bias = (own[f"projector.{number}.{name}"] for name in ("weight", "bias"))
        projected = torch.einsum("bchw,cd->bdhw", student, weight) + bias[:, None, None]
        student, teacher = one_size(projected, teacher)
        return ((student - teacher) ** 2).mean()

    return {"hint": sum(term(i, as_map(s), as_map(t)) for i, (s, t) in enumerate(pairs))}


def at(form):
    def term(student, teacher):
        student, teacher = one_size(as_map(student), as_map(teacher))
        q, p = (unit(side.pow(2).mean(dim=1).flatten(1)) for side in (student, teacher))
        if form == "authors":
            return ((q - p) ** 2).mean()
        squares = ((q - p) ** 2).sum(dim=1)
        apart = squares > 0
        return torch.where(apart, torch.where(apart, squares, 1.0).sqrt(), 0.0).mean()

    return lambda pairs, own: {"attention": sum(term(s, t) for s, t in pairs)}


def sp(pairs, own):
    def term(student, teacher):
        q, p = (unit(rows @ rows.T) for rows in (flat(student), flat(teacher)))
        return ((q - p) ** 2).sum() / len(q) ** 2

    return {"similarity": sum(term(s, t) for s, t in pairs)}


def rkd(pairs, own):
    def differences(rows):
        between = rows[None, :, :] - rows[:, None, :]
        squares = (between**2).sum(dim=2)
        apart = squares > 0
        lengths = torch.where(apart, torch.where(apart, squares, 1.0).sqrt(), 0.0)
        return between, lengths

    def relative(rows):
        _, lengths = differences(rows)
        apart = lengths > 0
        return lengths / lengths[apart].mean() if apart.any() else lengths

    def cosines(rows):
        between, _ = differences(rows)
        directions = unit(between)
        return torch.einsum("ijd,ikd->ijk", directions, directions)

    def term(of, student, teacher):
        return smooth_l1_loss(of(flat(student)), of(flat(teacher)))

    return {
        "relative-distance": sum(term(relative, s, t) for s, t in pairs),
        "angle": sum(term(cosines, s, t) for s, t in pairs),
    }


def pkt(pairs, own):
    def probabilities(rows):
        similarities = (unit(rows) @ unit(rows).T + 1) / 2
        return similarities / similarities.sum(dim=1, keepdim=True) + 1e-7

    def term(student, teacher):
        q, p = probabilities(flat(student)), probabilities(flat(teacher))
        return (p * (p / q).log()).mean()

    return {"likeness": sum(term(s, t) for s, t in pairs)}


def cc(gamma, order):
    def kernel(rows):
        cosines = unit(rows) @ unit(rows).T
        terms = [(2 * gamma * cosines) ** p / math.factorial(p) for p in range(order + 1)]
        return math.exp(-2 * gamma) * sum(terms)

    def term(student, teacher):
        return ((kernel(flat(student)) - kernel(flat(teacher))) ** 2).mean()

    return lambda pairs, own: {"congruence": sum(term(s, t) for s, t in pairs)}


def nst(pairs, own):
    def kernel(a, b):
        return torch.einsum("bcp,bdp->bcd", a, b).pow(2).mean(dim=(1, 2))

    def term(student, teacher):
        student, teacher = one_size(as_map(student), as_map(teacher))
        s, t = (unit(side.flatten(2)) for side in (student, teacher))
        return (kernel(t, t) + kernel(s, s) - 2 * kernel(s, t)).mean()

    return {"selectivity": sum(term(s, t) for s, t in pairs)}


def fsp(pairs, own):
    def flow(a, b):
        a, b = one_size(as_map(a), as_map(b))
        return torch.einsum("bchw,bdhw->bcd", a, b) / (a.shape[2] * a.shape[3])

    steps = zip(pairs, pairs[1:])
    return {"flow": sum(((flow(a[0], b[0]) - flow(a[1], b[1])) ** 2).mean() for a, b in steps)}


def vid(pairs, own):
    def term(number, student, teacher):
        value = student
        for layer, name in enumerate(["first", "second", "third"]):
            value = value.relu() if layer > 0 else value
            value = torch.einsum("bchw,cd->bdhw", value, own[f"guess.{number}.{name}.weight"])
        variance = torch.nn.functional.softplus(own[f"guess.{number}.variance"]) + 1e-5
        variance = variance[:, None, None]
        guess, teacher = one_size(value, teacher)
        return (0.5 * ((guess - teacher) ** 2 / variance + variance.log())).mean()

    return {"unlikelihood": sum(term(i, as_map(s), as_map(t)) for i, (s, t) in enumerate(pairs))}


def projected_where_needed(number, student, teacher, own):
    student, teacher = as_map(student), as_map(teacher)
    if student.shape[1] != teacher.shape[1]:
        weight, bias = (own[f"projector.{number}.{name}"] for name in ("weight", "bias"))
        student = torch.einsum("bchw,cd->bdhw", student, weight) + bias[:, None, None]
    return student, teacher


def cwd(temperature):
    def term(number, student, teacher, own):
        student, teacher = one_size(*projected_where_needed(number, student, teacher, own))
        log_q, log_p = (
            torch.log_softmax(side.flatten(2) / temperature, dim=2) for side in (student, teacher)
        )
        return temperature**2 * (log_p.exp() * (log_p - log_q)).sum(dim=2).mean()

    return lambda pairs, own: {
        "places": sum(term(i, s, t, own) for i, (s, t) in enumerate(pairs))
    }


def ickd(pairs, own):
    def correlations(side):
        rows = side.flatten(2)
        return unit(torch.einsum("bcp,bdp->bcd", rows, rows))

    def term(number, student, teacher):
        sides = projected_where_needed(number, student, teacher, own)
        q, p = (correlations(side) for side in sides)
        return ((q - p) ** 2).sum() / (q.shape[0] * q.shape[1])

    return {"channels": sum(term(i, s, t) for i, (s, t) in enumerate(pairs))}


def ab(margin):
    def term(number, student, teacher, own):
        weight, bias = (own[f"projector.{number}.{name}"] for name in ("weight", "bias"))
        projected = torch.einsum("bchw,cd->bdhw", student, weight) + bias[:, None, None]
        student, teacher = one_size(projected, teacher)
        active = (teacher > 0).double()
        above = active * (margin - student).relu() ** 2
        return (above + (1 - active) * (margin + student).relu() ** 2).mean()

    return lambda pairs, own: {
        "boundary": sum(term(i, as_map(s), as_map(t), own) for i, (s, t) in enumerate(pairs))
    }


METHODS = {
    "fitnet": fitnet,
    "at": at("authors"),
    "at paper": at("paper"),
    "sp": sp,
    "rkd": rkd,
    "pkt": pkt,
    "cc": cc(0.4, 2),
    "cc of order 4": cc(1.5, 4),
    "nst": nst,
    "fsp": fsp,
    "vid": vid,
    "cwd": cwd(4.0),
    "ickd": ickd,
    "ab": ab(1.0),
    **LAYERED,
}
SPATIAL = {"at", "at paper", "nst", "cwd", "ickd"}


def channels(shape):
    return shape[-1] if len(shape) == 2 else shape[0]


def own_shapes(name, student, teacher):
    """Names and shapes of a method's parameters."""
    shapes = {}
    for number, (s, t) in enumerate(zip(map(channels, student), map(channels, teacher))):
        if name in ("fitnet", "ab") or (name in ("cwd", "ickd") and s != t):
            shapes[f"projector.{number}.weight"] = [s, t]
            shapes[f"projector.{number}.bias"] = [t]
        if name == "vid":
            shapes[f"guess.{number}.first.weight"] = [s, t]
            shapes[f"guess.{number}.second.weight"] = [t, t]
            shapes[f"guess.{number}.third.weight"] = [t, t]
            shapes[f"guess.{number}.variance"] = [t]
    shapes.update(shapes_of_layers(name, list(map(channels, student)), list(map(channels, teacher))))
    return shapes


def applies(name, kind, batch, student, teacher):
    if len(student) != len(teacher) and name != "semckd":
        return False
    if name in LAYERED:
        return applies_to_layered(name, kind, batch, student, teacher)
    if name == "fsp":
        equal = all(channels(s) == channels(t) for s, t in zip(student, teacher))
        return len(student) > 1 and equal
    if name in SPATIAL and any(len(shape) == 1 for shape in student + teacher):
        return False
    # Rounding of the projection to f32 would be as large as the difference of two logarithms.
    projected = any(channels(s) != channels(t) for s, t in zip(student, teacher))
    return not (name == "cwd" and kind == "extreme" and projected)


def rounded(value):
    return float(f"{value:.9e}")


def summary(gradient):
    values = gradient.reshape(-1)
    step = -(-len(values) // KEPT)
    return {
        "norm": rounded(float(values.norm())),
        "some": [rounded(value) for value in values[::step].tolist()],
    }


def answers(name, student, teacher, seed):
    of_student, of_teacher = ([list(tap.shape[1:]) for tap in side] for side in (student, teacher))
    shapes = own_shapes(name, of_student, of_teacher)
    if name == "semckd":
        shapes = shapes_of_semckd(len(student[0]), of_student, of_teacher)
    generator = Generator(seed + 1000)
    own = {path: generator.tensor(shapes[path], lambda unit: unit - 0.5) for path in sorted(shapes)}
    leaves = [tap.clone().requires_grad_(True) for tap in student]
    own = {path: value.requires_grad_(True) for path, value in own.items()}
    result = {}
    pairs = (leaves, teacher) if name == "semckd" else list(zip(leaves, teacher))
    for term, value in METHODS[name](pairs, own).items():
        wanted = leaves + list(own.values())
        found = torch.autograd.grad(value, wanted, retain_graph=True, allow_unused=True)
        found = [torch.zeros_like(x) if g is None else g for g, x in zip(found, wanted)]
        assert torch.isfinite(value) and all(torch.isfinite(g).all() for g in found), name
        gradients = [summary(gradient) for gradient in found]
        result[term] = {
            "value": rounded(value.item()),
            "taps": gradients[: len(leaves)],
            "own": dict(zip(own, gradients[len(leaves) :])),
        }
    return result


def cross_check():
    """Vectors worked out elsewhere, asserted here before anything is written."""
    student = torch.tensor([[1, 0], [0.5, 1], [-1, 0.5]])
    teacher = torch.tensor([[1, 0.2], [0, 1], [-0.8, -0.3]])
    pairs = [(student, teacher)]
    for found, expected, width in [
        (sp(pairs, {})["similarity"], 0.0290553314, 1e-9),
        (rkd(pairs, {})["relative-distance"], 0.0026769884, 1e-9),
        (rkd(pairs, {})["angle"], 0.0031988193, 1e-9),
        # The vector leaves the floor out of the first factor.
        (pkt(pairs, {})["likeness"], 0.0082196447, 1e-6),
    ]:
        assert abs(found.item() - expected) < width, (found, expected)


def cases():
    """Kind, batch, and the shapes of the taps of student and teacher."""
    for batch in (1, 2, 33):
        for kind in ("usual", "relu", "extreme"):
            yield kind, batch, [[6]], [[10]]
            yield kind, batch, [[3, 4, 4]], [[5, 4, 4]]
        yield "same", batch, [[7]], [[7]]
        yield "same", batch, [[4, 3, 3]], [[4, 3, 3]]
        yield "ties", batch, [[5]], [[4]]
    for kind in ("usual", "relu"):
        yield kind, 2, [[4, 6, 5]], [[4, 3, 3]]
        yield kind, 3, [[4, 3, 3]], [[4, 7, 5]]
        yield kind, 5, [[4, 3, 6]], [[6, 6, 4]]
        yield kind, 4, [[5, 6]], [[5, 6]]
        yield kind, 4, [[5, 6]], [[9, 8]]
        yield kind, 3, [[4, 6, 6], [8, 3, 3]], [[4, 6, 6], [8, 3, 3]]
        yield kind, 2, [[4, 4, 4], [8, 2, 2], [6, 2, 2]], [[4, 8, 8], [8, 4, 4], [6, 4, 4]]
        yield kind, 4, [[5], [6]], [[5], [6]]
        yield kind, 3, [[10, 4, 4]], [[10, 3, 2]]
        yield kind, 3, [[5, 6], [5, 7]], [[5, 6], [5, 9]]
        yield kind, 4, [[3, 5, 5], [3, 5, 5]], [[3, 5, 5], [3, 5, 5]]
    yield "extreme", 3, [[5, 6]], [[5, 6]]
    yield "extreme", 3, [[3, 4, 4]], [[3, 4, 4]]
    yield "same", 3, [[5, 6]], [[5, 6]]
    yield "ties", 3, [[3, 4, 4]], [[3, 4, 4]]
    yield "same", 3, [[4, 6, 6], [8, 3, 3]], [[4, 6, 6], [8, 3, 3]]
    yield "usual", 2, [[64, 8, 8]], [[128, 4, 4]]
    yield "usual", 3, [[4, 3, 3]], [[4, 6, 6], [8, 3, 3]]
    yield "relu", 4, [[4, 4, 4], [6, 2, 2], [5]], [[8, 4, 4], [5]]
    yield "usual", 8, [[5], [3]], [[6], [7], [4]]
    yield "usual", 5, [[5, 6]], [[4, 3], [4, 6]]
    # All kinds of numbers at all sizes of batch, for the methods that compare places, tokens or layers.
    for batch in (1, 2, 33):
        for kind in ("usual", "relu", "extreme", "ties", "same"):
            yield kind, batch, [[3, 5, 5]], [[3, 5, 5]]
            yield kind, batch, [[4, 6]], [[4, 6]]
            yield kind, batch, [[4, 6]], [[4, 8]]
            yield kind, batch, [[3, 4, 4], [3, 2, 2]], [[3, 4, 4], [3, 2, 2]]
        yield "extreme", batch, [[10, 4, 4]], [[10, 3, 2]]
        yield "ties", batch, [[10, 4, 4]], [[10, 3, 2]]


def main():
    cross_check()
    found = []
    for seed, (kind, batch, student, teacher) in enumerate(cases(), 1):
        left, right = taps(kind, batch, student, teacher, seed)
        methods = {
            name: answers(name, left, right, seed)
            for name in METHODS
            if applies(name, kind, batch, student, teacher)
        }
        facts = {"kind": kind, "batch": batch, "student": student, "teacher": teacher}
        found.append({**facts, "seed": seed, "methods": methods})
    document = {"made_by": f"torch {torch.__version__.split('+')[0]}", "cases": found}
    OUTPUT.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(f"{len(found)} cases, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
