"""The cross-entropy with smoothed and mixed labels and its gradient, by PyTorch in float64.

Writes crates/methods/tests/oracle/label_smoothing.json. Logits are rounded to f32 first, all else is
computed in float64; a label of -1 means that the sample has none.

    python oracles/label_smoothing.py
"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
OUTPUT = Path(__file__).parent.parent / "crates/methods/tests/oracle/label_smoothing.json"


def case(logits, labels, smoothing):
    logits = logits.to(torch.float32).to(torch.float64).requires_grad_()
    loss = torch.nn.functional.cross_entropy(
        logits, labels, ignore_index=-1, label_smoothing=smoothing
    )
    (gradient,) = torch.autograd.grad(loss, logits)
    return {
        "smoothing": smoothing,
        "logits": [[float(str(x)) for x in row] for row in logits.detach().to(torch.float32).numpy()],
        "labels": labels.tolist(),
        "loss": loss.item(),
        "gradient": [[float(f"{x:.10e}") for x in row] for row in gradient.tolist()],
    }


def mixed_case(logits, labels, partners, share, smoothing):
    """Both labels as one distribution, which PyTorch takes as it is."""
    logits = logits.to(torch.float32).to(torch.float64).requires_grad_()
    one_hot = lambda which: torch.nn.functional.one_hot(which, logits.shape[1]).to(torch.float64)
    target = share * one_hot(labels) + (1 - share) * one_hot(partners)
    loss = torch.nn.functional.cross_entropy(logits, target, label_smoothing=smoothing)
    (gradient,) = torch.autograd.grad(loss, logits)
    return {
        "smoothing": smoothing,
        "share": share,
        "logits": [[float(str(x)) for x in row] for row in logits.detach().to(torch.float32).numpy()],
        "labels": labels.tolist(),
        "partners": partners.tolist(),
        "loss": loss.item(),
        "gradient": [[float(f"{x:.10e}") for x in row] for row in gradient.tolist()],
    }


def main():
    generator = torch.Generator().manual_seed(3)
    cases = []
    for batch, classes in ((1, 2), (5, 3), (12, 10), (2, 60)):
        for scale in (1.0, 4.0, 3000.0):
            logits = torch.randn((batch, classes), generator=generator) * scale
            labels = torch.randint(classes, (batch,), generator=generator)
            some = torch.where(torch.arange(batch) % 3 == 1, -1, labels)
            cases += [case(logits, labels, 0.1), case(logits, some, 0.35), case(logits, some, 0.0)]
    for batch, classes in ((1, 2), (5, 3), (12, 10)):
        for share in (0.0, 0.3, 0.75, 1.0):
            logits = torch.randn((batch, classes), generator=generator) * 3.0
            labels = torch.randint(classes, (batch,), generator=generator)
            partners = labels[torch.randperm(batch, generator=generator)]
            cases.append(mixed_case(logits, labels, partners, share, 0.1 * (batch % 3)))
    OUTPUT.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases, {OUTPUT.stat().st_size} bytes")


main()
