"""SQL values as DuckDB SQL text, and how PostgreSQL's types are held in DuckDB expressions.

numeric is either a DECIMAL of known precision and scale or exact text; vectors are lists of FLOAT; oids and reg* are
integers; json and jsonb are text; a sparse vector is the bytes it is stored as.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from vecsql.planner.scope import Scale
from vecsql.types.base import ColumnType, SqlType

MAX_PRECISION = 38
REG = ("regclass", "regtype", "regproc", "regnamespace", "regrole", "regoper", "regprocedure",
       "regoperator", "regconfig", "regcollation")  # fmt: skip
TEXT_LIKE = ("text", "varchar", "bpchar", "name", "json", "jsonb", "unknown", "char", "numeric")
_DUCK = {
    "bool": "BOOLEAN", "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "float4": "FLOAT",
    "float8": "DOUBLE", "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ", "interval": "INTERVAL", "uuid": "UUID", "bytea": "BLOB",
    "oid": "BIGINT", "vector": "FLOAT[]", "halfvec": "FLOAT[]", "sparsevec": "BLOB", "void": "VARCHAR", "xid": "BIGINT", "cid": "BIGINT",
}  # fmt: skip


def duck_type(sql_type: SqlType) -> str:
    """The DuckDB type of expressions of a SQL type (numeric: as text)."""
    if sql_type.element is not None:
        return duck_type(sql_type.element) + "[]"
    if sql_type.name in REG:
        return "BIGINT"
    return _DUCK.get(sql_type.name, "VARCHAR")


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def column_scale(ctype: ColumnType) -> Scale | None:
    """(precision, scale) of the DECIMAL that a stored numeric column is, None when it is text."""
    if ctype.type.name != "numeric" or ctype.typmod < 0:
        return None
    precision, scale = ((ctype.typmod - 4) >> 16) & 0xFFFF, (ctype.typmod - 4) & 0x7FF
    if precision > MAX_PRECISION or not 0 <= scale <= precision:
        return None
    return precision, scale


def decimal_scale(text: str) -> Scale | None:
    """The DECIMAL that a numeric constant is; None when it needs text."""
    value = Decimal(text)
    if not value.is_finite():
        return None
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(-exponent, 0)
    precision = max(len(digits) + max(exponent, 0), scale + 1)
    return (precision, scale) if precision <= 30 else None


def numeric_literal(text: str) -> tuple[str, Scale | None]:
    """A numeric constant as DuckDB SQL."""
    scale = decimal_scale(text)
    plain = format(Decimal(text), "f") if Decimal(text).is_finite() else str(Decimal(text))
    if scale is None:
        return quote(plain), None
    return f"CAST('{plain}' AS DECIMAL({scale[0]}, {scale[1]}))", scale


def literal_sql(value: Any, ctype: ColumnType) -> str:
    """A decoded value of a type as DuckDB SQL; numeric as text."""
    if value is None:
        return f"CAST(NULL AS {duck_type(ctype.type)})"
    sql_type = ctype.type
    if sql_type.element is not None:
        items = ", ".join(literal_sql(v, ColumnType(sql_type.element)) for v in value)
        return f"CAST([{items}] AS {duck_type(sql_type)})"
    name = sql_type.name
    if name in ("vector", "halfvec"):
        items = ", ".join(repr(float(x)) for x in np.asarray(value, dtype=np.float32))
        return f"CAST([{items}] AS FLOAT[])"
    if name == "sparsevec":
        return f"unhex('{value.words().hex()}')"
    if name == "bool":
        return "TRUE" if value else "FALSE"
    if name in ("int2", "int4", "int8", "oid"):
        return f"CAST({value} AS {duck_type(sql_type)})"
    if name in ("float4", "float8"):
        return f"CAST('{value!r}' AS {duck_type(sql_type)})"
    if name == "interval":
        return f"(to_months({value.months}) + to_days({value.days}) + to_microseconds({value.microseconds}))"
    if name == "bytea":
        return f"unhex('{bytes(value).hex()}')"
    if name in REG and isinstance(value, int):
        return f"CAST({value} AS BIGINT)"
    text = value if isinstance(value, str) else sql_type.to_text(value)
    if name in TEXT_LIKE:
        return quote(text)
    return f"CAST({quote(text)} AS {duck_type(sql_type)})"
