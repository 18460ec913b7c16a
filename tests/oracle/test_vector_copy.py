"""COPY of halfvec, sparsevec and bit as text and csv, in and out, and its errors."""

from __future__ import annotations

import pytest

from tests.oracle.sides import Postgres, Vecsql

TABLE = "CREATE TABLE t (id int, h halfvec(3), s sparsevec(5), b bit(4))"
GOOD = b"1\t[1,2,3]\t{1:1,3:2.5}/5\t1010\n2\t\\N\t\\N\t\\N\n3\t[0.1,65504,1e-7]\t{}/5\t0000\n"
BAD = (
    b"1\t[1,2]\t{}/5\t1010\n",
    b"1\t[1,2,70000]\t{}/5\t1010\n",
    b"1\t[1,2,x]\t{}/5\t1010\n",
    b"1\t[1,2,3]\t{}/6\t1010\n",
    b"1\t[1,2,3]\t{9:1}/5\t1010\n",
    b"1\t[1,2,3]\t{}/5\t101\n",
)


def test_copy(postgres: Postgres, vecsql: Vecsql) -> None:
    for side in (postgres, vecsql):
        side.run(TABLE)
        assert side.copy_in("COPY t FROM STDIN", GOOD).tag == "COPY 3"
    for sql in ("COPY t TO STDOUT", "COPY t TO STDOUT WITH (FORMAT csv, HEADER)"):
        assert vecsql.copy_out(sql) == postgres.copy_out(sql)
    csv = postgres.copy_out("COPY t TO STDOUT WITH (FORMAT csv, HEADER)")
    for side in (postgres, vecsql):
        assert side.copy_in("COPY t FROM STDIN WITH (FORMAT csv, HEADER)", csv).tag == "COPY 3"
    assert vecsql.run("SELECT * FROM t").rows == postgres.run("SELECT * FROM t").rows


@pytest.mark.parametrize("data", BAD)
def test_errors(postgres: Postgres, vecsql: Vecsql, data: bytes) -> None:
    for side in (postgres, vecsql):
        side.run(TABLE)
    left, right = (side.copy_in("COPY t FROM STDIN", data) for side in (postgres, vecsql))
    assert right.error == left.error
