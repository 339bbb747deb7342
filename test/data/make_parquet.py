"""Writes the Parquet files beside it, with pyarrow 25.0.1, and what pyarrow reads from them: parquet.npz."""

import decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

here = Path(__file__).parent
rng = np.random.default_rng(11)
ROWS = 300


def integers(dtype):
    info = np.iinfo(dtype)
    return rng.integers(max(info.min, -(2**53) + 1), min(info.max, 2**53 - 1), ROWS, dtype=np.int64).astype(dtype)


numbers = {
    "f16": rng.normal(size=ROWS).astype(np.float16),
    "f32": rng.normal(size=ROWS).astype(np.float32),
    "f64": rng.normal(size=ROWS),
    **{f"i{8 * b}": integers(f"i{b}") for b in (1, 2, 4, 8)},
    **{f"u{8 * b}": integers(f"u{b}") for b in (1, 2, 4, 8)},
    "few": rng.integers(0, 3, ROWS),
    "runs": np.repeat(rng.integers(0, 300, ROWS // 50), 50),
    "bool": rng.integers(0, 2, ROWS).astype(bool),
}
digits = rng.integers(-(10**8), 10**8, ROWS)
expected = np.stack([*(a.astype(np.float64) for a in numbers.values()), [float(f"{d}e-3") for d in digits]], 1)
decimals = pa.array([decimal.Decimal(int(d)).scaleb(-3) for d in digits], pa.decimal128(12, 3))
columns = {**{name: pa.array(a) for name, a in numbers.items()}, "dec": decimals}
whole = [name for name in columns if name[0] in "iu" or name in ("few", "runs")]
split = ["f16", "f32", "f64", "i32", "i64"]


def write(name, nullable, **options):
    schema = pa.schema([pa.field(key, a.type, nullable=nullable) for key, a in columns.items()])
    table = pa.table(list(columns.values()), schema=schema)
    pq.write_table(table, here / name, row_group_size=170, data_page_size=400, **options)


write("snappy.parquet", True)
write("gzip.parquet", False, compression="gzip", data_page_version="2.0", write_page_checksum=True)
write("delta.parquet", True, compression="zstd", use_dictionary=False, data_page_version="2.0",
      column_encoding={**{name: "DELTA_BINARY_PACKED" for name in whole}, "bool": "RLE"})
write("split.parquet", False, compression="none", use_dictionary=False,
      column_encoding={name: "BYTE_STREAM_SPLIT" for name in split})

pixels = rng.integers(0, 9, (20, 2, 3))
kinds = rng.choice(["rose", "aster", "iris"], 20)
lists = pa.table({"pixels": pa.array(pixels.tolist(), pa.list_(pa.list_(pa.float32()))), "label": pa.array(kinds),
                  "file": pa.array([f"{i}.png" for i in range(20)])})
pq.write_table(lists, here / "lists.parquet", row_group_size=7, data_page_size=40)
ragged = pa.table({"tokens": pa.array([[1, 2], [3]]), "label": pa.array([0, 1])})
pq.write_table(ragged, here / "ragged.parquet")
table = pa.table({"a": [0.5, 1.5, 2.5], "kind": ["rose", "aster", "rose"], "b": [1, 2, 3], "__index_level_0__": [4, 9, 7]})
pq.write_table(table, here / "table.parquet")
pq.write_table(pa.table({"a": [1.0, None, 2.0], "label": [0, 1, 0]}), here / "missing.parquet")
pq.write_table(pa.table({"a": [1.0, 2.0], "label": [0, 1]}), here / "brotli.parquet", compression="brotli")
np.savez_compressed(here / "parquet.npz", numbers=expected, pixels=pixels.astype(np.float32),
                    kinds=np.searchsorted(["aster", "iris", "rose"], kinds))
