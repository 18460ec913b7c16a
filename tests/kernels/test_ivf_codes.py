"""Rotation, selection and the codes of inverted files, against numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecsql.kernels import reference
from vecsql.kernels.build import encode_bits, encode_dots, indexable, transform
from vecsql.kernels.fastscan import BLOCK, TAIL
from vecsql.kernels.ivf_search import fill_tables, order_lists
from vecsql.kernels.rotation import ROUNDS, rotate
from vecsql.kernels.select import select_smallest

NONE = np.empty(0, np.float32)


@numba.njit
def rotated(rows, signs):
    out = rows.copy()
    for i in range(len(out)):
        rotate(out[i], signs)
    return out


@pytest.mark.parametrize("dimensions", [64, 128, 192, 320, 384, 1024])
def test_rotations_keep_angles_and_spread_single_coordinates(dimensions):
    rng = np.random.default_rng(dimensions)
    signs = rng.choice(np.array([-1, 1], np.float32), ROUNDS * dimensions)
    rows = rng.standard_normal((20, dimensions)).astype(np.float32)
    turned = rotated(rows, signs)
    np.testing.assert_allclose(turned @ turned.T, rows @ rows.T, rtol=1e-4, atol=1e-3)
    unit = np.zeros((3, dimensions), np.float32)
    unit[0, 0] = unit[1, dimensions // 2] = unit[2, -1] = 1
    assert np.abs(rotated(unit, signs)).max() < 6 / np.sqrt(dimensions)


@numba.njit
def selected(keys, wanted):
    select_smallest(keys, len(keys), wanted)
    return keys


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3), min_size=1, max_size=60), st.data())
def test_selection(values, data):
    wanted = data.draw(st.integers(1, len(values)))
    found = selected(np.array(values, np.uint64), wanted).tolist()
    assert sorted(found) == sorted(values)
    assert sorted(found[:wanted]) == sorted(values)[:wanted]
    assert found[wanted - 1] == sorted(values)[wanted - 1]


@numba.njit
def tables_of(values):
    tables = np.empty(4 * len(values), np.uint8)
    return fill_tables(values, tables), tables


@pytest.mark.parametrize("dimensions", [64, 384, 16000])
def test_tables_sum_signed_values(dimensions):
    rng = np.random.default_rng(dimensions)
    values = rng.standard_normal(dimensions).astype(np.float32)
    (step, least), tables = tables_of(values)
    signs = rng.choice([-1, 1], dimensions)
    nibbles = ((signs.reshape(-1, 4) > 0) << np.arange(4)).sum(axis=1)
    entries = tables.reshape(-1, 16)[np.arange(dimensions // 4), nibbles].astype(int)
    assert entries.sum() <= 65535
    error = least + step * entries.sum() - values @ signs
    assert abs(error) < 6 * step * np.sqrt(dimensions / 4 / 12)


def test_tables_of_zeros():
    (step, least), tables = tables_of(np.zeros(64, np.float32))
    assert step == least == tables.max() == 0


@numba.njit
def ordered(scores, count):
    order = np.empty(count, np.int32)
    order_lists(scores, order, np.empty(count, np.int32), np.empty(512, np.int32))
    return order


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_lists_come_in_order_up_to_a_bucket(count):
    scores = np.random.default_rng(count).standard_normal(count + 5).astype(np.float32)
    scores[count:] = np.inf
    order = ordered(scores, count)
    assert sorted(order.tolist()) == list(range(count))
    width = (scores[:count].max() - scores[:count].min()) / 500
    assert (np.diff(scores[order]) >= -width).all()


def encoded(vectors, metric, bits, count=40):
    """Codes of random vectors around two centroids: (blocks, A, F, centroids, rotated centroids, signs, y)."""
    rng = np.random.default_rng(0)
    d = vectors.shape[1]
    padded = -(-d // 64) * 64
    center = np.zeros(d, np.float32) if metric == reference.IP else vectors.mean(axis=0)
    signs = rng.choice(np.array([-1, 1], np.float32), ROUNDS * padded)
    centroids = rng.standard_normal((2, d)).astype(np.float32) * np.float32(0.1)
    turned = np.zeros((2, padded), np.float32)
    transform(centroids, reference.L2, np.zeros(d, np.float32), 1.0, signs, 0, 2, turned)
    ids = np.full(2 * BLOCK, -1, np.int32)
    ids[:count] = np.arange(count)
    width = 4 * padded if bits == 1 else 128 * -(-d * bits // 32)
    blocks = np.full((2, width + TAIL), 77, np.uint8)
    tails = blocks.view(np.float32)
    if bits == 1:
        owner = np.array([0, 1], np.int32)
        encode_bits(
            vectors, metric, center, 2.0, ids, owner, centroids, turned, signs, width, 0, 2, blocks, tails
        )  # fmt: skip
    else:
        encode_dots(vectors, metric, center, 2.0, ids, bits, width, 0, 2, blocks, tails)
    y = np.empty_like(vectors)
    transform(vectors, metric, center, 2.0, NONE, 0, len(vectors), y)
    bias, factor = tails[:, width // 4 :][:, :BLOCK], tails[:, width // 4 :][:, BLOCK:]
    return blocks[:, :width], bias.ravel(), factor.ravel(), centroids, turned, signs, y


@pytest.mark.parametrize("metric", [reference.L2, reference.IP, reference.COSINE])
@pytest.mark.parametrize("d", [1, 3, 50, 64])
def test_eight_bits_decode_to_within_half_a_step(metric, d):
    vectors = np.random.default_rng(d).standard_normal((40, d), dtype=np.float32)
    codes, bias, factor, _, _, _, y = encoded(vectors, metric, 8)
    raw = codes.reshape(2, -1, BLOCK, 4).transpose(0, 2, 1, 3).reshape(2 * BLOCK, -1)[:40, :d]
    decoded = factor[:40, None] * (raw.astype(np.float32) - 128)
    assert (np.abs(decoded - y) <= factor[:40, None] * 0.501).all()
    squares = (decoded**2).sum(axis=1) * (metric != reference.IP)
    np.testing.assert_allclose(bias[:40], squares, rtol=1e-4)
    assert np.isinf(bias[40:]).all()


@pytest.mark.parametrize("metric", [reference.L2, reference.IP, reference.COSINE])
@pytest.mark.parametrize("d", [1, 3, 33, 50, 64])
def test_four_bits_point_the_way_of_the_row(metric, d):
    vectors = np.random.default_rng(d).standard_normal((40, d), dtype=np.float32)
    vectors[7] = vectors[:40].mean(axis=0)  # the centre, all zeros in index space
    codes, bias, factor, _, _, _, y = encoded(vectors, metric, 4)
    packed = codes.reshape(2, -1, BLOCK, 1, 4) >> np.array([[0], [4]], np.uint8) & 15
    raw = packed.transpose(0, 2, 1, 3, 4).reshape(2 * BLOCK, -1)[:40, :d]
    decoded = factor[:40, None] * (raw.astype(np.float32) - 7.5)
    squares = (y**2).sum(axis=1)
    np.testing.assert_allclose((decoded * y).sum(axis=1), squares, rtol=1e-3, atol=1e-6)
    apart = np.sqrt(((decoded - y) ** 2).sum(axis=1))
    assert (apart <= 0.2 * np.sqrt(squares) + 1e-5).all()
    np.testing.assert_allclose(bias[:40], squares * (metric != reference.IP), rtol=1e-4, atol=1e-9)
    assert np.isinf(bias[40:]).all()


@pytest.mark.parametrize("metric", [reference.L2, reference.IP, reference.COSINE])
@pytest.mark.parametrize("d", [100, 384])
def test_one_bit_estimates_are_near_and_unbiased(metric, d):
    rng = np.random.default_rng(d)
    vectors = rng.standard_normal((40, d), dtype=np.float32)
    codes, bias, factor, centroids, turned, signs, y = encoded(vectors, metric, 1)
    lanes = np.arange(2 * BLOCK) % BLOCK
    places = 2 * (lanes % 16 % 8) + lanes % 16 // 8
    by_row = codes.reshape(2, -1, 16)[np.arange(2 * BLOCK) // BLOCK, :, places]
    nibbles = by_row >> (4 * (lanes // 16))[:, None] & 15
    s = np.where(nibbles[:, :, None] >> np.arange(4) & 1, 1.0, -1.0).reshape(2 * BLOCK, -1)[:40]
    owner = np.arange(40) // BLOCK
    errors = []
    for query in rng.standard_normal((50, d)).astype(np.float32) * np.float32(0.5):
        turned_query = np.zeros((1, turned.shape[1]), np.float32)
        turned_query[0, :d] = query
        turned_query = rotated(turned_query, signs)[0]
        weight = -1 if metric == reference.IP else -2
        base = ((query - centroids) ** 2).sum(axis=1)[owner]
        exact = ((y - query) ** 2).sum(axis=1)
        if metric == reference.IP:
            base, exact = -(centroids @ query)[owner], -(y @ query)
        estimate = bias[:40] + weight * factor[:40] * (s @ turned_query) + base
        apart = np.linalg.norm(query - centroids, axis=1)[owner]
        errors.append((estimate - exact) / (-weight * 0.603 * factor[:40] * apart))
    assert abs(np.mean(errors)) < 0.15
    assert 0.8 < np.std(errors) < 1.2


def test_rows_at_their_centroid_and_nulls_and_zeros():
    vectors = np.zeros((3, 4), np.float32)
    vectors[1] = 1
    out = np.empty(3, np.bool_)
    assert indexable(vectors, np.array([True, True, False]), reference.COSINE, out) == 1
    assert out.tolist() == [False, True, False]
    assert indexable(vectors, np.empty(0, np.bool_), reference.L2, out) == 3
