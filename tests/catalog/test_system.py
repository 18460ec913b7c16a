import pyarrow as pa
import pytest

from tests.catalog.sample import BTREE, HNSW, ITEMS, PRIMARY_KEY, SEQUENCE, VIEW, sample_catalog
from vecsql.catalog import system
from vecsql.catalog.model import Catalog
from vecsql.catalog.relations import RELATIONS
from vecsql.catalog.system_views import queries

CATALOG = sample_catalog()


def rows(name: str, catalog: Catalog = CATALOG, **runtime) -> list[dict]:
    return system.relation(name, catalog, runtime).to_pylist()


def one(name: str, **where) -> dict:
    found = [row for row in rows(name) if all(row[key] == value for key, value in where.items())]
    assert len(found) == 1, (name, where, found)
    return found[0]


@pytest.mark.parametrize("name", RELATIONS)
@pytest.mark.parametrize("catalog", [Catalog(), CATALOG], ids=["empty", "sample"])
def test_every_relation_has_its_declared_columns(name, catalog):
    table = system.relation(name, catalog, {})
    declared = [pa.field(column, ctype.arrow) for column, ctype in RELATIONS[name].columns]
    assert list(zip(table.schema.names, table.schema.types, strict=True)) == [
        (field.name, field.type) for field in declared
    ]


def test_every_query_belongs_to_a_view():
    assert all(RELATIONS[name].kind == "v" for name in queries())


def test_unknown_relation():
    with pytest.raises(KeyError):
        system.relation("pg_catalog.pg_nope", CATALOG, {})


def test_classes():
    kinds = {
        row["relname"]: row["relkind"] for row in rows("pg_catalog.pg_class") if row["oid"] >= 16500
    }
    assert kinds == {
        "items": "r", "items_pkey": "i", "items_code_key": "i", "items_embedding_idx": "i",
        "items_category_lower_idx": "i", "items_id_seq": "S", "cheap": "v",
    }  # fmt: skip
    items = one("pg_catalog.pg_class", oid=ITEMS)
    assert (items["relnatts"], items["relchecks"], items["relhasindex"]) == (9, 1, True)
    assert one("pg_catalog.pg_class", oid=HNSW)["reloptions"] == ["m=16", "ef_construction=64"]


def test_oids_are_unique():
    for name in (
        "pg_class",
        "pg_type",
        "pg_constraint",
        "pg_proc",
        "pg_operator",
        "pg_opclass",
        "pg_am",
    ):
        oids = [row["oid"] for row in rows(f"pg_catalog.{name}")]
        assert len(oids) == len(set(oids)), name


def test_attributes():
    found = [
        r for r in rows("pg_catalog.pg_attribute") if r["attrelid"] == ITEMS and r["attnum"] > 0
    ]
    assert [r["attname"] for r in found][-1] == "embedding"
    embedding = found[-1]
    assert (embedding["atttypid"], embedding["atttypmod"], embedding["attnotnull"]) == (
        16385,
        384,
        False,
    )
    assert found[0]["attnotnull"]
    assert found[0]["atthasdef"]


def test_a_dropped_column_leaves_its_mark():
    table = CATALOG.tables[ITEMS]
    kept = tuple(column for column in table.columns if column.attnum != 3)
    catalog = CATALOG.evolve(tables={ITEMS: type(table)(ITEMS, 2200, "items", kept)}, indexes={})
    dropped = [r for r in rows("pg_catalog.pg_attribute", catalog) if r["attisdropped"]]
    assert [(r["attnum"], r["attname"], r["atttypid"]) for r in dropped] == [
        (3, "........pg.dropped.3........", 0)
    ]


def test_indexes():
    btree = one("pg_catalog.pg_index", indexrelid=BTREE)
    assert (list(btree["indkey"]), list(btree["indoption"])) == ([3, 0], [3, 0])
    assert btree["indexprs"] == "lower(name)"
    assert list(btree["indclass"]) == [1978, 3126]  # int4_ops, text_ops
    assert one("pg_catalog.pg_index", indexrelid=PRIMARY_KEY)["indisprimary"]
    hnsw = one("pg_catalog.pg_index", indexrelid=HNSW)
    opclass = one("pg_catalog.pg_opclass", oid=hnsw["indclass"][0])
    assert opclass["opcname"] == "vector_cosine_ops"
    assert one("pg_catalog.pg_am", oid=opclass["opcmethod"])["amname"] == "hnsw"


def test_types():
    vector = one("pg_catalog.pg_type", typname="vector")
    assert (vector["oid"], vector["typarray"], vector["typnamespace"]) == (16385, 16386, 2200)
    assert one("pg_catalog.pg_type", typname="_int4")["typelem"] == 23
    assert one("pg_catalog.pg_type", typname="bool")["typcategory"] == "B"
    row_type = one("pg_catalog.pg_type", typname="items")
    assert (row_type["typtype"], row_type["typrelid"]) == ("c", ITEMS)
    assert one("pg_catalog.pg_class", oid=ITEMS)["reltype"] == row_type["oid"]


def test_constraints():
    found = {r["conname"]: (r["contype"], r["conkey"]) for r in rows("pg_catalog.pg_constraint")}
    assert found == {
        "items_pkey": ("p", [1]),
        "items_code_key": ("u", [8]),
        "items_price_check": ("c", [4]),
        "items_id_not_null": ("n", [1]),
        "items_name_not_null": ("n", [2]),
    }


def test_the_sequence_belongs_to_its_column():
    owned = one("pg_catalog.pg_depend", objid=SEQUENCE, deptype="a")
    assert (owned["refobjid"], owned["refobjsubid"]) == (ITEMS, 1)


def test_sequence_values_come_from_the_runtime():
    (row,) = rows("pg_catalog.pg_sequences", sequence_state=lambda oid: (41, True))
    assert (row["sequencename"], row["last_value"]) == ("items_id_seq", 41)
    (row,) = rows("pg_catalog.pg_sequences", sequence_state=lambda oid: (1, False))
    assert row["last_value"] is None


def test_the_database_and_the_user_are_the_session_s():
    assert rows("pg_catalog.pg_database", database="papers")[0]["datname"] == "papers"
    assert "alice" in {row["rolname"] for row in rows("pg_catalog.pg_roles", user="alice")}
    assert rows("information_schema.schemata", database="papers")[0]["catalog_name"] == "papers"
    assert rows("information_schema.schemata", database="x")[0]["catalog_name"] == "x"


def test_base_tables_are_made_once_per_catalog():
    first = system.relation("pg_catalog.pg_class", CATALOG, {})
    assert system.relation("pg_catalog.pg_class", CATALOG, {}) is first
    assert system.relation("pg_catalog.pg_class", CATALOG.evolve(views={}), {}) is not first


def user(name: str) -> list[dict]:
    return [r for r in rows(name) if "public" in r.values()]


def test_information_schema_columns():
    columns = {
        r["column_name"]: r
        for r in user("information_schema.columns")
        if r["table_name"] == "items"
    }
    described = {
        name: (r["data_type"], r["udt_name"], r["character_maximum_length"], r["numeric_precision"],
               r["numeric_scale"], r["is_nullable"])
        for name, r in columns.items()
    }  # fmt: skip
    assert described == {
        "id": ("bigint", "int8", None, 64, 0, "NO"),
        "name": ("text", "text", None, None, None, "NO"),
        "category": ("integer", "int4", None, 32, 0, "YES"),
        "price": ("numeric", "numeric", None, 10, 2, "YES"),
        "tags": ("ARRAY", "_text", None, None, None, "YES"),
        "meta": ("jsonb", "jsonb", None, None, None, "YES"),
        "created": ("timestamp with time zone", "timestamptz", None, None, None, "YES"),
        "code": ("character varying", "varchar", 20, None, None, "YES"),
        "embedding": ("USER-DEFINED", "vector", None, None, None, "YES"),
    }
    assert columns["id"]["column_default"] == "nextval('items_id_seq'::regclass)"
    assert [r["ordinal_position"] for r in columns.values()] == list(range(1, 10))


def test_information_schema_constraints():
    kinds = {
        (r["constraint_name"], r["constraint_type"])
        for r in user("information_schema.table_constraints")
    }
    assert kinds == {
        ("items_pkey", "PRIMARY KEY"), ("items_code_key", "UNIQUE"), ("items_price_check", "CHECK"),
        ("items_id_not_null", "CHECK"), ("items_name_not_null", "CHECK"),
    }  # fmt: skip
    keys = {(r["constraint_name"], r["column_name"], r["ordinal_position"])
            for r in user("information_schema.key_column_usage")}  # fmt: skip
    assert keys == {("items_pkey", "id", 1), ("items_code_key", "code", 1)}
    clauses = {
        r["constraint_name"]: r["check_clause"]
        for r in user("information_schema.check_constraints")
    }
    assert clauses["items_price_check"] == "(price > (0)::numeric)"
    assert clauses["items_name_not_null"] == "name IS NOT NULL"


def test_other_views():
    assert {(r["table_name"], r["table_type"]) for r in user("information_schema.tables")} == {
        ("items", "BASE TABLE"), ("cheap", "VIEW"),
    }  # fmt: skip
    assert [r["tablename"] for r in user("pg_catalog.pg_tables")] == ["items"]
    assert {r["indexname"]: r["indexdef"] for r in user("pg_catalog.pg_indexes")}["items_pkey"] == (
        "CREATE UNIQUE INDEX items_pkey ON public.items USING btree (id)"
    )
    (view,) = user("pg_catalog.pg_views")
    assert view["viewname"] == "cheap"
    assert view["definition"].startswith(" SELECT id")
    assert one("pg_catalog.pg_rewrite", ev_class=VIEW)["rulename"] == "_RETURN"
    (sequence,) = user("information_schema.sequences")
    assert sequence["maximum_value"] == "9223372036854775807"
