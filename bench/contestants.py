"""Who takes part in which work, and how they are started."""

import pathlib
import sys

from peers.works import WORKS
from processes import PEER_ENVIRONMENT, LineContestant, WholeContestant

PROJECT = pathlib.Path(__file__).resolve().parent.parent
PEERS = PROJECT / "bench/peers"
THREADS = (1, 2)
JOBS = ("job-digits", "job-fashion-mnist")
ALL_WORKS = (*WORKS, "startup", *JOBS)
SCANNED = 16


class Entry:
    """A contestant in a work, with what it has done so far."""

    def __init__(self, framework, variant, threads, process):
        self.framework, self.variant, self.threads = framework, variant, threads
        self.process = process
        self.heat, self.samples = [], []
        self.error = None

    @property
    def name(self):
        return f"{self.framework} {self.variant}".strip()

    @property
    def ours(self):
        return self.framework == "potstill"


def entries(work, options):
    """All contestants of a work, ours first."""
    if work == "startup":
        return startup(options)
    if work in JOBS:
        return job(work, options)
    chosen = [("potstill", "", [binary(options, "examples/contestant")])]
    chosen += [("torch", *variant) for variant in torch_variants(WORKS[work])]
    chosen += [("keras-jax", *variant) for variant in jax_variants(WORKS[work])]
    chosen += [("keras-tensorflow", *variant) for variant in tensorflow_variants()]
    if WORKS[work]["task"] != "train":
        chosen.append(("onnxruntime", "", python("ort_peer.py")))
    return [
        Entry(framework, variant, threads, LineContestant(
            [*command, "--work", work, "--threads", str(threads)],
            {} if framework == "potstill" else PEER_ENVIRONMENT, options.limits,
        ))
        for framework, variant, command in chosen for threads in THREADS
    ]  # fmt: skip


def binary(options, name):
    return str(options.target / "release" / name)


def python(script, *arguments):
    return [sys.executable, str(PEERS / script), *arguments]


def torch_variants(work):
    modes = {
        "train": ["eager", "compile", "compile-step"],
        "infer": ["eager", "compile", "compile-frozen"],
        "latency": ["eager", "compile", "compile-frozen", "compile-frozen-cpp", "aot"],
    }[work["task"]]
    images = work["kind"] in ("residual", "mobilenet")
    for layout in ["default", "channels-last"] if images else ["default"]:
        for mode in modes:
            variant = mode if layout == "default" else f"{mode} {layout}"
            yield variant, python("torch_peer.py", "--mode", mode, "--layout", layout)


def jax_variants(work):
    base = python("keras_peer.py", "--backend", "jax")
    yield "", base
    if work["task"] == "train" and work["kind"] in ("dense", "transformer"):
        yield f"scan-{SCANNED}", [*base, "--scan", str(SCANNED)]


def tensorflow_variants():
    for compile_ in ("xla", "graph"):
        yield compile_, python("keras_peer.py", "--backend", "tensorflow", "--compile", compile_)


def startup(options):
    commands = {"potstill": ("--version", [binary(options, "potstill"), "--version"])}
    for module in ("torch", "keras", "tensorflow", "onnxruntime"):
        commands[module] = (f"import {module}", [sys.executable, "-c", f"import {module}"])
    return [
        Entry(framework, variant, None, whole(command, options, framework != "potstill"))
        for framework, (variant, command) in commands.items()
    ]


def job(work, options):
    name = work.removeprefix("job-")
    short = name == "fashion-mnist" and not options.full
    ours = [binary(options, "potstill"), "distill", PROJECT / f"recipes/{name}.toml", "--quiet"]
    # Each run labels by its own teacher: a store would save later rounds the work.
    ours += ["--run", "{folder}/run", "--set", "run.labels=off"]
    theirs = [name, "--output", "{folder}"]
    if short:
        for key in ("distill.seeds", "distill.epochs", "teacher.epochs"):
            ours += ["--set", f"{key}=1"]
        theirs += ["--seeds", "1", "--epochs", "1"]
    # An epoch as one program is the best for dense layers; see README.md for convolutions.
    whole_epoch = "scan" if name == "digits" else "step"
    modes = {"torch": ["eager", "compile"], "keras-jax": [whole_epoch, "fit"]}
    made = []
    for threads in THREADS:
        limit = ["--threads", str(threads)]
        made.append(Entry("potstill", "", threads, whole([*ours, *limit], options, False)))
    for framework, script in (("torch", "torch_job.py"), ("keras-jax", "keras_job.py")):
        for mode in modes[framework]:
            for threads in THREADS:
                command = python(script, *theirs, "--mode", mode, "--threads", str(threads))
                made.append(Entry(framework, mode, threads, whole(command, options, True)))
    return made


def whole(command, options, peer):
    environment = {"KERAS_BACKEND": "jax", **PEER_ENVIRONMENT} if peer else {}
    return WholeContestant(command, environment, options.limits)
