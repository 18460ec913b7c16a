"""The server: listens, limits connections, owns the worker threads, and shuts down in order."""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vecsql.server.connection import Connection
from vecsql.session.hub import hub_of
from vecsql.storage.interface import Engine

log = logging.getLogger("vecsql.server")


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. Without a password everybody who reaches the port is let in."""

    host: str = "127.0.0.1"
    port: int = 5433  # 0: any free one
    password: str | None = None
    max_connections: int = 100
    tls_cert: str | None = None
    tls_key: str | None = None


class Server:
    """Serves one open engine, which the caller closes after stop()."""

    def __init__(self, engine: Engine, options: Options | None = None) -> None:
        self.options = options or Options()
        self.engine = engine
        self.database = Path(engine.path).stem.strip(":") or "vecsql"
        self.password = self.options.password
        self.tls = _tls(self.options)
        self.connections: set[Connection] = set()
        self.sessions = 0
        # A thread for every session that may be active: one that waits for a lock never keeps the
        # holder's COMMIT from running. Threads start when needed.
        self.workers = ThreadPoolExecutor(self.options.max_connections + 1, "vecsql-session")
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._drained = asyncio.Event()
        self._drained.set()

    @property
    def port(self) -> int:
        """The port that was bound."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), self.options.host, self.options.port, backlog=1024
        )

    async def stop(self) -> None:
        """Tell clients, end their sessions, wait for what runs."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.shut_down()
        await self._drained.wait()
        self.workers.shutdown()

    def session_opened(self) -> None:
        self.sessions += 1
        self._drained.clear()

    def session_ended(self) -> None:
        self.sessions -= 1
        if not self.sessions:
            self._drained.set()

    def is_full(self) -> bool:
        return self.sessions >= self.options.max_connections

    def cancel(self, pid: int, secret: bytes) -> None:
        """A CancelRequest; a wrong key is ignored, as PostgreSQL does."""
        session = hub_of(self.engine).session(pid)
        if session is not None and hmac.compare_digest(session.secret, secret):
            session.cancel()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    return context
