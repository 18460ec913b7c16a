"""A bounded cache of plans that all sessions of a database share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from vecsql.catalog.model import Catalog

T = TypeVar("T")

# Text, parameter types, search path, TimeZone (plans hold moments that were written as local times).
Key = tuple[str, tuple[int, ...], tuple[str, ...], str]


class PlanCache(Generic[T]):
    """Plans by key, each valid for one catalog object; the least recently used go first."""

    def __init__(self, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._plans: OrderedDict[Key, tuple[Catalog, T]] = OrderedDict()

    def get(self, key: Key, catalog: Catalog) -> T | None:
        with self._lock:
            found = self._plans.get(key)
            if found is None or found[0] is not catalog:
                return None
            self._plans.move_to_end(key)
            return found[1]

    def put(self, key: Key, catalog: Catalog, prepared: T) -> None:
        with self._lock:
            self._plans[key] = (catalog, prepared)
            self._plans.move_to_end(key)
            if len(self._plans) > self._capacity:
                self._plans.popitem(last=False)
