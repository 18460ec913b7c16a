"""Splitting, classification, utility statements and syntax errors with their positions."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from sqlglot import exp

from vecsql.errors import SyntaxError
from vecsql.planner import utility as u
from vecsql.planner.parse import expression, parse

CLIENTS = Path(os.environ.get("VECSQL_CLIENTS", Path(__file__).parents[3] / "shared" / "clients"))

UTILITIES = [
    ("BEGIN", u.Begin()),
    ("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY", u.Begin(u.TransactionModes("serializable", True))),
    ("START TRANSACTION", u.Begin(start=True)),
    ("COMMIT AND CHAIN", u.Commit(True)),
    ("END", u.Commit()),
    ("ABORT", u.Rollback()),
    ("SAVEPOINT a", u.Savepoint("a")),
    ("RELEASE SAVEPOINT a", u.Release("a")),
    ("ROLLBACK TO a", u.RollbackTo("a")),
    ("SET search_path TO a, 'b c'", u.Set("search_path", ("a", "b c"))),
    ("SET LOCAL hnsw.ef_search = 100", u.Set("hnsw.ef_search", ("100",), True)),
    ("SET TIME ZONE 'UTC'", u.Set("timezone", ("UTC",))),
    ("SET x TO DEFAULT", u.Set("x", None)),
    ("SET TRANSACTION READ WRITE", u.SetTransaction(u.TransactionModes(None, False))),
    ("SHOW ALL", u.Show("all")),
    ("SHOW TRANSACTION ISOLATION LEVEL", u.Show("transaction_isolation")),
    ("RESET ALL", u.Reset(None)),
    ("DEALLOCATE ALL", u.Deallocate(None)),
    ("FETCH FORWARD 10 FROM c", u.Fetch("c", "forward", 10)),
    ("MOVE ALL IN c", u.Fetch("c", "forward", None, True)),
    ("CLOSE ALL", u.Close(None)),
    ("LISTEN ch", u.Listen("ch")),
    ("UNLISTEN *", u.Unlisten(None)),
    ("NOTIFY ch, 'payload'", u.Notify("ch", "payload")),
    ("DISCARD ALL", u.Discard("all")),
    ("CHECKPOINT", u.Checkpoint()),
    ("VACUUM ANALYZE t", u.Vacuum((("t",),), analyze=True)),
    ("ANALYZE", u.Vacuum(analyze=True, vacuum=False)),
    ("LOCK TABLE s.t IN ACCESS SHARE MODE", u.LockTable((("s", "t"),), 1)),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), UTILITIES)
def test_utility(sql: str, expected: object) -> None:
    (parsed,) = parse(sql)
    assert (parsed.kind, parsed.utility) == ("utility", expected)


def test_copy_options_of_both_syntaxes() -> None:
    new = parse("COPY t (a, b) FROM STDIN WITH (FORMAT csv, HEADER true, FORCE_NULL (a))")[
        0
    ].utility
    old = parse("COPY t FROM STDIN CSV HEADER DELIMITER ';'")[0].utility
    assert (new.table, new.columns, new.is_from) == (("t",), ("a", "b"), True)
    assert new.options == (("format", "csv"), ("header", "true"), ("force_null", ("a",)))
    assert old.options == (("format", "csv"), ("header", "true"), ("delimiter", ";"))


def test_nested_statements_keep_their_ast() -> None:
    explain = parse("EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1")[0].utility
    assert explain.options == (("analyze", None), ("format", "json"))
    assert isinstance(explain.statement.ast, exp.Select)
    copy = parse("COPY (SELECT 1) TO STDOUT BINARY")[0].utility
    assert isinstance(copy.query.ast, exp.Select)


def test_splits_at_semicolons_outside_strings_and_comments() -> None:
    parsed = parse("select ';' ; -- a;b\n select $$;$$ /* ; */; ; insert into t values (1)")
    assert [(p.kind, p.text) for p in parsed] == [
        ("query", "select ';' "),
        ("query", "select $$;$$ /* ; */"),
        ("insert", "insert into t values (1)"),
    ]
    assert [p.offset for p in parsed] == [0, 21, 45]


@pytest.mark.parametrize(
    ("sql", "message", "position"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC"', 1),
        ("SELECT 1 FORM t WHERE", 'syntax error at or near "t"', 15),
        ("SELECT é FROM x; SELCT 1", 'syntax error at or near "SELCT"', 18),
        ("SELECT 1 +", "syntax error at end of input", 11),
        ("SELECT 'abc", 'unterminated quoted string at or near "\'abc"', 8),
    ],
)
def test_syntax_error(sql: str, message: str, position: int) -> None:
    with pytest.raises(SyntaxError) as caught:
        parse(sql)
    assert (caught.value.message, caught.value.position) == (message, position)


def test_vector_operators_bind_as_other_operators_do() -> None:
    below = expression("embedding <=> $1 < 0.5")
    assert isinstance(below, exp.LT)
    assert isinstance(below.this, exp.Operator)
    plus = expression("a <-> b + 1")
    assert isinstance(plus, exp.Operator)
    assert isinstance(plus.expression, exp.Add)


@pytest.mark.parametrize("file", sorted(CLIENTS.glob("*.sql")), ids=lambda p: p.name)
def test_captured_client_statements_parse(file: Path) -> None:
    for statement in re.split(r"^-- x\d+\n", file.read_text(), flags=re.MULTILINE)[1:]:
        assert parse(statement)


OWN = """
SELECT t.oid, typarray FROM pg_type t JOIN pg_namespace ns ON typnamespace = ns.oid WHERE typname = $1 AND ns.nspname = $2
SELECT id, embedding <=> $1::vector AS distance FROM items WHERE tags && ARRAY['a'] ORDER BY embedding <=> $1 LIMIT $2
INSERT INTO items (name, embedding) VALUES ($1,$2),($3,$4) ON CONFLICT (name) DO UPDATE SET embedding = EXCLUDED.embedding RETURNING id
UPDATE items SET (a, b) = (1, DEFAULT), c = (SELECT 1) FROM u WHERE u.id = items.id RETURNING *
WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d
CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t USING hnsw (embedding vector_l2_ops) WITH (m = 16) WHERE a > 1
"""


@pytest.mark.parametrize("sql", OWN.strip().splitlines())
def test_shipped_statements_parse(sql: str) -> None:
    assert len(parse(sql)) == 1
