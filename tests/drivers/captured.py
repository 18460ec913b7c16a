"""Reads files of statements that real clients sent: `-- xN` counts, statements end with ';' before a blank line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_COUNT = re.compile(r"^-- x\d+\n", re.MULTILINE)
_CATALOG = re.compile(
    r"\bpg_|information_schema|current_schema|to_reg|::reg|format_type|\bversion\(\)|current_setting"
)
_READS = re.compile(r"\s*(SELECT|WITH|SHOW|VALUES)\b", re.IGNORECASE)


def directory() -> Path | None:
    """Where the captured files are: $VECSQL_CLIENTS or ../shared/clients, if there is such a directory."""
    named = os.environ.get("VECSQL_CLIENTS")
    path = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "clients"
    return path if path.is_dir() else None


def statements(path: Path) -> Iterator[str]:
    for part in _COUNT.split(path.read_text())[1:]:
        yield part.strip().rstrip(";").strip()


def catalog_queries(path: Path) -> list[str]:
    """The statements of one client that only read, and read the system catalog."""
    return [s for s in statements(path) if _READS.match(s) and _CATALOG.search(s) and ";" not in s]
