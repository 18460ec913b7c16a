"""What filters keep of immutable parts: row sets and scalar indexes, least recently used out first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

DEFAULT_BYTES = 256 << 20


class MaskCache:
    """Values by key, bounded by their bytes. Thread-safe. Shared by all sessions of the process."""

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        self.limit = limit
        self.nbytes = 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._uses: dict[Hashable, int] = {}
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Any, nbytes: int) -> None:
        """Keep a value, unless it alone is over the limit or the key is known."""
        with self._lock:
            if nbytes > self.limit or key in self._values:
                return
            self._values[key] = value, nbytes
            self.nbytes += nbytes
            self._trim()

    def resize(self, limit: int) -> None:
        """Set the limit, in bytes."""
        with self._lock:
            self.limit = limit
            self._trim()

    def used(self, key: Hashable) -> int:
        """Count that something which is not kept would have been useful; gives how often that was."""
        with self._lock:
            if len(self._uses) > 10_000:
                self._uses.clear()
            count = self._uses[key] = self._uses.get(key, 0) + 1
            return count

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._uses.clear()
            self.nbytes = 0

    def _trim(self) -> None:
        while self.nbytes > self.limit and self._values:
            self.nbytes -= self._values.popitem(last=False)[1][1]


CACHE = MaskCache()
