"""DDL against PostgreSQL: tags, notices, and every field of the errors."""

from __future__ import annotations

import pytest

from tests.oracle.sides import Postgres, Vecsql

BASE = "CREATE TABLE t (id serial PRIMARY KEY, a int, b text NOT NULL, v vector(3))"

SCRIPTS = {
    "create": """
        CREATE TABLE t (id bigserial PRIMARY KEY, name text NOT NULL, price numeric(10,2) DEFAULT 1.5);
        CREATE TABLE t (a int);
        CREATE TABLE IF NOT EXISTS t (a int);
        CREATE TABLE nosuch.t (a int);
        CREATE TABLE u (a int, a text);
        CREATE TABLE u (a nosuchtype);
        CREATE TABLE u (a int(3));
        CREATE TABLE u (a vector(0));
        CREATE TABLE u (a vector(16001));
        CREATE TABLE u (a varchar(0));
        CREATE TABLE u (a int PRIMARY KEY, b int PRIMARY KEY);
        CREATE TABLE u (a int, PRIMARY KEY (b));
        CREATE TABLE u (a int, UNIQUE (a, a));
        CREATE TABLE u (a int DEFAULT 'x');
        CREATE TABLE u (a int DEFAULT now());
        CREATE TABLE u (a int DEFAULT 1 DEFAULT 2);
        CREATE TABLE u (a int NULL NOT NULL);
        CREATE TABLE u (a int CHECK (b > 0));
        CREATE TABLE u (a int CHECK (a));
        CREATE TABLE u (a int DEFAULT 1 GENERATED ALWAYS AS IDENTITY);
        CREATE TABLE u (a text GENERATED ALWAYS AS IDENTITY);
        CREATE TABLE u (a json PRIMARY KEY);
        CREATE TABLE u (LIKE t INCLUDING ALL);
        CREATE TABLE w (LIKE nosuch);
        CREATE UNLOGGED TABLE x (a int) WITH (fillfactor = 70);
    """,
    "create_as": """
        CREATE TABLE t AS SELECT 1 AS a, 'x' AS b, 2.5 AS c;
        SELECT * FROM t;
        CREATE TABLE t AS SELECT 1;
        CREATE TABLE IF NOT EXISTS t AS SELECT 1;
        CREATE TABLE u AS SELECT * FROM t WITH NO DATA;
        SELECT * FROM u;
        CREATE TABLE w (x, y) AS SELECT 1, 2;
        SELECT * FROM w;
        CREATE TABLE z (x, y, q) AS SELECT 1, 2;
        CREATE TABLE z AS SELECT nosuch FROM t;
    """,
    "names": BASE
    + """;
        CREATE INDEX ON t (a);
        CREATE INDEX ON t (a);
        CREATE INDEX ON t (a, b);
        CREATE INDEX ON t (lower(b));
        CREATE INDEX ON t USING hnsw (v vector_l2_ops);
        ALTER TABLE t ADD UNIQUE (b);
        ALTER TABLE t ADD CHECK (a > 0);
        ALTER TABLE t ADD CHECK (a > id);
        SELECT relname FROM pg_class WHERE relname LIKE 't%' ORDER BY relname;
        SELECT conname FROM pg_constraint WHERE contype IN ('c', 'u', 'p') AND conname LIKE 't%' ORDER BY conname;
    """,
    "index": BASE
    + """;
        CREATE INDEX i ON t (a);
        CREATE INDEX i ON t (a);
        CREATE INDEX IF NOT EXISTS i ON t (a);
        CREATE INDEX j ON nosuch (a);
        CREATE INDEX j ON t (nosuch);
        CREATE INDEX j ON t USING nosuch (a);
        CREATE INDEX j ON t (a nosuch_ops);
        CREATE INDEX j ON t (a text_ops);
        CREATE INDEX j ON t USING hnsw (v);
        CREATE INDEX j ON t USING hnsw (b vector_l2_ops);
        CREATE INDEX j ON t USING hnsw (b);
        CREATE INDEX j ON t USING hnsw (v nosuch_ops);
        CREATE INDEX j ON t USING hnsw (v vector_l2_ops) WITH (m = 1);
        CREATE INDEX j ON t USING hnsw (v vector_l2_ops) WITH (m = 101);
        CREATE INDEX j ON t USING hnsw (v vector_l2_ops) WITH (ef_construction = 3);
        CREATE INDEX j ON t USING hnsw (v vector_l2_ops) WITH (m = 16, ef_construction = 31);
        CREATE INDEX j ON t USING hnsw (v vector_l2_ops) WITH (foo = 1);
        CREATE INDEX j ON t USING hnsw (v vector_l2_ops, a);
        CREATE UNIQUE INDEX j ON t USING hnsw (v vector_l2_ops);
        CREATE INDEX j ON t USING ivfflat (v nosuch_ops);
        CREATE INDEX j ON t USING ivfflat (b vector_l2_ops);
        CREATE INDEX j ON t USING ivfflat (v vector_l1_ops);
        CREATE INDEX j ON t USING ivfflat (v) WITH (lists = 0);
        CREATE INDEX j ON t USING ivfflat (v) WITH (lists = 32769);
        CREATE INDEX j ON t USING ivfflat (v) WITH (lists = x);
        CREATE INDEX j ON t USING ivfflat (v) WITH (m = 16);
        CREATE INDEX j ON t USING ivfflat (v, a);
        CREATE UNIQUE INDEX j ON t USING ivfflat (v);
        CREATE TABLE nodims (v vector);
        CREATE INDEX j ON nodims USING ivfflat (v);
        CREATE INDEX j ON nodims USING hnsw (v vector_l2_ops);
        DROP INDEX i;
        DROP INDEX i;
        DROP INDEX IF EXISTS i;
        DROP INDEX t;
        DROP INDEX t_pkey;
    """,
    "unique_index_over_duplicates": """
        CREATE TABLE t (a int, b text);
        INSERT INTO t VALUES (1, 'x'), (1, 'y');
        CREATE UNIQUE INDEX i ON t (a);
        ALTER TABLE t ADD PRIMARY KEY (a);
        ALTER TABLE t ADD PRIMARY KEY (b);
    """,
    "drop": BASE
    + """;
        CREATE VIEW w AS SELECT id, a FROM t;
        CREATE VIEW x AS SELECT a FROM w;
        DROP TABLE t;
        DROP TABLE nosuch;
        DROP TABLE IF EXISTS nosuch;
        DROP TABLE nosuch.t;
        DROP TABLE IF EXISTS nosuch.t;
        DROP VIEW t;
        DROP TABLE w;
        DROP SEQUENCE t_id_seq;
        DROP VIEW w;
        DROP TABLE t CASCADE;
        DROP VIEW IF EXISTS w;
        DROP FUNCTION IF EXISTS nosuch;
        DROP TYPE nosuch;
    """,
    "alter": BASE
    + """;
        INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y');
        ALTER TABLE t ADD COLUMN c int DEFAULT 7;
        ALTER TABLE t ADD COLUMN c int;
        ALTER TABLE t ADD COLUMN IF NOT EXISTS c int;
        ALTER TABLE t ADD COLUMN d int NOT NULL;
        ALTER TABLE t ADD COLUMN e serial;
        ALTER TABLE t ADD COLUMN f int GENERATED ALWAYS AS (a * 2) STORED;
        ALTER TABLE t ADD COLUMN g int CHECK (g > 0);
        SELECT id, a, b, c, e, f, g FROM t ORDER BY id;
        ALTER TABLE t DROP COLUMN nosuch;
        ALTER TABLE t DROP COLUMN IF EXISTS nosuch;
        ALTER TABLE t DROP COLUMN c;
        ALTER TABLE t RENAME COLUMN a TO aa;
        ALTER TABLE t RENAME COLUMN nosuch TO x;
        ALTER TABLE t RENAME COLUMN aa TO b;
        ALTER TABLE t ALTER COLUMN aa TYPE bigint;
        ALTER TABLE t ALTER COLUMN b TYPE int;
        ALTER TABLE t ALTER COLUMN nosuch TYPE int;
        ALTER TABLE t ALTER COLUMN aa SET NOT NULL;
        ALTER TABLE t ALTER COLUMN v SET NOT NULL;
        ALTER TABLE t ALTER COLUMN id DROP NOT NULL;
        ALTER TABLE t ALTER COLUMN aa SET DEFAULT 5;
        ALTER TABLE t ALTER COLUMN aa SET DEFAULT 'x';
        ALTER TABLE t ALTER COLUMN f SET DEFAULT 5;
        ALTER TABLE t ALTER COLUMN aa DROP DEFAULT;
        ALTER TABLE t ADD CONSTRAINT c1 CHECK (aa > 1);
        ALTER TABLE t ADD CONSTRAINT c1 CHECK (aa > 0);
        ALTER TABLE t ADD CONSTRAINT c1 CHECK (aa > 0);
        ALTER TABLE t DROP CONSTRAINT c1;
        ALTER TABLE t DROP CONSTRAINT c1;
        ALTER TABLE t DROP CONSTRAINT IF EXISTS c1;
        ALTER TABLE t ADD PRIMARY KEY (aa);
        ALTER TABLE t OWNER TO postgres;
        ALTER TABLE nosuch ADD COLUMN x int;
        ALTER TABLE IF EXISTS nosuch ADD COLUMN x int;
        ALTER TABLE t RENAME TO t2;
        SELECT * FROM t;
        INSERT INTO t2 (aa, b) VALUES (9, 'z') RETURNING id, aa, b, e, f;
    """,
    "change_type": """
        CREATE TABLE t (a text, b int, c numeric(5,1));
        INSERT INTO t VALUES ('1', 2, 3.5), ('20', 30, 40.5);
        ALTER TABLE t ALTER COLUMN a TYPE int USING a::int;
        ALTER TABLE t ALTER COLUMN b TYPE text;
        ALTER TABLE t ALTER COLUMN c TYPE int;
        SELECT * FROM t ORDER BY a;
        ALTER TABLE t ALTER COLUMN a TYPE int USING a + 1;
        SELECT a FROM t ORDER BY a;
        ALTER TABLE t ALTER COLUMN b TYPE boolean;
    """,
    "schemas": """
        CREATE SCHEMA other;
        CREATE SCHEMA other;
        CREATE SCHEMA IF NOT EXISTS other;
        CREATE SCHEMA pg_x;
        CREATE TABLE other.t (id serial PRIMARY KEY);
        CREATE VIEW other.w AS SELECT id FROM other.t;
        INSERT INTO other.t DEFAULT VALUES RETURNING id;
        DROP SCHEMA other;
        ALTER TABLE other.t SET SCHEMA nosuch;
        DROP SCHEMA other CASCADE;
        DROP SCHEMA other;
        DROP SCHEMA IF EXISTS other;
    """,
    "sequences": """
        CREATE SEQUENCE s START 5 INCREMENT 2;
        SELECT nextval('s'), nextval('s'), currval('s'), lastval();
        CREATE SEQUENCE s;
        CREATE SEQUENCE IF NOT EXISTS s;
        ALTER SEQUENCE s RESTART WITH 100;
        SELECT nextval('s');
        CREATE SEQUENCE b INCREMENT 0;
        CREATE SEQUENCE b MINVALUE 5 MAXVALUE 4;
        CREATE SEQUENCE b START 0;
        CREATE SEQUENCE b AS text;
        CREATE SEQUENCE b MAXVALUE 2;
        SELECT nextval('b');
        SELECT nextval('b');
        SELECT nextval('b');
        ALTER SEQUENCE nosuch RESTART;
        DROP SEQUENCE s, b;
    """,
    "extensions": """
        CREATE EXTENSION vector;
        CREATE EXTENSION IF NOT EXISTS vector;
        CREATE TABLE t (v vector(3));
        DROP EXTENSION vector;
        DROP EXTENSION nosuch;
        DROP EXTENSION IF EXISTS nosuch;
    """,
    "comments": BASE
    + """;
        COMMENT ON TABLE t IS 'a table';
        COMMENT ON COLUMN t.a IS 'a column';
        SELECT obj_description('t'::regclass, 'pg_class'), col_description('t'::regclass, 2);
        COMMENT ON TABLE nosuch IS 'x';
        COMMENT ON COLUMN t.nosuch IS 'x';
        COMMENT ON TABLE t IS NULL;
        SELECT obj_description('t'::regclass, 'pg_class');
    """,
    "truncate": BASE
    + """;
        INSERT INTO t (b) VALUES ('x'), ('y');
        TRUNCATE t;
        INSERT INTO t (b) VALUES ('z') RETURNING id;
        TRUNCATE TABLE t RESTART IDENTITY;
        INSERT INTO t (b) VALUES ('z') RETURNING id;
        TRUNCATE nosuch;
    """,
    "transactional": """
        BEGIN;
        CREATE TABLE t (a int PRIMARY KEY);
        INSERT INTO t VALUES (1);
        ALTER TABLE t ADD COLUMN b text DEFAULT 'q';
        SELECT * FROM t;
        ROLLBACK;
        SELECT * FROM t;
        CREATE TABLE t (a int);
        BEGIN;
        DROP TABLE t;
        ROLLBACK;
        SELECT * FROM t;
        BEGIN;
        INSERT INTO t VALUES (1);
        SAVEPOINT s;
        ALTER TABLE t ADD COLUMN b int DEFAULT 2;
        ROLLBACK TO s;
        SELECT * FROM t;
        COMMIT;
        SELECT * FROM t;
    """,
    "views": BASE
    + """;
        CREATE VIEW w AS SELECT id, b FROM t;
        CREATE VIEW w AS SELECT 1;
        CREATE OR REPLACE VIEW w AS SELECT id, b, a FROM t;
        CREATE OR REPLACE VIEW w AS SELECT id FROM t;
        CREATE OR REPLACE VIEW w AS SELECT id AS other, b, a FROM t;
        INSERT INTO t (b, a) VALUES ('x', 3);
        SELECT * FROM w;
        CREATE VIEW z (p, q) AS SELECT 1, 'x';
        SELECT * FROM z;
        ALTER TABLE t DROP COLUMN b;
        ALTER TABLE t ALTER COLUMN b TYPE varchar(10);
        ALTER TABLE t DROP COLUMN b CASCADE;
        SELECT * FROM w;
    """,
    "options": BASE
    + """ WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.5);
        SELECT reloptions FROM pg_class WHERE relname = 't';
        CREATE TABLE u (a int) WITH (nosuch = 1);
        CREATE TABLE u (a int) WITH (fillfactor = 5);
        CREATE TABLE u (a int) WITH (fillfactor = x);
        CREATE TABLE u (a int) WITH (autovacuum_vacuum_scale_factor = 200);
        CREATE TABLE u (a int) WITH (autovacuum_vacuum_scale_factor = -.5);
        CREATE TABLE u (a int) WITH (autovacuum_vacuum_scale_factor = x);
        CREATE TABLE u (a int) WITH (autovacuum_vacuum_scale_factor = 'nan');
        CREATE TABLE u (a int) WITH (autovacuum_vacuum_scale_factor = 'inf');
        CREATE TABLE u (a int) WITH (autovacuum_enabled = maybe);
        CREATE TABLE u (a int) WITH (autovacuum_enabled);
        CREATE TABLE u2 (a int) WITH (fillfactor = 50, fillfactor = 60);
        CREATE TABLE u2 (a int) WITH (toast.fillfactor = 50);
        CREATE TABLE u2 (a int) WITH (other.fillfactor = 50);
        CREATE TABLE u2 WITH (fillfactor = 20) AS SELECT 1 AS a;
        CREATE TABLE u3 WITH (fillfactor = 2) AS SELECT 1 AS a;
        ALTER TABLE t SET (fillfactor = 80, parallel_workers = 2);
        SELECT reloptions FROM pg_class WHERE relname = 't';
        ALTER TABLE t RESET (fillfactor, nosuch);
        SELECT reloptions FROM pg_class WHERE relname = 't';
        ALTER TABLE t RESET (parallel_workers = 2);
        ALTER TABLE t SET (nosuch = 2);
        ALTER TABLE nosuch SET (fillfactor = 80);
        ALTER TABLE t SET (fillfactor = 90), ADD COLUMN c int;
        CREATE INDEX i ON t USING hnsw (v vector_l2_ops) WITH (m = 8, ef_construction = 32);
        CREATE INDEX ON t USING hnsw (v vector_l2_ops) WITH (m = 1);
        CREATE INDEX ON t USING hnsw (v vector_l2_ops) WITH (m = 8.5x);
        CREATE INDEX ON t USING hnsw (v vector_l2_ops) WITH (m = abc);
        CREATE INDEX ON t USING hnsw (v vector_l2_ops) WITH (lists = 8);
        CREATE INDEX ON t USING btree (a) WITH (deduplicate_items = perhaps);
        CREATE INDEX ON t USING gist (a) WITH (buffering = perhaps);
        ALTER INDEX i SET (m = 12);
        SELECT indexdef FROM pg_indexes WHERE indexname = 'i';
        ALTER INDEX i SET (m = 1000);
        ALTER INDEX i SET (fillfactor = 10);
        ALTER INDEX i RESET (m);
        SELECT reloptions FROM pg_class WHERE relname = 'i';
        ALTER INDEX i RESET (ef_construction);
        SELECT reloptions FROM pg_class WHERE relname = 'i';
        ALTER INDEX nosuch SET (m = 8);
        ALTER INDEX IF EXISTS nosuch SET (m = 8);
        ALTER INDEX t SET (m = 8);
    """,
    "syntax": """
        CREATE TABLE t (a int;
        CREATE TABLE t (a int,);
        CREATE TABLE (a int);
        CREATE TABLE select (a int);
        DROP TABLE;
        ALTER TABLE t ADD;
        CREATE INDEX ON t;
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_matches_postgresql(name: str, postgres: Postgres, vecsql: Vecsql) -> None:
    for statement in SCRIPTS[name].split(";\n"):
        sql = statement.strip()
        if not sql:
            continue
        expected, found = postgres.run(sql), vecsql.run(sql)
        assert found == expected, sql
