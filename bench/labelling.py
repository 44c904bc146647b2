"""Labelling with ONNX teachers: potstill with both of its runtimes beside ONNX Runtime from Python, in turns.

    bench/labelling.py [--rounds N] [--target FOLDER] [MAGIKA.onnx]

It is run by the Python of the benchmark's environment, whose own ONNX Runtime potstill uses too, after
`cargo build --release --workspace --features potstill-onnx/ort --example labelling`. Without the feature, potstill's
lines with ONNX Runtime are left out, with the reason. The convolutional network is made here: residual, as PyTorch exports
it. Each contestant is a process; a sample is the time of 128 rows. Of each side (rten, ONNX Runtime in potstill, ONNX
Runtime from Python) the best setting goes on into the rounds.
"""

import argparse
import importlib.util
import pathlib
import statistics
import sys
import tempfile

from processes import Failure, LineContestant

PROJECT = pathlib.Path(__file__).resolve().parent.parent
ROWS = 128
BATCHES = (1, 8, 32, 64)
THREADS = (1, 2)
RUNTIMES = ("rten", "ort")
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
    """All contestants once; then the best of each side in turns."""
    ours = [[contestant(options, work, threads, runtime) for threads in THREADS] for runtime in RUNTIMES]
    theirs = [contestant(options, work, threads, rows) for threads in THREADS for rows in BATCHES]
    best = []
    for side in (*ours, theirs):
        heats = []
        for label, process in side:
            try:
                process.start()
            except Failure as failure:
                print(f"{name:10} {label:32} left out: {failure}")
                process.kill()
                continue
            heats.append((min(process.sample() for _ in range(2)), label, process))
        if not heats:
            continue
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
    medians = {label: statistics.median(rates) for label, rates in samples.items()}
    python = medians[best[-1][0]]
    for label, _ in best[:-1]:
        print(f"{name:10} {label:32} {medians[label] / python:8.2f} times ONNX Runtime from Python", flush=True)


def contestant(options, work, threads, setting):
    """Of potstill with a runtime, or of ONNX Runtime from Python with so many rows a call."""
    model, sizes, classes, largest = map(str, work)
    arguments = ["--model", model, "--sizes", sizes, "--largest", largest, "--threads", str(threads)]
    environment = {}
    if setting in RUNTIMES:
        program = pathlib.Path(options.target) / "release/examples/labelling"
        command = [str(program), "--classes", classes, "--runtime", setting]
        label = f"potstill ({setting}), {threads} threads"
        if setting == "ort":
            environment = {"ORT_DYLIB_PATH": str(shared_library())}
    else:
        command = [sys.executable, str(PROJECT / "bench/peers/ort_labelling.py"), "--rows", str(setting)]
        label = f"ONNX Runtime, {threads} threads, {setting} rows"
    return label, LineContestant([*command, *arguments], environment, LIMITS)


def shared_library():
    """The library of the Python package: the same build on both sides."""
    package = pathlib.Path(importlib.util.find_spec("onnxruntime").origin).parent
    found = [path for path in (package / "capi").iterdir() if path.name.startswith("libonnxruntime.")]
    if not found:
        raise Failure(f"no shared library of ONNX Runtime in {package / 'capi'}")
    return found[0]


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
