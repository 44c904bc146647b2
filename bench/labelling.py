"""Labelling with ONNX teachers: potstill beside ONNX Runtime from Python, in turns.

    bench/labelling.py [--rounds N] [MAGIKA.onnx]

It is run by the Python of the benchmark's environment, after
`cargo build --release --workspace --example labelling`. The convolutional network is made here: residual, as
PyTorch exports it. Each contestant is a process; a sample is the time of 128 rows.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile

from processes import Failure, LineContestant

PROJECT = pathlib.Path(__file__).resolve().parent.parent
ROWS = 128
BATCHES = (1, 8, 32, 64)
THREADS = (1, 2)
LIMITS = {"start": 300, "sample": 300}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--target", default=PROJECT / "target")
    parser.add_argument("model", nargs="?", default=PROJECT / "data/magika/model.onnx")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        residual = pathlib.Path(folder) / "residual.onnx"
        export(residual)
        print(f"{'model':10} {'contestant':32} {'rows/s':>8}   lowest and highest of {options.rounds}")
        measure("Magika", [options.model, "2048", "214", "257"], options)
        measure("residual", [residual, "3x32x32", "10", "1"], options)


def measure(name, work, options):
    """All contestants once; then ours and the best of the other side in turns."""
    ours = [contestant(options, work, threads, None) for threads in THREADS]
    theirs = [contestant(options, work, threads, rows) for threads in THREADS for rows in BATCHES]
    best = []
    for side in (ours, theirs):
        heats = []
        for label, process in side:
            process.start()
            heats.append((min(process.sample() for _ in range(2)), label, process))
        best.append(min(heats, key=lambda heat: heat[0])[1:])
        for _, _, process in heats:
            if process is not best[-1][1]:
                process.kill()
    samples = {label: [] for label, _ in best}
    for round_number in range(options.rounds):
        for label, process in best[:: 1 if round_number % 2 else -1]:
            samples[label].append(1000 * ROWS / process.sample())
    for label, process in best:
        rates = samples[label]
        print(f"{name:10} {label:32} {statistics.median(rates):8.1f}   {min(rates):.1f} to {max(rates):.1f}")
        process.kill()
    ratio = statistics.median(samples[best[0][0]]) / statistics.median(samples[best[1][0]])
    print(f"{name:10} ratio of the medians: {ratio:.2f}", flush=True)


def contestant(options, work, threads, rows):
    model, sizes, classes, largest = map(str, work)
    arguments = ["--model", model, "--sizes", sizes, "--largest", largest, "--threads", str(threads)]
    if rows is None:
        command = [str(pathlib.Path(options.target) / "release/examples/labelling"), "--classes", classes]
        label = f"potstill, {threads} threads"
    else:
        command = [sys.executable, str(PROJECT / "bench/peers/ort_labelling.py"), "--rows", str(rows)]
        label = f"ONNX Runtime, {threads} threads, {rows} rows"
    return label, LineContestant([*command, *arguments], {}, LIMITS)


def export(path):
    """A residual network of 5 blocks a stage and 32 to 128 channels, 1.8 M parameters."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.inner = nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
                nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
            )  # fmt: skip
            self.around = nn.Identity()
            if inputs != outputs:
                self.around = nn.Sequential(
                    nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
                )

        def forward(self, images):
            return torch.relu(self.inner(images) + self.around(images))

    torch.manual_seed(0)
    layers, inputs = [nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()], 32
    for outputs in (32, 64, 128):
        for _ in range(5):
            layers.append(Block(inputs, outputs, 1 if inputs == outputs else 2))
            inputs = outputs
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10)).eval()
    torch.onnx.export(
        network, torch.zeros(1, 3, 32, 32), path, input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "rows"}, "logits": {0: "rows"}}, opset_version=17, dynamo=False,
    )  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"labelling: {failure}")
