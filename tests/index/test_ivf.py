"""Inverted files: recall, filters that lose nothing, duplicates, NULLs, threads, storing and loading."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from vecsql import index, kernels
from vecsql.errors import InvalidParameterValue
from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.ivf import Knobs, knobs_for
from vecsql.index.ivf_build import build_ivf, default_lists
from vecsql.index.options import ListOptions
from vecsql.index.rowset import RowSet

METRICS = ["l2", "ip", "cosine", "l1"]


def clustered(n, d, seed, clusters=60, spread=0.5):
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((clusters, d), dtype=np.float32)
    noise = rng.standard_normal((n, d), dtype=np.float32) * np.float32(spread)
    return centers[rng.integers(0, clusters, n)] + noise


def recall(built, vectors, queries, metric, k=10, effort=None, mask=None):
    hits = total = 0
    for query in queries:
        among = None if mask is None else RowSet.of(mask)
        expected = flat.search(vectors, query, k, metric, among)
        found = built.search(vectors, query, k, effort or Effort(), among)
        assert len(found.positions) == len(expected.positions)
        assert len(set(found.positions.tolist())) == len(found.positions)
        assert mask is None or mask[found.positions].all()
        assert (np.diff(found.distances) >= 0).all()
        exact = flat.distances(vectors, query, metric, found.positions)
        np.testing.assert_allclose(found.distances, exact, rtol=1e-6, atol=3e-6)
        hits += int((found.distances <= expected.distances[-1] + 1e-6).sum())
        total += len(expected.positions)
    return hits / total


@pytest.fixture(scope="module", params=METRICS)
def metric(request):
    return request.param


@pytest.fixture(scope="module", params=[1, 4, 8])
def bits(request):
    return request.param


@pytest.fixture(scope="module")
def rows(bits):
    return clustered(8000, 200 if bits == 1 else 24, 0)


@pytest.fixture(scope="module")
def built(rows, metric, bits):
    return build_ivf(rows, metric, ListOptions(), bits=bits)


@pytest.fixture(scope="module")
def queries(rows):
    spread = np.random.default_rng(9).standard_normal((40, rows.shape[1]), np.float32) * 0.1
    return rows[:40] + spread.astype(np.float32)


def test_recall_on_clusters(built, rows, metric, queries):
    assert recall(built, rows, queries, metric) >= 0.93
    assert recall(built, rows, queries, metric, effort=Effort(recall=0.999)) >= 0.98
    assert recall(built, rows, queries, metric, effort=Effort(probes=built.lists)) >= 0.98


def test_probes_are_lists(built, rows, metric, queries):
    scored = [
        built.search(rows, queries[0], 10, Effort(probes=probes)).scored for probes in (1, 8, 64)
    ]
    assert scored == sorted(scored)
    assert scored[0] < scored[2] / 4
    found = built.search(rows, queries[0], 10, Effort(probes=8))
    assert found.strategy == "ivf (probes=8)"


@pytest.mark.parametrize("share", [0.9, 0.3, 0.05, 0.002])
def test_filters_lose_nothing(built, rows, metric, queries, share):
    mask = np.random.default_rng(1).random(len(rows)) < share
    mask[:12] = True
    assert recall(built, rows, queries, metric, mask=mask) >= 0.93


def test_a_filter_on_the_far_side_is_still_filled(built, rows, metric):
    mask = np.zeros(len(rows), np.bool_)
    mask[np.argsort(flat.distances(rows, rows[0], metric))[len(rows) // 2 :]] = True
    assert recall(built, rows, rows[:1], metric, mask=mask) >= 0.9
    few = built.search(rows, rows[0], 10, Effort(probes=1), RowSet.of(mask))
    assert len(few.positions) == 10


@pytest.mark.parametrize("k", [1, 63, 65, 200, 1500])
def test_any_k(built, rows, metric, k):
    assert recall(built, rows, rows[:20], metric, k=k) >= 0.93


def test_k_beyond_the_rows(built, rows):
    assert len(built.search(rows, rows[0], 10_000, Effort()).positions) == len(rows)
    assert len(built.search(rows, rows[0], 0, Effort()).positions) == 0


def test_numpy_answers_before_the_kernels_are_there(built, rows, metric, monkeypatch):
    monkeypatch.setattr(kernels, "_searching", None)
    assert recall(built, rows, rows[:3], metric) == 1


def test_stored_read_only_sections_answer_the_same(built, rows, metric, tmp_path):
    stored = {}
    for name, array in built.sections().items():
        np.save(tmp_path / f"{name}.npy", array)
        stored[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    again = index.load("ivfflat", metric, built.parameters(), stored)
    for query in rows[:10]:
        first, second = (i.search(rows, query, 10, Effort()) for i in (built, again))
        np.testing.assert_array_equal(first.positions, second.positions)
    assert again.nbytes == built.nbytes


def test_threads_build_the_same_index(built, rows, metric, bits):
    other = build_ivf(rows, metric, ListOptions(), bits=bits, threads=3)
    for name, array in built.sections().items():
        np.testing.assert_array_equal(array, other.sections()[name], err_msg=name)
    assert built.parameters() == other.parameters()


def test_concurrent_searches_agree(built, rows):
    expected = [built.search(rows, q, 10, Effort()).positions.tolist() for q in rows[:50]]
    seen = []

    def work():
        seen.append([built.search(rows, q, 10, Effort()).positions.tolist() for q in rows[:50]])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answer == expected for answer in seen)


def test_thousands_of_duplicates(metric, bits):
    rows = clustered(4000, 24, 3)
    rows[np.random.default_rng(2).permutation(4000)[:2500]] = rows[7]
    built = build_ivf(rows, metric, ListOptions(), bits=bits)
    queries = clustered(4040, 24, 3)[4000:]
    effort = Effort(recall=0.99)
    assert recall(built, rows, queries, metric, effort=effort) >= (0.6 if bits == 1 else 0.9)
    assert recall(built, rows, rows[7:8], metric, k=100) >= 0.9


def test_only_duplicates(metric, bits):
    rows = np.full((3000, 5), 2, np.float32)
    built = build_ivf(rows, metric, ListOptions(), bits=bits)
    found = built.search(rows, rows[0], 10, Effort())
    assert len(set(found.positions.tolist())) == 10


def test_null_rows_are_never_returned(rows, metric, bits):
    valid = np.ones(len(rows), np.bool_)
    valid[::3] = False
    blank = np.where(valid[:, None], rows, np.float32(0))
    built = build_ivf(blank, metric, ListOptions(lists=40), bits=bits, valid=valid)
    for mask in (None, np.arange(len(rows)) < 40, np.arange(len(rows)) < 4000):
        for query in rows[:20]:
            found = built.search(
                blank, query, 10, Effort(), None if mask is None else RowSet.of(mask)
            )
            assert len(found.positions) == 10
            assert valid[found.positions].all()


def test_zero_vectors_are_left_out_for_cosine_only(bits):
    rows = clustered(900, 6, 5)
    rows[5:15] = 0
    cosine = build_ivf(rows, "cosine", ListOptions(), bits=bits)
    found = cosine.search(rows, rows[0], 900, Effort())
    assert not set(range(5, 15)) & set(found.positions.tolist())
    assert len(found.positions) == 890
    assert len(cosine.search(rows, rows[0], 100, Effort(probes=60)).positions) == 100
    l2 = build_ivf(rows, "l2", ListOptions(), bits=bits)
    assert len(l2.search(rows, rows[0], 900, Effort()).positions) == 900


@pytest.mark.parametrize("n", [0, 1, 2, 33, 64, 65])
@pytest.mark.parametrize("d", [1, 63, 65])
def test_small_and_odd_shapes(metric, bits, n, d):
    rows = np.random.default_rng(n).standard_normal((n, d), dtype=np.float32)
    built = build_ivf(rows, metric, ListOptions(lists=3), bits=bits)
    query = np.ones(d, np.float32)
    found = built.search(rows, query, 10, Effort())
    expected = flat.search(rows, query, 10, metric)
    np.testing.assert_array_equal(found.positions, expected.positions)
    if n:
        scanned = built.scan(rows, query, 10, Knobs())
        assert len(scanned.positions) == min(n, 10)
        np.testing.assert_allclose(
            scanned.distances, flat.distances(rows, query, metric, scanned.positions), rtol=1e-5
        )
    assert len(built.search(rows, query, 3, Effort(), RowSet.none(n)).positions) == 0


def test_values_at_the_end_of_float32(metric, bits):
    rows = clustered(500, 8, 6) * np.float32(1e37)
    rows[3] = np.float32(1e-38)
    built = build_ivf(rows, metric, ListOptions(), bits=bits)
    assert len(built.search(rows, rows[9], 10, Effort()).positions) == 10


def test_progress_is_told_and_may_give_up(rows):
    seen = []
    index.build(
        "ivfflat", rows[:5000], "l2", {}, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (5000, 5000)
    assert seen == sorted(seen)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.build("ivfflat", rows[:500], "l2", {}, progress=stop)


def test_the_number_of_lists():
    rows = clustered(1000, 4, 1)
    assert index.build("ivfflat", rows, "l2", {"lists": "7"}).parameters()["lists"] == 7
    assert index.build("ivfflat", rows[:5], "l2", {"lists": "7"}).parameters()["lists"] == 5
    assert [default_lists(n) for n in (0, 10, 1000, 10**6, 10**10)] == [1, 1, 62, 4000, 32768]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"lists": "0"}, 'value 0 out of bounds for option "lists"'),
        ({"lists": "32769"}, 'value 32769 out of bounds for option "lists"'),
        ({"lists": "x"}, 'invalid value for integer option "lists": x'),
        ({"m": "5"}, 'unrecognized parameter "m"'),
    ],
)
def test_options_are_checked_as_pgvector_does(options, text):
    with pytest.raises(InvalidParameterValue, match=f"^{text}"):
        index.build("ivfflat", np.ones((1, 2), np.float32), "l2", options)


def test_row_sets_that_come_again_answer_the_same(built, rows, queries):
    sets = [RowSet.of(np.random.default_rng(i).random(len(rows)) < 0.3) for i in range(3)]
    for query in queries[:10]:
        for among in sets:
            first = built.scan(rows, query, 10, Knobs(reach=1.2), among)
            again = [built.scan(rows, query, 10, Knobs(reach=1.2), among) for _ in range(2)]
            for found in again:
                np.testing.assert_array_equal(found.positions, first.positions)
                assert among.bools[found.positions].all()


def test_a_zero_query_and_row_sets_without_indexed_rows(rows, bits):
    blank = rows.copy()
    blank[:3000] = 0
    built = build_ivf(blank, "cosine", ListOptions(), bits=bits)
    found = built.search(blank, np.zeros(rows.shape[1], np.float32), 5, Effort())
    assert len(found.positions) == 5
    assert np.isnan(found.distances).all()
    among = RowSet.of(np.arange(len(rows)) < 3000)
    assert len(built.search(blank, rows[0], 5, Effort(), among).positions) == 0


def test_a_query_among_dense_rows_scans_as_many_as_are_usual():
    rows = clustered(8000, 24, 5)
    noise = np.random.default_rng(4).standard_normal((60, 24), dtype=np.float32)
    rows[:60] = rows[0] + np.float32(0.001) * noise
    built = build_ivf(rows, "l2", ListOptions())
    assert built.scan(rows, rows[0], 10, Knobs(reach=1.2)).scored < 3000
    assert built.scan(rows, rows[0], 10, Knobs(reach=1.2, fewest=3000)).scored >= 3000
    knobs, _ = knobs_for(Effort(recall=0.95), 10, 8, [[1.0, 0.9, 2000], [1.2, 0.99, 6000]], 0.0)
    assert 1000 < knobs.fewest < 3000
    older, _ = knobs_for(Effort(recall=0.95), 10, 8, [[1.0, 0.9], [1.2, 0.99]], 0.0)
    assert (older.reach, older.fewest) == (knobs.reach, 0)
