"""A whole job in PyTorch, as potstill's `distill` does it, start-up included.

    torch_job.py digits|fashion-mnist --output FOLDER --threads N --mode eager|compile
"""

import json
import os

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

import numpy
import torch
from torch import nn
from torch.nn import functional

import job_data
import torch_networks
import torch_steps

EVALUATION_BATCH = 500


def build(section):
    """A network of a recipe's section."""
    if section["model"] == "mlp":
        return torch_networks.dense(64, section["hidden"])
    if section["model"] == "resnet8":
        network = torch_networks.residual((1, 28, 28), 16, [16, 32, 64], 1)
    else:
        layers, inputs = [], 1
        for outputs in section["channels"]:
            layers += [torch_networks.convolution(inputs, outputs, 3), nn.BatchNorm2d(outputs)]
            layers += [nn.ReLU(inplace=True), nn.MaxPool2d(2)]
            inputs = outputs
        side = 28 >> len(section["channels"])
        output = nn.Linear(inputs * side * side, torch_networks.works.CLASSES)
        network = nn.Sequential(*layers, nn.Flatten(), output)
    return network.to(memory_format=torch.channels_last)


def hard(forward, inputs, labels):
    return functional.cross_entropy(forward(inputs), labels)


def soft(settings):
    def loss(forward, inputs, labels, targets):
        temperature, alpha = settings["temperature"], settings["alpha"]
        return torch_steps.distillation_loss(
            forward(inputs), targets, labels, temperature, alpha
        )

    return loss


class Trainer:
    """A network with its step, used again for every seed so that nothing is compiled twice."""

    def __init__(self, network, loss, settings, mode):
        self.network, self.settings = network, settings
        if mode == "compile":
            compiled = lambda function: torch.compile(function, dynamic=False)  # noqa: E731
            self.step = torch_steps.whole_step(network, loss, "adam", compiled)
        else:
            self.step = torch_steps.autograd_step(network, loss, "adam")

    def train(self, seed, columns, rows, validation):
        """Trains from new weights; `columns` are the tensors of all training rows."""
        torch.manual_seed(seed)
        for module in self.network.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        self.step.reset()
        per_epoch = -(-len(columns[0]) // self.settings["batch_size"])
        steps = per_epoch * self.settings["epochs"]
        generator = numpy.random.default_rng(seed)
        order = job_data.batches(rows, self.settings, steps, generator)
        rates, history, total = job_data.rates(self.settings, steps), [], torch.zeros(())
        self.network.train()
        for step, batch in enumerate(order):
            index = torch.from_numpy(batch)
            total += self.step(rates[step], *(column[index] for column in columns))
            if (step + 1) % per_epoch == 0:
                right = predict(self.network, validation[0]).argmax(1) == validation[1]
                history.append({
                    "loss": total.item() / per_epoch, "accuracy": right.float().mean().item(),
                })  # fmt: skip
                total.zero_()
                self.network.train()
        return history


@torch.inference_mode()
def predict(network, inputs):
    network.eval()
    return torch.cat([network(part) for part in inputs.split(EVALUATION_BATCH)])


def main():
    options = job_data.arguments(["eager", "compile"])
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    parts = job_data.recipe(options)
    arrays, visible = job_data.load(parts)
    data = {}
    for part, (inputs, labels) in arrays.items():
        inputs = torch.from_numpy(inputs)
        if inputs.dim() == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        data[part] = (inputs, torch.from_numpy(labels))
    settings = parts["distill"]
    teacher, student = build(parts["teacher"]), build(parts["student"])
    trainers = {
        "teacher": Trainer(teacher, hard, parts["teacher"], options.mode),
        "alone": Trainer(student, hard, settings, options.mode),
        "distilled": Trainer(student, soft(settings), settings, options.mode),
    }
    results, everything = [], numpy.arange(len(data["train"][0]))
    for seed in range(settings["seeds"]):
        for role, trainer in trainers.items():
            columns, rows = data["train"], visible
            if role == "distilled":
                columns, rows = (*columns, predict(teacher, columns[0]).clone()), everything
            history = trainer.train(seed, columns, rows, data["validation"])
            logits = predict(trainer.network, data["test"][0])
            right = (logits.argmax(1) == data["test"][1]).float().mean().item()
            results.append({"seed": seed, "role": role, "test": right, "history": history})
            numpy.save(options.output / f"{role}-{seed}-test.npy", logits.numpy())
            torch.save(trainer.network.state_dict(), options.output / f"{role}-{seed}.pt")
    (options.output / "results.json").write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
