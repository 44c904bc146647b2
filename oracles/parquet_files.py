"""Parquet files as pandas, pyarrow, Polars and DuckDB write them, and the cells that they must give.

Writes crates/data/tests/parquet/: one table in every codec, page form and encoding that is read, the same
table as CSV, one with columns that a table cannot hold, one with numbers in half precision and truth
values, one with checksums, and one without rows. cells.json has each cell as text.

    python oracles/parquet_files.py
"""

import datetime
import decimal
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

OUTPUT = Path(__file__).parent.parent / "crates/data/tests/parquet"
ROWS = 48


def table():
    generator = np.random.default_rng(5)
    every = lambda step, value, other: [other if row % step == 1 else value(row) for row in range(ROWS)]
    size = generator.normal(size=ROWS) * 10.0 ** generator.integers(-20, 20, ROWS)
    whole = generator.integers(-(2**31), 2**31, ROWS).tolist()
    colours = ["red", "dark green", "", "blau-weiß"]
    return pa.table(
        {
            "whole": pa.array(every(5, lambda row: whole[row], None), pa.int32()),
            "small": pa.array(generator.integers(-100, 100, ROWS), pa.int8()),
            "byte": pa.array(generator.integers(0, 256, ROWS), pa.uint8()),
            "long": pa.array([2**64 - 1 - row * row for row in range(ROWS)], pa.uint64()),
            "count": pa.array([row * 37 - 500 for row in range(ROWS)], pa.int64()),
            "share": pa.array(generator.random(ROWS).astype(np.float32), pa.float32()),
            "size": pa.array(every(7, lambda row: float(size[row]), None), pa.float64()),
            "flag": pa.array(every(11, lambda row: row % 3 == 0, None), pa.bool_()),
            "colour": pa.array(every(6, lambda row: colours[row % 4], None)).dictionary_encode(),
            "code": pa.array([f"{row % 7:05}" for row in range(ROWS)]),
            "price": pa.array([decimal.Decimal(row * row - 90) / 100 for row in range(ROWS)], pa.decimal128(9, 2)),
            "kind": pa.array(["yes" if row % 2 else "no" for row in range(ROWS)]),
        }
    )


def text(value):
    """As pandas and Polars write it into CSV; numbers as the shortest decimals that read back the same."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for old in OUTPUT.iterdir():
        old.unlink()
    source = table()
    write = lambda name, data=source, **options: pq.write_table(data, OUTPUT / f"{name}.parquet", **options)
    write("snappy", compression="snappy", row_group_size=20)
    write("gzip-second-form", compression="gzip", data_page_version="2.0", row_group_size=20)
    write("plain", compression="none", use_dictionary=False)
    deltas = {name: "DELTA_BINARY_PACKED" for name in ["whole", "small", "byte", "long", "count"]}
    deltas |= {"code": "DELTA_BYTE_ARRAY", "kind": "DELTA_LENGTH_BYTE_ARRAY"}
    deltas |= {"share": "BYTE_STREAM_SPLIT", "size": "BYTE_STREAM_SPLIT"}
    write("zstd-deltas", compression="zstd", use_dictionary=["colour"], column_encoding=deltas)
    write("small-pages", compression="snappy", data_page_size=64, write_batch_size=8)
    source.to_pandas().to_parquet(OUTPUT / "pandas.parquet", index=False)
    frame = pl.from_arrow(source)
    frame.write_parquet(OUTPUT / "polars.parquet")
    duckdb.sql("SELECT * FROM source").write_parquet(str(OUTPUT / "duckdb.parquet"))

    # What pandas makes of a whole number that is missing is a float; its own file says the same.
    cells = {}
    for path in sorted(OUTPUT.glob("*.parquet")):
        columns = pq.read_table(path)
        values = []
        for column in columns.columns:
            single = column.type == pa.float32()
            values.append([text(np.float32(cell) if single else cell) for cell in column.to_pylist()])
        cells[path.stem] = {"header": columns.column_names, "rows": list(zip(*values))}
    (OUTPUT / "cells.json").write_text(json.dumps(cells, ensure_ascii=False, separators=(",", ":")) + "\n")
    rows = cells["snappy"]["rows"]
    lines = [source.column_names, *rows]
    (OUTPUT / "same.csv").write_text("".join(",".join(line) + "\n" for line in lines))

    others = source.select(["count", "kind"])
    day = datetime.datetime(2024, 2, 29, 12)
    for name, values in {
        "when": pa.array([day] * ROWS, pa.timestamp("us")),
        "day": pa.array([day.date()] * ROWS),
        "list": pa.array([[row, row] for row in range(ROWS)]),
        "pair": pa.array([{"a": row, "b": {"c": [row]}} for row in range(ROWS)]),
        "raw": pa.array([b"\xff"] * ROWS),
        "wide": pa.array([decimal.Decimal(row) for row in range(ROWS)], pa.decimal256(50, 2)),
    }.items():
        others = others.add_column(0, name, values)
    write("others", others)
    write("brotli", source.select(["count", "kind"]), compression="brotli")
    half = pa.array(np.arange(ROWS).astype(np.float16) / 8 - 3)
    third = pa.array([row % 3 == 0 for row in range(ROWS)])
    write("halves", source.select(["kind"]).add_column(0, "half", half).add_column(1, "third", third))
    write("checksums", source.select(["count", "colour", "kind"]), write_page_checksum=True)
    write("rowless", source.select(["count", "kind"]).slice(0, 0))
    sizes = {path.name: path.stat().st_size for path in OUTPUT.iterdir()}
    print(sizes, sum(sizes.values()))


main()
