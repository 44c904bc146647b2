"""What the numbers were measured on."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import subprocess

PEERS = ["torch", "keras", "jax", "jaxlib", "tensorflow-cpu", "onnxruntime", "onnx", "numpy"]
LEVELS = {
    "x86-64-v2": {"sse4_2", "ssse3", "popcnt", "cx16"},
    "x86-64-v3": {"avx", "avx2", "bmi1", "bmi2", "fma", "f16c", "movbe"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
}


def describe(project):
    """Processor, system, versions of all peers, and the state of this project."""
    processor, flags = read_processor()
    return {
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "level": level(flags),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PEERS},
        "commit": output(project, "git", "describe", "--always", "--dirty"),
        "rustc": output(project, "rustc", "--version"),
        "rustflags": os.environ.get("RUSTFLAGS", ""),
    }


def read_processor():
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    return fields.get("model name", platform.machine()), set(fields.get("flags", "").split())


def level(flags):
    reached = "x86-64"
    for name, needed in LEVELS.items():
        if not needed <= flags:
            break
        reached = name
    return reached


def output(folder, *command):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
