#!/bin/sh
# Builds potstill and its contestant, makes the Python environment of the peers where there is none,
# and measures all side by side: bench/run.sh [--rounds N] [--full] [WORK...]; --help lists the works.
#
# The environment takes 8 GB beside the project; POTSTILL_BENCH_ENVIRONMENT puts it elsewhere.
set -eu

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
environment=${POTSTILL_BENCH_ENVIRONMENT:-$project/../bench-environment}
python=${PYTHON:-python3.11}

# The mark is written last, so that an interrupted installation is made again.
if ! cmp -s "$project/bench/requirements.txt" "$environment/installed-requirements.txt"; then
    "$python" -m venv "$environment"
    "$environment/bin/pip" install -r "$project/bench/requirements.txt"
    cp "$project/bench/requirements.txt" "$environment/installed-requirements.txt"
fi

cd "$project"
# The whole workspace has one set of features; a single package has fewer, and Burn would be built anew.
cargo build --release --workspace --bins
cargo build --release --workspace --example contestant
exec "$environment/bin/python" bench/compare.py "$@"
