"""4-bit rows: products at every level this machine has, and what packing keeps of SQ8 rows, against numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from tests.kernels.test_quantized import coded
from vecsql.kernels import reference, simd
from vecsql.kernels.quantized import pack

LEVELS = simd.LEVELS[: simd.LEVELS.index(simd.LEVEL) + 1]


def unpacked(rows):
    """(n, 2 * bytes) codes 0 .. 15 of packed bytes (n, bytes), as simd.packed_dot orders them."""
    blocks = rows.view(np.uint8).reshape(len(rows), -1, 1, 64)
    return np.concatenate([blocks & 15, blocks >> 4], axis=2).reshape(len(rows), -1)


@pytest.fixture(scope="module", params=LEVELS)
def product(request):
    dot = simd.packed_dot_at(request.param)

    @numba.njit
    def of(packed, codes):
        return dot(packed.ctypes.data, codes.ctypes.data, packed.shape[0])

    return of


@pytest.mark.parametrize("blocks", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("offset", [0, 1, 13])
def test_products_are_exact(product, blocks, offset):
    rng = np.random.default_rng(blocks)
    packed = rng.integers(-128, 128, 64 * blocks + offset).astype(np.int8)[offset:]
    codes = rng.integers(-127, 128, 128 * blocks + offset).astype(np.int8)[offset:]
    expected = unpacked(packed[None])[0].astype(np.int64) @ codes if blocks else 0
    assert product(packed, codes) == expected


def test_extreme_codes_do_not_saturate(product):
    packed = np.full(4096, -1, np.int8)
    for code in (-127, 127):
        assert product(packed, np.full(8192, code, np.int8)) == 15 * code * 8192


def packed_rows(rows, heads, d):
    out = np.zeros((len(rows), -(-d // 128) * 64 + 8), np.int8)
    lost = pack(rows, heads, d, 0, len(rows), out, out.view(np.float32))
    return out, out.view(np.float32), lost


@pytest.mark.parametrize("d", [1, 64, 65, 127, 128, 129, 384])
def test_codes_point_the_way_of_their_rows(d):
    vectors = np.random.default_rng(d).standard_normal((50, d), dtype=np.float32)
    rows, heads, _, _ = coded(vectors, reference.L2)
    out, out_heads, lost = packed_rows(rows, heads, d)
    codes = unpacked(np.ascontiguousarray(out[:, :-8])).astype(np.float64) - 8
    assert (codes[:, d:] == 0).all()
    assert np.abs(codes).max() <= 7
    decoded = rows[:, :d] * heads[:, -2:-1].astype(np.float64)
    along = (codes[:, :d] * decoded).sum(axis=1)
    squares = (decoded**2).sum(axis=1)
    np.testing.assert_allclose(out_heads[:, -2] * along, squares, rtol=1e-4)
    np.testing.assert_allclose(out_heads[:, -1], heads[:, -1], rtol=1e-6)
    share = 1 - along**2 / (squares * (codes**2).sum(axis=1))
    assert lost == pytest.approx(share.sum(), abs=1e-3)
    assert lost / 50 < 0.02


def test_rows_without_direction_or_not_indexed_stay_so():
    vectors = np.ones((3, 130), np.float32)
    vectors[0] = 0
    rows, heads, _, _ = coded(vectors, reference.L2, np.array([True, False, True]))
    out, out_heads, lost = packed_rows(rows, heads, 130)
    assert np.isnan(out_heads[:, -1]).tolist() == [False, True, False]
    assert out_heads[:2, -2].tolist() == [0, 0]
    assert (unpacked(np.ascontiguousarray(out[:1, :-8])) == 8).all()
    assert lost == pytest.approx(0, abs=1e-6)


def test_a_row_of_one_number_keeps_its_direction():
    vectors = np.zeros((1, 200), np.float32)
    vectors[0, 150] = -3
    rows, heads, _, _ = coded(vectors, reference.L2)
    assert packed_rows(rows, heads, 200)[2] == pytest.approx(0, abs=1e-6)
