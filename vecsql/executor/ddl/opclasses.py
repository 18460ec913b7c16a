"""Index access methods and operator classes: which type may be indexed how, with PostgreSQL's and pgvector's errors."""

from __future__ import annotations

from vecsql.errors import DatatypeMismatch, UndefinedObject
from vecsql.types.base import SqlType

METHODS = ("btree", "hash", "gin", "gist", "brin", "spgist", "hnsw", "ivfflat", "vecsql")

_BTREE = {
    "bool": "bool_ops", "int2": "int2_ops", "int4": "int4_ops", "int8": "int8_ops", "float4": "float4_ops",
    "float8": "float8_ops", "numeric": "numeric_ops", "text": "text_ops", "varchar": "text_ops",
    "bpchar": "bpchar_ops", "name": "name_ops", "char": "char_ops", "bytea": "bytea_ops", "date": "date_ops",
    "time": "time_ops", "timetz": "timetz_ops", "timestamp": "timestamp_ops", "timestamptz": "timestamptz_ops",
    "interval": "interval_ops", "uuid": "uuid_ops", "jsonb": "jsonb_ops", "oid": "oid_ops",
    "bit": "bit_ops", "varbit": "varbit_ops", "vector": "vector_ops", "halfvec": "halfvec_ops", "sparsevec": "sparsevec_ops", "oidvector": "oidvector_ops",
}  # fmt: skip
_EXTRA_BTREE = {
    "text_pattern_ops": "text", "varchar_pattern_ops": "text", "varchar_ops": "text", "bpchar_pattern_ops": "bpchar"
}  # fmt: skip
_DISTANCES = ("l2", "ip", "cosine", "l1")
_EVERY = {
    **{f"{kind}_{d}_ops": kind for kind in ("vector", "halfvec", "sparsevec") for d in _DISTANCES},
    "bit_hamming_ops": "bit",
    "bit_jaccard_ops": "bit",
}
_IVFFLAT = (
    "vector_l2_ops", "vector_ip_ops", "vector_cosine_ops", "halfvec_l2_ops", "halfvec_ip_ops", "halfvec_cosine_ops",
    "bit_hamming_ops",
)  # fmt: skip
# The operator classes of vector methods with the type that each takes.
_VECTOR = {"hnsw": _EVERY, "ivfflat": {name: _EVERY[name] for name in _IVFFLAT}, "vecsql": _EVERY}
_DEFAULTS = {"ivfflat": "vector_l2_ops", "vecsql": "vector_l2_ops"}  # hnsw has none in pgvector
_GIN = {"jsonb": "jsonb_ops", "tsvector": "tsvector_ops"}


def check_method(method: str) -> None:
    """Raise UndefinedObject for an access method that does not exist."""
    if method not in METHODS:
        raise UndefinedObject(f'access method "{method}" does not exist')


def default_opclass(method: str, kind: SqlType) -> str:
    """The operator class used when none is written. Raises UndefinedObject when there is none."""
    found: str | None
    if method in _VECTOR:
        found = _DEFAULTS.get(method) if kind.name == "vector" else None
    elif method == "gin":
        found = "array_ops" if kind.element is not None else _GIN.get(kind.name)
    elif method in ("gist", "spgist"):
        found = None
    elif method == "brin":
        found = _BTREE[kind.name].replace("_ops", "_minmax_ops") if kind.name in _BTREE else None
    else:
        found = "array_ops" if kind.element is not None else _BTREE.get(kind.name)
        if method == "hash" and kind.name in ("vector", "halfvec", "sparsevec"):
            found = None
    if found is None:
        raise UndefinedObject(
            f'data type {kind.sql_name} has no default operator class for access method "{method}"',
            hint="You must specify an operator class for the index or define a default operator class for the data type.",
        )
    return found


def check_opclass(method: str, opclass: str, kind: SqlType) -> None:
    """Raise UndefinedObject or DatatypeMismatch unless `opclass` fits the method and the type."""
    if method in _VECTOR:
        known = opclass in _VECTOR[method]
        fits = kind.name == _VECTOR[method].get(opclass)
    elif method in ("btree", "hash"):
        known = opclass in _BTREE.values() or opclass in _EXTRA_BTREE or opclass == "array_ops"
        text_like = kind.name in ("text", "varchar", "bpchar")
        fits = _BTREE.get(kind.name) == opclass or (opclass in _EXTRA_BTREE and text_like)
        fits = fits or (opclass == "array_ops" and kind.element is not None)
    elif method == "gin":
        known = opclass in ("jsonb_ops", "jsonb_path_ops", "array_ops")
        fits = kind.name == "jsonb" if opclass.startswith("jsonb") else kind.element is not None
    else:
        known = method == "brin" and opclass.endswith(("_minmax_ops", "_bloom_ops"))
        fits = known
    if not known:
        raise UndefinedObject(
            f'operator class "{opclass}" does not exist for access method "{method}"'
        )
    if not fits:
        raise DatatypeMismatch(
            f'operator class "{opclass}" does not accept data type {kind.sql_name}'
        )
