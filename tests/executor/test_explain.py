"""EXPLAIN of direct plans: PostgreSQL's look in text, its keys in JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import vecsql
from tests.executor.tables import DISTANCE, ID_OUTPUT, VEC, Items, count, rows_of, vector_param
from vecsql.errors import InvalidParameterValue, SyntaxError
from vecsql.executor.execute import execute_plan
from vecsql.planner.explain import explain_plan
from vecsql.planner.plan import VectorTopK
from vecsql.planner.statement import ParsedStatement, PreparedStatement


@pytest.fixture
def items() -> Items:
    items = Items(2)
    items.insert([(i, 0, None, [i, 0]) for i in range(20)])
    return items


def explain(items: Items, *options: tuple[str, str | None]) -> list[str]:
    plan = VectorTopK(
        items.table, VEC, "l2", vector_param(2), count(3), None, None, (ID_OUTPUT, DISTANCE),
        order_sql="(embedding <-> $1)",
    )  # fmt: skip
    prepared = PreparedStatement(ParsedStatement("query", ""), plan, (), plan.columns)
    params: list[Any] = [np.zeros(2, np.float32)]
    result = execute_plan(explain_plan(prepared, options), items.ctx, params)
    assert result.tag == "EXPLAIN"
    return [row[0] for row in rows_of(result)]


def test_text(items: Items) -> None:
    assert explain(items, ("costs", "off")) == [
        "Limit",
        "  ->  Vector Scan on items",
        "        Order By: (embedding <-> $1)",
        "        Strategy: exact scan",
        "        Segments: 1 (1 memtable)",
    ]


def test_analyze_says_what_the_scan_did(items: Items) -> None:
    lines = explain(items, ("analyze", None), ("costs", "off"), ("timing", "off"))
    assert lines[0] == "Limit  (actual rows=3.00 loops=1)"
    assert lines[1] == "  ->  Vector Scan on items  (actual rows=3.00 loops=1)"
    assert "        Rows Passing: 20" in lines
    assert "        Rows Reranked: 20" in lines
    assert re.fullmatch(r"Planning Time: \d+\.\d{3} ms", lines[-2])
    assert re.fullmatch(r"Execution Time: \d+\.\d{3} ms", lines[-1])


def test_json(items: Items) -> None:
    (text,) = explain(items, ("analyze", "true"), ("format", "JSON"))
    (document,) = json.loads(text)
    scan = document["Plan"]["Plans"][0]
    assert document["Plan"]["Node Type"] == "Limit"
    assert document["Execution Time"] >= 0
    assert scan["Node Type"] == "Vector Scan"
    assert scan["Relation Name"] == "items"
    assert scan["Rows Passing"] == 20
    assert scan["Actual Rows"] == 3


def test_unknown_options(items: Items) -> None:
    with pytest.raises(SyntaxError, match=r'^unrecognized EXPLAIN option "colour"$'):
        explain(items, ("colour", None))
    with pytest.raises(InvalidParameterValue, match=r'EXPLAIN option "format": "csv"$'):
        explain(items, ("format", "csv"))
    with pytest.raises(SyntaxError, match=r"^analyze requires a Boolean value$"):
        explain(items, ("analyze", "maybe"))


@pytest.fixture(scope="module")
def connection() -> Any:
    with vecsql.connect(":memory:") as connection:
        connection.execute("CREATE TABLE docs (id int PRIMARY KEY, grp int, v vector(2))")
        connection.execute("INSERT INTO docs SELECT i, i % 3, '[1,2]' FROM generate_series(1, 9) i")
        yield connection


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id FROM docs WHERE id = 4", ["Index Scan using docs_pkey on docs", "  Index Cond: (id = 4)"]),
        ("SELECT id FROM docs WHERE grp > 1 LIMIT 2", ["Limit", "  ->  Seq Scan on docs", "        Filter: (grp > 1)"]),
        ("INSERT INTO docs VALUES (10, 1, NULL)", ["Insert on docs", "  ->  Result"]),
        ("UPDATE docs SET grp = 0 WHERE id = 4", ["Update on docs", "  ->  Index Scan using docs_pkey on docs"]),
        ("SELECT count(*) FROM docs", ["Aggregate", "  ->  Seq Scan on docs"]),
    ],
)  # fmt: skip
def test_statements(connection: Any, sql: str, expected: list[str]) -> None:
    lines = [row[0] for row in connection.execute(f"EXPLAIN (COSTS OFF) {sql}").fetchall()]
    assert [line for line in lines if "Aggregates:" not in line] == expected


def test_block_of_a_larger_query(connection: Any) -> None:
    sql = "SELECT count(*) FROM (SELECT id FROM docs ORDER BY v <-> '[1,2]' LIMIT 4) s"
    lines = [row[0] for row in connection.execute(f"EXPLAIN ANALYZE {sql}").fetchall()]
    scan = next(line for line in lines if "Vector Scan on docs" in line)
    assert "rows=4.00" in scan
    assert any(line.strip() == "Rows Passing: 9" for line in lines)


def test_analyze_runs_the_statement(connection: Any) -> None:
    connection.execute("EXPLAIN ANALYZE DELETE FROM docs WHERE id = 9")
    assert connection.execute("SELECT id FROM docs WHERE id = 9").fetchall() == []


@pytest.mark.parametrize(
    ("index", "order", "strategy"),
    [
        ("USING ivfflat (e vector_l2_ops)", "e <-> '[1,2,3,4,5,6,7,8]'", "ivf"),
        ("USING hnsw (b bit_hamming_ops)", "b <~> '10110010'", "bits of all rows"),
        ("USING hnsw (s sparsevec_l2_ops)", "s <-> '{1:1,3:2}/8'", "inverted lists"),
        (
            "USING hnsw ((binary_quantize(e)::bit(8)) bit_hamming_ops)",
            "binary_quantize(e)::bit(8) <~> '10110010'",
            "bits of all rows",
        ),
        ("USING ivfflat (h halfvec_l2_ops)", "h <-> '[1,2,3,4,5,6,7,8]'", "ivf"),
    ],
)
def test_every_kind_of_index_says_beforehand_what_it_will_do(
    index: str, order: str, strategy: str
) -> None:
    rows = 20_000
    vectors = np.random.default_rng(1).standard_normal((rows, 8)).astype(np.float32)
    with vecsql.connect(":memory:") as db:
        db.execute("CREATE TABLE t (id int, e vector(8), h halfvec(8), b bit(8), s sparsevec(8))")
        db.load("t", {"id": np.arange(rows), "e": vectors})
        db.execute("UPDATE t SET h = e::halfvec, s = e::sparsevec, b = binary_quantize(e)::bit(8)")
        db.execute(f"CREATE INDEX ON t {index}")
        sql = f"SELECT id FROM t ORDER BY {order} LIMIT 5"
        before = dict(
            line[0].strip().split(": ", 1)
            for line in db.execute(f"EXPLAIN {sql}").fetchall()
            if ": " in line[0]
        )
        after = "\n".join(line[0] for line in db.execute(f"EXPLAIN ANALYZE {sql}").fetchall())
        assert before["Strategy"] == strategy
        assert f"Strategy: {strategy}" in after
        assert 0 < float(before["Predicted Time"].removesuffix(" ms")) < 50
        assert 0 < int(before["Predicted Bytes"]) <= rows * 8 * 16
        assert before["Predicted Recall"] in ("1.000", "0.950")
