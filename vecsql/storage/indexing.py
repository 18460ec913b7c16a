"""Vector indexes of segments: which are missing, building them with progress, storing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from vecsql import errors, index, stats
from vecsql.catalog.model import Index
from vecsql.index.base import Metric, VectorIndex
from vecsql.storage.interface import PartVersion
from vecsql.storage.part import BasePart
from vecsql.storage.scope import in_scope
from vecsql.storage.segment import Segment
from vecsql.storage.segments import SegmentStore
from vecsql.storage.snapshot import DatabaseVersion

MIN_INDEX_ROWS = 2000  # smaller segments are scanned
CODED_FROM = 1 << 20  # bytes; smaller parts are scanned as they are

_METRICS: tuple[Metric, ...] = ("l2", "ip", "cosine", "l1", "hamming", "jaccard")


def metric_of(definition: Index) -> Metric:
    """The metric of a class like halfvec_cosine_ops."""
    opclass = definition.columns[0].opclass
    for metric in _METRICS:
        if opclass.endswith(f"_{metric}_ops"):
            return metric
    raise errors.FeatureNotSupported(f'operator class "{opclass}" is not supported yet')


def source_of(definition: Index) -> int:
    """The column that a vector index is about."""
    column = definition.columns[0]
    return column.attnum or column.source


def indexable(part: PartVersion, attnum: int) -> bool:
    """Whether an index on the column pays for this part."""
    segment = part.part
    if (
        not isinstance(segment, Segment)
        or not segment.is_segment
        or segment.num_rows < MIN_INDEX_ROWS
    ):
        return False
    return attnum in segment.attnums


def missing(version: DatabaseVersion) -> Iterator[tuple[Segment, Index]]:
    """The (segment, index) pairs of a database that are still to be built."""
    for state in version.tables.values():
        for definition in state.schema.vector_indexes:
            for segment in missing_in(state.parts, definition):
                yield segment, definition


def missing_in(parts: Sequence[PartVersion], definition: Index) -> Iterator[Segment]:
    for part in parts:
        if indexable(part, source_of(definition)):
            segment = part.part
            assert isinstance(segment, Segment)
            if segment.index(definition.oid) is None:
                yield segment


def uncoded(parts: Sequence[PartVersion], definition: Index) -> Iterator[BasePart]:
    """The parts that searches by an index read row by row, and are large enough that codes pay. Bits and sparse vectors have none."""
    column = definition.columns[0]
    if column.steps or not column.opclass.startswith(("vector_", "halfvec_")):
        return
    attnum = source_of(definition)
    for version in parts:
        part = version.part
        if (
            isinstance(part, BasePart)
            and part.nbytes >= CODED_FROM
            and part.searched_by(definition.oid) is None
            and attnum in part.attnums
        ):
            yield part


def attach_codes(part: BasePart, definition: Index) -> None:
    """Make the codes that searches of a part use until it has the index."""
    from vecsql.index.codes import build_codes

    vectors, valid = part.vectors(source_of(definition))
    part.attach_codes(definition.oid, build_codes(cast(Any, vectors), metric_of(definition), valid))


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
        vectors, valid = segment.derived(source_of(definition), definition.columns[0].steps)
        built = index.build(
            definition.method, vectors, metric_of(definition), dict(definition.options),
            threads=self._threads, progress=progress, valid=valid, scope=in_scope(segment, definition.scope),
        )  # fmt: skip
        self.attach(segment, definition.oid, built)
        stats.counters.add("indexes_built")

    def attach(self, segment: Segment, index_oid: int, built: VectorIndex) -> None:
        segment.index_blobs[index_oid] = self._segments.write_index(built)
        segment.attach_index(index_oid, built)
