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

GO_ON = """
All of it is in one file, {file} ({size:.0f} MB). Go on with

    {psql}
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
        psql = f"psql -h 127.0.0.1 -p {server.port} -U postgres packages"
        size = database.stat().st_size / 1e6
        if sys.stdout.isatty():
            print(GO_ON.format(file=database, size=size, psql=f"{psql}    # until Ctrl-C here"))
            with contextlib.suppress(KeyboardInterrupt):
                server.wait()
            return
    psql = f".venv/bin/vecsql shell {database}    # or: vecsql serve {database}, and psql"
    print(GO_ON.format(file=database, size=size, psql=psql))


if __name__ == "__main__":
    main()
