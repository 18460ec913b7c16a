"""Vector indexes of segments: which are missing, building them with progress, storing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from vecsql import errors, index, stats
from vecsql.catalog.model import Index
from vecsql.index.base import Metric, VectorIndex
from vecsql.index.rows import Rows
from vecsql.storage.columns import is_vector
from vecsql.storage.interface import PartVersion
from vecsql.storage.segment import Segment
from vecsql.storage.segments import SegmentStore
from vecsql.storage.snapshot import DatabaseVersion

MIN_INDEX_ROWS = 2000  # smaller segments are scanned

_METRICS: dict[str, Metric] = {
    "vector_l2_ops": "l2", "vector_ip_ops": "ip", "vector_cosine_ops": "cosine", "vector_l1_ops": "l1",
}  # fmt: skip


def metric_of(definition: Index) -> Metric:
    opclass = definition.columns[0].opclass
    try:
        return _METRICS[opclass]
    except KeyError:
        raise errors.FeatureNotSupported(
            f'operator class "{opclass}" is not supported yet'
        ) from None


def indexable(part: PartVersion, attnum: int) -> bool:
    """Whether an index on the column pays for this part."""
    segment = part.part
    if (
        not isinstance(segment, Segment)
        or not segment.is_segment
        or segment.num_rows < MIN_INDEX_ROWS
    ):
        return False
    return attnum in segment.attnums and is_vector(segment.column(attnum).type)


def missing(version: DatabaseVersion) -> Iterator[tuple[Segment, Index]]:
    """The (segment, index) pairs of a database that are still to be built."""
    for state in version.tables.values():
        for definition in state.schema.vector_indexes:
            for segment in missing_in(state.parts, definition):
                yield segment, definition


def missing_in(parts: Sequence[PartVersion], definition: Index) -> Iterator[Segment]:
    for part in parts:
        if indexable(part, definition.columns[0].attnum):
            segment = part.part
            assert isinstance(segment, Segment)
            if segment.index(definition.oid) is None:
                yield segment


class Indexer:
    """Builds indexes and attaches them to their segments. `check` raises to give up a build."""

    def __init__(self, segments: SegmentStore, *, threads: int = 1) -> None:
        self._segments = segments
        self._threads = threads

    def build_all(
        self,
        parts: Sequence[Segment],
        definition: Index,
        *,
        process_id: int,
        check: Callable[[], None],
    ) -> None:
        """Build one index over several segments, shown in pg_stat_progress_create_index."""
        total = sum(s.num_rows for s in parts)
        shown = stats.IndexBuild(
            process_id,
            definition.table_oid,
            definition.oid,
            rows_total=total,
            parts_total=len(parts),
        )
        with stats.progress.index_build(shown):
            before = 0
            for segment in parts:
                self._build(segment, definition, shown, before, check)
                before += segment.num_rows
                shown.parts_done += 1

    def _build(
        self, segment: Segment, definition: Index, shown: stats.IndexBuild, before: int,
        check: Callable[[], None],
    ) -> None:  # fmt: skip
        def progress(done: int, _: int) -> None:
            check()
            shown.rows_done = before + done

        check()
        vectors, valid = segment.vectors(definition.columns[0].attnum)
        if isinstance(vectors, Rows):
            raise errors.FeatureNotSupported("only vectors are indexed yet")
        built = index.build(
            definition.method, vectors, metric_of(definition), dict(definition.options),
            threads=self._threads, progress=progress, valid=valid,
        )  # fmt: skip
        self.attach(segment, definition.oid, built)
        stats.counters.add("indexes_built")

    def attach(self, segment: Segment, index_oid: int, built: VectorIndex) -> None:
        segment.index_blobs[index_oid] = self._segments.write_index(built)
        segment.attach_index(index_oid, built)
