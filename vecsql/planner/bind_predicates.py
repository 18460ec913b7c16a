"""Binds operators and predicates: comparisons, ANY and ALL, IN, LIKE, BETWEEN, rows, AND and OR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from vecsql.errors import (
    DataException,
    FeatureNotSupported,
    SyntaxError,
    UndefinedFunction,
)
from vecsql.planner import resolve
from vecsql.planner.bind_calls import CallBinder
from vecsql.planner.casts import convertible
from vecsql.planner.coerce import (
    builtin,
    coerce,
    effective,
    is_unknown,
    plain_sql,
    position_of,
    set_bound,
    sql_of,
    type_of,
)
from vecsql.planner.literals import quote
from vecsql.planner.scope import Scope
from vecsql.planner.signatures import OPERATORS
from vecsql.types.base import ColumnType, by_name

VECTOR_OPERATORS = ("<->", "<#>", "<=>", "<+>", "+", "-", "*")


class PredicateBinder(CallBinder):
    """The part of the binder that knows operators. Combined with ExpressionBinder."""

    def operate(
        self, node: exp.Expression, symbol: str, operands: Sequence[exp.Expression]
    ) -> None:
        """Resolve an operator over bound operands, convert them, and bind `node` as the result."""
        types = [type_of(o) for o in operands]
        candidates = OPERATORS.get(symbol, [])
        chosen = resolve.select(candidates, types, operator=True)
        if chosen is None:
            shown = " ".join(
                [types[0].sql_name, symbol, types[1].sql_name]
                if len(types) == 2
                else [symbol, types[0].sql_name]
            )
            raise UndefinedFunction(
                f"operator does not exist: {shown}",
                hint="No operator matches the given name and argument types. You might need to add explicit type casts.",
                position=position_of(node),
            )
        if isinstance(chosen, str):
            shown = " ".join([*(t.sql_name for t in types[:-1]), symbol, types[-1].sql_name])
            raise self.ambiguous_function(f"operator is not unique: {shown}", "operator", node)
        self.apply(node, chosen, operands)
        if symbol in VECTOR_OPERATORS:
            self._check_dimensions(operands)

    def _check_dimensions(self, operands: Sequence[exp.Expression]) -> None:
        sizes = []
        name = effective(operands[0]).type.name
        for operand in operands:
            ctype = operand.meta["ctype"]
            if ctype.type.name != name or name not in ("vector", "halfvec"):
                return
            value = operand.meta.get("value")
            if isinstance(operand, exp.Cast):
                value = operand.this.meta.get("value")
            sizes.append(len(value) if value is not None else ctype.typmod)
        if len(sizes) == 2 and min(sizes) > 0 and sizes[0] != sizes[1]:
            raise DataException(f"different {name} dimensions {sizes[0]} and {sizes[1]}")

    def _quantified(
        self, node: exp.Expression, symbol: str, left: Any, right: exp.Expression, scope: Scope
    ) -> None:
        quantifier = "ANY" if isinstance(right, exp.Any) else "ALL"
        self.bind(left, scope)
        source = right.this
        if isinstance(source, exp.Subquery):
            self._quantified_query(node, symbol, left, source, quantifier, scope)
            return
        self.bind(source, scope)
        self._array_operand(left, source, node)
        element = ColumnType(type_of(source).element)  # type: ignore[arg-type]
        item = exp.Column(this=exp.to_identifier("x"))
        set_bound(item, element, "x")
        probe = exp.EQ()
        probe.meta["pos"] = node.meta.get("pos", -1)
        self.operate(probe, symbol, [left, item])
        test = sql_of(probe)
        positive, other = (
            ("list_bool_or", "FALSE") if quantifier == "ANY" else ("list_bool_and", "TRUE")
        )
        array = sql_of(source)
        if symbol == "=" and quantifier == "ANY" and sql_of(item) == "x":
            if element.type.name == "numeric":
                array = f"list_transform({array}, lambda x: vs_numeric_key(x))"
                sql = f"vs_any(vs_numeric_key({plain_sql(left)}), {array})"
            else:
                sql = f"vs_any({sql_of(left)}, {array})"
        else:
            sql = (
                f"CASE WHEN {array} IS NULL THEN NULL WHEN len({array}) = 0 THEN {other} "
                f"ELSE vs_{positive}(list_transform({array}, lambda x: {test})) END"
            )
        set_bound(node, builtin("bool"), sql)

    def _array_operand(
        self, left: exp.Expression, source: exp.Expression, node: exp.Expression
    ) -> None:
        if is_unknown(source):
            base = effective(left).type
            element = by_name("text") if base.name == "unknown" else base
            array = by_name("_" + element.name) if element else None
            if array is None:
                raise UndefinedFunction(
                    "op ANY/ALL (array) requires array on right side", position=position_of(node)
                )
            coerce(source, ColumnType(array), self.params)
        elif type_of(source).element is None:
            from vecsql.errors import WrongObjectType

            raise WrongObjectType(
                "op ANY/ALL (array) requires array on right side", position=position_of(node)
            )

    def _quantified_query(
        self, node: exp.Expression, symbol: str, left: exp.Expression, source: exp.Subquery,
        quantifier: str, scope: Scope,
    ) -> None:  # fmt: skip
        query = self.subquery(source, scope)
        self._one_column(query, source)
        item = self.column_node(query.columns[0], "sq.o1")
        probe = exp.EQ()
        probe.meta["pos"] = node.meta.get("pos", -1)
        self.operate(probe, symbol, [left, item])
        inner = f"(SELECT {sql_of(item).replace('sq.o1', 'o1')} FROM ({query.sql}))"
        if effective(left).type.name == effective(item).type.name == "numeric":
            item_key = f"vs_numeric_key({plain_sql(item).replace('sq.o1', 'o1')})"
            inner = f"(SELECT {item_key} FROM ({query.sql}))"
            left_key = f"vs_numeric_key({plain_sql(left)})"
            set_bound(node, builtin("bool"), f"({left_key} {symbol} {quantifier} {inner})")
            return
        set_bound(node, builtin("bool"), f"({sql_of(left)} {symbol} {quantifier} {inner})")

    def _one_column(self, query: Any, source: exp.Expression) -> None:
        if len(query.columns) > 1:
            raise SyntaxError("subquery has too many columns", position=position_of(source))

    def _row_comparison(
        self,
        node: exp.Expression,
        symbol: str,
        left: exp.Tuple,
        right: exp.Expression,
        scope: Scope,
    ) -> None:
        if isinstance(right, exp.Subquery):
            raise FeatureNotSupported(
                "row comparison with a sub-select is not supported", position=position_of(node)
            )
        a, b = left.expressions, right.expressions
        if len(a) != len(b):
            raise SyntaxError(
                "unequal number of entries in row expressions", position=position_of(node)
            )
        for item in (*a, *b):
            self.bind(item, scope)
        if symbol in ("=", "<>"):
            parts = [self._pair(symbol, x, y, node) for x, y in zip(a, b, strict=True)]
            set_bound(
                node,
                builtin("bool"),
                "(" + (" AND " if symbol == "=" else " OR ").join(parts) + ")",
            )
            return
        strict = symbol[0]
        sql = ""
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            last = i == len(a) - 1
            test = self._pair(symbol if last else strict, x, y, node)
            sql += test if last else f"({test} OR ({self._pair('=', x, y, node)} AND "
        set_bound(node, builtin("bool"), "(" + sql + "))" * (len(a) - 1) + ")")

    def _pair(self, symbol: str, x: exp.Expression, y: exp.Expression, node: exp.Expression) -> str:
        probe = exp.EQ()
        probe.meta["pos"] = node.meta.get("pos", -1)
        self.operate(probe, symbol, [x, y])
        return sql_of(probe)

    def _connector(self, node: exp.Expression, scope: Scope) -> None:
        word = "AND" if isinstance(node, exp.And) else "OR"
        left = self.bind_as(node.this, scope, "bool", word)
        right = self.bind_as(node.expression, scope, "bool", word)
        set_bound(node, builtin("bool"), f"({left} {word} {right})")

    def _not(self, node: exp.Not, scope: Scope) -> None:
        sql = self.bind_as(node.this, scope, "bool", "NOT")
        set_bound(node, builtin("bool"), f"(NOT {sql})")

    def _is(self, node: exp.Is, scope: Scope) -> None:
        right = node.expression
        if node.meta.get("boolean_test"):
            value = "NULL" if isinstance(right, exp.Null) else "TRUE" if right.this else "FALSE"
            construct = "IS UNKNOWN" if value == "NULL" else f"IS {value}"
            sql = self.bind_as(node.this, scope, "bool", construct)
            set_bound(
                node,
                builtin("bool"),
                f"({sql} IS NOT DISTINCT FROM {value})" if value != "NULL" else f"({sql} IS NULL)",
            )
            return
        self.bind(node.this, scope)
        if is_unknown(node.this):
            coerce(node.this, builtin("text"), self.params)
        set_bound(node, builtin("bool"), f"({sql_of(node.this)} IS NULL)")

    def _distinct_from(self, node: exp.Expression, scope: Scope) -> None:
        left, right = node.this, node.expression
        self.bind(left, scope)
        self.bind(right, scope)
        probe = exp.EQ()
        probe.meta["pos"] = node.meta.get("pos", -1)
        self.operate(probe, "=", [left, right])
        word = "IS NOT DISTINCT FROM" if isinstance(node, exp.NullSafeEQ) else "IS DISTINCT FROM"
        if "numeric" in (effective(left).type.name, effective(right).type.name):
            a, b, equal = sql_of(left), sql_of(right), sql_of(probe)
            same = f"(CASE WHEN {a} IS NULL OR {b} IS NULL THEN {a} IS NULL AND {b} IS NULL ELSE {equal} END)"
            set_bound(node, builtin("bool"), same if "NOT" in word else f"(NOT {same})")
            return
        set_bound(node, builtin("bool"), f"({sql_of(left)} {word} {sql_of(right)})")

    def _between(self, node: exp.Between, scope: Scope) -> None:
        this, low, high = node.this, node.args["low"], node.args["high"]
        for part in (this, low, high):
            self.bind(part, scope)

        def inside(a: exp.Expression, b: exp.Expression) -> str:
            one, other = this.copy(), this.copy()  # each bound may convert it to a type of its own
            return f"({self._pair('>=', one, a, node)} AND {self._pair('<=', other, b, node)})"

        sql = inside(low, high)
        if node.args.get("symmetric"):
            sql = f"({sql} OR {inside(high, low)})"
        set_bound(node, builtin("bool"), sql)

    def _in(self, node: exp.In, scope: Scope) -> None:
        source = node.args.get("query")
        if source is not None:
            self._in_query(node, source, scope)
            return
        if isinstance(node.this, exp.Tuple):
            parts = []
            for item in node.expressions:
                probe = exp.EQ()
                probe.meta["pos"] = node.meta.get("pos", -1)
                self._row_comparison(probe, "=", node.this, item, scope)
                parts.append(sql_of(probe))
            set_bound(node, builtin("bool"), "(" + " OR ".join(parts) + ")")
            return
        self.bind(node.this, scope)
        items = node.expressions
        for item in items:
            self.bind(item, scope)
        common = resolve.common_type([type_of(n) for n in (node.this, *items)])
        if common is not None and common.name not in ("numeric", "vector", "halfvec", "bpchar"):
            target = ColumnType(common)
            for part in (node.this, *items):
                if type_of(part).oid != common.oid:
                    coerce(part, target, self.params)
            listed = ", ".join(sql_of(i) for i in items)
            set_bound(node, builtin("bool"), f"({sql_of(node.this)} IN ({listed}))")
            return
        tests = [self._pair("=", node.this, item, node) for item in items]
        set_bound(node, builtin("bool"), "(" + " OR ".join(tests) + ")")

    def _in_query(self, node: exp.In, source: exp.Subquery, scope: Scope) -> None:
        left = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
        for item in left:
            self.bind(item, scope)
        query = self.subquery(source, scope)
        if len(query.columns) != len(left):
            few = "few" if len(query.columns) < len(left) else "many"
            raise SyntaxError(f"subquery has too {few} columns", position=position_of(node))
        inner = []
        for i, (item, column) in enumerate(zip(left, query.columns, strict=True), 1):
            other = self.column_node(column, f"o{i}")
            self._pair("=", item, other, node)
            for side in (item, other):
                if effective(side).type.name == "numeric" and side.meta.get("scale") is None:
                    side.meta["sql"] = f"vs_numeric_key({sql_of(side)})"
            if "vs_numeric_key" in sql_of(item) + sql_of(other):
                for side in (item, other):
                    if "vs_numeric_key" not in sql_of(side):
                        side.meta["sql"] = f"vs_numeric_key({plain_sql(side)})"
            inner.append(sql_of(other))
        outer = ", ".join(sql_of(item) for item in left)
        outer = f"({outer})" if len(left) > 1 else outer
        listed = f"({', '.join(inner)})" if len(inner) > 1 else inner[0]
        set_bound(node, builtin("bool"), f"({outer} IN (SELECT {listed} FROM ({query.sql})))")

    def _like(self, node: exp.Expression, scope: Scope, escape: str | None = None) -> None:
        left, right = node.this, node.expression
        self.bind(left, scope)
        self.bind(right, scope)
        for side in (left, right):
            if not convertible(type_of(side), builtin("text").type, "implicit"):
                symbol = {exp.Like: "~~", exp.ILike: "~~*", exp.SimilarTo: "~"}[type(node)]
                raise UndefinedFunction(
                    f"operator does not exist: {type_of(left).sql_name} {symbol} {type_of(right).sql_name}",
                    hint="No operator matches the given name and argument types. You might need to add explicit type casts.",
                    position=position_of(node),
                )
            coerce(side, builtin("text"), self.params)
        a, b = sql_of(left), sql_of(right)
        if isinstance(node, exp.SimilarTo):
            set_bound(node, builtin("bool"), f"vs_similar({a}, {b}, {escape or quote(chr(92))})")
            return
        word = "ILIKE" if isinstance(node, exp.ILike) else "LIKE"
        set_bound(node, builtin("bool"), f"({a} {word} {b} ESCAPE {escape or quote(chr(92))})")

    def _escape(self, node: exp.Escape, scope: Scope) -> None:
        escape = self.bind_as(node.expression, scope, "text", "ESCAPE")
        self._like(node.this, scope, escape)
        set_bound(node, builtin("bool"), sql_of(node.this))
