"""A server in a thread of this process: for the shell, notebooks and tests."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from vecsql.server.listener import Options, Server
from vecsql.storage.interface import Engine


class BackgroundServer:
    """A context manager: serves the engine on a free port of the loop-back interface until it exits."""

    def __init__(self, engine: Engine, options: Options | None = None) -> None:
        self._engine = engine
        self._options = options or Options(port=0)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="vecsql-server", daemon=True)
        self.server: Server | None = None

    @property
    def host(self) -> str:
        return self._options.host

    @property
    def port(self) -> int:
        assert self.server is not None
        return self.server.port

    @property
    def conninfo(self) -> str:
        """For libpq and psycopg."""
        assert self.server is not None
        return f"host={self.host} port={self.port} user=postgres dbname={self.server.database}"

    @property
    def psql_arguments(self) -> list[str]:
        assert self.server is not None
        return ["-h", self.host, "-p", str(self.port), "-U", "postgres", self.server.database]

    def __enter__(self) -> BackgroundServer:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *exc: Any) -> None:
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None:
            loop.call_soon_threadsafe(stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as raised:
            self._failure = raised
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self.server = Server(self._engine, self._options)
        await self.server.start()
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._stop.wait()
        await self.server.stop()
