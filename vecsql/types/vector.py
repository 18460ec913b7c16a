"""pgvector's vector(n): a 1-D float32 numpy array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.types.base import SqlType
from vecsql.types.define import define
from vecsql.types.dense import DenseCodec

Vector = npt.NDArray[np.float32]

VECTOR_OID = 16385
VECTOR_ARRAY_OID = 16386

CODEC = DenseCodec("vector", np.float32)


def arrow(typmod: int) -> pa.DataType:
    return pa.list_(pa.float32(), typmod) if typmod > 0 else pa.list_(pa.float32())


VECTOR = define(
    SqlType(
        oid=VECTOR_OID,
        name="vector",
        sql_name="vector",
        category="U",
        size=-1,
        array_oid=VECTOR_ARRAY_OID,
        to_text=CODEC.to_text,
        from_text=CODEC.from_text,
        to_binary=CODEC.to_binary,
        from_binary=CODEC.from_binary,
        coerce=CODEC.coerce,
        arrow=arrow,
        duckdb=lambda typmod: f"FLOAT[{typmod}]" if typmod > 0 else "FLOAT[]",
        format_typmod=lambda typmod: f"({typmod})" if typmod > 0 else "",
        parse_typmod=CODEC.parse_typmod,
    )
)
