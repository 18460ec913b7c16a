"""Where compiled kernels are kept: one directory per state of the kernel sources and SIMD level.

numba does not notice that a kernel imported from another module was edited, so its cache must not outlive
the sources: their hash is part of the path.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

KEPT_UNUSED = 30 * 24 * 3600  # seconds until the kernels of other versions are deleted


def source_hash() -> str:
    """A short hash over the kernel sources and the SIMD level asked for."""
    digest = hashlib.sha256(os.environ.get("VECSQL_SIMD", "").encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def candidates() -> list[Path]:
    """Directories to try, best first: VECSQL_CACHE_DIR, XDG_CACHE_HOME, ~/.cache, the temporary directory."""
    roots = []
    if explicit := os.environ.get("VECSQL_CACHE_DIR"):
        roots.append(Path(explicit))
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    roots.append(Path(base) / "vecsql")
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    roots.append(Path(tempfile.gettempdir()) / f"vecsql-cache-{owner}")
    return roots


@cache
def cache_dir() -> str:
    """The first candidate that can be written, created; a fresh temporary directory when none can."""
    name = source_hash()
    for root in candidates():
        path = root / name
        if _usable(path):
            return str(path)
    return tempfile.mkdtemp(prefix="vecsql-cache-")


def is_compiled() -> bool:
    """Whether an earlier process has left kernels of these sources."""
    return any(Path(cache_dir()).rglob("*.nbi"))


def delete_unused() -> None:
    """Mark this version's kernels as used now; delete those of versions that were last used long ago."""
    mine = Path(cache_dir())
    with contextlib.suppress(
        OSError
    ):  # a cache that others clean up at the same time is no failure
        os.utime(mine)
        for other in mine.parent.iterdir():
            ours = re.fullmatch("[0-9a-f]{16}", other.name) and other != mine
            if ours and time.time() - other.stat().st_mtime > KEPT_UNUSED:
                shutil.rmtree(other, ignore_errors=True)


def _usable(path: Path) -> bool:
    """Whether `path` is a directory that this user owns and can write; it is created if missing."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
        return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
    except OSError:
        return False
