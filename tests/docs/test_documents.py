"""The SQL that README and the documents show, run over a real socket against `vecsql serve`.

All ```sql blocks of README.md and docs/sql.md are run, and those of docs/guide.md under the comment <!-- run -->; one
file after the other, each on a database of its own. Under <!-- error CODE --> every line raises that SQLSTATE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.serving import ServerProcess
from vecsql.planner.parse import parse

ROOT = Path(__file__).parent.parent.parent
_BLOCK = re.compile(r"(?:<!-- (run|skip|error \w{5}) -->\n+)?```sql\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


class Block(NamedTuple):
    mark: str
    sql: str


def blocks(document: str) -> list[Block]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [Block(mark, sql) for mark, sql in _BLOCK.findall(text)]


@pytest.fixture(scope="module", params=["README.md", "docs/guide.md", "docs/sql.md"])
def document(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[psycopg.Connection[Any]]:
    with (
        ServerProcess(tmp_path / "my.vecsql") as server,
        server.connect(autocommit=True) as open_connection,
    ):
        yield open_connection


def test_sql_runs_as_shown(document: str, connection: psycopg.Connection[Any]) -> None:
    wanted = [
        b for b in blocks(document) if b.mark != "skip" and (b.mark or "guide" not in document)
    ]
    assert wanted
    for block in wanted:
        if block.mark.startswith("error"):
            for line in block.sql.splitlines():
                assert sqlstate(connection, line) == block.mark.split()[1], line
        else:
            for statement in parse(block.sql):
                connection.execute(statement.text.encode())


def sqlstate(connection: psycopg.Connection[Any], sql: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(sql.encode())
    return caught.value.sqlstate


@pytest.mark.parametrize(
    "path",
    [Path("README.md"), *sorted(p.relative_to(ROOT) for p in ROOT.glob("docs/*.md"))],
    ids=str,
)
def test_links_lead_to_files(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    folder = (ROOT / path).parent
    assert [link for link in _LINK.findall(text) if not (folder / link).exists()] == []


def test_readme_shows_what_it_says(connection: psycopg.Connection[Any]) -> None:
    """README's first query: both apples, the red one first, at pgvector's distances."""
    run = [s.text for block in blocks("README.md") for s in parse(block.sql)]
    query = next(i for i, text in enumerate(run) if "AS distance" in text)
    for statement in run[:query]:
        connection.execute(statement.encode())
    rows = connection.execute(run[query].encode()).fetchall()
    assert [row[:2] for row in rows] == [(1, "red apple"), (2, "green apple")]
    assert [row[2] for row in rows] == pytest.approx([0.0049628, 0.0245590], abs=1e-6)
