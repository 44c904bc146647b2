"""Reads a label store of potstill by pyarrow, pandas, Polars and DuckDB, and says whether all find the same.

Give it the folder of one set of labels, and of a second one of the same teacher and samples in half precision to
compare: bytes a sample, and what half precision adds to the divergence of `kd` from the student's own logits. The
student here is the teacher with normal noise of deviation 1 on its logits, in float64.
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
    columns = ["row", "view"] + [f"logit_{name}" for name in manifest["labels"]["outputs"]]
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
        assert (found[reader] == found["pyarrow"]).all(), reader
    size = sum(path.stat().st_size for path in shards.iterdir())
    print(f"{folder.name}: {len(found['pyarrow'])} rows, {size / len(found['pyarrow']):.2f} bytes a sample,"
          f" the same by {', '.join(found)}")
    return found["pyarrow"]


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - numpy.log(numpy.exp(shifted).sum(axis=1, keepdims=True))


def divergence(teacher, student, temperature):
    """T^2 KL of softened outputs, mean over samples."""
    said, learned = log_softmax(teacher / temperature), log_softmax(student / temperature)
    return temperature**2 * (numpy.exp(said) * (said - learned)).sum(axis=1).mean()


def compare(single, half):
    student = single + numpy.random.default_rng(0).standard_normal(single.shape)
    print(f"largest logit {abs(single).max():.2f}, largest difference {abs(single - half).max():.2e}")
    for temperature in (1.0, 2.0, 4.0):
        exact, rounded = divergence(single, student, temperature), divergence(half, student, temperature)
        own = divergence(single, half, temperature)
        print(f"T={temperature:g}: loss {exact:.6f}, with half precision {rounded:.6f}, added {rounded - exact:+.1e};"
              f" divergence of the two {own:.1e}")


if __name__ == "__main__":
    tables = [read(Path(folder)) for folder in sys.argv[1:]]
    if len(tables) == 2:
        compare(*tables)
