"""halfvec, sparsevec and bit as pgvector has them: values, operators, functions, casts, errors, tables and keys."""

from __future__ import annotations

from pathlib import Path

from tests.oracle.sides import Answer, Postgres, Vecsql

CORPUS = Path(__file__).parent / "corpus"


def compared(answer: Answer) -> tuple[object, ...]:
    return answer.rows, answer.names, {**answer.error, "position": ""}


def run_both(name: str, postgres: Postgres, vecsql: Vecsql) -> None:
    for sql in (CORPUS / name).read_text().splitlines():
        if sql.startswith("--"):
            continue
        left, right = postgres.run(sql), vecsql.run(sql)
        assert compared(right) == compared(left), sql


def test_types(postgres: Postgres, vecsql: Vecsql) -> None:
    run_both("vector_types.sql", postgres, vecsql)


def test_indexes(postgres: Postgres, vecsql: Vecsql) -> None:
    run_both("vector_indexes.sql", postgres, vecsql)
