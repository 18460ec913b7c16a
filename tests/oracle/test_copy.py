"""COPY against PostgreSQL: what goes in, what comes out, and errors with their context."""

from __future__ import annotations

import pytest

from tests.oracle.sides import Postgres, Vecsql

TABLE = """CREATE TABLE t (id int PRIMARY KEY, name text, price numeric(8,2) NOT NULL DEFAULT 1, tags text[],
    v vector(3), s varchar(4), created timestamptz, CHECK (price > 0))"""

INPUTS = {
    "text": ("COPY t (id, name, v) FROM STDIN", b"1\ta\\tb\\nc\\\\\t[1,2,3]\n2\t\\N\t\\N\n3\t\t[4,5,6]\n"),
    "text_escapes": ("COPY t (id, name) FROM STDIN", b"1\t\\x41\\101\\q\n2\t\\\\N\n"),
    "text_end_mark": ("COPY t (id, name) FROM STDIN", b"1\ta\n\\.\n"),
    "text_delimiter": ("COPY t (id, name) FROM STDIN (DELIMITER '|', NULL 'nil')", b"1|nil\n2|a\\|b\n"),
    "csv": (
        "COPY t (id, name, tags) FROM STDIN (FORMAT csv, HEADER)",
        b'id,name,tags\n1,"q ""x"", y","{a,b}"\n2,,\n3,"",{}\n4,"two\nlines",\n',
    ),
    "csv_mixed_quotes": ("COPY t (id, name) FROM STDIN CSV", b'1,ab"c,d"e\n2, spaces \n'),
    "csv_escape": ("COPY t (id, name) FROM STDIN (FORMAT csv, ESCAPE '\\', QUOTE '''')", b"1,'it\\'s'\n"),
    "csv_force": (
        "COPY t (id, name, s) FROM STDIN (FORMAT csv, FORCE_NOT_NULL (name), FORCE_NULL (s))", b'1,,""\n'
    ),
    "csv_crlf": ("COPY t (id, name) FROM STDIN CSV", b"1,a\r\n2,b\r\n"),
    "header_match": ("COPY t (id, name) FROM STDIN (FORMAT csv, HEADER match)", b"id,nam\n1,a\n"),
    "header_match_count": ("COPY t (id, name) FROM STDIN (FORMAT csv, HEADER match)", b"id\n1,a\n"),
    "bad_integer": ("COPY t (id, name) FROM STDIN", b"1\ta\nx\tb\n"),
    "bad_vector": ("COPY t (id, v) FROM STDIN", b"1\t[1,2,3]\n2\t[1,2]\n"),
    "bad_vector_csv": ("COPY t (id, v) FROM STDIN CSV", b'1,"[1,2,3]"\n2,"[1,x,3]"\n'),
    "too_long": ("COPY t (id, s) FROM STDIN", b"1\tabcd\n2\tabcde\n"),
    "missing_data": ("COPY t (id, name, v) FROM STDIN", b"1\ta\t[1,2,3]\n2\tb\n"),
    "extra_data": ("COPY t (id, name) FROM STDIN", b"1\ta\n2\tb\tc\n"),
    "not_null": ("COPY t (id, price) FROM STDIN CSV", b"1,2\n2,\n"),
    "check": ("COPY t (id, price) FROM STDIN", b"1\t2\n2\t-1\n"),
    "duplicate": ("COPY t (id) FROM STDIN", b"1\n2\n1\n"),
    "ignore": ("COPY t (id, name) FROM STDIN (ON_ERROR ignore)", b"1\ta\nx\tb\n3\tc\n"),
    "no_such_table": ("COPY nosuch FROM STDIN", b""),
    "no_such_column": ("COPY t (nosuch) FROM STDIN", b""),
    "bad_option": ("COPY t FROM STDIN (FOO 1)", b""),
    "bad_format": ("COPY t FROM STDIN (FORMAT parquet)", b""),
    "unterminated": ("COPY t (id, name) FROM STDIN CSV", b'1,"abc\n'),
}  # fmt: skip


def without_position(error: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in error.items() if k != "position"}


@pytest.mark.parametrize("name", INPUTS)
def test_copy_in_matches_postgresql(name: str, postgres: Postgres, vecsql: Vecsql) -> None:
    sql, data = INPUTS[name]
    postgres.run(TABLE)
    vecsql.run(TABLE)
    expected, found = postgres.copy_in(sql, data), vecsql.copy_in(sql, data)
    assert found.tag == expected.tag
    if name == "duplicate":  # rows reach the key index in batches: the line is the batch's last
        expected.error.pop("where")
        found.error.pop("where")
    assert without_position(found.error) == without_position(expected.error)
    rows = "SELECT * FROM t ORDER BY id"
    assert vecsql.run(rows) == postgres.run(rows)


OUTPUTS = [
    "COPY t TO STDOUT",
    "COPY t TO STDOUT CSV HEADER",
    "COPY t (name, tags) TO STDOUT (FORMAT csv, FORCE_QUOTE *, DELIMITER ';')",
    "COPY t (id, name) TO STDOUT (DELIMITER ',', NULL 'nil')",
    "COPY t (id, name, price, tags, s, created) TO STDOUT (FORMAT binary)",
    "COPY (SELECT id, upper(name) AS n FROM t ORDER BY id DESC) TO STDOUT CSV HEADER",
    "COPY (SELECT 1 WHERE false) TO STDOUT",
]  # fmt: skip


@pytest.mark.parametrize("sql", OUTPUTS)
def test_copy_out_matches_postgresql(sql: str, postgres: Postgres, vecsql: Vecsql) -> None:
    rows = """INSERT INTO t VALUES (1, E'tab\\tline\\nback\\\\slash', 2.5, '{a,"b c",NULL}', '[1,2.5,3]', 'ab',
        '2024-01-02 03:04:05.678+02'), (2, 'quote " comma , \\.', 1, '{}', NULL, NULL, NULL), (3, '', 1), (4, NULL, 1)"""
    for side in (postgres, vecsql):
        assert side.run(TABLE).error == {}
    rows = rows.replace(
        "(3, '', 1), (4, NULL, 1)",
        "(3, '', 1, NULL, NULL, NULL, NULL), (4, NULL, 1, NULL, NULL, NULL, NULL)",
    )
    for side in (postgres, vecsql):
        assert side.run(rows).error == {}
    assert vecsql.copy_out(sql) == postgres.copy_out(sql)


@pytest.mark.parametrize("options", ["", "(FORMAT csv)", "(FORMAT binary)"])
def test_what_postgresql_writes_vecsql_reads(
    options: str, postgres: Postgres, vecsql: Vecsql
) -> None:
    postgres.run(TABLE)
    vecsql.run(TABLE)
    filled = "INSERT INTO t SELECT g, 'n' || g, g, ARRAY['x', g::text], ARRAY[g, 1, 2]::vector, 's', '2024-01-01' FROM generate_series(1, 50) g"
    assert postgres.run(filled).error == {}
    data = postgres.copy_out(f"COPY t TO STDOUT {options}")
    assert vecsql.copy_in(f"COPY t FROM STDIN {options}", data).error == {}
    rows = "SELECT * FROM t ORDER BY id"
    assert vecsql.run(rows) == postgres.run(rows)
