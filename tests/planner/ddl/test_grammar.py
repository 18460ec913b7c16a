"""The DDL grammar: what statements become, and where syntax errors point."""

from __future__ import annotations

import pytest

from vecsql.errors import FeatureNotSupported, SyntaxError
from vecsql.planner.ddl import nodes, parse_ddl
from vecsql.planner.ddl.scanner import tokenize


def test_column_definitions() -> None:
    statement = parse_ddl(
        "CREATE TABLE s.t (id int DEFAULT (1 + 2) * 3 NOT NULL, \"N\" varchar(20)[] DEFAULT '{}', CHECK (id > 0))"
    )
    assert isinstance(statement, nodes.CreateTable)
    assert (statement.name.schema, statement.name.name) == ("s", "t")
    first, second = statement.columns
    assert [c.kind for c in first.constraints] == ["default", "not_null"]
    assert first.constraints[0].expression == "(1 + 2) * 3"
    assert (second.name, second.type.name, second.type.modifiers, second.type.array) == (
        "N", "varchar", (20,), True
    )  # fmt: skip
    assert statement.constraints[0].expression == "id > 0"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("double precision", "double precision"),
        ("timestamp(3) with time zone", "timestamp with time zone"),
        ("time without time zone", "time without time zone"),
        ("character varying(3)", "character varying"),
        ("pg_catalog.int4", "int4"),
        ("interval day to second(2)", "interval"),
        ("int array", "int"),
    ],
)
def test_type_names(text: str, name: str) -> None:
    statement = parse_ddl(f"CREATE TABLE t (a {text})")
    assert isinstance(statement, nodes.CreateTable)
    assert statement.columns[0].type.name == name


def test_index_with_everything() -> None:
    statement = parse_ddl(
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t USING btree (a DESC NULLS LAST, lower(b) text_ops, (c + 1)) "
        "INCLUDE (d) NULLS NOT DISTINCT WITH (fillfactor = 70) WHERE a > 0 AND b <> ')'"
    )
    assert isinstance(statement, nodes.CreateIndex)
    assert [e.column for e in statement.elements] == ["a", None, None]
    assert [e.expression for e in statement.elements] == [None, "lower(b)", "c + 1"]
    assert statement.elements[0].nulls_first is False
    assert statement.elements[1].opclass == "text_ops"
    assert statement.options == (("fillfactor", "70"),)
    assert statement.predicate == "a > 0 AND b <> ')'"


def test_query_of_create_table_as_ends_before_with_no_data() -> None:
    statement = parse_ddl("CREATE TABLE t AS SELECT 1 AS a WITH NO DATA")
    assert isinstance(statement, nodes.CreateTableAs)
    assert (statement.query, statement.with_data) == ("SELECT 1 AS a", False)


def test_several_alter_actions() -> None:
    statement = parse_ddl(
        "ALTER TABLE t ADD a int DEFAULT 1, DROP COLUMN b CASCADE, ALTER c TYPE text USING c::text"
    )
    assert isinstance(statement, nodes.AlterTable)
    assert [type(a) for a in statement.actions] == [
        nodes.AddColumn, nodes.DropColumn, nodes.AlterColumnType
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "message", "position"),
    [
        ("CREATE TABLE t (a int", "syntax error at end of input", 22),
        ("CREATE TABLE t (a int,)", 'syntax error at or near ")"', 23),
        ("CREATE TABLE select (a int)", 'syntax error at or near "select"', 14),
        ("DROP TABLE", "syntax error at end of input", 11),
        ("TRUNCATE t RESTART", "syntax error at end of input", 19),
        ("CREATE TABLE t (a text DEFAULT 'x)", 'unterminated quoted string at or near "\'x)"', 32),
    ],
)
def test_syntax_errors_point_at_the_token(sql: str, message: str, position: int) -> None:
    with pytest.raises(SyntaxError) as caught:
        parse_ddl(sql)
    assert (caught.value.message, caught.value.position) == (message, position)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql",
        "CREATE MATERIALIZED VIEW m AS SELECT 1",
        "CREATE TABLE t (a int, EXCLUDE USING gist (a WITH =))",
    ],
)
def test_what_is_not_supported_says_so(sql: str) -> None:
    with pytest.raises(FeatureNotSupported):
        parse_ddl(sql)


def test_tokens_of_awkward_text() -> None:
    text = """a "B ""c" 'it''s' E'\\n\\x41' $tag$ body $tag$ 1.5e3 -- rest\n/* /* nested */ */ ::"""
    assert [(t.kind, t.value) for t in tokenize(text)] == [
        ("word", "a"), ("quoted", 'B "c'), ("string", "it's"), ("string", "\nA"), ("string", " body "),
        ("number", "1.5e3"), ("op", "::"), ("end", ""),
    ]  # fmt: skip
