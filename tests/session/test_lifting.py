"""Texts that differ in literals alone share a plan, and answer, types and errors are those of the text itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql.errors import Error
from vecsql.session.lifting import lift
from vecsql.session.session import Session
from vecsql.session.values import chunk_rows
from vecsql.storage.engine import open_engine


@pytest.mark.parametrize(
    ("sql", "text", "values"),
    [
        ("SELECT a FROM t WHERE b = 3 LIMIT 5", "SELECT a FROM t WHERE b = $1 LIMIT $2", (3, 5)),
        ("SELECT a FROM t WHERE b='x''y';", "SELECT a FROM t WHERE b=$1", ("x'y",)),
        (
            "SELECT v <-> '[1,2]' FROM t ORDER BY v <-> '[1,2]' LIMIT 3",
            "SELECT v <-> $1 FROM t ORDER BY v <-> $1 LIMIT $2",
            ("[1,2]", 3),
        ),
        (
            "SELECT a FROM t WHERE b IN ('x', 'y')",
            "SELECT a FROM t WHERE b IN ($1, $2)",
            ("x", "y"),
        ),
        (
            "SELECT a FROM t WHERE b = '[1]'::vector(1)",
            "SELECT a FROM t WHERE b = $1::vector(1)",
            ("[1]",),
        ),
        (
            "SELECT a FROM t WHERE b = 1 ORDER BY 1, 2",
            "SELECT a FROM t WHERE b = $1 ORDER BY 1, 2",
            (1,),
        ),
        ('SELECT "a = 1" FROM t WHERE b = 2', 'SELECT "a = 1" FROM t WHERE b = $1', (2,)),
    ],
)
def test_what_is_lifted(sql: str, text: str, values: tuple[object, ...]) -> None:
    found = lift(sql)
    assert found is not None
    assert (found.text, found.values) == (text, values)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT a FROM t ORDER BY 1",
        "SELECT 'x'",
        "SELECT a FROM t WHERE b = $1 AND c = 1",
        "SELECT a FROM t WHERE b = 1 -- 'x'",
        "SELECT a FROM t WHERE b = /* 1 */ 1",
        "SELECT a FROM t WHERE b = 1; SELECT 2",
        "SELECT a FROM t WHERE b > 'now'",
        "SELECT a FROM t WHERE b > ' Today'",
        "SELECT a FROM t WHERE b = E'x'",
        "SELECT a FROM t WHERE b = 'a\\b'",
        "SELECT a FROM t WHERE b > date '2024-01-01'",
        "SELECT a FROM t WHERE b = -5",
        "SELECT a FROM t WHERE b = 1e5",
        "SELECT a FROM t WHERE b = 1x",
        "SELECT a FROM t WHERE b = 99999999999999999999",
        "SELECT a FROM t WHERE b = x.1",
    ],
)
def test_what_is_left_alone(sql: str) -> None:
    assert lift(sql) is None


@given(st.text(alphabet="ab1. '=,()<>-\"$;%5", max_size=30))
def test_the_text_comes_back_with_its_values(sql: str) -> None:
    """Whatever is lifted, putting the literals back gives the text."""
    found = lift(sql)
    if found is None:
        return
    text = found.text
    for number in range(len(found.values), 0, -1):
        value = found.values[number - 1]
        shown = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else None
        if shown is None:
            return  # numbers may be spelt in several ways
        text = text.replace(f"${number}", shown)
    assert text == sql.rstrip().removesuffix(";")


@pytest.fixture
def session() -> Iterator[Session]:
    with open_engine(":memory:") as engine:
        opened = Session(engine)
        run(
            opened,
            "CREATE TABLE t (id bigint PRIMARY KEY, small smallint, name text, price numeric(10,2), d float8,"
            " at timestamptz, day date, ok bool, v vector(2))",
        )
        run(
            opened,
            "INSERT INTO t SELECT g, g, 'name ' || g, g * 1.5, g / 4.0, '2024-01-01 00:00+00'::timestamptz + g * interval '1 hour',"
            " '2024-01-01'::date + g::int, g % 2 = 0, ('[' || g || ',1]')::vector FROM generate_series(1, 20) AS g",
        )
        yield opened
        opened.close()


def run(session: Session, sql: str) -> Any:
    """Columns with types, and rows; or the error as a client sees it."""
    try:
        ((_, result),) = [
            (statement, (result.columns, list(result.chunks), result.tag))
            for statement, result in session.simple(sql)
        ]
    except Error as error:
        return (error.sqlstate, error.message, error.position, error.detail)
    columns, chunks, tag = result
    if columns is None:
        return tag
    rows = [row for chunk in chunks for row in chunk_rows(chunk, columns)]
    return [(c.name, str(c.type)) for c in columns], [list(map(str, row)) for row in rows], tag


PAIRS = [
    ("SELECT id FROM t WHERE id = {} LIMIT 5", ["3", "7", "21", "3000000000", "2.0", "2.5", "'4'", "'x'", "' 5 '"]),
    ("SELECT id, name FROM t ORDER BY v <-> '{}' LIMIT 3", ["[1,1]", "[9,1]", "[1,2,3]", "[1", "[]", "", "[1,NaN]"]),
    ("SELECT id, v <-> '{0}' AS d FROM t ORDER BY v <-> '{0}' LIMIT 3", ["[1,1]", "[5,2]", "[1]"]),
    ("SELECT id, v <-> '[1,1]' AS d FROM t ORDER BY v <-> '{}' LIMIT 3", ["[1,1]", "[7,1]"]),
    ("SELECT id FROM t ORDER BY v <=> '[1,1]' LIMIT {}", ["2", "4", "0", "2.6", "'3'", "-1", "99999999999"]),
    ("SELECT id FROM t WHERE price < {} ORDER BY v <-> '[1,1]' LIMIT 4", ["3", "3.1", "'4.5'", "0", "1e1"]),
    ("SELECT id FROM t WHERE d >= {} ORDER BY v <-> '[9,1]' LIMIT 2", ["2", "2.5", "'3'", "'inf'"]),
    ("SELECT id FROM t WHERE small = {} LIMIT 2", ["2", "70000", "'3'", "'70000'", "2.0"]),
    ("SELECT id FROM t WHERE name = {} LIMIT 2", ["'name 1'", "'it''s'", "''", "5"]),
    ("SELECT id FROM t WHERE name IN ('name 1', {}) LIMIT 9", ["'name 2'", "'name 1'", "NULL"]),
    ("SELECT id FROM t WHERE at < {} LIMIT 3", ["'2024-01-01 03:00'", "'2024-01-01 02:00+02'", "'yesterday'", "'bad'"]),
    ("SELECT id FROM t WHERE day = {} LIMIT 3", ["'2024-01-04'", "'Jan 5 2024'", "'2024-13-01'"]),
    ("SELECT id FROM t WHERE ok = {} LIMIT 3", ["'t'", "'no'", "'maybe'", "1"]),
    ("SELECT count(*) FROM t WHERE id > {}", ["3", "19", "'7'"]),
    ("SELECT id, 'x' FROM t ORDER BY id LIMIT {}", ["1", "2"]),
    ("SELECT id, name = {} FROM t ORDER BY id LIMIT 2", ["'name 1'", "'name 2'"]),
    ("SELECT id FROM t ORDER BY v <-> '[1,1]'::vector({}) LIMIT 1", ["2", "3"]),
    ("SELECT id FROM t ORDER BY id, 'x' LIMIT {}", ["1"]),
    ("SELECT id FROM t WHERE v <-> '[1,1]' < {} ORDER BY v <-> '[1,1]' LIMIT 9", ["1.5", "4", "'2'"]),
    ("SELECT id FROM t WHERE missing = {}", ["1", "'x'"]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "values"), PAIRS)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_answers_and_errors_are_those_of_the_text_itself(
    session: Session, sql: str, values: list[str], zone: str
) -> None:
    """Each text is run on its own, planned anew, and after the others, with what they have left."""
    texts = [sql.format(value) for value in values]
    run(session, f"SET timezone = '{zone}'")
    alone = {}
    for text in texts:
        # a definition that changes makes all plans stale
        run(session, "CREATE TABLE other (a int)")
        run(session, "DROP TABLE other")
        alone[text] = run(session, text)
    for text in texts + texts[::-1]:
        assert run(session, text) == alone[text], text


def test_the_second_text_finds_the_plan(session: Session) -> None:
    assert not session.planner.is_quick("SELECT id FROM t ORDER BY v <-> '[3,1]' LIMIT 2")
    run(session, "SELECT id FROM t ORDER BY v <-> '[3,1]' LIMIT 2")
    assert session.planner.is_quick("SELECT id FROM t ORDER BY v <-> '[4,1]' LIMIT 7")
    assert run(session, "SELECT id FROM t ORDER BY v <-> '[4,1]' LIMIT 1")[1] == [["4"]]


def test_failed_blocks_and_definitions(session: Session) -> None:
    text = "SELECT id FROM t WHERE id = {} LIMIT 1"
    run(session, text.format(1))
    run(session, "BEGIN")
    run(session, "SELECT 1 / 0")
    assert run(session, text.format(2))[0] == "25P02"
    run(session, "ROLLBACK")
    run(session, "ALTER TABLE t RENAME COLUMN id TO number")
    assert run(session, text.format(2))[0] == "42703"
    run(session, "ALTER TABLE t RENAME COLUMN number TO id")
    assert run(session, text.format(2))[1] == [["2"]]
