"""A view's query printed as pg_get_viewdef() lays it out, from its source text.

Covers one SELECT over tables, views and their joins; what is beyond that prints as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pgparse

from vecsql.catalog.deparse import Printer, Tree, Uncovered
from vecsql.catalog.identifiers import quote_identifier
from vecsql.catalog.model import Catalog, Table, View
from vecsql.catalog.names import relation_oid

_PRINTED = {"targetList", "fromClause", "whereClause", "groupClause", "havingClause", "sortClause",
            "limitCount", "limitOffset", "limitOption", "op", "distinctClause"}  # fmt: skip
_JOINS = {
    "JOIN_INNER": "JOIN",
    "JOIN_LEFT": "LEFT JOIN",
    "JOIN_RIGHT": "RIGHT JOIN",
    "JOIN_FULL": "FULL JOIN",
}
Columns = Mapping[str, str]  # name -> type name


def view_text(catalog: Catalog, view: View, *, pretty: bool) -> str:
    """The query with PostgreSQL's line breaks and the final ';'."""
    try:
        select = pgparse.parse(view.query)[0]["stmt"]["SelectStmt"]
        return _View(catalog, view, select, pretty).text()
    except (Uncovered, pgparse.PGQueryError, KeyError, StopIteration):
        return f" {view.query.strip().rstrip(';')};"


def relations_of(catalog: Catalog, view: View) -> list[int]:
    """The OIDs of the tables and views that a view's query names."""
    try:
        found = (_oid_of(catalog, table) for table in _range_vars(pgparse.parse(view.query)))
        return sorted({oid for oid in found if oid})
    except pgparse.PGQueryError:
        return []


def _range_vars(node: Any) -> Iterator[Tree]:
    """Every RangeVar in a parse tree."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "RangeVar":
                yield value
            yield from _range_vars(value)
    elif isinstance(node, list):
        for item in node:
            yield from _range_vars(item)


def _oid_of(catalog: Catalog, table: Tree) -> int:
    keys = ("schemaname", "relname")
    return (
        relation_oid(catalog, ".".join(quote_identifier(table[k]) for k in keys if k in table)) or 0
    )


class _View:
    def __init__(self, catalog: Catalog, view: View, select: Tree, pretty: bool) -> None:
        if set(select) - _PRINTED or select.get("op") != "SETOP_NONE":
            raise Uncovered("SELECT")
        self.catalog, self.view, self.select = catalog, view, select
        self.ranges = dict(self._ranges(select.get("fromClause", [])))
        types = {name: kind for columns in self.ranges.values() for name, kind in columns.items()}
        self.printer = Printer(types, pretty, self._owners() if len(self.ranges) > 1 else None)

    def _ranges(self, items: list[Any]) -> Iterator[tuple[str, Columns]]:
        for item in items:
            if "JoinExpr" in item:
                yield from self._ranges([item["JoinExpr"]["larg"], item["JoinExpr"]["rarg"]])
            else:
                table = item["RangeVar"]
                alias = table.get("alias", {}).get("aliasname") or table["relname"]
                yield alias, self._columns(table)

    def _columns(self, table: Tree) -> Columns:
        oid = _oid_of(self.catalog, table)
        found: Table | View | None = self.catalog.tables.get(oid) or self.catalog.views.get(oid)
        if found is None:
            raise Uncovered(table["relname"])
        if isinstance(found, Table):
            return {column.name: column.type.type.name for column in found.columns}
        return {column: ctype.type.name for column, ctype in found.columns}

    def _owners(self) -> dict[str, str]:
        """The alias that each unqualified column belongs to."""
        return {column: alias for alias, columns in self.ranges.items() for column in columns}

    def text(self) -> str:
        distinct = "DISTINCT " if "distinctClause" in self.select else ""
        lines = [f" SELECT {distinct}{self._targets()}"]
        if self.ranges:
            lines.append(f"   FROM {self._from()}")
        for key, word in (("whereClause", "  WHERE"), ("havingClause", " HAVING")):
            if key == "havingClause" and "groupClause" in self.select:
                lines.append(f"  GROUP BY {self._list(self.select['groupClause'])}")
            if key in self.select:
                lines.append(f"{word} {self._print(self.select[key])}")
        if "sortClause" in self.select:
            lines.append("  ORDER BY " + ", ".join(map(self._sort, self.select["sortClause"])))
        if "limitOffset" in self.select:
            lines.append(f" OFFSET {self._print(self.select['limitOffset'])}")
        if "limitCount" in self.select:
            lines.append(f" LIMIT {self._print(self.select['limitCount'])}")
        return "\n".join(lines) + ";"

    def _print(self, node: Tree) -> str:
        return self.printer.settled(self.printer.print(node)).text

    def _list(self, nodes: list[Tree]) -> str:
        return ", ".join(self._print(node) for node in nodes)

    def _targets(self) -> str:
        names = iter(name for name, _ in self.view.columns)
        return ",\n    ".join(
            f"{text} AS {quote_identifier(name)}" if name != plain else text
            for text, plain in self._expanded()
            for name in (next(names),)
        )

    def _expanded(self) -> Iterator[tuple[str, str]]:
        """Each output expression with the name it has without AS ('' if it must be named)."""
        for target in (item["ResTarget"]["val"] for item in self.select["targetList"]):
            fields = target.get("ColumnRef", {}).get("fields", [])
            if fields and "A_Star" in fields[-1]:
                wanted = [f["String"]["sval"] for f in fields[:-1]] or list(self.ranges)
                for alias in wanted:
                    for column in self.ranges[alias]:
                        yield self.printer.column_text(alias, column), column
            else:
                yield self._print(target), fields[-1]["String"]["sval"] if fields else ""

    def _from(self) -> str:
        return ",\n    ".join(self._item(item) for item in self.select["fromClause"])

    def _item(self, item: Tree) -> str:
        if "JoinExpr" not in item:
            table = item["RangeVar"]
            alias = table.get("alias", {}).get("aliasname")
            shown = quote_identifier(table["relname"])
            return f"{shown} {quote_identifier(alias)}" if alias else shown
        join = item["JoinExpr"]
        if "quals" not in join or join.get("isNatural"):
            raise Uncovered("JOIN")
        kind = _JOINS[join["jointype"]]
        condition = self._print(join["quals"])
        text = f"{self._item(join['larg'])}\n     {kind} {self._item(join['rarg'])} ON "
        return text + condition if self.printer.pretty else f"({text}({condition}))"

    def _sort(self, item: Tree) -> str:
        key = item["SortBy"]
        direction = " DESC" if key.get("sortby_dir") == "SORTBY_DESC" else ""
        nulls = {"SORTBY_NULLS_FIRST": " NULLS FIRST", "SORTBY_NULLS_LAST": " NULLS LAST"}
        return self._print(key["node"]) + direction + nulls.get(key.get("sortby_nulls", ""), "")
