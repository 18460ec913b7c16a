"""SELECTs without FROM see their session, and those that draw sequence values count as writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import vecsql


@pytest.fixture
def connection() -> Iterator[Any]:
    with vecsql.connect(":memory:") as opened:
        opened.execute("CREATE SEQUENCE numbers")
        opened.commit()
        yield opened


def one(connection: Any, sql: str) -> Any:
    return connection.execute(sql).fetchone()


def test_sequences(connection: Any) -> None:
    with pytest.raises(vecsql.Error, match="not yet defined in this session"):
        one(connection, "SELECT currval('numbers')")
    connection.rollback()
    drawn = [one(connection, "SELECT nextval('numbers')") for _ in range(2)]
    assert drawn == [(1,), (2,)]
    assert one(connection, "SELECT currval('numbers'), lastval()") == (2, 2)


def test_nextval_is_refused_in_a_read_only_transaction(connection: Any) -> None:
    connection.execute("BEGIN READ ONLY")
    with pytest.raises(vecsql.Error) as raised:
        one(connection, "SELECT nextval('numbers')")
    assert raised.value.sqlstate == "25006"


def test_session_state(connection: Any) -> None:
    assert one(connection, "SELECT current_schema()") == ("public",)
    connection.execute("CREATE SCHEMA other")
    connection.execute("SET search_path = other, public")
    assert one(connection, "SELECT current_schema()") == ("other",)
    assert one(connection, "SELECT current_setting('search_path')") == ("other, public",)


def test_one_transaction_has_one_now(connection: Any) -> None:
    connection.execute("BEGIN")
    first = one(connection, "SELECT now()")
    assert one(connection, "SELECT now()") == first
    assert one(connection, "SELECT statement_timestamp() >= now()") == (True,)
