"""The logit methods beyond `kd` in float64: values, and gradients by PyTorch's autograd.

Writes crates/methods/tests/oracle/logit_methods.json. Logits and labels are made by a small generator
that the Rust test repeats, so that the file holds answers alone: for each term its value, the norm of its
gradient with respect to the student's logits, and some of the gradient's numbers. Each loss is written
down here as its paper has it and differentiated by PyTorch; nothing is taken from the Rust side.

    python oracles/logit_methods.py
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)

OUTPUT = Path(__file__).parent.parent / "crates/methods/tests/oracle/logit_methods.json"
KEPT = 12
MASK = (1 << 64) - 1


class Generator:
    """Knuth's linear congruential generator; the upper 16 bits of each state are a number."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return self.state >> 48

    def unit(self):
        return self.bits() / 65536.0

    def logits(self, rows, classes, make):
        values = [make(self.unit()) for _ in range(rows * classes)]
        return np.array(values).astype(np.float32).astype(np.float64).reshape(rows, classes)


def inputs(kind, rows, classes, seed):
    """Student, teacher and labels (-1 where there is none) of one case."""
    generator = Generator(seed)
    usual = lambda unit: 12.0 * unit - 6.0
    make = {
        "extreme": lambda unit: 20000.0 * unit - 10000.0,
        "ties": lambda unit: math.floor(3.0 * unit) - 1.0,
    }.get(kind, usual)
    student = generator.logits(rows, classes, make)
    teacher = generator.logits(rows, classes, make)
    labels = np.array([generator.bits() % classes for _ in range(rows)])
    if kind == "same":
        teacher = student.copy()
    if kind == "one-hot":
        teacher = np.zeros((rows, classes))
        teacher[np.arange(rows), labels[::-1]] = 1e4
    if kind == "masked":
        labels[np.arange(rows) % 3 == 1] = -1
    if kind == "unlabelled":
        labels[:] = -1
    return student, teacher, labels


def log_softmax(logits, temperature):
    return torch.log_softmax(logits / temperature, dim=1)


def kl(log_p, log_q):
    return (log_p.exp() * (log_p - log_q)).sum(dim=1)


def soft(student, teacher, temperature):
    return temperature**2 * kl(log_softmax(teacher, temperature), log_softmax(student, temperature))


def mean(values):
    return values.mean() if values.numel() else values.sum()


def known(student, teacher, labels):
    rows = torch.nonzero(labels >= 0).squeeze(1)
    return student[rows], teacher[rows], labels[rows]


def others(logits, labels):
    rows = [torch.cat([row[:label], row[label + 1 :]]) for row, label in zip(logits, labels)]
    return torch.stack(rows) if rows else logits[:, 1:]


def pair(logits, labels, temperature):
    """Logarithms of the label's probability and of all others' together."""
    log = log_softmax(logits, temperature)
    label = log.gather(1, labels.unsqueeze(1))
    rest = torch.logsumexp(others(log, labels), dim=1, keepdim=True)
    return torch.cat([label, rest], dim=1)


def kd(temperature):
    def loss(student, teacher, labels):
        known_student, _, known_labels = known(student, teacher, labels)
        log = log_softmax(known_student, 1.0)
        return {
            "soft": mean(soft(student, teacher, temperature)),
            "label": mean(-log.gather(1, known_labels.unsqueeze(1))),
        }

    return loss


def hard(student, teacher, labels):
    chosen = torch.tensor(np.argmax(teacher.numpy(), axis=1))
    return {"hard": mean(-log_softmax(student, 1.0).gather(1, chosen.unsqueeze(1)))}


def dkd(temperature):
    def loss(student, teacher, labels):
        student, teacher, labels = known(student, teacher, labels)
        target = kl(pair(teacher, labels, temperature), pair(student, labels, temperature))
        rest = soft(others(student, labels), others(teacher, labels), temperature)
        return {"target": temperature**2 * mean(target), "other": mean(rest)}

    return loss


def nkd(temperature):
    def loss(student, teacher, labels):
        student, teacher, labels = known(student, teacher, labels)
        at = lambda logits: log_softmax(logits, 1.0).gather(1, labels.unsqueeze(1))
        target = -at(teacher).exp() * at(student)
        rest = soft(others(student, labels), others(teacher, labels), temperature)
        return {"sure-target": mean(target), "normalised-other": mean(rest)}

    return loss


def correlation(a, b):
    """Of the rows; a product of two norms below 1e-8 counts as 1e-8."""
    a = a - a.mean(dim=1, keepdim=True)
    b = b - b.mean(dim=1, keepdim=True)
    squares = (a**2).sum(dim=1) * (b**2).sum(dim=1)
    usual = squares > 1e-16
    norms = torch.where(usual, torch.where(usual, squares, 1.0).sqrt(), 1e-8)
    return (a * b).sum(dim=1) / norms


def dist(temperature):
    def loss(student, teacher, labels):
        q = log_softmax(student, temperature).exp()
        p = log_softmax(teacher, temperature).exp()
        square = temperature**2
        return {
            "inter": square * (1 - correlation(q, p)).mean(),
            "intra": square * (1 - correlation(q.T, p.T)).mean(),
        }

    return loss


def mlkd(temperatures):
    def loss(student, teacher, labels):
        terms = {"instance": 0.0, "batch": 0.0, "class": 0.0}
        rows, classes = student.shape
        for temperature in temperatures:
            q = log_softmax(student, temperature).exp()
            p = log_softmax(teacher, temperature).exp()
            terms["instance"] = terms["instance"] + soft(student, teacher, temperature).mean()
            terms["batch"] = terms["batch"] + ((p @ p.T - q @ q.T) ** 2).sum() / rows
            terms["class"] = terms["class"] + ((p.T @ p - q.T @ q) ** 2).sum() / classes
        return terms

    return loss


def wsld(temperature):
    def loss(student, teacher, labels):
        student, teacher, labels = known(student, teacher, labels)
        at = lambda logits: -log_softmax(logits, 1.0).gather(1, labels.unsqueeze(1)).squeeze(1)
        weight = (1 - torch.exp(-at(student) / (at(teacher) + 1e-7))).detach()
        return {"weighted-soft": mean(weight * soft(student, teacher, temperature))}

    return loss


def reverse_kl(temperature):
    def loss(student, teacher, labels):
        return {"reverse": soft(teacher, student, temperature).mean()}

    return loss


def mixed(log_p, log_q, share):
    return torch.logaddexp(log_p + math.log(share), log_q + math.log(1 - share))


def jsd(temperature, beta):
    def loss(student, teacher, labels):
        log_p, log_q = log_softmax(teacher, temperature), log_softmax(student, temperature)
        log_m = mixed(log_p, log_q, beta)
        value = beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
        return {"jensen-shannon": temperature**2 * value.mean()}

    return loss


def skew(temperature, share, direction):
    def loss(student, teacher, labels):
        log_p, log_q = log_softmax(teacher, temperature), log_softmax(student, temperature)
        if direction == "forward":
            value = kl(log_p, mixed(log_p, log_q, share))
        else:
            value = kl(log_q, mixed(log_q, log_p, share))
        return {"skewed": temperature**2 * value.mean()}

    return loss


def total_variation(temperature):
    def loss(student, teacher, labels):
        q, p = log_softmax(student, temperature).exp(), log_softmax(teacher, temperature).exp()
        # Where both sides are equal but for rounding, the slope of an absolute value would be chance: it is 0,
        # the middle of those that there are.
        apart = (q - p).abs() > 1e-12 * (q + p)
        difference = torch.where(apart, q - p, 0.0)
        return {"variation": temperature**2 * 0.5 * difference.abs().sum(dim=1).mean()}

    return loss


def top_k(temperature, k, tail):
    def loss(student, teacher, labels):
        log_p, log_q = log_softmax(teacher, temperature), log_softmax(student, temperature)
        order = torch.tensor(np.argsort(-teacher.numpy(), axis=1, kind="stable"))
        first, rest = order[:, :k], order[:, k:]
        at = lambda log, places: log.gather(1, places)
        first_p, first_q = at(log_p, first), at(log_q, first)
        if rest.shape[1] > 0 and tail == "bucket":
            join = lambda log, head: torch.cat(
                [head, torch.logsumexp(at(log, rest), dim=1, keepdim=True)], dim=1
            )
            first_p, first_q = join(log_p, first_p), join(log_q, first_q)
        if rest.shape[1] > 0 and tail == "none":
            first_p = first_p - torch.logsumexp(first_p, dim=1, keepdim=True)
        return {"first-classes": temperature**2 * kl(first_p, first_q).mean()}

    return loss


def tf_kd(temperature, certainty):
    def loss(student, teacher, labels):
        student, _, labels = known(student, teacher, labels)
        classes = student.shape[1]
        made = torch.full(student.shape, math.log((1 - certainty) / (classes - 1)))
        made[torch.arange(len(labels)), labels] = math.log(certainty)
        return {"made-up": mean(soft(student, made, temperature))}

    return loss


def standardised(logits):
    centred = logits - logits.mean(dim=1, keepdim=True)
    variance = (centred**2).sum(dim=1, keepdim=True) / (logits.shape[1] - 1)
    usual = variance > 0
    deviation = torch.where(usual, torch.where(usual, variance, 1.0).sqrt(), 0.0)
    return centred / (1e-7 + deviation)


def standardised_kd(temperature):
    def loss(student, teacher, labels):
        value = soft(standardised(student), standardised(teacher), temperature).mean()
        return {"soft": value}

    return loss


def shifted_kd(temperature):
    def loss(student, teacher, labels):
        shifted = teacher.clone()
        for row, label in enumerate(labels.tolist()):
            first = int(np.argmax(teacher[row].numpy()))
            if label >= 0 and teacher[row, label] < teacher[row, first]:
                shifted[row, label] = teacher[row, first]
                shifted[row, first] = teacher[row, label]
        return {"soft": soft(student, shifted, temperature).mean()}

    return loss


METHODS = {
    "kd at 1": kd(1.0),
    "kd at 4": kd(4.0),
    "kd at 20": kd(20.0),
    "hard": hard,
    "dkd at 4": dkd(4.0),
    "nkd at 1": nkd(1.0),
    "nkd at 3": nkd(3.0),
    "dist at 1": dist(1.0),
    "dist at 4": dist(4.0),
    "mlkd": mlkd([2.0, 5.0]),
    "wsld at 2": wsld(2.0),
    "reverse-kl at 2": reverse_kl(2.0),
    "jsd": jsd(1.0, 0.5),
    "jsd at 3": jsd(3.0, 0.1),
    "skew-kl": skew(1.0, 0.1, "forward"),
    "skew-kl reverse at 2": skew(2.0, 0.1, "reverse"),
    "total-variation": total_variation(1.0),
    "top-k": top_k(2.0, 3, "bucket"),
    "top-k none": top_k(1.0, 3, "none"),
    "tf-kd": tf_kd(20.0, 0.99),
    "standardised kd": standardised_kd(2.0),
    "shifted kd": shifted_kd(4.0),
}


def rounded(value):
    return float(f"{value:.9e}")


def gradient_summary(gradient):
    flat = gradient.reshape(-1)
    step = -(-len(flat) // KEPT)
    return {
        "norm": rounded(float(flat.norm())),
        "some": [rounded(value) for value in flat[::step].tolist()],
    }


def answers(method, student, teacher, labels):
    result = {}
    for name in method(student, teacher, labels):
        leaf = student.clone().requires_grad_(True)
        value = method(leaf, teacher, labels)[name] + 0.0 * leaf.sum()
        (gradient,) = torch.autograd.grad(value, leaf)
        assert torch.isfinite(value) and torch.isfinite(gradient).all()
        result[name] = {"value": rounded(value.item()), **gradient_summary(gradient)}
    return result


def learned_temperature(student, teacher):
    """`ctkd` at its initial parameter: also the gradient of that, before it is reversed."""
    leaf = student.clone().requires_grad_(True)
    theta = torch.tensor(1.0, requires_grad=True)
    value = soft(leaf, teacher, 1.0 + 20.0 * torch.sigmoid(theta)).mean()
    gradient, of_theta = torch.autograd.grad(value, [leaf, theta])
    return {
        "value": rounded(value.item()),
        **gradient_summary(gradient),
        "theta": rounded(of_theta.item()),
    }


def cross_check():
    """Vectors worked out elsewhere, asserted here before anything is written."""
    student = torch.tensor([[2, 0.5, -1, 0.1], [0.3, 1.2, 0.8, -0.5]])
    teacher = torch.tensor([[3, 1, -2, 0.5], [-0.5, 2.5, 1.5, 0]])
    labels = torch.tensor([0, 1])
    of = lambda method: {
        name: value.item() for name, value in method(student, teacher, labels).items()
    }

    def near(found, expected):
        assert abs(found - expected) < 1e-9, (found, expected)

    near(of(dkd(4.0))["target"], 0.1153476490)
    near(of(dkd(4.0))["other"], 0.1959192509)
    sharp, rest = of(nkd(1.0)).values()
    # The vector has the second part as a cross-entropy.
    log = torch.log_softmax(others(teacher, labels), dim=1)
    entropy = -(log.exp() * log).sum(dim=1).mean().item()
    near(sharp + 1.5 * (rest + entropy), 1.7087667477)
    # The vectors have 1e-8 added to every product of norms, as the authors' code.
    for temperature, inter, intra in [
        (1.0, 0.0334196688, 0.0000168230),
        (4.0, 1.0966720008, 0.0001200475),
    ]:
        q, p = (log_softmax(logits, temperature).exp() for logits in (student, teacher))
        for value, (a, b) in [(inter, (q, p)), (intra, (q.T, p.T))]:
            a, b = (side - side.mean(dim=1, keepdim=True) for side in (a, b))
            held = (a * b).sum(dim=1) / (a.norm(dim=1) * b.norm(dim=1) + 1e-8)
            near(temperature**2 * (1 - held).mean().item(), value)
            exact = correlation(a, b)
            assert (exact - held).abs().max() < 1e-4, (exact, held)
    near(of(standardised_kd(2.0))["soft"], 0.0485905628)
    near(of(reverse_kl(1.0))["reverse"], 0.1360096268)
    for beta, value in {0.1: 0.0088318692, 0.5: 0.0269618458, 0.9: 0.0114486407}.items():
        near(of(jsd(1.0, beta))["jensen-shannon"], value)
    near(of(skew(1.0, 0.1, "forward"))["skewed"], 0.0809656212)
    near(of(skew(1.0, 0.1, "reverse"))["skewed"], 0.0969919773)
    near(of(total_variation(1.0))["variation"], 0.1690544248)
    near(of(top_k(1.0, 2, "none"))["first-classes"], 0.2532129424)
    near(of(top_k(1.0, 2, "bucket"))["first-classes"], 0.0836421323)


def cases():
    """Kind, rows, classes and seed of each case."""
    kinds = ["usual", "extreme", "ties", "same", "one-hot", "masked", "unlabelled"]
    shapes = [(rows, classes, kinds) for classes in (10, 2, 1000) for rows in (1, 2, 33)]
    number = 0
    for rows, classes, kinds in shapes:
        for kind in kinds:
            number += 1
            yield kind, rows, classes, number


def main():
    cross_check()
    found = []
    for kind, rows, classes, seed in cases():
        student, teacher, labels = map(torch.tensor, inputs(kind, rows, classes, seed))
        methods = {}
        for name, method in METHODS.items():
            methods[name] = answers(method, student, teacher, labels)
        found.append(
            {
                "kind": kind,
                "rows": rows,
                "classes": classes,
                "seed": seed,
                "methods": methods,
                "ctkd": learned_temperature(student, teacher),
            }
        )
    document = {"made_by": f"torch {torch.__version__.split('+')[0]}", "cases": found}
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(f"{len(found)} cases, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
