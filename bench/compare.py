"""Measures potstill and its peers side by side; see README.md. `run.sh` builds and starts this."""

import argparse
import json
import os
import pathlib
import re
import shlex
import signal
import sys

import machine
import match
import table
from contestants import ALL_WORKS, PROJECT, entries

RESULTS = PROJECT / "bench/results"


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of {', '.join(ALL_WORKS)}")
    parser.add_argument("--rounds", type=int, help="5, and 3 for job-fashion-mnist")
    parser.add_argument("--full", action="store_true", help="the whole recipe of Fashion-MNIST")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), metavar="PATTERN",
                        help="contestants whose name and threads match, as `torch eager 2`")  # fmt: skip
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    parser.add_argument("--start-limit", type=float, default=900, help="seconds")
    parser.add_argument("--sample-limit", type=float, default=300, help="seconds")
    parser.add_argument("--whole-limit", type=float, default=7200, help="seconds")
    options = parser.parse_args()
    unknown = [work for work in options.works if work not in ALL_WORKS]
    if unknown:
        parser.error(f"unknown work {unknown[0]}; there are {', '.join(ALL_WORKS)}")
    options.works = options.works or list(ALL_WORKS)
    options.target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    options.limits = {
        "start": options.start_limit,
        "sample": options.sample_limit,
        "whole": options.whole_limit,
    }
    return options


def rounds_of(work, options):
    return options.rounds or (3 if work == "job-fashion-mnist" else 5)


def without_results(words):
    kept = iter(words)
    for word in kept:
        if word == "--results":
            next(kept, None)
        elif not word.startswith("--results="):
            yield word


def main():
    # Contestants that wait for their turn are stopped, and would stay so.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("compare: stopped"))
    options = arguments()
    options.results.mkdir(parents=True, exist_ok=True)
    facts = machine.describe(PROJECT)
    # Where the results went says nothing about them, and may be a private folder.
    facts["command"] = shlex.join(["bench/run.sh", *without_results(sys.argv[1:])])
    played = []
    with open(options.results / "raw.jsonl", "w", encoding="utf-8", buffering=1) as raw:
        print(json.dumps({"machine": facts}), file=raw)
        for work in options.works:

            def log(entry, work=work, **found):
                line = {"work": work, "contestant": entry.name, "threads": entry.threads, **found}
                print(json.dumps(line), file=raw)
                print(json.dumps(line), file=sys.stderr)

            there = [one for one in entries(work, options)
                     if options.only.search(f"{one.name} {one.threads}")]  # fmt: skip
            match.play(there, rounds_of(work, options), log)
            played.append((work, rounds_of(work, options), there))
            # After every work, so that a run that is stopped leaves what it has.
            text = table.text(facts, played, options.full)
            (options.results / "table.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
