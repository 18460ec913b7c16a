"""Importing costs no numba; the cache directory follows sources and environment; lower SIMD levels give the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vecsql.kernels import cache


def python(code, **env):
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True
    )


def test_flat_search_answers_without_importing_numba():
    done = python(
        "import sys, numpy as np\n"
        "from vecsql import index; from vecsql.index import flat\n"
        "r = flat.search(np.eye(3, dtype=np.float32), np.ones(3, np.float32), 2, 'l2')\n"
        "assert r.positions.tolist() == [0, 1] and 'numba' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_cache_path_has_the_source_hash_and_honours_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("VECSQL_CACHE_DIR", str(tmp_path / "mine"))
    cache.cache_dir.cache_clear()
    try:
        path = Path(cache.cache_dir())
        assert path == tmp_path / "mine" / cache.source_hash()
        assert path.is_dir()
        monkeypatch.setenv("VECSQL_SIMD", "portable")
        assert cache.source_hash() != path.name
        monkeypatch.delenv("VECSQL_CACHE_DIR")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        cache.cache_dir.cache_clear()
        assert Path(cache.cache_dir()).parent == tmp_path / "xdg" / "vecsql"
    finally:
        cache.cache_dir.cache_clear()


def test_unusable_directories_fall_back_to_the_temporary_one(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VECSQL_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    cache.cache_dir.cache_clear()
    try:
        assert Path(cache.cache_dir()).is_relative_to(tmp_path / "tmp")
    finally:
        cache.cache_dir.cache_clear()


def test_kernels_of_versions_not_used_for_a_month_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setenv("VECSQL_CACHE_DIR", str(tmp_path))
    old, recent, foreign = tmp_path / ("0" * 16), tmp_path / ("1" * 16), tmp_path / "not ours"
    long_ago = time.time() - cache.KEPT_UNUSED - 60
    for folder in (old, recent, foreign):
        folder.mkdir()
        (folder / "kernel.nbi").write_bytes(b"")
    cache.cache_dir.cache_clear()
    try:
        mine = Path(cache.cache_dir())
        assert not cache.is_compiled()
        for folder in (old, foreign, mine):
            os.utime(folder, (long_ago, long_ago))
        cache.delete_unused()
        assert {path.name for path in tmp_path.iterdir()} == {"1" * 16, "not ours", mine.name}
        assert mine.stat().st_mtime > long_ago + 60
    finally:
        cache.cache_dir.cache_clear()


def test_kernels_wait_for_the_first_statements_unless_they_are_wanted():
    done = python(
        "import sys; from vecsql import kernels\n"
        "kernels.warm_up(delay=1000)\n"
        "assert not kernels.ready() and 'numba' not in sys.modules\n"
        "assert kernels.wait() and kernels.ready()"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("level", ["portable", "avx2"])
def test_lower_simd_levels_build_and_find_the_same(level, tmp_path):
    code = (
        "import numpy as np; from vecsql import index; from vecsql.index.base import Effort\n"
        "x = np.random.default_rng(0).standard_normal((500, 70), dtype=np.float32)\n"
        "i = index.build('hnsw', x, 'cosine', {})\n"
        "print(i.sections()['graph'].sum(), i.search(x, x[3], 5, Effort(), None).positions.tolist())"
    )
    plain, lower = python(code), python(code, VECSQL_SIMD=level)
    assert lower.returncode == 0, lower.stderr
    assert plain.stdout == lower.stdout
