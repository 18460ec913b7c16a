"""Distances of 8 rows to 16 rows at every SIMD level against numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from vecsql.kernels import simd, tiles

LEVELS = simd.LEVELS[: simd.LEVELS.index(simd.LEVEL) + 1]


@pytest.fixture(scope="module", params=[(lv, m) for lv in LEVELS for m in (False, True)])
def case(request):
    level, manhattan = request.param
    score = tiles.score_at(level, manhattan)

    @numba.njit
    def run(small, large, steps, heads, settings, out):
        score(
            small.ctypes.data,
            large.ctypes.data,
            steps,
            heads.ctypes.data,
            settings.ctypes.data,
            out.ctypes.data,
        )

    return level, manhattan, run


@pytest.mark.parametrize("steps", [0, 1, 13, 96])
@pytest.mark.parametrize("extreme", [False, True])
def test_tiles_are_exact(case, steps, extreme):
    level, manhattan, run = case
    rng = np.random.default_rng(steps)
    x, y = rng.integers(-127, 128, (8, 4 * steps)), rng.integers(-127, 128, (16, 4 * steps))
    if extreme:
        x, y = np.sign(x) * 127, np.sign(y) * 127
    small = np.ascontiguousarray(x.astype(np.int8).reshape(8, steps, 4).transpose(1, 0, 2))
    packed = (y + 128).astype(np.uint8).reshape(16, steps, 4).transpose(1, 0, 2)
    large = np.ascontiguousarray(packed)
    heads = rng.random(32, np.float32)
    settings = np.zeros(tiles.SETTINGS, np.float32)
    settings[:16] = rng.standard_normal(16)
    excess = 128 if level == "vnni" and not manhattan else 0
    settings[16:24].view(np.int32)[:] = excess * x.sum(axis=1)
    sums = np.abs(x[:, None] - y[None]).sum(axis=2) if manhattan else x @ y.T
    expected = settings[:8, None] + heads[16:] + settings[8:16, None] * (heads[:16] * sums)
    settings[24:] = np.median(expected, axis=1)
    out = np.empty(tiles.RESULT, np.float32)
    run(small, large, steps, heads, settings, out)
    found = out[:128].reshape(8, 16)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=0.05)
    masks = ((found < settings[24:, None]) << np.arange(16)).sum(axis=1)
    np.testing.assert_array_equal(out[128:].view(np.uint16), masks)
