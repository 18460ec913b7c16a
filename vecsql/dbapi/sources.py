"""Reading what load() is given: files by their extension, Arrow, data frames and numpy, as batches of Arrow rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.errors import FeatureNotSupported, InterfaceError

BATCH_ROWS = 16_384


@dataclass(slots=True)
class Source:
    """Batches of one schema; `num_rows` is None when it is not known before the end."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    num_rows: int | None = None


def open_source(source: Any) -> Source:
    """Raises FeatureNotSupported for what it does not know, OSError for a file that cannot be read."""
    if isinstance(source, str | os.PathLike):
        return _file(Path(source))
    if isinstance(source, pa.Table):
        return _table(source)
    if isinstance(source, pa.RecordBatch):
        return _table(pa.Table.from_batches([source]))
    if isinstance(source, pa.RecordBatchReader):
        return Source(source.schema, iter(source))
    if isinstance(source, Mapping):
        return _table(_from_arrays(source))
    if type(source).__module__.startswith("pandas"):
        return _table(pa.Table.from_pandas(source, preserve_index=False))
    if hasattr(source, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(source)
        return Source(reader.schema, iter(reader))
    raise FeatureNotSupported(f"cannot load from a {type(source).__name__}")


def _table(table: pa.Table) -> Source:
    return Source(table.schema, iter(table.to_batches(max_chunksize=BATCH_ROWS)), table.num_rows)


def _file(path: Path) -> Source:
    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    suffix = path.suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        known = " ".join(sorted(_READERS))
        raise FeatureNotSupported(f"cannot load {path.name}: unknown file type; known are {known}")
    try:
        return reader(path)
    except pa.ArrowInvalid as error:
        raise InterfaceError(f"cannot read {path.name}: {error}") from None


def _parquet(path: Path) -> Source:
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    return Source(file.schema_arrow, file.iter_batches(BATCH_ROWS), file.metadata.num_rows)


def _csv(delimiter: str) -> Callable[[Path], Source]:
    def read(path: Path) -> Source:
        from pyarrow import csv

        table = csv.read_csv(
            path, parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
        )
        return _table(table)

    return read


def _json_lines(path: Path) -> Source:
    from pyarrow import json

    return _table(json.read_json(path))


def _ipc(path: Path) -> Source:
    source = pa.memory_map(str(path))
    try:
        return _table(pa.ipc.open_file(source).read_all())
    except pa.ArrowInvalid:
        source.seek(0)
        reader = pa.ipc.open_stream(source)
        return Source(reader.schema, iter(reader))


def _npy(path: Path) -> Source:
    return _table(_from_arrays({"embedding": np.load(path, mmap_mode="r")}))


def _npz(path: Path) -> Source:
    with np.load(path) as archive:
        return _table(_from_arrays(dict(archive)))


_READERS: dict[str, Callable[[Path], Source]] = {
    ".parquet": _parquet, ".pq": _parquet, ".csv": _csv(","), ".tsv": _csv("\t"), ".jsonl": _json_lines,
    ".ndjson": _json_lines, ".arrow": _ipc, ".feather": _ipc, ".ipc": _ipc, ".npy": _npy, ".npz": _npz,
}  # fmt: skip


def _from_arrays(columns: Mapping[str, Any]) -> pa.Table:
    """Arrays and lists by column name; a matrix becomes a column of vectors."""
    arrays = {name: _array(values) for name, values in columns.items()}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        raise InterfaceError("all columns must have the same number of rows")
    return pa.table(arrays)


def _array(values: Any) -> pa.Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if isinstance(values, np.ndarray) and values.ndim == 2:
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    if isinstance(values, np.ndarray) and values.ndim > 2:
        raise FeatureNotSupported("arrays of more than two dimensions cannot be loaded")
    return pa.array(values)
