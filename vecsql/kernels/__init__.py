"""numba kernels: distances, top-k, graph search and build; loaded in the background, never on import.

Until `ready()`, callers answer through `vecsql.kernels.reference` (numpy).
"""

from __future__ import annotations

import importlib
import threading
from typing import Any

from vecsql.errors import InternalError
from vecsql.kernels import cache

_lock = threading.Lock()
_thread: threading.Thread | None = None
_searching: Any = None  # the module vecsql.kernels.search once it is compiled
_kinds: Any = None  # the module vecsql.kernels.kinds once it is compiled
_building: Any = None  # the module vecsql.kernels.build once it is compiled
_failure: Exception | None = None
_wanted = threading.Event()
_search_done = threading.Event()
_build_done = threading.Event()


def warm_up(delay: float = 0.0) -> None:
    """Compile all kernels, or load them from the cache, in a daemon thread; returns at once.

    The thread leaves the GIL to the first statements for `delay` seconds, unless somebody waits for the kernels.
    """
    global _thread
    with _lock:
        if _thread is None:
            _thread = threading.Thread(
                target=_load, args=(delay,), name="vecsql-kernels", daemon=True
            )
            _thread.start()
    if not delay:
        _wanted.set()


def ready() -> bool:
    """Whether the search kernels can be called."""
    return _searching is not None


def search_kernels() -> Any:
    """The module of search kernels, or None while it is not compiled."""
    return _searching


def kind_kernels() -> Any:
    """The module of kernels for halfvec, bit and sparsevec, or None while it is not compiled."""
    return _kinds


def build_kernels() -> Any:
    """The module of build kernels; waits for it to be compiled. Raises InternalError if that failed."""
    warm_up()
    _build_done.wait()
    if _building is None:
        raise InternalError(f"could not compile the index kernels: {_failure}") from _failure
    return _building


def wait(timeout: float | None = None) -> bool:
    """Warm up and wait for the search kernels; returns ready()."""
    warm_up()
    _search_done.wait(timeout)
    return ready()


def _load(delay: float) -> None:
    global _searching, _building, _kinds, _failure
    _wanted.wait(delay)
    try:
        _searching = importlib.import_module("vecsql.kernels.search")
        _search_done.set()
        _kinds = importlib.import_module("vecsql.kernels.kinds")
        _building = importlib.import_module("vecsql.kernels.build")
        cache.delete_unused()
    except Exception as error:  # whatever numba or LLVM lack here, numpy still answers
        _failure = error
    finally:
        _search_done.set()
        _build_done.set()
