"""jsonb_path_match() against PostgreSQL."""

from __future__ import annotations

import pytest

from tests.oracle.sides import Postgres, Vecsql

DOCUMENTS = [
    '{"a": 1}', '{"a": 1.0, "b": {"c": "x"}}', '{"a": "1"}', '{"a": [1, 5]}', '{"a": null}', '{"a": true}',
    '{"a": {"x": 1}}', '[{"a": 1}, {"a": 7}]', "{}", "3",
]  # fmt: skip
CALLS = [
    f"'$.a {compare} $value', '{{\"value\": {value}}}'"
    for compare in ("==", "!=", "<", "<=", ">", ">=")
    for value in ("1", '"1"', "null", "true")
] + ["'$.b.c == \"x\"'", "'$.a > 4'", "'$.\"a\" <> 1'"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_comparisons_match(document: str, postgres: Postgres, vecsql: Vecsql) -> None:
    for call in CALLS:
        sql = f"SELECT jsonb_path_match('{document}', {call})"
        assert vecsql.run(sql) == postgres.run(sql), sql


def test_other_paths_are_refused(vecsql: Vecsql) -> None:
    answer = vecsql.run("SELECT jsonb_path_match('{}', 'exists($.a ? (@ > 1))')")
    assert answer.error["sqlstate"] == "0A000"
