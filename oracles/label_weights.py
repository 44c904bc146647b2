"""The cross-entropy with weighted labels and its gradient, by PyTorch in float64.

Writes crates/methods/tests/oracle/label_weights.json. Each sample's cross-entropy, from PyTorch, is
multiplied by its weight; the sum is divided by the number of samples with a label. Logits and weights are
rounded to f32 first; a label of -1 means that the sample has none. In mixed cases the label of the partner
has the weight of the partner.

    python oracles/label_weights.py
"""

import json
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

torch.set_default_dtype(torch.float64)
OUTPUT = Path(__file__).parent.parent / "crates/methods/tests/oracle/label_weights.json"


def single(numbers):
    return numbers.to(torch.float32).to(torch.float64)


def exact(numbers):
    return [float(str(x)) for x in numbers.detach().to(torch.float32).numpy()]


def weighted(logits, labels, weights, smoothing):
    losses = cross_entropy(logits, labels, ignore_index=-1, label_smoothing=smoothing, reduction="none")
    return (losses * weights).sum() / (labels >= 0).sum()


def case(generator, batch, classes, scale, smoothing, some, share):
    logits = single(torch.randn((batch, classes), generator=generator) * scale).requires_grad_()
    labels = torch.randint(classes, (batch,), generator=generator)
    if some:
        labels = torch.where(torch.arange(batch) % 3 == 1, -1, labels)
    weights = single(torch.rand(batch, generator=generator) * 3.0)
    weights[batch // 2] = 0.0
    loss = weighted(logits, labels, weights, smoothing)
    result = {"smoothing": smoothing, "labels": labels.tolist(), "weights": exact(weights)}
    if share is not None:
        order = torch.randperm(batch, generator=generator)
        partners, theirs = labels[order], weights[order]
        loss = share * loss + (1 - share) * weighted(logits, partners, theirs, smoothing)
        result |= {"share": share, "partners": partners.tolist(), "partner_weights": exact(theirs)}
    (gradient,) = torch.autograd.grad(loss, logits)
    return result | {
        "logits": [exact(row) for row in logits],
        "loss": loss.item(),
        "gradient": [[float(f"{x:.10e}") for x in row] for row in gradient.tolist()],
    }


def main():
    generator = torch.Generator().manual_seed(7)
    cases = []
    for batch, classes in ((1, 2), (5, 3), (12, 10)):
        for smoothing in (0.0, 0.2):
            for some in (False, True):
                for share in (None, 0.3):
                    cases.append(case(generator, batch, classes, 3.0, smoothing, some and batch > 1, share))
    # More rows than one thread takes.
    cases.append(case(generator, 110, 40, 3.0, 0.2, True, 0.3))
    OUTPUT.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases, {OUTPUT.stat().st_size} bytes")


main()
