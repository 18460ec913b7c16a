"""Building a GraphIndex: quantise, find rows of equal codes, link the others, mend what fell apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import flat, graph_cells
from vecsql.index.base import Mask, Metric, Progress, Vectors
from vecsql.index.graph import FORMAT_VERSION, HEAD_BYTES, GraphIndex
from vecsql.index.options import GraphOptions
from vecsql.index.row_codes import LINE, SAMPLE, code_rows
from vecsql.index.workers import Run, workers

# Builds compare codes, so they look a little wider than ef_construction, as walks do; more costs build time
# (1.5: +15 %) and gains little recall.
OVERSAMPLE: Final = 1.25

SEED: Final = 0x5EC5
EVEN: Final = 0.01  # deviation of the norms, as a share of their mean, up to which inner products order as cosine does
FIRST_LAYER: Final = 64
LAYER_RATIO: Final = 32
LEAST_LOST: Final = 1e-6
MOST_LOST: Final = 0.03  # of the squared length of rows may not be along their 4-bit codes
MOST_ENTRIES: Final = 256  # rows that every descent compares, at most
BATCH_SHARE: Final = 0.02
# A neighbour is left out when one kept before is nearer to it by this factor; above 1 makes more long edges.
SLACK: Final = 1.1
SLACK_IP: Final = 1.0  # a factor means nothing for inner products, which may be negative


def build_graph(
    vectors: Vectors,
    metric: Metric,
    options: GraphOptions,
    *,
    threads: int = 1,
    progress: Progress | None = None,
    valid: Mask | None = None,
) -> GraphIndex:
    """Build the graph over all valid rows; see `vecsql.index.build`."""
    compiled = kernels.build_kernels()
    vectors = flat.as_rows(vectors)
    with workers(threads) as run:
        return GraphBuild(compiled, vectors, metric, options, run, progress, valid).run()


class GraphBuild:
    """One build in progress."""

    def __init__(
        self,
        compiled: Any,
        vectors: Vectors,
        metric: Metric,
        options: GraphOptions,
        run: Run,
        progress: Progress | None,
        valid: Mask | None,
    ) -> None:
        self.kernels = compiled
        self.vectors = vectors
        self.metric: Metric = metric
        self.options = options
        self.run_chunks = run
        self.progress = progress
        shown = flat.ALL_ROWS if valid is None else np.ascontiguousarray(valid)
        self.manhattan = metric == "l1"
        n, d = vectors.shape
        self.coded = code_rows(compiled, vectors, metric, shown, run)
        self.rows, self.heads = self.coded.rows, self.coded.heads
        self.degree = 2 * options.m
        self.slack = SLACK_IP if metric == "ip" else SLACK
        self.graph = np.full((n, self.degree), -1, np.int32)
        self.lengths = np.empty((n, self.degree), np.float32)
        self.words = self.rows.view(np.uint32)
        self.steps = -(-d // 4)

    def run(self) -> GraphIndex:
        twins, order = self._twins_and_order()
        levels = self._link_all(order) if self._even() else self._insert_all(order)
        mended = 0
        if len(order):
            mended = self.kernels.mend(
                self.rows, self.heads, self.manhattan, order, len(order), 64, self.graph, self.graph
            )
        rows, error = self._packed()
        sections: dict[str, npt.NDArray[Any]] = {
            "rows": rows,
            "graph": self.graph,
            "center": self.coded.center,
            "order": order[: levels.sizes[-1]].copy(),
            "levels": np.array(levels.sizes, np.int64),
            "upper": levels.upper,
        }
        if twins is not None:
            sections["twins"] = twins
        parameters: dict[str, Any] = {
            "version": FORMAT_VERSION,
            "m": self.options.m,
            "ef_construction": self.options.ef_construction,
            "unit": self.coded.unit,
            "indexed": self.coded.indexed,
            "distinct": len(order),
            "mended": int(mended),
        }
        if error:
            parameters["error"] = error
        return GraphIndex(self.metric, parameters, sections)

    def _packed(self) -> tuple[npt.NDArray[np.int8], float]:
        """The rows as walks shall read them, of 4-bit codes where that saves a cache line and loses little; and the error that
        these make of a coordinate, in lengths of its row, 0 for SQ8 rows."""
        n, d = self.vectors.shape
        stride = -(-d // (2 * LINE)) * LINE + HEAD_BYTES
        if self.manhattan or stride > LINE * (self.rows.shape[1] // LINE - 1):
            return self.rows, 0.0
        packed = np.zeros((n, stride), np.int8)
        heads = packed.view(np.float32)

        def work(start: int, stop: int) -> float:
            return float(self.kernels.pack(self.rows, self.heads, d, start, stop, packed, heads))

        lost = sum(self.run_chunks(work, 0, n, 1024))
        lost = max(lost / max(n, 1), LEAST_LOST)
        return (packed, math.sqrt(lost / d)) if lost <= MOST_LOST else (self.rows, 0.0)

    def _twins_and_order(self) -> tuple[npt.NDArray[np.int32] | None, npt.NDArray[np.int32]]:
        """Chains of rows with equal codes (None if there are none), and the first rows of all chains, shuffled."""
        n = len(self.rows)
        indexed = np.flatnonzero(~np.isnan(self.heads[:, -1])).astype(np.int32)
        hashes = np.empty(n, np.uint64)
        self.kernels.fingerprint(self.rows.view(np.uint64), hashes)
        shown = hashes[indexed]
        by_hash = np.argsort(shown, kind="stable")
        ranked = shown[by_hash]
        again = np.flatnonzero(ranked[1:] == ranked[:-1])
        twins = None
        first = np.ones(n, np.bool_)
        if len(again):
            before, after = indexed[by_hash[again]], indexed[by_hash[again + 1]]
            # a hash may collide: only rows that are really equal become twins
            same = (self.rows[before] == self.rows[after]).all(axis=1)
            twins = np.full(n, -1, np.int32)
            twins[before[same]] = after[same]
            first[after[same]] = False
        order = np.random.default_rng(SEED).permutation(indexed[first[indexed]])
        return twins, order

    def _even(self) -> bool:
        """Whether cells of near rows make good graphs: not for inner products of rows of different length, and for l1
        queries between the clusters found less than in graphs built by walks (.83 where .90 was promised)."""
        if self.metric == "l1":
            return False
        if self.metric != "ip":
            return True
        sample = self.vectors[:: max(1, len(self.vectors) // SAMPLE)].astype(np.float64)
        norms = np.linalg.norm(sample, axis=1)
        norms = norms[norms > 0]
        return len(norms) > 0 and float(norms.std()) < EVEN * float(norms.mean())

    def _link_all(self, order: npt.NDArray[np.int32]) -> _Levels:
        """Edges of the upper layers, then of all rows, by comparing cells of rows."""
        self._spread_first(order)
        levels = self._layers(order, 0)
        if len(order) > 1:
            graph_cells.link(self, order, self._tell(len(order), len(order)))
        roots = np.empty(len(order), np.int32)
        found = self.kernels.find_roots(self.graph, order, roots)
        if found <= 1:
            return levels
        # Clusters far apart: no edge leads from one to the other, so each has a row in the upper layers.
        linked = self.graph, self.lengths
        self.graph, self.lengths = np.full_like(linked[0], -1), np.empty_like(linked[1])
        first = np.zeros(len(self.rows), np.bool_)
        first[roots[:found]] = True
        order[:] = np.concatenate([roots[:found], order[~first[order]]])
        levels = self._layers(order, found)
        self.graph, self.lengths = linked
        return levels

    def _spread_first(self, order: npt.NDArray[np.int32]) -> None:
        """Bring rows far from each other to the front (farthest first; Gonzalez, 1985), so that walks begin near to any cluster."""
        if len(order) <= FIRST_LAYER:
            return
        pool = order[: FIRST_LAYER * LAYER_RATIO]
        values = self.rows[pool, : self.vectors.shape[1]].astype(np.float32)
        if not self.manhattan:
            values *= self.heads[pool, -2][:, None]
        chosen = [0]
        nearest = np.full(len(pool), np.inf, np.float32)
        for _ in range(FIRST_LAYER // 2 - 1):
            apart = values - values[chosen[-1]]
            nearest = np.minimum(nearest, np.einsum("ij,ij->i", apart, apart))
            chosen.append(int(np.argmax(nearest)))
        front = np.unique(chosen)
        order[: len(pool)] = np.concatenate([pool[front], np.delete(pool, front)])

    def _layers(self, order: npt.NDArray[np.int32], roots: int) -> _Levels:
        """The upper layers; the first `roots` rows of `order` shall be in them."""
        levels = _Levels(order, self.graph)
        levels.sizes[0] = min(len(order), max(FIRST_LAYER, min(roots, MOST_ENTRIES)))
        size = FIRST_LAYER * LAYER_RATIO
        while 4 * size <= len(order) or levels.sizes[-1] < roots:
            size = min(max(size, roots if levels.sizes[-1] < roots else 0), len(order))
            graph_cells.link(self, order[:size], self._tell(0, len(order)))
            levels.add(size, self.graph)
            self.graph[:] = -1
            size *= LAYER_RATIO
        return levels

    def _tell(self, rows: int, total: int) -> Callable[[float], None]:
        def told(share: float) -> None:
            if self.progress is not None:
                self.progress(int(share * rows), total)

        return told

    def _insert_all(self, order: npt.NDArray[np.int32]) -> _Levels:
        levels = _Levels(order, self.graph)
        done = min(1, len(order))
        levels.grow(done)
        while done < len(order):
            stop = min(len(order), done + max(1, int(done * BATCH_SHARE)))
            stop = min(stop, levels.next_size)
            self._insert_batch(order, levels, done, stop)
            done = stop
            levels.grow(done)
            if self.progress is not None:
                self.progress(done, len(order))
        return levels

    def _insert_batch(self, order: Any, levels: _Levels, start: int, stop: int) -> None:
        sizes = np.array(levels.sizes, np.int64)
        width = math.ceil(OVERSAMPLE * self.options.ef_construction)

        places = np.empty(stop - start, np.int64)
        entries = np.empty(stop - start, np.int32)

        def locate(first: int, last: int) -> None:
            self.kernels.locate(
                self.rows, self.heads, self.manhattan, order, levels.upper, sizes, start, first, last,
                places, entries,
            )  # fmt: skip

        self.run_chunks(locate, start, stop, 256)
        together = np.argsort(places, kind="stable")
        batch, entries = order[start:stop][together], entries[together]

        def find(first: int, last: int) -> None:
            self.kernels.find_neighbours(
                self.rows, self.heads, self.manhattan, batch, entries, first, last,
                width, self.degree // 2, self.slack, self.degree // 2, self.graph, self.graph, self.lengths,
            )  # fmt: skip

        self.run_chunks(find, 0, stop - start, 32)
        chosen = self.graph[batch]
        source, place = np.nonzero(chosen >= 0)
        targets = chosen[source, place]
        by_target = np.argsort(targets, kind="stable")
        sources = batch[source[by_target]]
        distances = self.lengths[sources, place[by_target]]
        found, firsts = np.unique(targets[by_target], return_index=True)
        bounds = np.append(firsts, len(targets)).astype(np.int64)

        def attach(first: int, last: int) -> None:
            self.kernels.attach(
                self.rows, self.heads, self.manhattan, found, bounds, sources, distances, first, last,
                self.degree - self.degree // 8, self.slack, self.degree // 2, self.graph, self.lengths,
            )  # fmt: skip

        self.run_chunks(attach, 0, len(found), 1024)


class _Levels:
    """The upper layers: the graph as it was when the first 64, 2048, 65536 ... rows were in."""

    def __init__(self, order: npt.NDArray[np.int32], graph: npt.NDArray[np.int32]) -> None:
        self.order = order
        self.graph = graph
        self.sizes = [0]
        self.upper = np.empty((0, graph.shape[1]), np.int32)
        self.next_size = FIRST_LAYER * LAYER_RATIO

    def grow(self, done: int) -> None:
        """Note that order[:done] are inserted."""
        self.sizes[0] = min(done, FIRST_LAYER)
        if done == self.next_size and 4 * done <= len(self.order):
            self.add(done, self.graph)
        if done >= self.next_size:
            self.next_size *= LAYER_RATIO

    def add(self, size: int, graph: npt.NDArray[np.int32]) -> None:
        """A layer of order[:size], with the edges among them as they are now."""
        ranks = np.full(len(graph), -1, np.int32)
        ranks[self.order[:size]] = np.arange(size, dtype=np.int32)
        neighbours = graph[self.order[:size]]
        layer = np.where(neighbours >= 0, ranks[neighbours], np.int32(-1))
        self.upper = np.concatenate([self.upper, layer])
        self.sizes.append(size)
