#!/bin/sh
# What a new user does and waits for: from a CSV file of their own to report.html, by `init` and `distill` alone.
#
#   scripts/new-user.sh data/adult/train.csv        or any other table; POTSTILL names the program
#
# The file is copied into a new folder, in which all is left behind; its path is the last line.
set -eu

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
    echo "usage: scripts/new-user.sh FILE.csv" >&2
    exit 2
fi
program=${POTSTILL:-$(command -v potstill || true)}
if [ -z "$program" ]; then
    echo "no potstill in PATH; name it by POTSTILL=target/release/potstill" >&2
    exit 2
fi
program=$(realpath -- "$program")
folder=$(mktemp -d)
cp -- "$1" "$folder/mine.csv"
cd -- "$folder"

timed() {
    began=$(date +%s.%N)
    "$@" > "$folder/said.txt" 2>&1 < /dev/null || { cat "$folder/said.txt" >&2; exit 1; }
    ended=$(date +%s.%N)
    shift
    echo "$began $ended $*" | awk '{ spent = $2 - $1; $1 = $2 = ""; printf "%8.2f s  potstill%s\n", spent, substr($0, 2) }'
}

echo "$(($(wc -l < mine.csv) - 1)) rows, $(wc -c < mine.csv) bytes, $(nproc) processors"
timed "$program" init mine.csv
timed "$program" distill recipe.toml
grep -E "BEATS|DOES NOT BEAT|INCONCLUSIVE" said.txt || true
find "$folder" -name report.html
