"""The graph index: recall, filters that lose nothing, duplicates, NULLs, threads, storing and loading."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from vecsql import index, kernels
from vecsql.errors import FeatureNotSupported, InvalidParameterValue
from vecsql.index import flat, resident
from vecsql.index.base import Effort
from vecsql.index.rowset import RowSet

METRICS = ["l2", "ip", "cosine", "l1"]


def clustered(n, d, seed, clusters=20, spread=0.3):
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((clusters, d), dtype=np.float32)
    noise = rng.standard_normal((n, d), dtype=np.float32) * np.float32(spread)
    return centers[rng.integers(0, clusters, n)] + noise


def recall(built, vectors, queries, metric, k=10, effort=40, mask=None):
    effort = Effort(ef_search=effort)
    mask = None if mask is None else RowSet.of(mask)
    hits = 0
    for query in queries:
        expected = flat.search(vectors, query, k, metric, mask)
        found = built.search(vectors, query, k, effort, mask)
        assert len(found.positions) == len(expected.positions)
        assert len(set(found.positions.tolist())) == len(found.positions)
        assert (np.diff(found.distances) >= 0).all()
        exact = flat.distances(vectors, query, metric, found.positions)
        np.testing.assert_allclose(found.distances, exact, rtol=1e-6, atol=3e-6)
        hits += int((found.distances <= expected.distances[-1] + 1e-7).sum())
    return hits / (k * len(queries))


@pytest.fixture(scope="module", params=[48, 200], ids=["sq8", "4-bit"])
def rows(request):
    return clustered(6000, request.param, 0)


@pytest.fixture(scope="module", params=METRICS)
def metric(request):
    return request.param


@pytest.fixture(scope="module")
def built(rows, metric):
    return index.build("hnsw", rows, metric, {})


def test_recall_on_clusters(built, rows, metric):
    queries = (
        rows[:40] + np.random.default_rng(9).standard_normal((40, rows.shape[1]), np.float32) * 0.1
    )
    assert recall(built, rows, queries, metric) >= 0.95
    assert recall(built, rows, queries, metric, effort=400) >= 0.99


@pytest.mark.parametrize("share", [0.9, 0.3, 0.02, 0.001])
def test_filters_lose_nothing(built, rows, metric, share):
    mask = np.random.default_rng(1).random(len(rows)) < share
    mask[:12] = True
    assert recall(built, rows, rows[100:120], metric, mask=mask) >= 0.97


def test_a_filter_on_the_far_side_is_still_filled(built, rows, metric):
    def far_from(query):
        mask = np.zeros(len(rows), np.bool_)
        mask[np.argsort(flat.distances(rows, query, metric))[len(rows) // 2 :]] = True
        return mask

    queries = rows[:6000:300]
    found = [recall(built, rows, query[None], metric, mask=far_from(query)) for query in queries]
    assert np.mean(found) >= 0.95


def test_k_beyond_effort_and_beyond_the_rows(built, rows, metric):
    assert recall(built, rows, rows[:5], metric, k=200) >= 0.95
    everything = built.search(rows, rows[0], 10_000, Effort(ef_search=40), None)
    assert len(everything.positions) == len(rows)
    assert len(built.search(rows, rows[0], 0, Effort(ef_search=40), None).positions) == 0


def test_numpy_answers_before_the_kernels_are_there(built, rows, metric, monkeypatch):
    monkeypatch.setattr(kernels, "_searching", None)
    assert recall(built, rows, rows[:3], metric) == 1


def test_stored_read_only_sections_answer_the_same(built, rows, metric, tmp_path):
    stored = {}
    for name, array in built.sections().items():
        np.save(tmp_path / f"{name}.npy", array)
        stored[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    again = index.load("hnsw", metric, built.parameters(), stored)
    for query in rows[:10]:
        first, second = (
            i.search(rows, query, 10, Effort(ef_search=40), None) for i in (built, again)
        )
        np.testing.assert_array_equal(first.positions, second.positions)
    assert again.nbytes == built.nbytes


def test_threads_build_the_same_graph(built, rows, metric):
    other = index.build("hnsw", rows, metric, {}, threads=3)
    for name, array in built.sections().items():
        np.testing.assert_array_equal(array, other.sections()[name], err_msg=name)


def test_concurrent_searches_agree(built, rows, metric):
    expected = [
        built.search(rows, q, 10, Effort(ef_search=40), None).positions.tolist() for q in rows[:50]
    ]
    seen = []

    def work():
        seen.append(
            [
                built.search(rows, q, 10, Effort(ef_search=40), None).positions.tolist()
                for q in rows[:50]
            ]
        )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answer == expected for answer in seen)


@pytest.mark.parametrize("noise", [0.0, 1e-7, 1e-3])
def test_thousands_of_duplicates_do_not_cut_the_graph(metric, noise):
    rng = np.random.default_rng(2)
    rows = clustered(4000, 24, 3)
    rows[rng.permutation(4000)[:2500]] = rows[7]
    rows += rng.standard_normal(rows.shape, dtype=np.float32) * np.float32(noise)
    built = index.build("hnsw", rows, metric, {})
    queries = clustered(4040, 24, 3)[4000:]
    assert recall(built, rows, queries, metric) >= 0.95
    assert recall(built, rows, rows[7:8], metric, k=100) >= 0.9


def test_only_duplicates(metric):
    rows = np.full((3000, 5), 2, np.float32)
    built = index.build("hnsw", rows, metric, {})
    assert built.search(rows, rows[0], 10, Effort(ef_search=40), None).positions.tolist() == list(
        range(10)
    )


def test_null_rows_are_never_returned(rows, metric):
    valid = np.ones(len(rows), np.bool_)
    valid[::3] = False
    blank = np.where(valid[:, None], rows, np.float32(0))
    built = index.build("hnsw", blank, metric, {}, valid=valid)
    for mask in (None, RowSet.of(np.arange(len(rows)) < 40)):
        for query in rows[:20]:
            found = built.search(blank, query, 10, Effort(ef_search=40), mask)
            assert len(found.positions) == 10
            assert valid[found.positions].all()


def test_zero_vectors_are_left_out_for_cosine_only():
    rows = clustered(300, 6, 5)
    rows[5:15] = 0
    cosine = index.build("hnsw", rows, "cosine", {}).search(
        rows, rows[0], 300, Effort(ef_search=40), None
    )
    assert not set(range(5, 15)) & set(cosine.positions.tolist())
    assert len(cosine.positions) == 290
    assert (
        len(
            index.build("hnsw", rows, "l2", {})
            .search(rows, rows[0], 300, Effort(ef_search=40), None)
            .positions
        )
        == 300
    )


@pytest.mark.parametrize("n", [0, 1, 2, 33, 64, 65])
@pytest.mark.parametrize("d", [1, 56, 57])
def test_small_and_odd_shapes(metric, n, d):
    rows = np.random.default_rng(n).standard_normal((n, d), dtype=np.float32)
    built = index.build("hnsw", rows, metric, {"m": "2", "ef_construction": "4"})
    found = built.search(rows, np.ones(d, np.float32), 10, Effort(ef_search=40), None)
    expected = flat.search(rows, np.ones(d, np.float32), 10, metric)
    np.testing.assert_array_equal(found.positions, expected.positions)
    assert (
        len(
            built.search(
                rows, np.ones(d, np.float32), 3, Effort(ef_search=40), RowSet.none(n)
            ).positions
        )
        == 0
    )


def test_values_at_the_end_of_float32(metric):
    rows = clustered(500, 8, 6) * np.float32(1e37)
    rows[3] = np.float32(1e-38)
    built = index.build("hnsw", rows, metric, {})
    assert len(built.search(rows, rows[9], 10, Effort(ef_search=40), None).positions) == 10


def test_progress_is_told_and_may_give_up(rows):
    seen = []
    index.build(
        "hnsw", rows[:500], "l2", {}, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (500, 500)
    assert seen == sorted(seen)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.build("hnsw", rows[:500], "l2", {}, progress=stop)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"m": "1"}, 'value 1 out of bounds for option "m"'),
        ({"ef_construction": "1001"}, 'value 1001 out of bounds for option "ef_construction"'),
        ({"m": "x"}, 'invalid value for integer option "m": x'),
        ({"lists": "5"}, 'unrecognized parameter "lists"'),
        (
            {"m": "64", "ef_construction": "100"},
            "ef_construction must be greater than or equal to 2 * m",
        ),
    ],
)
def test_options_are_checked_as_pgvector_does(options, text):
    with pytest.raises(InvalidParameterValue, match=f"^{text.replace('*', '.')}"):
        index.build("hnsw", np.ones((1, 2), np.float32), "l2", options)


def test_unknown_methods_are_refused():
    with pytest.raises(FeatureNotSupported):
        index.build("diskann", np.ones((1, 2), np.float32), "l2", {})
    with pytest.raises(FeatureNotSupported):
        index.load("ivf", "l2", {}, {})


def test_an_index_that_is_searched_often_moves_to_memory(
    built, rows, metric, tmp_path, monkeypatch
):
    monkeypatch.setattr(resident, "LEAST_BYTES", 0)
    stored = {}
    for name, array in built.sections().items():
        np.save(tmp_path / f"{name}.npy", array)
        stored[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    again = index.load("hnsw", metric, built.parameters(), stored)
    effort = Effort(ef_search=20)
    answers = [again.search(rows, query, 5, effort).positions.tolist() for query in rows[:600]]
    for thread in threading.enumerate():
        if thread.name == "vecsql-resident":
            thread.join()
    later = [again.search(rows, query, 5, effort).positions.tolist() for query in rows[:600]]
    assert answers == later


def test_large_pages_hold_the_same():
    array = np.arange(1_500_000, dtype=np.int32).reshape(-1, 10)
    copy = resident.in_large_pages(array)
    np.testing.assert_array_equal(copy, array)
    assert copy.ctypes.data % resident.LARGE_PAGE == 0
    assert not copy.flags.writeable
