"""`python -m benchmarks.demo`: load the sample, serve it, run five queries, then stay up while on a terminal.

The sample is cut from PyPI's metadata (name, one-line summary, month of the release, rank by downloads), embedded
with all-MiniLM-L6-v2; the questions were embedded with the same model, so nothing needs a model here.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pyarrow.parquet as pq

from benchmarks import peers

STARTED = time.perf_counter()
HERE = Path(__file__).parent

QUESTION = """SELECT name, summary, round((embedding <=> %s)::numeric, 3) AS distance
FROM packages ORDER BY embedding <=> %s LIMIT 5"""

FILTERED = """SELECT name, summary, month FROM packages
WHERE month >= '2026-01-01' AND downloads_rank <= 5000
ORDER BY embedding <=> %s LIMIT 5"""

MORE_LIKE_THIS = """SELECT name, summary FROM packages
WHERE name <> 'requests'
ORDER BY embedding <=> (SELECT embedding FROM packages WHERE name = 'requests') LIMIT 5"""

WITH_SQL = """WITH hits AS (
    SELECT name, month, downloads_rank FROM packages ORDER BY embedding <=> %s LIMIT 100)
SELECT extract(year FROM month)::int AS year, count(*) AS packages,
       min(downloads_rank) AS best_rank,
       (array_agg(name ORDER BY downloads_rank NULLS LAST))[1] AS most_downloaded
FROM hits GROUP BY 1 ORDER BY 1 DESC LIMIT 5"""

EXPLAINED = f"EXPLAIN ANALYZE {FILTERED}"


def show(cursor: psycopg.Cursor[tuple[object, ...]]) -> None:
    """Print the result as psql would, cut to the terminal's width."""
    assert cursor.description is not None
    header = [column.name for column in cursor.description]
    rows = [["" if value is None else str(value) for value in row] for row in cursor]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    room = shutil.get_terminal_size((110, 24)).columns - 4

    def line(cells: list[str]) -> str:
        return " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))[
            :room
        ]

    for text in [
        line(header),
        "-+-".join("-" * width for width in widths)[:room],
        *map(line, rows),
    ]:
        print("    " + text.rstrip())


def ask(
    connection: psycopg.Connection[tuple[object, ...]], title: str, sql: str, *values: object
) -> None:
    print(f"\n-- {title}")
    print(textwrap.indent(sql.replace("%s", "$question"), "    ") + ";\n")
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(sql, values)
        took = (time.perf_counter() - started) * 1000
        show(cursor)
    print(f"    Time: {took:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument(
        "--dir", type=Path, default=Path(".demo"), help="where the database file goes"
    )
    options = parser.parse_args()
    options.dir.mkdir(exist_ok=True)
    database = options.dir / "packages.vecsql"
    for stale in (database, database.with_name(database.name + ".wal")):
        stale.unlink(missing_ok=True)

    import vecsql

    with vecsql.connect(str(database)) as db:
        started = time.perf_counter()
        rows = db.load("packages", str(HERE / "pypi_sample.parquet"))
        print(f"Loaded {rows:,} packages into {database} in {time.perf_counter() - started:.2f} s")

    questions = pq.read_table(HERE / "pypi_queries.parquet").to_pylist()
    embedded = {row["query"]: [float(x) for x in row["embedding"]] for row in questions}

    def vector(question: str) -> str:
        return str(embedded[question])

    with peers.vecsql(database) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            first = vector("split long documents into chunks for rag")
            ask(connection, "'split long documents into chunks for rag'", QUESTION, first, first)
            print(f"    ({time.perf_counter() - STARTED:.1f} s after the start of this program)")

            index = "CREATE INDEX ON packages USING hnsw (embedding vector_cosine_ops)"
            started = time.perf_counter()
            connection.execute(index)
            print(f"\n{index};\n    Time: {time.perf_counter() - started:.2f} s")

            rag = vector("approximate nearest neighbor search library")
            ask(
                connection,
                "'approximate ... search', popular and released this year",
                FILTERED,
                rag,
            )
            ask(connection, "more like requests", MORE_LIKE_THIS)
            ask(connection, "all of SQL over the 100 nearest to 'mock http requests in tests'", WITH_SQL,
                vector("mock http requests in tests"))  # fmt: skip
            ask(connection, "what the second query did", EXPLAINED, rag)

        port = psycopg.conninfo.conninfo_to_dict(conninfo)["port"]
        print(
            f"\nThe database is one file, {database} ({database.stat().st_size / 1e6:.1f} MB). Go on with"
        )
        if sys.stdout.isatty():
            print(
                f"    psql -h 127.0.0.1 -p {port} -U postgres      (this server runs until Ctrl-C)"
            )
            try:
                while True:
                    time.sleep(3600)
            except KeyboardInterrupt:
                print()
        else:
            print(
                f"    .venv/bin/vecsql serve {database}      then: psql -h 127.0.0.1 -p 5433 -U postgres"
            )
            print(f"    .venv/bin/python -c \"import vecsql; print(vecsql.connect('{database}')"
                  ".execute('SELECT count(*) FROM packages').fetchall())\"")  # fmt: skip


if __name__ == "__main__":
    main()
