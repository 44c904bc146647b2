"""A contestant's side of the line protocol; see the README of this folder's parent."""

import json
import math
import os
import sys
import time

SAMPLE_SECONDS = 0.3
WARM_UP_STEPS = 8


def memory_mb(name):
    """`VmRSS` or `VmHWM` of this process in MB (2^20 bytes)."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError(f"/proc/self/status has no {name}")


def claim_output():
    """Takes standard output for the protocol; whatever a library prints goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return channel


def serve(channel, build, steps_per_call=1):
    """Builds the work and answers the runner until it says quit.

    `build()` returns the number of parameters, `run(calls)`, which makes so many calls and returns
    when the last is done (a call is one step, or `steps_per_call` that are one program), and
    `check()`, which returns a number that must be finite at the end.
    """

    def say(**answer):
        print(json.dumps(answer), file=channel, flush=True)

    before = memory_mb("VmRSS")
    parameters, run, check = build()
    per_step = warm_up(run)
    require_finite(check())
    say(ready=True, rss_mb=memory_mb("VmRSS"), before_mb=before, parameters=parameters)
    for line in sys.stdin:
        command = line.strip()
        if command == "go":
            per_step = sample(run, per_step)
            say(ms=1000 * per_step / steps_per_call)
        elif command == "quit":
            require_finite(check())
            say(peak_mb=memory_mb("VmHWM"))
            return


def warm_up(run):
    """Compiles, and makes steps until the time of one has settled."""
    start = time.perf_counter()
    run(1)
    steps = WARM_UP_STEPS if time.perf_counter() - start < 60 else 1
    run(steps)
    start = time.perf_counter()
    run(1)
    return sample(run, time.perf_counter() - start)


def sample(run, per_step):
    """Seconds a step, over at least `SAMPLE_SECONDS`.

    The number of steps is known beforehand from the last sample, so that there is no clock and no
    waiting between them; what is missing in the end is made up.
    """
    made, start = 0, time.perf_counter()
    while True:
        missing = SAMPLE_SECONDS - (time.perf_counter() - start)
        steps = max(1, math.ceil(missing / per_step))
        run(steps)
        made += steps
        seconds = time.perf_counter() - start
        if seconds >= SAMPLE_SECONDS:
            return seconds / made
        per_step = seconds / made


def require_finite(value):
    if not math.isfinite(value):
        raise RuntimeError(f"the work ended in {value}")
