"""Where built indexes wait between runs: .bench/ in the repository's folder, git-ignored, safe to delete."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.data import Floats

ROOT = Path(__file__).parents[1]


def place(kind: str, base: Floats, *sources: str) -> Path:
    """A path that names the data and the state of these source folders; a change of either gives another."""
    digest = hashlib.sha256(f"{base.shape}".encode())
    digest.update(base[:: max(1, len(base) // 1000)].tobytes())
    for source in sources:
        for path in sorted((ROOT / source).rglob("*.py")):
            digest.update(path.read_bytes())
    (ROOT / ".bench").mkdir(exist_ok=True)
    return ROOT / ".bench" / f"{kind}-{digest.hexdigest()[:16]}"


def once(path: Path, make: Callable[[Path], object]) -> Path:
    """Let `make` write at `path` unless it is there; half-written ones are never taken for whole."""
    if not path.exists():
        print(f"building {path.name}", flush=True)
        draft = path.with_name(path.name + ".draft")
        if draft.is_dir():
            shutil.rmtree(draft)
        make(draft)
        draft.rename(path)
    return path
