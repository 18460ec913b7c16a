"""Type names as written in a statement: names, modifiers and array dimensions, before look-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TypeName:
    """`numeric(10,2)[]` is TypeName(('pg_catalog', 'numeric'), (10, 2), 1, position)."""

    names: tuple[str, ...]
    typmods: tuple[int | str, ...]
    array_dims: int
    position: int  # 0-based character offset, -1 if unknown
    interval_mask: int | None = None

    @property
    def name(self) -> str:
        return self.names[-1]

    def __str__(self) -> str:
        shown = self.names[1:] if self.names[0] == "pg_catalog" else self.names
        return ".".join(shown) + "[]" * (self.array_dims > 0)


def type_name(tree: Tree, position: int = -1) -> TypeName:
    """The libpg_query tree of a TypeName as a TypeName."""
    names = tuple(part["String"]["sval"] for part in tree.get("names", ()))
    typmods = tuple(_modifier(m) for m in tree.get("typmods", ()))
    if names[-1] == "interval" and typmods:
        typmods = typmods[1:]
    return TypeName(names, typmods, len(tree.get("arrayBounds", ())), position)


def _modifier(tree: Tree) -> int | str:
    if "A_Const" in tree:
        constant = tree["A_Const"]
        if "ival" in constant:
            return int(constant["ival"].get("ival", 0))
        if "sval" in constant:
            return str(constant["sval"].get("sval", ""))
    if "ColumnRef" in tree:
        return str(tree["ColumnRef"]["fields"][0]["String"]["sval"])
    if "A_Expr" in tree and not tree["A_Expr"].get("lexpr"):
        return -int(_modifier(tree["A_Expr"]["rexpr"]))
    return "?"
