"""Size-tiered merging of segments: four of similar size become one, deleted rows are dropped on the way.

The scheme is that of the log-structured merge literature (e.g. Cassandra's size-tiered strategy).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from vecsql import stats
from vecsql.storage.checkpoint import carry_deletes
from vecsql.storage.interface import PartVersion
from vecsql.storage.segment import Segment
from vecsql.storage.segments import SegmentStore
from vecsql.storage.snapshot import DatabaseVersion
from vecsql.storage.table import TableState

FAN_IN = 4  # segments of one tier that are merged, and the ratio between tiers
DEAD_SHARE = 0.3  # above this a segment is rewritten on its own
MAX_ROWS = 2_000_000  # of a merged segment

Parts = tuple[PartVersion, ...]


def choose(state: TableState) -> Parts:
    """The segments of a table to merge next; empty if none should be."""
    tiers: defaultdict[int, list[PartVersion]] = defaultdict(list)
    for version in state.parts:
        if not version.part.is_segment:
            continue
        if version.part.num_rows - version.live_rows > DEAD_SHARE * version.part.num_rows:
            return (version,)
        tiers[_tier(version.live_rows)].append(version)
    for _, members in sorted(tiers.items()):
        chosen = tuple(members[:FAN_IN])
        if len(chosen) == FAN_IN and sum(v.live_rows for v in chosen) <= MAX_ROWS:
            return chosen
    return ()


def _tier(rows: int) -> int:
    return max(rows, 1).bit_length() // 2  # powers of four


def merge(state: TableState, inputs: Parts, segments: SegmentStore) -> Segment | None:
    """One segment with the live rows of the inputs; None if there are none."""
    if not any(v.live_rows for v in inputs):
        return None
    return segments.write(state.schema, inputs)


def replace(
    head: DatabaseVersion, oid: int, inputs: Parts, merged: Segment | None
) -> Mapping[int, TableState]:
    """The head's tables with the merged segment instead of its inputs; as they are if an input is gone by now."""
    state = head.tables.get(oid)
    old = {v.part.id for v in inputs}
    if state is None or not old <= {v.part.id for v in state.parts}:
        return head.tables
    stats.counters.add("segments_merged", len(inputs))
    new = () if merged is None else (carry_deletes(merged, state),)
    segments = tuple(v for v in state.parts if v.part.is_segment and v.part.id not in old)
    memory = tuple(v for v in state.parts if not v.part.is_segment)
    return {**head.tables, oid: state.with_parts(segments + new + memory)}
