"""A real psql in front of a real server: its \\ commands print what they print with PostgreSQL 18."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.serving import ServerProcess

PSQL = shutil.which("psql")
pytestmark = pytest.mark.skipif(PSQL is None, reason="no psql")

SCHEMA = """
CREATE EXTENSION vector;
CREATE TABLE items (id bigserial PRIMARY KEY, name text NOT NULL, price numeric(10,2) CHECK (price > 0),
    tags text[], created timestamptz DEFAULT now(), code varchar(20) UNIQUE, embedding vector(384));
CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX items_lower_idx ON items (lower(name)) WHERE price > 10;
CREATE VIEW cheap AS SELECT id, name FROM items WHERE price < 10;
COMMENT ON TABLE items IS 'things';
CREATE SCHEMA app;
CREATE TABLE app.logs (id int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (id * 2) STORED);
"""

DESCRIBED = """\
                                      Table "public.items"
  Column   |           Type           | Collation | Nullable |              Default              
-----------+--------------------------+-----------+----------+-----------------------------------
 id        | bigint                   |           | not null | nextval('items_id_seq'::regclass)
 name      | text                     |           | not null | 
 price     | numeric(10,2)            |           |          | 
 tags      | text[]                   |           |          | 
 created   | timestamp with time zone |           |          | now()
 code      | character varying(20)    |           |          | 
 embedding | vector(384)              |           |          | 
Indexes:
    "items_pkey" PRIMARY KEY, btree (id)
    "items_code_key" UNIQUE CONSTRAINT, btree (code)
    "items_embedding_idx" hnsw (embedding vector_cosine_ops) WITH (m='16', ef_construction='64')
    "items_lower_idx" btree (lower(name)) WHERE price > 10::numeric
Check constraints:
    "items_price_check" CHECK (price > 0::numeric)
"""  # noqa: W291

LISTED = """\
              List of relations
 Schema |     Name     |   Type   |  Owner   
--------+--------------+----------+----------
 public | cheap        | view     | postgres
 public | items        | table    | postgres
 public | items_id_seq | sequence | postgres
(3 rows)
"""  # noqa: W291

VIEW = """\
                            View "public.cheap"
 Column |  Type  | Collation | Nullable | Default | Storage  | Description 
--------+--------+-----------+----------+---------+----------+-------------
 id     | bigint |           |          |         | plain    | 
 name   | text   |           |          |         | extended | 
View definition:
 SELECT id,
    name
   FROM items
  WHERE price < 10::numeric;
"""  # noqa: W291

INDEX = """\
     Index "public.items_embedding_idx"
  Column   |    Type     | Key? | Definition 
-----------+-------------+------+------------
 embedding | vector(384) | yes  | embedding
hnsw, for table "public.items"
"""  # noqa: W291


@pytest.fixture(scope="module")
def psql(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("psql") / "db.vecsql") as server:

        def run(*commands: str, stdin: str | None = None) -> str:
            arguments = [part for command in commands for part in ("-c", command)]
            done = subprocess.run(
                [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", server.conninfo, *arguments],
                input=stdin, capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert "ERROR" not in done.stderr
            return "\n".join(line for line in done.stdout.splitlines() if line.strip()) + "\n"

        run(stdin=SCHEMA)
        yield run


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (r"\d", LISTED),
        (r"\d items", DESCRIBED),
        (r"\d+ cheap", VIEW),
        (r"\d items_embedding_idx", INDEX),
    ],
)
def test_descriptions_are_postgresql_s(psql, command, text):
    assert psql(command) == text


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        (r"\d app.logs", ["generated always as identity", "generated always as (id * 2) stored"]),
        (r"\dt", ["public | items | table | postgres"]),
        (r"\dt+", ["permanent", "heap", "things"]),
        (r"\dt app.*", ["app    | logs | table"]),
        (r"\di", ["items_embedding_idx", "items_pkey"]),
        (r"\di+", ["hnsw", "btree"]),
        (r"\dx", ["vector", "public", "vector data type and ivfflat and hnsw access methods"]),
        (r"\dx+ vector", ["function l2_distance(vector,vector)", "type vector", "access method hnsw",
                          "operator <->(vector,vector)"]),
        (r"\dn", ["app", "public | pg_database_owner"]),
        (r"\du", ["Superuser, Create role, Create DB"]),
        (r"\l", ["template1", "UTF8"]),
        (r"\dv", ["cheap"]),
        (r"\ds", ["items_id_seq"]),
        (r"\d items_id_seq", ["9223372036854775807", "Owned by: public.items.id"]),
        (r"\dT", ["vector"]),
        (r"\df cosine_distance", ["double precision | vector, vector"]),
        (r"\do <->", ["vector", "double precision"]),
        (r"\dA", ["hnsw", "btree"]),
        (r"\dAc hnsw", ["vector_cosine_ops"]),
        (r"\sv cheap", ["CREATE OR REPLACE VIEW public.cheap AS"]),
        (r"\dp items", ["items | table"]),
        (r"\db", ["pg_default"]),
        (r"\conninfo", ["You are connected to database"]),
    ],
)  # fmt: skip
def test_other_commands(psql, command, parts):
    printed = psql(command)
    for part in parts:
        assert part in printed


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (r"\dx+ vector", ("binary_quantize", "hamming_distance", "ivfflat", "halfvec", "<~>")),
        (r"\dAc", ("bit_jaccard_ops", "halfvec_l2_ops", "sparsevec_ip_ops")),
        (r"\dA", ("ivfflat", "hnsw")),
        (r"\do", ("<~>", "<%>", "sparsevec")),
    ],
)
def test_objects_of_pgvector_are_listed(psql, command, names):
    printed = psql(command)
    for name in names:
        assert name in printed


@pytest.mark.parametrize("command", [r"\da", r"\dC", r"\dc", r"\dD", r"\dO", r"\ddp", r"\dl", r"\dE", r"\drds",
                                     r"\dRp", r"\dRs", r"\dy", r"\dF", r"\dFd", r"\des", r"\dew", r"\dX", r"\dm",
                                     r"\dP", r"\dL", r"\dconfig", r"\dd", r"\z"])  # fmt: skip
def test_commands_about_what_is_not_there_run(psql, command):
    psql(command)
