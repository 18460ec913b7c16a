"""A catalog with one of everything: what `CREATE TABLE items ...`, indexes and a view would make."""

from vecsql.catalog.model import (
    PUBLIC_OID,
    Catalog,
    Column,
    Constraint,
    Extension,
    Index,
    IndexColumn,
    Schema,
    Sequence,
    Table,
    View,
)
from vecsql.types.base import ColumnType, by_name

ITEMS, PRIMARY_KEY, UNIQUE_CODE, HNSW, BTREE, SEQUENCE, VIEW, CHECK = range(16500, 16508)


def ctype(name: str, *modifiers: int) -> ColumnType:
    found = by_name(name)
    assert found is not None, name
    return ColumnType(found, found.parse_typmod(list(modifiers)) if modifiers else -1)


def items() -> Table:
    columns = (
        Column(1, "id", ctype("int8"), not_null=True, sequence_oid=SEQUENCE,
               default="nextval('items_id_seq'::regclass)"),
        Column(2, "name", ctype("text"), not_null=True),
        Column(3, "category", ctype("int4")),
        Column(4, "price", ctype("numeric", 10, 2)),
        Column(5, "tags", ctype("_text")),
        Column(6, "meta", ctype("jsonb")),
        Column(7, "created", ctype("timestamptz"), default="now()"),
        Column(8, "code", ctype("varchar", 20)),
        Column(9, "embedding", ctype("vector", 384)),
    )  # fmt: skip
    constraints = (
        Constraint(16520, "items_pkey", "p", (1,), PRIMARY_KEY),
        Constraint(16521, "items_code_key", "u", (8,), UNIQUE_CODE),
        Constraint(CHECK, "items_price_check", "c", (4,), expression="price > 0"),
    )
    return Table(ITEMS, PUBLIC_OID, "items", columns, constraints, next_attnum=10)


def sample_catalog() -> Catalog:
    indexes = (
        Index(PRIMARY_KEY, "items_pkey", ITEMS, "btree", (IndexColumn(1, "int8_ops"),), True, True, True),
        Index(UNIQUE_CODE, "items_code_key", ITEMS, "btree", (IndexColumn(8, "text_ops"),),
              unique=True, constraint=True),
        Index(HNSW, "items_embedding_idx", ITEMS, "hnsw", (IndexColumn(9, "vector_cosine_ops"),),
              options=(("m", "16"), ("ef_construction", "64"))),
        Index(BTREE, "items_category_lower_idx", ITEMS, "btree",
              (IndexColumn(3, "int4_ops", descending=True, nulls_first=True),
               IndexColumn(0, "text_ops", "lower(name)")), predicate="price > 10"),
    )  # fmt: skip
    query = "SELECT id, name FROM items WHERE price < 10"
    view = View(VIEW, PUBLIC_OID, "cheap", query, (("id", ctype("int8")), ("name", ctype("text"))))
    sequence = Sequence(SEQUENCE, PUBLIC_OID, "items_id_seq", ctype("int8"),
                        owner_table_oid=ITEMS, owner_attnum=1)  # fmt: skip
    return Catalog(
        version=7,
        next_oid=16600,
        schemas={PUBLIC_OID: Schema(PUBLIC_OID, "public"), 16530: Schema(16530, "app")},
        tables={ITEMS: items()},
        views={VIEW: view},
        indexes={index.oid: index for index in indexes},
        sequences={SEQUENCE: sequence},
        extensions={16531: Extension(16531, "vector", "0.8.1")},
        comments={(ITEMS, 0): "things", (ITEMS, 2): "what it is called"},
    )
