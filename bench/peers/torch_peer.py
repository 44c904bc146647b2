"""PyTorch as a contestant.

    torch_peer.py --work WORK --threads N --mode MODE --layout LAYOUT

Modes: `eager`; `compile` (torch.compile of the forward pass and the loss, or of the inference);
for training `compile-step` (the whole step, optimiser included, as one graph by torch.func); for
inference `compile-frozen` (weights are constants, so batch normalisation is folded),
`compile-frozen-cpp` (the same with Inductor's C++ wrapper) and `aot` (AOTInductor).
"""

import argparse
import os

# Compiling in this process: idle helper processes would stay beside the measurement.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

import torch

import protocol
import torch_networks
import torch_steps
import works


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, choices=works.WORKS)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--mode", default="eager")
    parser.add_argument("--layout", choices=["default", "channels-last"], default="default")
    return parser.parse_args()


def parameter_count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def compiled(function):
    # The shapes never change, so the checks that they did not are left out.
    options = {"guard_filter_fn": torch.compiler.skip_all_guards_unsafe}
    return torch.compile(function, dynamic=False, options=options)


def build_training(work, mode, network, inputs, logits, labels):
    teacher = None
    if "teacher" in work:
        teacher = torch_networks.dense(work["inputs"], work["teacher"])
        teacher.eval().requires_grad_(False)

    def loss(forward, inputs, logits, labels):
        if teacher is not None:
            with torch.no_grad():
                logits = teacher(inputs)
        return torch_steps.distillation_loss(forward(inputs), logits, labels)

    optimizer = work["optimizer"]
    rate = (works.ADAM if optimizer == "adam" else works.SGD)["rate"]
    if mode == "compile-step":
        step = torch_steps.whole_step(network, loss, optimizer, compiled)
    else:
        step = torch_steps.autograd_step(
            network, compiled(loss) if mode == "compile" else loss, optimizer
        )

    last = [0.0]

    def run(steps):
        for _ in range(steps):
            # Reading the loss costs a microsecond or two on the CPU; potstill reads it too.
            last[0] = step(rate, inputs, logits, labels).item()

    return parameter_count(network), run, lambda: last[0]


def build_inference(work, mode, network, inputs):
    count = parameter_count(network)
    network.eval().requires_grad_(False)
    torch_networks.randomise_norms(network)
    forward = network
    if mode != "eager":
        # Imported here, because it takes memory that the eager mode has no use for.
        from torch._inductor import config as inductor

        inductor.freezing = "frozen" in mode
        inductor.cpp_wrapper = "cpp" in mode
    if mode == "aot":
        program = torch.export.export(network, (inputs,))
        package = torch._inductor.aoti_compile_and_package(program)
        forward = torch._inductor.aoti_load_package(package)
    elif mode != "eager":
        forward = compiled(network)
    host, last = inputs.numpy(), [0.0]

    @torch.inference_mode()
    def run(steps):
        if work["task"] == "latency":
            for _ in range(steps):
                last[0] = forward(torch.from_numpy(host)).numpy()
        else:
            for _ in range(steps):
                last[0] = forward(inputs)

    return count, run, lambda: float(last[0].sum())


def main():
    options = arguments()
    channel = protocol.claim_output()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)

    def build():
        work = works.WORKS[options.work]
        inputs, logits, labels = (torch.from_numpy(array) for array in works.data(work))
        network = torch_networks.build(work)
        if options.layout == "channels-last":
            network = network.to(memory_format=torch.channels_last)
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        if work["task"] == "train":
            return build_training(work, options.mode, network, inputs, logits, labels)
        return build_inference(work, options.mode, network, inputs)

    protocol.serve(channel, build)


if __name__ == "__main__":
    main()
