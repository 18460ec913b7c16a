"""The catalog survives encoding, and fields from a newer version are ignored."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from tests.storage.items import HNSW_INDEX, ITEMS, TABLE, catalog
from vecsql.catalog.model import Constraint, Extension, Schema, Sequence, View
from vecsql.storage import catalog_codec
from vecsql.types import INT8, NUMERIC, TEXT
from vecsql.types.base import ColumnType

CHECK = Constraint(16520, "items_check", "c", (1,), expression="(id > 0)")
FULL = replace(
    catalog(
        replace(HNSW_INDEX, options=(("m", "16"),)),
        table=replace(TABLE, constraints=(*TABLE.constraints, CHECK)),
    ),
    schemas={2200: Schema(2200, "public"), 16600: Schema(16600, "s")},
    views={16601: View(16601, 2200, "v", "SELECT 1", (("n", ColumnType(NUMERIC, 655366)),))},
    sequences={
        16602: Sequence(16602, 2200, "s", ColumnType(INT8), increment=-1, owner_table_oid=ITEMS)
    },
    extensions={16603: Extension(16603, "vector", "0.8.1")},
    comments={(ITEMS, 0): "all items", (ITEMS, 2): "the name"},
)


def test_roundtrip() -> None:
    assert catalog_codec.decode(catalog_codec.encode(FULL)) == FULL


def test_unknown_fields_are_ignored() -> None:
    plain = msgspec.msgpack.decode(catalog_codec.encode(FULL))
    plain["tables"][0][1]["from_the_future"] = 1
    plain["more"] = [1]
    assert catalog_codec.decode(msgspec.msgpack.encode(plain)) == FULL


def test_columns_keep_their_types() -> None:
    column = catalog_codec.decode(catalog_codec.encode(FULL)).tables[ITEMS].column("name")
    assert column is not None
    assert column.type == ColumnType(TEXT)
