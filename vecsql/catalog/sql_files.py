"""Finds and reads the SQL and data files of the extension and the system catalog (top-level sql/)."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path


@cache
def _root() -> Path:
    package = Path(__file__).resolve().parent.parent
    installed = package / "_sql"
    return installed if installed.is_dir() else package.parent / "sql"


def read(name: str) -> str:
    """The text of sql/<name>, e.g. 'pg_catalog/tables.sql'."""
    return (_root() / name).read_text(encoding="utf-8")


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of the tab-separated file sql/<name>, by the column names of its first line; \\N is ''."""
    lines = (line.replace("\\N", "") for line in read(name).splitlines() if line[:2] != "# ")
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def statements(name: str) -> list[str]:
    """The statements of sql/<name>, comment lines removed; a statement ends with ';' at a line's end."""
    lines = (line for line in read(name).splitlines() if not line.startswith("--"))
    parts = re.split(r";[ \t]*(?:\n|$)", "\n".join(lines))
    return [part.strip() for part in parts if part.strip()]
