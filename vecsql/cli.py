"""The command line. Imports what a command needs only when it runs, so that --help and errors come at once."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from vecsql import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit code: 0 done, 1 failed, 2 misused."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        return int(options.run(options) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if not _expected(error):
            raise
        print(f"vecsql: {_described(error)}", file=sys.stderr)
        return 1


def _expected(error: Exception) -> bool:
    from vecsql.errors import Error

    return isinstance(error, Error | OSError)


def _described(error: Exception) -> str:
    """One line, and DETAIL and HINT on lines of their own."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vecsql", description="Postgres for vectors, in one file."
    )
    parser.add_argument("--version", action="version", version=f"vecsql {__version__}")
    parser.add_argument(
        "--log-level", default="warning", choices=("debug", "info", "warning", "error")
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_load(commands)
    _add_shell(commands)
    _add_check(commands)
    return parser


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser("serve", help="serve a database file to PostgreSQL clients")
    serve.add_argument("file", help="created if missing; :memory: keeps nothing")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument(
        "--port", type=int, default=5433, help="0 takes any free port (default: 5433)"
    )
    serve.add_argument(
        "--password",
        default=os.environ.get("VECSQL_PASSWORD"),
        help="ask for it by SCRAM-SHA-256; also VECSQL_PASSWORD (default: let everybody in)",
    )
    serve.add_argument(
        "--no-busy-polling",
        action="store_true",
        help="sleep between the requests of a client that sends one after the other: answers come later, for less CPU",
    )
    serve.add_argument("--max-connections", type=int, default=100)
    serve.add_argument("--tls-cert", help="PEM certificate chain; turns TLS on")
    serve.add_argument("--tls-key", help="PEM key, if it is not in the certificate's file")
    serve.add_argument("--read-only", action="store_true")
    serve.set_defaults(run=_serve)  # fmt: skip


def _add_load(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    load = commands.add_parser(
        "load", help="load a Parquet, CSV, JSON lines, Arrow or numpy file into a table"
    )
    load.add_argument("file")
    load.add_argument("table")
    load.add_argument("source", help="*.parquet *.csv *.tsv *.jsonl *.arrow *.feather *.npy *.npz")
    mode = load.add_mutually_exclusive_group()
    mode.add_argument(
        "--create",
        dest="mode",
        action="store_const",
        const="create",
        help="the table must not exist yet",
    )
    mode.add_argument(
        "--append", dest="mode", action="store_const", const="append", help="the table must exist"
    )
    load.set_defaults(run=_load, mode="auto")  # fmt: skip


def _add_shell(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    shell = commands.add_parser("shell", help="SQL prompt on a file: psql where it is installed")
    shell.add_argument("file")
    shell.add_argument("-c", "--command", help="run one command and leave")
    shell.set_defaults(run=_shell)


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="verify all checksums of a file")
    check.add_argument("file")
    check.set_defaults(run=_check)


def _serve(options: argparse.Namespace) -> None:
    # Index builds multiply matrices in the background. numpy's BLAS would do that on all cores, at the priority of searches.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from vecsql.server.listener import Options
    from vecsql.server.run import serve

    wanted = Options(
        host=options.host,
        port=options.port,
        password=options.password,
        max_connections=options.max_connections,
        busy_polling=not options.no_busy_polling,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
    )
    serve(options.file, wanted, read_only=options.read_only)


def _load(options: argparse.Namespace) -> None:
    import vecsql

    with vecsql.connect(options.file) as database:
        count = database.load(options.table, options.source, mode=options.mode)
    print(f"{count:,} rows loaded into {options.table}")


def _shell(options: argparse.Namespace) -> int:
    psql = shutil.which("psql")
    if psql is None:
        return _prompt(options)
    from vecsql.server.background import BackgroundServer
    from vecsql.storage.engine import open_engine

    with open_engine(options.file) as engine, BackgroundServer(engine) as server:
        command = [psql, "-X", *server.psql_arguments]
        if options.command:
            command += ["-c", options.command]
        return subprocess.run(command, check=False).returncode


def _prompt(options: argparse.Namespace) -> int:
    """A plain prompt: statements end with a semicolon, results are printed as tables."""
    import vecsql

    with vecsql.connect(options.file) as database:
        if options.command:
            print(database.execute(options.command))
            return 0
        lines: list[str] = []
        while (line := _read_line(continued=bool(lines))) is not None:
            lines.append(line)
            if line.rstrip().endswith(";"):
                _print_result(database, "\n".join(lines))
                lines = []
    return 0


def _read_line(*, continued: bool) -> str | None:
    try:
        line = input("   ...> " if continued else "vecsql> ")
    except EOFError:
        return None
    return None if line.strip() in ("\\q", "exit", "quit") else line


def _print_result(database: Any, sql: str) -> None:
    from vecsql.errors import Error

    try:
        print(database.execute(sql))
    except Error as error:
        print(f"ERROR:  {error}", file=sys.stderr)


def _check(options: argparse.Namespace) -> None:
    from vecsql.storage.engine import open_engine

    if not os.path.exists(options.file):
        raise FileNotFoundError(2, "No such file or directory", options.file)
    with open_engine(options.file, read_only=True) as engine:
        count = engine.check()
    print(f"{options.file}: {count} checksums verified, no errors")
