"""Where compiled kernels are kept: one directory per state of the kernel sources and SIMD level.

numba does not notice that a kernel imported from another module was edited, so its cache must not outlive
the sources: their hash is part of the path.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path


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


def _usable(path: Path) -> bool:
    """Whether `path` is a directory that this user owns and can write; it is created if missing."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
        return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
    except OSError:
        return False
