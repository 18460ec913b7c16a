"""`python -m benchmarks.demo`: start a server, COPY the sample into it, run five queries; on a terminal keep serving.

The sample is cut from PyPI's metadata (name, one-line summary, month of the release, rank by downloads), embedded
with all-MiniLM-L6-v2; the questions were embedded with the same model, so nothing needs a model here.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

from benchmarks.demo.server import DemoServer

STARTED = time.perf_counter()
HERE = Path(__file__).parent

WHILE_SERVED = """
All of it is in one file, {file} ({size:.0f} MB), and served until Ctrl-C here:

    psql -h 127.0.0.1 -p {port} -U postgres packages
"""

AFTERWARDS = """
All of it is in one file, {file} ({size:.0f} MB). Go on with

    .venv/bin/vecsql shell {file}    # or: vecsql serve {file}, and psql
    .venv/bin/python -c "import vecsql; print(vecsql.connect('{file}').execute('SELECT count(*) FROM packages'))"
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument(
        "--dir", type=Path, default=Path(".demo"), help="where the database file goes"
    )
    folder: Path = parser.parse_args().dir
    folder.mkdir(exist_ok=True)
    database = folder / "packages.vecsql"
    for stale in (database, database.with_name(database.name + ".wal")):
        stale.unlink(missing_ok=True)

    print(f"$ vecsql serve {database}\n", flush=True)
    with DemoServer(database) as server:
        from benchmarks.demo import tour  # psycopg and pyarrow load while the server starts

        packages = tour.read_rows(HERE / "pypi_sample.parquet")
        questions = tour.read_questions(HERE / "pypi_queries.parquet")
        with tour.connect(server.wait_until_ready()) as connection:
            tour.load(connection, packages)
            tour.run(connection, questions, STARTED, compiles=server.compiles)
        size = database.stat().st_size / 1e6
        if sys.stdout.isatty():
            print(WHILE_SERVED.format(file=database, size=size, port=server.port))
            with contextlib.suppress(KeyboardInterrupt):
                server.wait()
            return
    print(AFTERWARDS.format(file=database, size=size))


if __name__ == "__main__":
    main()
