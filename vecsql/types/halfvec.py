"""pgvector's halfvec(n): a 1-D float16 numpy array. In DuckDB it is a list of FLOAT that are all float16 values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vecsql.types.base import SqlType
from vecsql.types.define import define
from vecsql.types.dense import DenseCodec

HALFVEC_OID = 16387
HALFVEC_ARRAY_OID = 16388

CODEC = DenseCodec("halfvec", np.float16)


def arrow(typmod: int) -> pa.DataType:
    return pa.list_(pa.float16(), typmod) if typmod > 0 else pa.list_(pa.float16())


HALFVEC = define(
    SqlType(
        oid=HALFVEC_OID,
        name="halfvec",
        sql_name="halfvec",
        category="U",
        size=-1,
        array_oid=HALFVEC_ARRAY_OID,
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
