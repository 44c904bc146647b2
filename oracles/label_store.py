"""Reads a label store of potstill by pyarrow, pandas, Polars and DuckDB, and says whether all find the same.

Give it the folder of one set of labels, and those of others of the same teacher and samples, in half precision or with
`top_k`, to compare: bytes a sample, and what they add to the divergence of `kd` from the student's own logits, and to
that of the first classes with all others as one (`top-k`). The student here is the teacher with normal noise of
deviation 1 on its logits, in float64.
"""

import json
import sys
from pathlib import Path

import duckdb
import numpy
import pandas
import polars
import pyarrow.parquet


def read(folder):
    """The logits by every reader, `[rows of all views, outputs]` in float64."""
    shards = folder / "shards"
    manifest = json.loads((folder / "manifest.json").read_text())
    names, kept = manifest["labels"]["outputs"], manifest["labels"].get("top_k")
    columns = ["row", "view"] + [f"logit_{name}" for name in names]
    if kept is not None:
        first = [f"{what}_{rank}" for rank in range(1, kept + 1) for what in ("class", "logit")]
        columns = ["row", "view", *first, "logit_other"]
    by_duckdb = duckdb.sql(f"select * from '{shards}/*.parquet' order by view, row")
    tables = {
        "pyarrow": pyarrow.parquet.read_table(shards).to_pandas(),
        "pandas": pandas.read_parquet(shards),
        "polars": polars.read_parquet(shards / "*.parquet").to_pandas(),
        "duckdb": by_duckdb.df(),
    }
    found = {}
    for reader, table in tables.items():
        assert list(table.columns) == columns, (reader, list(table.columns))
        rows, views = manifest["labels"]["rows"], manifest["labels"]["views"]
        assert table["row"].tolist() == list(range(rows)) * views, reader
        assert table["view"].tolist() == [view for view in range(views) for _ in range(rows)], reader
        found[reader] = table[columns[2:]].to_numpy(dtype=numpy.float64)
        if kept is not None:
            found[reader] = spread(found[reader], len(names))
        assert (found[reader] == found["pyarrow"]).all(), reader
    size = sum(path.stat().st_size for path in shards.iterdir())
    print(f"{folder.name}: {len(found['pyarrow'])} rows, {size / len(found['pyarrow']):.2f} bytes a sample,"
          f" the same by {', '.join(found)}")
    return found["pyarrow"]


def spread(columns, classes):
    """All logits, from classes and logits of the first ones, and what every other class has."""
    logits = numpy.repeat(columns[:, -1:], classes, axis=1)
    numpy.put_along_axis(logits, columns[:, 0:-1:2].astype(int), columns[:, 1:-1:2], axis=1)
    return logits


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - numpy.log(numpy.exp(shifted).sum(axis=1, keepdims=True))


def divergence(teacher, student, temperature):
    """T^2 KL of softened outputs, mean over samples."""
    said, learned = log_softmax(teacher / temperature), log_softmax(student / temperature)
    return temperature**2 * (numpy.exp(said) * (said - learned)).sum(axis=1).mean()


def bucketed(teacher, student, classes):
    """KL over the teacher's first classes and all others as one, mean over samples, at temperature 1."""
    said, learned = numpy.exp(log_softmax(teacher)), numpy.exp(log_softmax(student))
    order = numpy.argsort(-teacher, axis=1, kind="stable")
    sums = []
    for of in (said, learned):
        first = numpy.take_along_axis(of, order[:, :classes], axis=1)
        rest = numpy.take_along_axis(of, order[:, classes:], axis=1).sum(axis=1, keepdims=True)
        sums.append(numpy.concatenate([first, rest], axis=1))
    return (sums[0] * numpy.log(sums[0] / sums[1])).sum(axis=1).mean()


def compare(single, half):
    student = single + numpy.random.default_rng(0).standard_normal(single.shape)
    print(f"largest logit {abs(single).max():.2f}, largest difference {abs(single - half).max():.2e}")
    for classes in (1, 2, 3, 5):
        exact, kept = bucketed(single, student, classes), bucketed(half, student, classes)
        print(f"first {classes} and the rest: loss {exact:.6f}, with what is kept {kept:.6f}, added {kept - exact:+.1e}")
    for temperature in (1.0, 2.0, 4.0):
        exact, rounded = divergence(single, student, temperature), divergence(half, student, temperature)
        own = divergence(single, half, temperature)
        print(f"T={temperature:g}: loss {exact:.6f}, with what is kept {rounded:.6f}, added {rounded - exact:+.1e};"
              f" divergence of the two {own:.1e}")


if __name__ == "__main__":
    tables = [read(Path(folder)) for folder in sys.argv[1:]]
    for other in tables[1:]:
        compare(tables[0], other)
