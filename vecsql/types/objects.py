"""oid and its alias types (regclass, regtype, ...), xid, cid and tid: numbers that catalogs hold.

A reg* value is its oid as int; the planner turns names into oids and oids into names, since only it has the catalog.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vecsql.errors import NumericValueOutOfRange
from vecsql.types.base import SqlType
from vecsql.types.define import define, fixed_binary, invalid_syntax
from vecsql.types.integers import parse_integer

_to_binary, _from_binary = fixed_binary("!I")


def _oid_from_text(text: str, typmod: int = -1) -> int:
    value = parse_integer(text)
    if value is None:
        raise invalid_syntax("oid", text)
    if not -(2**31) <= value < 2**32:
        raise NumericValueOutOfRange(f'value "{text.strip()}" is out of range for type oid')
    return value % 2**32


def _coerce(value: Any, typmod: int = -1) -> int:
    if not -(2**31) <= value < 2**32:
        raise NumericValueOutOfRange("OID out of range")
    return int(value) % 2**32


def _oid_type(oid: int, name: str, array_oid: int, preferred: bool = False) -> SqlType:
    return define(
        SqlType(
            oid=oid,
            name=name,
            sql_name=name,
            category="N" if name.startswith(("oid", "reg")) else "U",
            size=4,
            array_oid=array_oid,
            to_text=str,
            from_text=_oid_from_text,
            to_binary=_to_binary,
            from_binary=_from_binary,
            coerce=_coerce,
            arrow=lambda typmod: pa.int64(),
            duckdb=lambda typmod: "BIGINT",
            preferred=preferred,
        )
    )


OID = _oid_type(26, "oid", 1028, preferred=True)
REGPROC = _oid_type(24, "regproc", 1008)
REGPROCEDURE = _oid_type(2202, "regprocedure", 2207)
REGOPER = _oid_type(2203, "regoper", 2208)
REGOPERATOR = _oid_type(2204, "regoperator", 2209)
REGCLASS = _oid_type(2205, "regclass", 2210)
REGTYPE = _oid_type(2206, "regtype", 2211)
REGROLE = _oid_type(4096, "regrole", 4097)
REGNAMESPACE = _oid_type(4089, "regnamespace", 4090)
REGCOLLATION = _oid_type(4191, "regcollation", 4192)
XID = _oid_type(28, "xid", 1011)
CID = _oid_type(29, "cid", 1012)
