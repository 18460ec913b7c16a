"""A real `vecsql serve` process for tests: started on a free port, stopped or killed by pid."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.peers import free_port


class ServerProcess:
    """`python -m vecsql serve PATH` as a subprocess; a context manager that stops it with SIGTERM."""

    def __init__(self, path: Path, *arguments: str) -> None:
        self.path = path
        self.port = free_port()
        command = [sys.executable, "-m", "vecsql", "serve", str(path), "--port", str(self.port)]
        self.process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "listening" in line:
                return
        raise RuntimeError(f"vecsql serve ended with status {self.process.wait()}")

    @property
    def conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.conninfo, **options)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=60)

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.stop()
