"""What the demo prints: SQL and results as psql shows them, cut to the width of the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence

INDENT = "    "


def heading(text: str) -> None:
    """A line between blank ones, bold on a terminal."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}-- {text}{plain}", flush=True)


def statement(sql: str) -> None:
    print(textwrap.indent(sql, INDENT) + ";\n", flush=True)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under their header; the widest column gives way where there is no room for all."""
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    room = min(shutil.get_terminal_size((100, 24)).columns, 100) - len(INDENT)
    spare = room - sum(widths) - 3 * (len(widths) - 1)
    widths[widths.index(max(widths))] += min(spare, 0)
    numbers = [all(isinstance(v, int | float | None) for v in c) for c in zip(*rows, strict=True)]

    def line(values: Sequence[str]) -> str:
        shown = [textwrap.shorten(v, w, placeholder="…") if len(v) > w else v
                 for v, w in zip(values, widths, strict=True)]  # fmt: skip
        return " | ".join(v.rjust(w) if right else v.ljust(w)
                          for v, w, right in zip(shown, widths, numbers, strict=True))  # fmt: skip

    lines = [line(header), "-+-".join("-" * width for width in widths), *map(line, cells)]
    print("\n".join(INDENT + text.rstrip() for text in lines))


def plan(lines: Sequence[str]) -> None:
    print("\n".join(INDENT + line for line in lines))


def note(text: str) -> None:
    print(f"{INDENT}{text}", flush=True)
