"""Upkeep in the background: merging segments, building the vector indexes that are missing, and codes of the rows that wait for one.

All run at once, on threads of their own: a segment that was just flushed is scanned until it has an index, and shall not
wait for that while a large merge is under way. Codes make such scans five times as fast, take milliseconds and stay in memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

from vecsql.catalog.model import Index
from vecsql.storage import compaction, indexing
from vecsql.storage.indexing import Indexer
from vecsql.storage.interface import PartVersion
from vecsql.storage.segment import Segment
from vecsql.storage.segments import SegmentStore
from vecsql.storage.snapshot import DatabaseVersion
from vecsql.storage.table import TableState
from vecsql.storage.versions import VersionChain

NEWEST = 2  # parts that may have come with a commit: its own, and what it was merged with


class Maintenance:
    """Upkeep of one database. `check` raises when the database is being closed."""

    def __init__(
        self,
        chain: VersionChain,
        segments: SegmentStore,
        indexer: Indexer,
        check: Callable[[], None],
    ) -> None:
        self._chain = chain
        self._segments = segments
        self._indexer = indexer
        self._check = check

    def compact(self) -> bool:
        """Merge segments until none should be; True if any were."""
        return self._until_done(self._compact_one)

    def lacks_codes(self, oid: int) -> bool:
        """Whether codes of the rows that were written last to a table are to be made."""
        state = self._chain.current.tables.get(oid)
        return state is not None and any(
            True
            for definition in state.schema.vector_indexes
            for _ in indexing.uncoded(state.parts[-NEWEST:], definition)
        )

    def code(self) -> None:
        """Make the codes that are missing."""
        for state in self._chain.current.tables.values():
            for definition in state.schema.vector_indexes:
                for part in indexing.uncoded(state.parts, definition):
                    self._check()
                    indexing.attach_codes(part, definition)

    def index(self) -> bool:
        """Build indexes until none is missing, of the smallest segments first; True if any were."""
        return self._until_done(self._index_one)

    def _until_done(self, step: Callable[[], bool]) -> bool:
        changed = False
        while step():
            changed = True
            self._check()
        return changed

    def _compact_one(self) -> bool:
        for oid, state in self._chain.current.tables.items():
            inputs = compaction.choose(state)
            if inputs:
                self._compact(oid, state, inputs)
                return True
        return False

    def _compact(self, oid: int, state: TableState, inputs: tuple[PartVersion, ...]) -> None:
        merged = compaction.merge(state, inputs, self._segments)
        if merged is not None:
            self._index_before_swap(state, inputs, merged)
        self._chain.restructure(
            lambda head: (head.catalog, compaction.replace(head, oid, inputs, merged))
        )

    def _index_before_swap(
        self, state: TableState, inputs: tuple[PartVersion, ...], merged: Segment
    ) -> None:
        """A query must not lose an index to a merge; one that no input has can wait."""
        for definition in state.schema.vector_indexes:
            if any(v.part.index(definition.oid) for v in inputs):
                whole = (PartVersion(merged, None, merged.num_rows),)
                parts = list(indexing.missing_in(whole, definition))
                self._indexer.build_all(parts, definition, process_id=0, check=self._check)

    def _index_one(self) -> bool:
        missing = indexing.missing(self._chain.current)
        found = min(missing, key=lambda pair: pair[0].num_rows, default=None)
        if found is None:
            return False
        segment, definition = found

        def check() -> None:
            self._check()
            if not self._is_current(segment, definition):
                raise _Outdated

        with contextlib.suppress(_Outdated):
            self._indexer.build_all([segment], definition, process_id=0, check=check)
            self._chain.restructure(
                lambda head: (head.catalog, _touched(head, definition.table_oid))
            )
        return True

    def _is_current(self, segment: Segment, definition: Index) -> bool:
        """Whether the segment was not merged meanwhile, nor its table or the index dropped."""
        state = self._chain.current.tables.get(definition.table_oid)
        return (
            state is not None
            and definition in state.schema.vector_indexes
            and any(version.part is segment for version in state.parts)
        )


class _Outdated(Exception):
    """Nobody needs the index any more that is being built."""


def _touched(head: DatabaseVersion, oid: int) -> Mapping[int, TableState]:
    """The tables with a new version of one: its parts have an index now."""
    if oid not in head.tables:
        return head.tables
    return {**head.tables, oid: head.tables[oid].with_parts(head.tables[oid].parts)}
