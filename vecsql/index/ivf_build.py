"""Building an IvfIndex: k-means over a sample, rows to their nearest centroids, codes in blocks of 32."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import flat
from vecsql.index.base import Mask, Metric, Progress, Vectors
from vecsql.index.ivf import BLOCK, FORMAT_VERSION, TAIL_BYTES, IvfIndex, owners
from vecsql.index.ivf_calibrate import calibrate
from vecsql.index.options import ListOptions
from vecsql.index.row_codes import aligned_zeros
from vecsql.index.workers import Run, workers

SAMPLE_PER_LIST: Final = 48  # rows of the last rounds of k-means
FIRST_ROUNDS: Final = 6  # over a quarter of the sample
LAST_ROUNDS: Final = 2
SURVEYED: Final = 8192  # rows that decide centre and unit
SEED: Final = 0x1F5
ONE_BIT_FROM: Final = 192  # dimensions
FOUR_BITS_FROM: Final = 32  # dimensions: fewer have larger errors, and are few bytes anyway
ROTATIONS: Final = 4
GRAIN: Final = 2048  # rows between two reports of progress


def default_lists(rows: int) -> int:
    """How many lists a table of so many rows gets: about 4 sqrt(n), but 16 rows or more in each."""
    return max(1, min(round(4 * math.sqrt(rows)), rows // 16, 32768))


def usual_bits(dimensions: int, metric: Metric) -> int:
    """Bits per dimension that tell neighbours apart; l1 takes from the codes which rows are compared, without bounds."""
    if dimensions >= ONE_BIT_FROM:
        return 1
    return 4 if dimensions >= FOUR_BITS_FROM and metric != "l1" else 8


def build_ivf(
    vectors: Vectors,
    metric: Metric,
    options: ListOptions,
    *,
    bits: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    valid: Mask | None = None,
) -> IvfIndex:
    """Build over all valid rows, with codes of 1, 4 or 8 bits per dimension (None: what suits); see `vecsql.index.build`."""
    compiled = kernels.build_kernels()
    vectors = flat.as_rows(vectors)
    with workers(threads) as run:
        return _Build(compiled, vectors, metric, options, bits, run, progress, valid).run()


class _Build:
    """One build in progress."""

    def __init__(
        self,
        compiled: Any,
        vectors: Vectors,
        metric: Metric,
        options: ListOptions,
        bits: int | None,
        run: Run,
        progress: Progress | None,
        valid: Mask | None,
    ) -> None:
        self.kernels = compiled
        self.vectors = vectors
        self.metric: Metric = metric
        self.code = flat.METRIC_CODES[metric]
        self.run_chunks = run
        self.progress = progress
        self.random = np.random.default_rng(SEED)
        shown = flat.ALL_ROWS if valid is None else np.ascontiguousarray(valid)
        indexed = np.empty(len(vectors), np.bool_)
        compiled.indexable(vectors, shown, self.code, indexed)
        self.rows = np.flatnonzero(indexed).astype(np.int32)
        self.dimensions = vectors.shape[1]
        self.bits = bits or usual_bits(self.dimensions, metric)
        self.lists = options.lists or default_lists(len(self.rows))
        self.lists = max(1, min(self.lists, len(self.rows)))
        # k-means visits its sample some times, the rows are assigned and encoded once
        self.sample = min(len(self.rows), SAMPLE_PER_LIST * self.lists)
        self.work = FIRST_ROUNDS * (self.sample // 4) + LAST_ROUNDS * self.sample + len(self.rows)
        self.done = 0
        self.center, self.unit = self._survey()

    def run(self) -> IvfIndex:
        centroids = self._cluster()
        placed, distances = self._assign(self.rows, self._blocks_of(centroids, "l2"))
        starts, ids = _layout(self.rows, placed, self.lists)
        signs = self._signs()
        blocks = self._encode(centroids, starts, ids, signs)
        sections: dict[str, npt.NDArray[Any]] = {
            "center": self.center,
            "signs": signs,
            "lists": self._blocks_of(centroids, self.metric),
            "radii": _radii(placed, distances, self.lists),
            "starts": starts,
            "blocks": blocks,
            "ids": ids,
        }
        parameters: dict[str, Any] = {
            "version": FORMAT_VERSION,
            "lists": self.lists,
            "bits": self.bits,
            "unit": self.unit,
            "indexed": len(self.rows),
        }
        if len(self.rows):
            unknown = IvfIndex(self.metric, parameters, sections)
            parameters.update(calibrate(unknown, self.vectors, self.run_chunks))
        return IvfIndex(self.metric, parameters, sections)

    def _survey(self) -> tuple[npt.NDArray[np.float32], float]:
        """The mean of the rows (zero for inner products) and their root mean square length around it."""
        center = np.zeros(self.dimensions, np.float32)
        if not len(self.rows):
            return center, 1.0
        chosen = self.random.choice(self.rows, min(SURVEYED, len(self.rows)), replace=False)
        sample = self.vectors[np.sort(chosen)].astype(np.float64)
        if self.metric == "cosine":
            sample /= np.linalg.norm(sample, axis=1, keepdims=True)
        if self.metric != "ip":
            center = sample.mean(axis=0).astype(np.float32)
        if self.metric == "cosine":
            return center, 1.0
        length = math.sqrt(float(((sample - center) ** 2).sum(axis=1).mean()))
        return center, length if 0.0 < length < math.inf else 1.0

    def _report(self, rows: int) -> None:
        self.done += rows
        if self.progress is not None:
            total = len(self.rows)
            self.progress(min(total, self.done * total // max(self.work, 1)), total)

    def _cluster(self) -> npt.NDArray[np.float32]:
        """Lloyd's k-means over a sample: (lists, d) centroids in index space."""
        centroids = np.zeros((self.lists, self.dimensions), np.float32)
        if not len(self.rows):
            return centroids
        sample = self.random.permutation(self.rows)[: self.sample]
        self._transform(
            np.ascontiguousarray(self.vectors[np.sort(sample[: self.lists])]), centroids
        )
        for turn in range(FIRST_ROUNDS + LAST_ROUNDS):
            share = sample[: max(self.lists, len(sample) // 4)] if turn < FIRST_ROUNDS else sample
            placed, _ = self._assign(share, self._blocks_of(centroids, "l2"))
            self._move(centroids, share, placed)
        return centroids

    def _transform(self, vectors: Vectors, out: npt.NDArray[np.float32]) -> None:
        self.kernels.transform(
            vectors,
            self.code,
            self.center,
            self.unit,
            np.empty(0, np.float32),
            0,
            len(vectors),
            out,
        )

    def _move(self, centroids: Any, rows: Any, placed: Any) -> None:
        """Centroids to the means of their rows; those without rows to random ones."""
        by_list = np.argsort(placed, kind="stable")
        sizes = np.bincount(placed, minlength=self.lists)
        bounds = np.append(0, np.cumsum(sizes)).astype(np.int64)
        together = rows[by_list]

        def work(start: int, stop: int) -> None:
            self.kernels.means(
                self.vectors, self.code, self.center, self.unit, together, bounds, start, stop, centroids
            )  # fmt: skip

        self.run_chunks(work, 0, self.lists, 16)
        empty = np.flatnonzero(sizes == 0)
        if len(empty):
            fresh = np.zeros((len(empty), self.dimensions), np.float32)
            chosen = self.random.choice(rows, len(empty), replace=len(empty) > len(rows))
            self._transform(np.ascontiguousarray(self.vectors[chosen]), fresh)
            centroids[empty] = fresh

    def _blocks_of(self, centroids: Any, metric: Metric) -> npt.NDArray[np.uint8]:
        """Centroids as 8-bit blocks, for l2 or inner products."""
        count = len(centroids)
        ids = np.full(-(-count // BLOCK) * BLOCK, -1, np.int32)
        ids[:count] = np.arange(count, dtype=np.int32)
        code_bytes = 4 * BLOCK * -(-self.dimensions // 4)
        blocks = aligned_zeros(len(ids) // BLOCK, code_bytes + TAIL_BYTES).view(np.uint8)
        code = flat.METRIC_CODES["ip" if metric == "ip" else "l2"]
        self.kernels.encode_dots(
            centroids, code, np.zeros(self.dimensions, np.float32), 1.0, ids, 8, code_bytes,
            0, len(blocks), blocks, blocks.view(np.float32),
        )  # fmt: skip
        return blocks

    def _assign(
        self, rows: Any, lists: Any
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """The nearest list of each row and the squared distance to its centroid."""
        placed, distances = np.empty(len(rows), np.int32), np.empty(len(rows), np.float32)

        def work(start: int, stop: int) -> None:
            self.kernels.assign(
                self.vectors, self.code, self.center, self.unit, rows, start, stop,
                lists, lists.view(np.float32), placed, distances,
            )  # fmt: skip

        self._in_steps(work, len(rows), GRAIN)
        return placed, distances

    def _in_steps(self, work: Callable[[int, int], Any], total: int, grain: int) -> None:
        step = grain * 8
        for start in range(0, total, step):
            stop = min(start + step, total)
            self.run_chunks(work, start, stop, grain // 4)
            self._report(stop - start)

    def _signs(self) -> npt.NDArray[np.float32]:
        if self.bits != 1:
            return np.empty(0, np.float32)
        padded = -(-self.dimensions // 64) * 64
        coins = self.random.integers(0, 2, ROTATIONS * padded)
        return np.where(coins, np.float32(1), np.float32(-1))

    def _encode(self, centroids: Any, starts: Any, ids: Any, signs: Any) -> npt.NDArray[np.uint8]:
        if self.bits != 1:
            code_bytes = 4 * BLOCK * -(-self.dimensions * self.bits // 32)
        else:
            code_bytes = BLOCK // 8 * (len(signs) // ROTATIONS)
        blocks = aligned_zeros(len(ids) // BLOCK, code_bytes + TAIL_BYTES).view(np.uint8)
        tails = blocks.view(np.float32)
        rotated = np.zeros((len(centroids), len(signs) // ROTATIONS), np.float32)
        if self.bits == 1:
            zero = np.zeros(self.dimensions, np.float32)
            code = flat.METRIC_CODES["l2"]
            self.kernels.transform(centroids, code, zero, 1.0, signs, 0, len(centroids), rotated)
        owner = owners(starts)

        def work(start: int, stop: int) -> None:
            if self.bits != 1:
                self.kernels.encode_dots(
                    self.vectors, self.code, self.center, self.unit, ids, self.bits, code_bytes, start, stop,
                    blocks, tails,
                )  # fmt: skip
            else:
                self.kernels.encode_bits(
                    self.vectors, self.code, self.center, self.unit, ids, owner, centroids, rotated,
                    signs, code_bytes, start, stop, blocks, tails,
                )  # fmt: skip

        self.run_chunks(work, 0, len(blocks), 16)
        return blocks


def _radii(placed: Any, distances: Any, lists: int) -> npt.NDArray[np.float32]:
    """Root mean square distances of the lists' rows to their centroids."""
    sizes = np.maximum(np.bincount(placed, minlength=lists), 1)
    squares = np.bincount(placed, distances, minlength=lists)
    return np.sqrt(squares / sizes).astype(np.float32)


def _layout(
    rows: npt.NDArray[np.int32], placed: npt.NDArray[np.int32], lists: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """First blocks of the lists (lists + 1), and which row is at each place of the blocks, -1 for none."""
    sizes = np.bincount(placed, minlength=lists)
    starts = np.append(0, np.cumsum(-(-sizes // BLOCK))).astype(np.int32)
    ids = np.full(int(starts[-1]) * BLOCK, -1, np.int32)
    by_list = np.argsort(placed, kind="stable")
    firsts = np.cumsum(sizes) - sizes
    within = np.arange(len(rows)) - np.repeat(firsts, sizes)
    ids[np.repeat(starts[:-1].astype(np.int64) * BLOCK, sizes) + within] = rows[by_list]
    return starts, ids
