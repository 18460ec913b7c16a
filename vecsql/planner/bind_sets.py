"""Binds VALUES and set operations: one type per column, ORDER BY over output columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from vecsql.errors import (
    DatatypeMismatch,
    FeatureNotSupported,
    InvalidColumnReference,
    SyntaxError,
)
from vecsql.planner import emitters, resolve
from vecsql.planner.bind_from import FromBinder
from vecsql.planner.casts import convertible
from vecsql.planner.coerce import (
    builtin,
    cast_sql,
    coerce,
    is_unknown,
    numeric_text,
    plain_sql,
    position_of,
    set_bound,
)
from vecsql.planner.literals import duck_type
from vecsql.planner.scope import OutColumn, Scope
from vecsql.types.base import ColumnType


@dataclass(slots=True)
class BoundRows:
    """DuckDB SQL of a query and its columns; in the SQL they are named o1, o2 ..."""

    sql: str
    columns: list[OutColumn]


def target_value(target: exp.Expression) -> exp.Expression:
    return target.this if isinstance(target, exp.Alias) else target


class SetBinder(FromBinder):
    """The part of the binder that combines rows of several lists or queries."""

    def _limit(self, node: exp.Expression, scope: Scope) -> list[str]:
        raise NotImplementedError

    def _values(self, node: exp.Values, scope: Scope) -> BoundRows:
        rows = [row.expressions for row in node.expressions]
        if any(len(row) != len(rows[0]) for row in rows):
            odd = next(row for row in rows if len(row) != len(rows[0]))
            raise SyntaxError(
                "VALUES lists must all be the same length", position=position_of(odd[0])
            )
        scope.clause = "VALUES"
        for row in rows:
            for cell in row:
                self.bind(cell, scope)
        scope.clause = ""
        columns = []
        for i, cells in enumerate(zip(*rows, strict=True), 1):
            if all(is_unknown(c) for c in cells):
                target = builtin("text")
                for cell in cells:
                    coerce(cell, target, self.params)
            else:
                target = self.unify(cells, "VALUES")
            columns.append(OutColumn(f"column{i}", target))
        text = ", ".join("(" + ", ".join(plain_sql(c) for c in row) + ")" for row in rows)
        names = ", ".join(f"o{i}" for i in range(1, len(columns) + 1))
        alias = self.new_alias()
        sql = f"SELECT {names} FROM (VALUES {text}) AS {alias}({names})"
        tail = self._tail(node, columns, scope, alias)
        return BoundRows(f"{sql}{tail}", columns)

    def _tail(
        self, node: exp.Expression, columns: list[OutColumn], scope: Scope, alias: str
    ) -> str:
        """ORDER BY and LIMIT over output columns only (VALUES, set operations)."""
        parts = []
        order = node.args.get("order")
        if order is not None:
            parts.append(
                "ORDER BY " + ", ".join(self._sort_output(i, columns) for i in order.expressions)
            )
        parts += self._limit(node, scope)
        return " " + " ".join(parts) if parts else ""

    def _sort_output(self, item: exp.Ordered, columns: list[OutColumn]) -> str:
        node = item.this
        index = None
        if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
            index = int(node.this) - 1
            if not 0 <= index < len(columns):
                raise InvalidColumnReference(
                    f"ORDER BY position {index + 1} is not in select list",
                    position=position_of(node),
                )
        elif isinstance(node, exp.Column) and not node.table:
            index = next((i for i, c in enumerate(columns) if c.name == node.name), None)
            if index is None:
                from vecsql.errors import UndefinedColumn

                raise UndefinedColumn(
                    f'column "{node.name}" does not exist', position=position_of(node)
                )
        if index is None:
            raise FeatureNotSupported(
                "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
                detail="Only result column names can be used, not expressions or functions.",
                hint="Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
                position=position_of(node),
            )
        column = columns[index]
        probe = self.column_node(column, f"o{index + 1}")
        return emitters.sort_item(item, emitters.sort_key(probe))

    def _check_arity(
        self, side: BoundRows, columns: Sequence[OutColumn], word: str, node: exp.Expression
    ) -> None:
        if len(side.columns) != len(columns):
            right = node.expression
            first = right.expressions[0] if right.expressions else right
            raise SyntaxError(
                f"each {word} query must have the same number of columns",
                position=position_of(target_value(first)),
            )

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> BoundRows:
        word = type(node).__name__.upper()
        sides = [self.query(side, scope) for side in (node.this, node.expression)]
        self._check_arity(sides[1], sides[0].columns, word, node)
        columns: list[OutColumn] = []
        items: tuple[list[str], list[str]] = ([], [])
        for i, (a, b) in enumerate(zip(sides[0].columns, sides[1].columns, strict=True), 1):
            common = resolve.common_type([a.type.type, b.type.type])
            if common is None:
                raise DatatypeMismatch(
                    f"{word} types {a.type.type.sql_name} and {b.type.type.sql_name} cannot be matched",
                    position=self._column_position(node.expression, i),
                )
            same = a.type == b.type
            target = a.type if same and common.name != "unknown" else ColumnType(common)
            scale = a.scale if a.scale == b.scale else None
            columns.append(OutColumn(a.name, target, scale))
            for column, out, side in ((a, items[0], node.this), (b, items[1], node.expression)):
                out.append(f"{self._unified(column, target, scale, i, side)} AS o{i}")
        keep = "" if node.args.get("distinct") else " ALL"
        parts = [
            f"SELECT {', '.join(out)} FROM ({side.sql})"
            for out, side in zip(items, sides, strict=True)
        ]
        alias = self.new_alias()
        combined = _by_keys(columns, parts, word) if not keep or word != "UNION" else None
        if combined is not None and keep:
            raise FeatureNotSupported(
                f"{word} ALL of numeric without precision and scale is not supported"
            )
        sql = f"SELECT * FROM ({combined or f'{parts[0]} {word}{keep} {parts[1]}'}) AS {alias}"
        return BoundRows(sql + self._tail(node, columns, scope, alias), columns)

    def _unified(
        self, column: OutColumn, target: ColumnType, scale: Any, i: int, side: exp.Expression
    ) -> str:
        if column.type.type.name == "numeric" and target.type.name == "numeric":
            return f"o{i}" if scale is not None else numeric_text(f"o{i}", column.scale)
        return self._converted(f"o{i}", column, target, side, i)

    def _converted(
        self,
        sql: str,
        column: OutColumn,
        target: ColumnType,
        side: exp.Expression | None = None,
        i: int = 0,
    ) -> str:
        source = column.type
        if source.type.oid == target.type.oid:
            return numeric_text(sql, column.scale)
        if source.type.name == "unknown":
            literal = self._literal_at(side, i)
            if isinstance(literal, exp.Literal):
                probe = exp.Literal(this=literal.this, is_string=True)
                probe.meta["pos"] = literal.meta.get("pos", -1)
                set_bound(probe, source, sql)
                coerce(probe, target, self.params)
                return plain_sql(probe)
            if isinstance(literal, exp.Parameter):
                self.params.set(int(literal.this.name), target)
            if isinstance(literal, exp.Null):
                return f"CAST(NULL AS {duck_type(target.type)})"
            source = builtin("text")
        elif not convertible(source.type, target.type, "implicit"):
            raise DatatypeMismatch(
                f"UNION could not convert type {source.type.sql_name} to {target.type.sql_name}",
                position=self._column_position(side, i),
            )
        text, scale = cast_sql(sql, column.scale, source, target, "implicit")
        return numeric_text(text, scale)

    def _literal_at(self, side: exp.Expression | None, i: int) -> exp.Expression | None:
        while isinstance(side, exp.Subquery):
            side = side.this
        if isinstance(side, exp.Select) and i <= len(side.expressions):
            return target_value(side.expressions[i - 1])
        return None

    def _column_position(self, side: exp.Expression | None, i: int) -> int | None:
        found = self._literal_at(side, i)
        return position_of(found) if found is not None else None


def _by_keys(columns: Sequence[OutColumn], parts: Sequence[str], word: str) -> str | None:
    """A set operation that compares numeric held as text by value; None when there is none."""
    unscaled = [c.type.type.name == "numeric" and c.scale is None for c in columns]
    if not any(unscaled):
        return None

    def key(i: int, prefix: str = "") -> str:
        name = f"{prefix}o{i + 1}"
        return f"vs_numeric_key({name})" if unscaled[i] else name

    keys = ", ".join(key(i) for i in range(len(columns)))
    if word == "UNION":
        return f"SELECT DISTINCT ON ({keys}) * FROM ({parts[0]} UNION ALL {parts[1]})"
    same = " AND ".join(
        f"{key(i, 'a.')} IS NOT DISTINCT FROM {key(i, 'b.')}" for i in range(len(columns))
    )
    negation = "NOT " if word == "EXCEPT" else ""
    return (
        f"SELECT DISTINCT ON ({keys}) * FROM ({parts[0]}) AS a "
        f"WHERE {negation}EXISTS (SELECT 1 FROM ({parts[1]}) AS b WHERE {same})"
    )
