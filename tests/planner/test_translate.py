"""Translation to DuckDB SQL: fixtures of before and after, separated by blank lines.

Run this file as a script to write the fixtures anew after a change that is meant.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.planner.test_prepare import CATALOG
from vecsql.planner.bind import bind_select
from vecsql.planner.parse import parse

FIXTURES = Path(__file__).parent / "translations.sql"


def pairs() -> list[tuple[str, str]]:
    blocks = FIXTURES.read_text().strip().split("\n\n")
    return [(before, after) for before, after in (block.split("\n") for block in blocks)]


def translated(sql: str) -> str:
    ast = parse(sql)[0].ast
    assert ast is not None
    return bind_select(ast, CATALOG).sql + ";"


@pytest.mark.parametrize(("before", "after"), pairs())
def test_translation(before: str, after: str) -> None:
    assert translated(before) == after


if __name__ == "__main__":
    FIXTURES.write_text("\n\n".join(f"{b}\n{translated(b)}" for b, _ in pairs()) + "\n")
