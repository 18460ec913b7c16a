"""Runs a server in the foreground until SIGTERM or SIGINT: what `vecsql serve` does."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from vecsql import kernels
from vecsql.server.listener import Options, Server
from vecsql.storage.engine import open_engine
from vecsql.storage.interface import Engine

log = logging.getLogger("vecsql.server")


def serve(path: str, options: Options, *, read_only: bool = False) -> None:
    """Open the database, serve it, close it. Errors of opening and binding pass to the caller."""
    _allow_descriptors()
    engine = open_engine(path, read_only=read_only)
    try:
        kernels.warm_up(delay=1.0)
        gc.freeze()  # what is loaded now stays: full collections need not look at it
        _run_loop(_serve(engine, options))
    finally:
        engine.close()


async def _serve(engine: Engine, options: Options) -> None:
    server = Server(engine, options)
    await server.start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    _announce(options.host, server.port, server.database)
    await stopped.wait()
    log.info("shutting down")
    await server.stop()


def _allow_descriptors() -> None:
    """Raise the soft limit of open files: connections and mapped segments take one each."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _announce(host: str, port: int, database: str) -> None:
    print(f"vecsql: listening on {host}:{port}")
    print(f"connect with: psql -h {host} -p {port} -U postgres {database}")
    sys.stdout.flush()


def _run_loop(main: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)
