"""Optimisers, schedules and clipping in float64, by PyTorch and Keras.

Writes crates/train/tests/oracle/optimizers.json. The gradients do not depend on the parameters, so
that every implementation sees the same numbers; a few of them are tiny or zero, because that is
where the two places of Adam's epsilon differ.

    KERAS_BACKEND=torch python oracles/optimizers.py
"""

import json
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch

keras.config.set_floatx("float64")
torch.set_default_dtype(torch.float64)

STEPS = 50
REPORTED = [1, 2, 10, 50]
OUTPUT = Path(__file__).parent.parent / "crates/train/tests/oracle/optimizers.json"


def f32_exact(values):
    """Numbers that f32 holds exactly, as float64."""
    return np.asarray(values).astype(np.float32).astype(np.float64)


def inputs():
    random = np.random.default_rng(20261123)
    start = f32_exact(random.normal(size=8) * 0.1)
    gradients = random.normal(size=(STEPS, 8))
    gradients[:, 4] *= 1e-6
    gradients[:, 5] *= 1e-8
    gradients[:, 6] = 0.0
    gradients[:, 7] = np.where(np.arange(STEPS) % 5 == 0, gradients[:, 7] * 100.0, 0.0)
    return start, f32_exact(gradients)


def run_torch(make, start, gradients, rates, buffers):
    parameter = torch.nn.Parameter(torch.tensor(start))
    optimizer = make([parameter])
    after = {}
    for step, (gradient, rate) in enumerate(zip(gradients, rates), start=1):
        for group in optimizer.param_groups:
            group["lr"] = rate
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        if step in REPORTED:
            after[str(step)] = parameter.detach().tolist()
    state = optimizer.state[parameter]
    return after, {ours: state[theirs].tolist() for ours, theirs in buffers.items()}


def run_keras(make, start, gradients, rates, _buffers):
    variable = keras.Variable(start, dtype="float64")
    optimizer = make()
    optimizer.build([variable])
    after = {}
    for step, (gradient, rate) in enumerate(zip(gradients, rates), start=1):
        optimizer.learning_rate = rate
        optimizer.apply([torch.tensor(gradient)], [variable])
        if step in REPORTED:
            after[str(step)] = keras.ops.convert_to_numpy(variable).tolist()
    return after, {}


def cases(start, gradients):
    adam_buffers = {"first": "exp_avg", "second": "exp_avg_sq"}
    momentum_buffer = {"momentum": "momentum_buffer"}
    constant = [0.1] * STEPS
    changing = [0.1 / (1 + step % 7) for step in range(STEPS)]

    def sgd(name, rates=constant, **options):
        full = dict(momentum=0.0, nesterov=False, weight_decay=0.0) | options
        buffers = momentum_buffer if full["momentum"] else {}
        make = lambda p: torch.optim.SGD(p, lr=0.1, dampening=0.0, **full)
        return name, "sgd", full, run_torch, make, rates, buffers

    def rmsprop(name, rates=constant, **options):
        full = dict(smoothing=0.99, epsilon=1e-8, momentum=0.0, weight_decay=0.0) | options
        buffers = {"square": "square_avg"}
        if full["momentum"]:
            buffers["momentum"] = "momentum_buffer"
        make = lambda p: torch.optim.RMSprop(
            p,
            lr=0.1,
            alpha=full["smoothing"],
            eps=full["epsilon"],
            momentum=full["momentum"],
            weight_decay=full["weight_decay"],
        )
        return name, "rmsprop", full, run_torch, make, rates, buffers

    def adam_torch(name, kind, rates=constant, **options):
        full = dict(beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0) | options
        constructor = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
        make = lambda p: constructor(
            p,
            lr=0.1,
            betas=(full["beta1"], full["beta2"]),
            eps=full["epsilon"],
            weight_decay=full["weight_decay"],
        )
        return name, kind, full | {"form": "pytorch"}, run_torch, make, rates, adam_buffers

    def adam_keras(name, kind, rates=constant, **options):
        full = dict(beta1=0.9, beta2=0.999, epsilon=1e-7, weight_decay=0.0) | options
        constructor = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[kind]
        # Keras' Adam has only decoupled decay; L2 in the gradient is no case of it.
        assert kind == "adamw" or full["weight_decay"] == 0.0
        decay = {"weight_decay": full["weight_decay"]} if kind == "adamw" else {}
        make = lambda: constructor(
            learning_rate=0.1,
            beta_1=full["beta1"],
            beta_2=full["beta2"],
            epsilon=full["epsilon"],
            **decay,
        )
        return name, kind, full | {"form": "keras"}, run_keras, make, rates, {}

    listed = [
        sgd("sgd"),
        sgd("sgd with weight decay", weight_decay=0.05),
        sgd("sgd with momentum", momentum=0.9),
        sgd("sgd with momentum and weight decay", momentum=0.9, weight_decay=0.05),
        sgd("sgd with nesterov", momentum=0.9, nesterov=True),
        sgd("sgd with all", changing, momentum=0.8, nesterov=True, weight_decay=0.01),
        rmsprop("rmsprop"),
        rmsprop("rmsprop with weight decay", changing, weight_decay=0.05),
        rmsprop("rmsprop with momentum", momentum=0.9),
        rmsprop("rmsprop with all", changing, smoothing=0.9, epsilon=1e-3, momentum=0.8, weight_decay=0.01),
        adam_torch("adam", "adam"),
        adam_torch("adam with l2", "adam", weight_decay=0.05),
        adam_torch("adam with a changing rate", "adam", changing, beta1=0.8, beta2=0.99),
        adam_torch("adam with a large epsilon", "adam", epsilon=1e-3),
        adam_torch("adamw", "adamw", weight_decay=0.01),
        adam_torch("adamw with strong decay", "adamw", changing, weight_decay=0.3),
        adam_keras("adam of keras", "adam"),
        adam_keras("adam of keras with a large epsilon", "adam", changing, epsilon=1e-3),
        adam_keras("adamw of keras", "adamw", changing, weight_decay=0.05),
    ]
    result = []
    for name, kind, options, run, make, rates, buffers in listed:
        after, state = run(make, start, gradients, rates, buffers)
        result.append(
            {
                "name": name,
                "kind": kind,
                "options": options,
                "learning_rates": rates,
                "after": after,
                "buffers": state,
            }
        )
    return result


def schedule(base, warmup, shape, final, total, epochs=1, **options):
    """The learning rate of every step, by PyTorch's schedulers."""
    schedulers = torch.optim.lr_scheduler
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base, momentum=0.9)
    if shape == "step":
        # Its milestones count from the end of the warm-up, ours from the beginning, in epochs.
        steps = [epoch * (total // epochs) - warmup for epoch in options["milestones"]]
        main = schedulers.MultiStepLR(optimizer, steps, gamma=options["factor"])
    elif shape == "polynomial":
        main = schedulers.PolynomialLR(optimizer, total - warmup, power=options["power"])
    elif shape == "one-cycle":
        assert warmup == 0
        main = schedulers.OneCycleLR(optimizer, base, total_steps=total)
    elif shape == "exponential":
        assert warmup == 0
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base * options["start"])
        factor = options["start"] ** (-1.0 / (options["steps"] - 1))
        main = schedulers.ExponentialLR(optimizer, factor)
    elif shape == "cosine":
        main = schedulers.CosineAnnealingLR(
            optimizer, T_max=max(total - warmup, 1), eta_min=base * final
        )
    else:
        main = schedulers.ConstantLR(optimizer, factor=1.0, total_iters=0)
    if warmup > 1:
        first = schedulers.LinearLR(optimizer, 1.0 / warmup, 1.0, total_iters=warmup - 1)
        main = schedulers.SequentialLR(optimizer, [first, main], milestones=[warmup])
    elif warmup == 1:
        first = schedulers.ConstantLR(optimizer, factor=1.0, total_iters=1)
        main = schedulers.SequentialLR(optimizer, [first, main], milestones=[warmup])
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < total:
            main.step()
    return options | {
        "epochs": epochs,
        "base": base,
        "warmup_steps": warmup,
        "shape": shape,
        "final_fraction": final,
        "total_steps": total,
        "learning_rates": rates,
    }


def clipped(name, gradients, maximum):
    parameters = []
    for gradient in gradients:
        parameter = torch.nn.Parameter(torch.zeros(len(gradient)))
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        parameters.append(parameter)
    norm = torch.nn.utils.clip_grad_norm_(parameters, maximum)
    return {
        "name": name,
        "gradients": gradients,
        "maximum": maximum,
        "norm": float(norm),
        "clipped": [parameter.grad.tolist() for parameter in parameters],
    }


def clips():
    random = np.random.default_rng(7)
    uneven = [f32_exact(random.normal(size=size)).tolist() for size in (1, 7, 8, 29, 64)]
    tiny = [f32_exact(random.normal(size=size) * 1e-7).tolist() for size in (3, 11)]
    return [
        clipped("above the maximum", uneven, 1.0),
        clipped("below the maximum", uneven, 1000.0),
        clipped("exactly at the maximum", [[3.0], [4.0]], 5.0),
        clipped("as small as the constant", tiny, 1e-7),
        clipped("zero", [[0.0, 0.0]], 1.0),
    ]


def main():
    start, gradients = inputs()
    document = {
        "made_by": f"torch {torch.__version__.split('+')[0]}, keras {keras.__version__}",
        "start": start.tolist(),
        "gradients": gradients.tolist(),
        "cases": cases(start, gradients),
        "schedules": [
            schedule(0.1, 0, "constant", 0.0, 20),
            schedule(0.1, 5, "constant", 0.0, 20),
            schedule(0.1, 0, "cosine", 0.0, 20),
            schedule(0.3, 0, "cosine", 0.1, 17),
            schedule(0.001, 1, "cosine", 0.0, 10),
            schedule(0.001, 7, "cosine", 0.05, 40),
            schedule(1.0, 19, "cosine", 0.0, 20),
            schedule(0.1, 0, "step", 0.0, 40, 8, milestones=[2, 5], factor=0.1),
            schedule(0.3, 7, "step", 0.0, 40, 8, milestones=[6, 3, 6], factor=0.5),
            schedule(0.1, 0, "polynomial", 0.0, 20, power=1.0),
            schedule(0.2, 5, "polynomial", 0.0, 23, power=2.5),
            schedule(0.1, 0, "one-cycle", 0.0, 50),
            schedule(0.5, 0, "one-cycle", 0.0, 10),
            schedule(0.5, 0, "one-cycle", 0.0, 3),
            schedule(10.0, 0, "exponential", 0.0, 40, start=1e-7, steps=40),
        ],
        "clips": clips(),
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(document, indent=None, separators=(",", ":")) + "\n")
    print(f"{len(document['cases'])} optimiser cases, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
