"""`vecsql serve` as a child process of the demo. Imports little, so that the server starts at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType

from vecsql.kernels.cache import is_compiled


class DemoServer:
    """A context manager: the server starts on entry, and stops on exit with its file left consistent."""

    def __init__(self, database: Path) -> None:
        self.compiles = not is_compiled()
        self._database = database

    def __enter__(self) -> DemoServer:
        command = [sys.executable, "-m", "vecsql", "serve", str(self._database), "--port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return self

    def wait_until_ready(self) -> int:
        """The port, once the server listens."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "listening" in line:
                self.port = int(line.rsplit(":", 1)[1])
                return self.port
        raise SystemExit(f"vecsql serve ended with status {self._process.wait()}")

    def wait(self) -> None:
        """Until the server ends by itself, or Ctrl-C."""
        self._process.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
