"""Contestants as processes: those that speak the line protocol, and those measured as a whole."""

import json
import os
import pathlib
import resource
import select
import signal
import subprocess
import tempfile
import time

# What a quiet glibc heap is worth to the peers: without it PyTorch gives back and faults in again
# the pages of its large tensors in every step; README.md has what that costs.
PEER_ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
    "MALLOC_MMAP_THRESHOLD_": "8000000000",
}


class Failure(Exception):
    """Why a contestant is out, in a line."""


class Process:
    """A child in a process group of its own, with its standard error kept for the report."""

    def __init__(self, command, environment, folder=None, pipes=True):
        self.errors = tempfile.TemporaryFile()
        pipe = subprocess.PIPE if pipes else subprocess.DEVNULL
        try:
            self.child = subprocess.Popen(
                command, env={**os.environ, **environment}, cwd=folder, stdin=pipe, stdout=pipe,
                stderr=self.errors, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Failure(f"could not be started: {error.strerror or error}") from error

    def signal(self, number):
        """To the child and to what it has started."""
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass

    def kill(self):
        """Ends the child and what it has started."""
        self.signal(signal.SIGKILL)
        if self.child.returncode is None:
            self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass

    def last_error(self):
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip()[:200] if lines else "nothing on standard error"


class LineContestant:
    """Speaks the protocol: steps in a process that stays warm, and is stopped between its turns.

    Threads that wait for work turn in circles for a while before they sleep; those of a contestant
    whose turn is over would take the processor from the next.
    """

    def __init__(self, command, environment, limits):
        self.command, self.environment, self.limits = command, environment, limits
        self.ready = {}
        self.peak_mb = None

    def start(self):
        self.process = Process(self.command, self.environment)
        self.ready = self._answer(self.limits["start"], "ready")
        self.process.signal(signal.SIGSTOP)

    def sample(self):
        """Milliseconds a step."""
        return self._ask("go", self.limits["sample"], "ms")["ms"]

    def finish(self):
        self.peak_mb = self._ask("quit", self.limits["sample"], "peak_mb")["peak_mb"]
        self.process.kill()

    def kill(self):
        if hasattr(self, "process"):
            self.process.kill()

    def _ask(self, line, limit, key):
        self.process.signal(signal.SIGCONT)
        try:
            self.process.child.stdin.write(line.encode() + b"\n")
            self.process.child.stdin.flush()
        except BrokenPipeError:
            raise Failure(f"ended: {self.process.last_error()}") from None
        answer = self._answer(limit, key)
        self.process.signal(signal.SIGSTOP)
        return answer

    def _answer(self, limit, key):
        output = self.process.child.stdout
        # Every answer is one line, and the next comes only when asked for: nothing is left buffered.
        if not select.select([output], [], [], limit)[0]:
            self.process.kill()
            raise Failure(f"no answer in {limit:.0f} s, killed")
        line = output.readline()
        if not line:
            self.process.child.wait()
            raise Failure(
                f"ended with status {self.process.child.returncode}: {self.process.last_error()}"
            )
        try:
            answer = json.loads(line)
            answer[key]
        except (ValueError, KeyError, TypeError):
            raise Failure(f"answered {line[:80]!r} where {key} was expected") from None
        return answer


class WholeContestant:
    """Each sample is the whole life of a process, in a new folder that is removed afterwards.

    `{folder}` in the command is that folder.
    """

    def __init__(self, command, environment, limits):
        self.command, self.environment, self.limits = command, environment, limits
        self.ready = {}
        self.peak_mb = None

    def start(self):
        """One run that is not counted: files come into the page cache, caches are filled."""
        self.sample()

    def sample(self):
        """Milliseconds from start to end."""
        with tempfile.TemporaryDirectory() as folder:
            command = [str(part).replace("{folder}", folder) for part in self.command]
            start = time.perf_counter()
            process = Process(command, self.environment, pipes=False)
            try:
                peak = self._wait(process, start)
            finally:
                process.kill()
            seconds = self.ended - start
        self.peak_mb = max(self.peak_mb or 0.0, peak)
        return 1000 * seconds

    def finish(self):
        pass

    def kill(self):
        pass

    def _wait(self, process, start):
        """Waits for the end; returns the peak of resident memory in MB."""
        child, watched, pause = process.child, 0, 0.0
        end = os.pidfd_open(child.pid)
        try:
            while not select.select([end], [], [], pause)[0]:
                watched = max(watched, high_water(child.pid))
                pause = min(1.5 * pause + 0.0005, 0.02)
                if time.perf_counter() - start > self.limits["whole"]:
                    raise Failure(f"not done in {self.limits['whole']:.0f} s, killed")
            self.ended = time.perf_counter()
        finally:
            os.close(end)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise Failure(f"ended with status {child.returncode}: {process.last_error()}")
        # The kernel counts the moment between fork and exec too, when the child is a copy of this
        # process; so its number is exact only where it is larger than this process ever was.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        exact = usage.ru_maxrss if usage.ru_maxrss > own else watched
        return round(exact / 1024, 1)


def high_water(pid):
    """`VmHWM` of a process in KiB, 0 when it has none any more."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) if found else 0
