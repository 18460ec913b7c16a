"""SQL types: OIDs and the text/binary codecs of each type family. Importing this registers them all."""

from vecsql.types.base import ColumnType, SqlType, all_types, by_name, by_oid
from vecsql.types.bits import BIT, VARBIT
from vecsql.types.boolean import BOOL
from vecsql.types.bytea import BYTEA
from vecsql.types.datetimes import DATE, TIME, TIMESTAMP, TIMESTAMPTZ
from vecsql.types.floats import FLOAT4, FLOAT8
from vecsql.types.halfvec import HALFVEC
from vecsql.types.integer_vectors import INT2VECTOR, OIDVECTOR
from vecsql.types.integers import INT2, INT4, INT8
from vecsql.types.intervals import INTERVAL, Interval
from vecsql.types.jsons import JSON, JSONB
from vecsql.types.numeric import NUMERIC
from vecsql.types.objects import (
    CID,
    OID,
    REGCLASS,
    REGCOLLATION,
    REGNAMESPACE,
    REGOPER,
    REGOPERATOR,
    REGPROC,
    REGPROCEDURE,
    REGROLE,
    REGTYPE,
    XID,
)
from vecsql.types.sparsevec import SPARSEVEC, SparseVector
from vecsql.types.strings import (
    ACLITEM,
    ANYARRAY,
    ANYELEMENT,
    BPCHAR,
    CHAR,
    CSTRING,
    INET,
    NAME,
    PG_NODE_TREE,
    RECORD,
    REFCURSOR,
    TEXT,
    UNKNOWN,
    VARCHAR,
    VOID,
    XML,
)
from vecsql.types.timetz import TIMETZ
from vecsql.types.uuids import UUID
from vecsql.types.vector import VECTOR

__all__ = [
    "ACLITEM", "ANYARRAY", "ANYELEMENT", "BIT", "BOOL", "BPCHAR", "BYTEA", "CHAR", "CID", "CSTRING",
    "DATE", "FLOAT4", "FLOAT8", "HALFVEC", "INET", "INT2", "INT2VECTOR", "INT4", "INT8", "INTERVAL", "JSON",
    "JSONB", "NAME", "NUMERIC", "OID", "OIDVECTOR", "PG_NODE_TREE", "RECORD", "REFCURSOR",
    "REGCLASS", "REGCOLLATION", "REGNAMESPACE", "REGOPER", "REGOPERATOR", "REGPROC", "REGPROCEDURE",
    "REGROLE", "REGTYPE", "SPARSEVEC", "TEXT", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "TIMETZ", "UNKNOWN", "UUID",
    "VARBIT", "VARCHAR", "VECTOR", "VOID", "XID", "XML", "ColumnType", "Interval",
    "SparseVector", "SqlType", "all_types",
    "by_name", "by_oid",
]  # fmt: skip
