"""Passwords, TLS, connection limits, time-outs, and the end of the server."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.serving import ServerProcess
from vecsql.server.background import BackgroundServer
from vecsql.server.listener import Options
from vecsql.storage.engine import open_engine


def serving(**options: Any) -> tuple[Any, BackgroundServer]:
    engine = open_engine(":memory:")
    return engine, BackgroundServer(engine, Options(port=0, **options))


def test_scram_password() -> None:
    engine, running = serving(password="secrét")
    with engine, running as server:
        with psycopg.connect(server.conninfo, password="secrét") as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
        with pytest.raises(
            psycopg.OperationalError, match='password authentication failed for user "postgres"'
        ):
            psycopg.connect(server.conninfo, password="wrong")


def test_too_many_connections() -> None:
    engine, running = serving(max_connections=2)
    with engine, running as server:
        first, second = psycopg.connect(server.conninfo), psycopg.connect(server.conninfo)
        with pytest.raises(psycopg.OperationalError, match="sorry, too many clients already"):
            psycopg.connect(server.conninfo)
        first.close()
        second.close()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("options='-c nope=1'", 'unrecognized configuration parameter "nope"'),
        ("options='-c work_mem=x'", 'invalid value for parameter "work_mem": "x"'),
        ("replication=true", "replication connections are not supported"),
    ],
)
def test_bad_start_up_parameters(server: BackgroundServer, extra: str, message: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=message):
        psycopg.connect(f"{server.conninfo} {extra}")


def test_any_user_and_database_name(server: BackgroundServer) -> None:
    with psycopg.connect(host=server.host, port=server.port, user="ann", dbname="x") as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()
    assert row == ("ann", "memory")


def test_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=False)  # fmt: skip
    if made.returncode:
        pytest.skip("openssl cannot make a certificate")
    engine, running = serving(tls_cert=str(certificate), tls_key=str(key))
    with engine, running as server:
        with psycopg.connect(f"{server.conninfo} sslmode=require") as connection:
            assert connection.pgconn.ssl_in_use
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with psycopg.connect(f"{server.conninfo} sslmode=disable") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with ServerProcess(tmp_path / "x.vecsql") as server:
        connection = server.connect(autocommit=True)
        connection.execute("CREATE TABLE t (a int)")
        connection.execute("BEGIN; INSERT INTO t VALUES (1)")
        server.process.send_signal(number)
        assert server.process.wait(timeout=60) == 0
        with pytest.raises(psycopg.errors.AdminShutdown, match="due to administrator command"):
            connection.execute("SELECT 1")
    with ServerProcess(tmp_path / "x.vecsql") as server, server.connect() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vecsql", *arguments], capture_output=True, text=True, check=False
    )


def test_command_line_errors_are_one_line(tmp_path: Path) -> None:
    missing = cli("check", str(tmp_path / "missing.vecsql"))
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert "No such file or directory" in missing.stderr
    assert cli("--version").stdout.startswith("vecsql ")
    assert cli("nonsense").returncode == 2


def test_load_and_check_from_the_command_line(tmp_path: Path) -> None:
    source, file = tmp_path / "rows.csv", str(tmp_path / "x.vecsql")
    source.write_text("id,name\n1,a\n2,b\n")
    loaded = cli("load", file, "rows", str(source))
    assert (loaded.returncode, loaded.stdout) == (0, "2 rows loaded into rows\n")
    again = cli("load", file, "rows", str(source), "--create")
    assert (again.returncode, again.stderr) == (1, 'vecsql: relation "rows" already exists\n')
    assert cli("check", file).returncode == 0


def test_the_command_line_starts_without_heavy_modules() -> None:
    code = "import sys, vecsql.cli; print([m for m in ('numba', 'duckdb', 'pyarrow', 'sqlglot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
