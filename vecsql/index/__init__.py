"""Vector indexes over numpy arrays: exact flat scan, the SQ8 graph, inverted files and lists; of columns, expressions and some of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vecsql.errors import FeatureNotSupported
from vecsql.index.base import Mask, Metric, Progress, Sections, VectorIndex, Vectors
from vecsql.index.options import ListOptions, graph_options, list_options
from vecsql.index.rows import BitRows, Rows, SparseRows, floats_of

if TYPE_CHECKING:
    from vecsql.index.ivf import IvfIndex

LEAST_COMPANION = 4000  # rows

__all__ = ["build", "load"]


def build(
    method: str,
    vectors: Vectors | Rows,
    metric: Metric,
    options: Mapping[str, str],
    *,
    threads: int = 1,
    progress: Progress | None = None,
    valid: Mask | None = None,
    scope: Mask | None = None,
) -> VectorIndex:
    """Build an index of access method `method` over `vectors` (n, d).

    Rows where `valid` is False (NULL vectors) are left out, and so are zero vectors for cosine; a partial index has only the rows
    where `scope` is True. The result does not depend on `threads`. `progress` is called with (rows done, rows in all) and
    may raise to give up. Waits for the kernels to be compiled. Raises InvalidParameterValue for bad options,
    FeatureNotSupported for other methods.
    """
    if method not in ("hnsw", "ivfflat", "vecsql"):
        raise FeatureNotSupported(f'access method "{method}" is not supported yet')
    from vecsql.index import derived, inverted
    from vecsql.index.bit_index import BitIndex
    from vecsql.index.composite import CompositeIndex
    from vecsql.index.derive import DerivedRows
    from vecsql.index.graph_build import build_graph
    from vecsql.index.measure import costs_of, curves_of

    if scope is not None or isinstance(vectors, DerivedRows):
        return derived.build(
            method, vectors, metric, options, threads=threads, progress=progress, valid=valid, scope=scope
        )  # fmt: skip
    if isinstance(vectors, BitRows):
        return BitIndex(metric)
    if isinstance(vectors, SparseRows):
        return inverted.build(vectors, metric, valid)
    floats = floats_of(vectors)
    if method == "ivfflat":
        return _lists(floats, metric, options, threads, progress, valid)
    graph = build_graph(
        floats, metric, graph_options(options), threads=threads, progress=progress, valid=valid
    )
    curves = curves_of(graph, floats, threads=threads)
    ivf = _companion(method, graph.indexed, floats, metric, threads, valid)
    return CompositeIndex(method, graph, curves, costs_of(graph, ivf, floats, vectors), ivf)


def _companion(
    method: str,
    indexed: int,
    vectors: Vectors,
    metric: Metric,
    threads: int,
    valid: Mask | None,
) -> IvfIndex | None:
    """The inverted file beside the graph of a `vecsql` index, where it pays: it finds nearly all rows sooner than a walk."""
    if method != "vecsql" or metric == "l1" or indexed < LEAST_COMPANION:
        return None
    from vecsql.index.ivf_build import build_ivf

    return build_ivf(vectors, metric, ListOptions(), threads=threads, valid=valid)


def _lists(
    vectors: Vectors,
    metric: Metric,
    options: Mapping[str, str],
    threads: int,
    progress: Progress | None,
    valid: Mask | None,
) -> VectorIndex:
    from vecsql.index.ivf_build import build_ivf

    return build_ivf(
        vectors, metric, list_options(options), threads=threads, progress=progress, valid=valid
    )


def load(
    kind: str, metric: Metric, parameters: Mapping[str, Any], sections: Sections
) -> VectorIndex:
    """The index that `sections()` and `parameters()` of a built one describe; arrays are used as they are."""
    from vecsql.index import bit_index, derived, inverted

    if kind == derived.KIND:
        return derived.load(metric, parameters, sections)
    if kind == bit_index.KIND:
        return bit_index.BitIndex(metric)
    if kind == inverted.KIND:
        return inverted.InvertedIndex(metric, sections)
    if kind == "ivfflat":
        from vecsql.index.ivf import IvfIndex

        return IvfIndex(metric, parameters, sections)
    if kind not in ("hnsw", "vecsql"):
        raise FeatureNotSupported(f'index kind "{kind}" is not supported by this version')
    from vecsql.index.composite import CompositeIndex

    return CompositeIndex.load(kind, metric, parameters, sections)
