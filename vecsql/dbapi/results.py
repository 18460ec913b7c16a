"""A result's chunks as rows, Arrow, numpy arrays and text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql import types as t
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.session.values import chunk_rows
from vecsql.types.arrow import to_arrow, vector_matrix
from vecsql.types.rows import values_of

SHOWN_ROWS = 20
SHOWN_WIDTH = 50
_JSON = (t.JSON.oid, t.JSONB.oid)


def describe(column: ResultColumn) -> tuple[Any, ...]:
    """PEP 249's seven items: name, type code (the oid), display size, internal size, precision, scale, null ok."""
    ctype = column.type
    size = ctype.type.size if ctype.type.size > 0 else None
    precision = scale = None
    if ctype.type.oid == t.NUMERIC.oid and ctype.typmod >= 4:
        precision, scale = (ctype.typmod - 4) >> 16, (ctype.typmod - 4) & 0x7FF
    return (column.name, ctype.type.oid, None, size, precision, scale, None)


def affected(tag: str, chunks: Sequence[Chunk], columns: object) -> int:
    """PEP 249's rowcount: rows of a query, or rows changed; -1 for other commands."""
    last = tag.rsplit(" ", 1)[-1]
    if last.isdigit():
        return int(last)
    return -1 if columns is None else sum(chunk.num_rows for chunk in chunks)


def rows(
    chunks: Sequence[Chunk], columns: tuple[ResultColumn, ...] | None
) -> Iterator[tuple[Any, ...]]:
    """Rows as Python tuples; json is parsed."""
    if columns is None:
        return
    parsed = [i for i, column in enumerate(columns) if column.type.type.oid in _JSON]
    for chunk in chunks:
        if not parsed:
            yield from chunk_rows(chunk, columns)
            continue
        for row in chunk_rows(chunk, columns):
            yield tuple(
                json.loads(v) if i in parsed and isinstance(v, str) else v
                for i, v in enumerate(row)
            )


def arrow_table(chunks: Sequence[Chunk], columns: Sequence[ResultColumn]) -> pa.Table:
    """All rows as one Arrow table; numeric without a modifier becomes a decimal wide enough for its values."""
    arrays = [_arrow([c.columns[i] for c in chunks], column) for i, column in enumerate(columns)]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _arrow(pieces: Sequence[Any], column: ResultColumn) -> pa.ChunkedArray:
    ctype = column.type
    if ctype.type.oid == t.NUMERIC.oid and pa.types.is_string(ctype.arrow):
        return pa.chunked_array([pa.array([v for p in pieces for v in values_of(p, ctype)])])
    arrays: list[pa.Array] = []
    for piece in pieces:
        if isinstance(piece, pa.ChunkedArray):
            arrays += [to_arrow(chunk, ctype) for chunk in piece.chunks]
        else:
            arrays.append(to_arrow(piece, ctype))
    kind = arrays[0].type if arrays else ctype.arrow
    return pa.chunked_array(arrays, kind)


def numpy_arrays(table: pa.Table) -> dict[str, np.ndarray[Any, Any]]:
    """Columns by name; fixed-size lists of floats become matrices."""
    return {name: _numpy(table.column(name)) for name in table.column_names}


def _numpy(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    if pa.types.is_fixed_size_list(column.type):
        whole = column.combine_chunks()
        pieces = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
        parts = [vector_matrix(piece)[0] for piece in pieces]
        return np.concatenate(parts) if parts else np.empty((0, column.type.list_size), np.float32)
    return np.asarray(column.to_numpy())


def as_text(chunks: Sequence[Chunk], columns: tuple[ResultColumn, ...]) -> str:
    """The first rows as psql prints them, long values cut."""
    total = sum(chunk.num_rows for chunk in chunks)
    width = SHOWN_WIDTH if len(columns) > 1 else 4 * SHOWN_WIDTH
    shown: list[list[str]] = []
    for chunk in chunks:
        for row in chunk_rows(chunk, columns):
            if len(shown) < SHOWN_ROWS:
                shown.append([_cell(v, c, width) for v, c in zip(row, columns, strict=True)])
    names = [column.name for column in columns]
    widths = [max(map(len, cells)) for cells in zip(names, *shown, strict=True)]
    lines = [" | ".join(n.center(w) for n, w in zip(names, widths, strict=True)).rstrip()]
    lines.append("-+-".join("-" * w for w in widths))
    numbers = [column.type.type.category == "N" for column in columns]
    for cells in shown:
        padded = [
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, numbers, strict=True)
        ]
        lines.append(" | ".join(padded).rstrip())
    if total > len(shown):
        lines.append(f"... {total - len(shown)} more")
    lines.append(f"({total} row{'' if total == 1 else 's'})")
    return "\n".join(lines)


def _cell(value: Any, column: ResultColumn, width: int) -> str:
    if value is None:
        return ""
    text = column.type.type.to_text(value)
    text = text.replace("\n", "\\n")
    return text if len(text) <= width else text[: width - 3] + "..."
