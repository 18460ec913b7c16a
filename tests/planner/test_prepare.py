"""Parameter types are inferred from context; plans are what the rules promise."""

from __future__ import annotations

import pytest

import vecsql.types as types
from vecsql.catalog.model import Catalog, Column, Table
from vecsql.errors import IndeterminateDatatype, UndefinedTable
from vecsql.planner.parse import parse
from vecsql.planner.plan import Relational
from vecsql.planner.planner import prepare
from vecsql.types.base import ColumnType

TABLE = Table(
    20000,
    2200,
    "items",
    (
        Column(1, "id", ColumnType(types.INT8)),
        Column(2, "name", ColumnType(types.TEXT)),
        Column(3, "price", ColumnType(types.NUMERIC, ((10 << 16) | 2) + 4)),
        Column(4, "embedding", ColumnType(types.VECTOR, 3)),
    ),
    next_attnum=5,
)
CATALOG = Catalog(tables={TABLE.oid: TABLE})


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT $1", ["text"]),
        ("SELECT $1::int + $2", ["int4", "int4"]),
        ("SELECT * FROM items WHERE id = $1 AND name LIKE $2 AND price < $3", ["int8", "text", "numeric"]),
        ("SELECT id FROM items ORDER BY embedding <-> $1 LIMIT $2 OFFSET $3", ["vector", "int8", "int8"]),
        ("SELECT count(*) FROM items WHERE id = ANY($1)", ["_int8"]),
        ("SELECT id FROM items WHERE id IN ($1, $2) OR name = $3", ["int8", "int8", "text"]),
        ("SELECT upper($1), repeat(name, $2) FROM items", ["text", "int4"]),
        ("SELECT CASE WHEN id > $1 THEN $2 ELSE name END FROM items", ["int8", "text"]),
        ("SELECT id FROM items WHERE price BETWEEN $1 AND $2", ["numeric", "numeric"]),
        ("SELECT id FROM items WHERE (id, name) = ($1, $2)", ["int8", "text"]),
        ("SELECT coalesce($1, price) FROM items", ["numeric"]),
        ("INSERT INTO items (id, name, embedding) VALUES ($1, $2, $3)", ["int8", "text", "vector"]),
    ],
)  # fmt: skip
def test_parameter_types(sql: str, expected: list[str]) -> None:
    prepared = prepare(parse(sql)[0], CATALOG)
    assert [t.type.name for t in prepared.param_types] == expected


def test_a_parameter_number_that_is_left_out_has_no_type() -> None:
    with pytest.raises(
        IndeterminateDatatype, match=r"could not determine data type of parameter \$1"
    ):
        prepare(parse("SELECT $2::int")[0], CATALOG)


def test_declared_parameter_types_win() -> None:
    prepared = prepare(parse("SELECT $1")[0], CATALOG, [types.INT8.oid])
    assert [t.type.name for t in prepared.param_types] == ["int8"]
    assert prepared.columns is not None
    assert prepared.columns[0].type.type.name == "int8"


def test_positions_count_from_the_start_of_the_message() -> None:
    statements = parse("SELECT 1; SELECT * FROM missing")
    with pytest.raises(UndefinedTable) as caught:
        prepare(statements[1], CATALOG)
    assert caught.value.position == 25


def test_vector_search_and_relational_plans() -> None:
    direct = prepare(parse("SELECT id FROM items ORDER BY embedding <-> $1 LIMIT 5")[0], CATALOG)
    joined = prepare(parse("SELECT a.id, b.name FROM items a JOIN items b USING (id)")[0], CATALOG)
    assert not isinstance(direct.plan, Relational)
    assert direct.inline
    assert isinstance(joined.plan, Relational)
    assert joined.plan.scans == {"r20000": (20000, (1, 2))}


def test_preparing_twice_gives_the_same_plan() -> None:
    parsed = parse("SELECT *, price * 2 FROM items WHERE price > 1.5")[0]
    first, second = (prepare(parsed, CATALOG) for _ in range(2))
    assert isinstance(first.plan, Relational)
    assert first.plan == second.plan
