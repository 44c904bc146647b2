"""Contrastive representation distillation with its memory, in float64: the loss, its gradients by PyTorch's autograd, and
the memory behind a batch.

Writes crates/methods/tests/oracle/crd.json. Every row of another class is a negative, so that no choice is at random;
which are chosen where there are more is a matter of laws.

    python oracles/contrast.py
"""

import json
from pathlib import Path

import torch
from features import MAKE, Generator
from feature_methods import rounded

torch.set_default_dtype(torch.float64)

OUTPUT = Path(__file__).parent.parent / "crates/methods/tests/oracle/crd.json"
TEMPERATURE, MOMENTUM = 0.07, 0.5


def embed(values, weight, bias):
    raw = values @ weight + bias
    return raw / raw.norm(dim=1, keepdim=True)


def exponentials(embedding, memory, row, negatives):
    places = torch.tensor([row, *negatives])
    return (memory[places] @ embedding / TEMPERATURE).exp()


def loss(embeddings, memory, rows, negatives, scale):
    total = 0.0
    for embedding, row, others in zip(embeddings, rows, negatives):
        h = exponentials(embedding, memory, row, others) / scale
        chance = len(others) / len(memory)
        positive = (h[0] / (h[0] + chance + 1e-7)).log()
        noise = (chance / (h[1:] + chance + 1e-7)).log() if others else torch.zeros(1)
        total = total - positive - noise.sum()
    return total / len(rows)


def constant(embeddings, memory, rows, negatives):
    pieces = zip(embeddings, rows, negatives)
    found = torch.cat([exponentials(e, memory, row, others) for e, row, others in pieces])
    return found.mean() * len(memory)


def followed(memory, rows, embeddings):
    memory = memory.clone()
    for row, embedding in zip(rows, embeddings):
        mixed = MOMENTUM * memory[row] + (1 - MOMENTUM) * embedding
        memory[row] = mixed / mixed.norm()
    return memory


def case(seed, labels, rows, widths, size, kind="usual"):
    generator = Generator(seed)
    student, teacher = (generator.tensor([len(rows), width], MAKE[kind]) for width in widths)
    names = [f"{side}.{name}" for side in ("student", "teacher") for name in ("bias", "weight")]
    shapes = {"bias": lambda width: [size], "weight": lambda width: [width, size]}
    own = {}
    for name in names:
        side, part = name.split(".")
        width = widths[side == "teacher"]
        own[name] = generator.tensor(shapes[part](width), lambda unit: unit - 0.5)
    memories = [generator.tensor([len(labels), size], lambda unit: unit - 0.5) for _ in range(2)]
    student.requires_grad_(True)
    for value in own.values():
        value.requires_grad_(True)
    s = embed(student, own["student.weight"], own["student.bias"])
    t = embed(teacher, own["teacher.weight"], own["teacher.bias"])

    def other(row, place):
        return place != row and (labels[place] is None or labels[place] != labels[row])

    negatives = [[place for place in range(len(labels)) if other(row, place)] for row in rows]
    of_student, of_teacher = memories
    with torch.no_grad():
        scales = [
            constant(s, of_teacher, rows, negatives),
            constant(t, of_student, rows, negatives),
        ]
    value = loss(s, of_teacher, rows, negatives, scales[0])
    value = value + loss(t, of_student, rows, negatives, scales[1])
    wanted = [student, *own.values()]
    gradients = torch.autograd.grad(value, wanted)

    def numbers(tensor):
        return [rounded(number) for number in tensor.reshape(-1).tolist()]

    with torch.no_grad():
        after = [followed(of_student, rows, s), followed(of_teacher, rows, t)]
    return {
        "seed": seed,
        "kind": kind,
        "labels": labels,
        "rows": rows,
        "widths": widths,
        "size": size,
        "value": rounded(value.item()),
        "by_student": numbers(gradients[0]),
        "own": {name: numbers(gradient) for name, gradient in zip(own, gradients[1:])},
        "scales": [rounded(scale.item()) for scale in scales],
        "memory": [numbers(memory) for memory in after],
    }


def main():
    cases = [
        case(1, [0, 1, 2, 0, 1, 2], [2, 0, 5], [4, 6], 3),
        case(2, [0, None, 1, 1, None, 0, 2], [1, 3], [5, 2], 4),
        case(3, [0, 1], [1], [3, 3], 2),
        case(4, [0, 0, 0], [0, 2], [3, 4], 5),
        case(5, [None] * 40, list(range(0, 33)), [7, 9], 16),
    ]
    seed = len(cases)
    for kind in ("usual", "extreme", "ties"):
        for batch in (1, 2, 33):
            seed += 1
            labels = [place % 5 for place in range(40)]
            cases.append(case(seed, labels, list(range(batch)), [6, 4], 8, kind))
    OUTPUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
