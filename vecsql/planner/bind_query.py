"""Binds queries: SELECT, VALUES, set operations, WITH; checks grouping; gives DuckDB SQL with columns o1, o2 ..."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from vecsql.catalog.model import Catalog, View
from vecsql.errors import (
    DatatypeMismatch,
    FeatureNotSupported,
    GroupingError,
    InvalidColumnReference,
    SyntaxError,
)
from vecsql.planner import emitters
from vecsql.planner.bind_from import cte_columns
from vecsql.planner.bind_sets import BoundRows, SetBinder, target_value
from vecsql.planner.coerce import (
    builtin,
    coerce,
    effective,
    is_unknown,
    position_of,
    sql_of,
)
from vecsql.planner.literals import column_scale, duck_type
from vecsql.planner.names import output_name
from vecsql.planner.plan import LockRows
from vecsql.planner.scope import Cte, OutColumn, ParamTypes, RangeColumn, Scope
from vecsql.types.base import ColumnType

# Output names that PostgreSQL gives to expressions which are neither columns nor functions.

__all__ = ["QueryBinder", "output_name"]


class QueryBinder(SetBinder):
    """The binder for one statement."""

    def __init__(
        self,
        catalog: Catalog,
        search_path: Sequence[str] = ("public",),
        params: ParamTypes | None = None,
    ) -> None:
        self.catalog = catalog
        self.search_path = search_path
        self.params = params if params is not None else ParamTypes()
        self.params.names = (catalog, tuple(search_path))
        self.scans: dict[str, tuple[int, set[int]]] = {}
        self.system: dict[str, None] = {}
        self.blocks: dict[str, LockRows] = {}
        self.aliases = 0
        self.topmost = True
        self.recursive = False

    def query(self, node: exp.Expression, scope: Scope | None) -> BoundRows:
        """Bind a query whose enclosing scope is `scope`."""
        outer = Scope(scope) if scope is not None else Scope()
        with_sql = self._with(node, outer)
        if node.args.get("locks") and isinstance(node, (exp.Values, exp.SetOperation)):
            strength = node.args["locks"][0].meta["strength"]
            if isinstance(node, exp.Values):
                raise FeatureNotSupported(f"FOR {strength} cannot be applied to VALUES")
            raise FeatureNotSupported(f"FOR {strength} is not allowed with UNION/INTERSECT/EXCEPT")
        if isinstance(node, exp.Select):
            bound = self._select(node, outer)
        elif isinstance(node, exp.Values):
            bound = self._values(node, outer)
        elif isinstance(node, exp.SetOperation):
            bound = self._set_operation(node, outer)
        elif isinstance(node, exp.Subquery):
            bound = self.query(node.this, outer)
        else:
            raise FeatureNotSupported("data-modifying statements in WITH are not supported")
        if with_sql:
            bound.sql = with_sql + bound.sql
        return bound

    def subquery(self, node: Any, scope: Scope) -> BoundRows:
        before, scope.clause = scope.clause, scope.clause
        inner_aggregate, scope.in_aggregate = scope.in_aggregate, False
        bound = self.query(node.this, scope)
        scope.clause, scope.in_aggregate = before, inner_aggregate
        self.type_unknowns(bound)
        return bound

    def type_unknowns(self, bound: BoundRows) -> None:
        for column in bound.columns:
            if column.type.type.name == "unknown":
                column.type = builtin("text")

    def view(self, view: View) -> BoundRows:
        from vecsql.planner.parse import parse

        ast = parse(view.query)[0].ast
        assert ast is not None
        return self.query(ast, None)

    # WITH

    def _with(self, node: exp.Expression, scope: Scope) -> str:
        clause = node.args.get("with_")
        if clause is None:
            return ""
        parts = []
        recursive = bool(clause.args.get("recursive"))
        any_recursive = False
        for cte in clause.expressions:
            self.aliases += 1
            relation = f"w{self.aliases}"
            name = cte.alias
            if (
                recursive
                and isinstance(cte.this, exp.Union)
                and _mentions(cte.this.expression, name)
            ):
                bound = self._recursive(cte, relation, scope)
                any_recursive = True
            else:
                bound = self.query(cte.this, scope)
                self.type_unknowns(bound)
                bound.columns = cte_columns(cte.args["alias"], bound.columns, position_of(cte))
            scope.ctes[name] = Cte(relation, bound.columns)
            columns = ", ".join(f"o{i}" for i in range(1, len(bound.columns) + 1))
            materialized = cte.args.get("materialized")
            hint = (
                ""
                if materialized is None
                else "MATERIALIZED "
                if materialized
                else "NOT MATERIALIZED "
            )
            parts.append(f"{relation}({columns}) AS {hint}({bound.sql})")
        return f"WITH {'RECURSIVE ' if any_recursive else ''}{', '.join(parts)} "

    def _recursive(self, cte: exp.CTE, relation: str, scope: Scope) -> BoundRows:
        union = cte.this
        first = self.query(union.this, scope)
        self.type_unknowns(first)
        columns = cte_columns(
            cte.args["alias"], [replace(c) for c in first.columns], position_of(cte)
        )
        for column in columns:
            if column.type.type.name == "numeric":
                if union.args.get("distinct"):
                    raise FeatureNotSupported("recursive UNION of numeric is not supported")
                column.scale, column.type = None, ColumnType(column.type.type)
        scope.ctes[cte.alias] = Cte(relation, columns)
        second = self.query(union.expression, scope)
        self._check_arity(second, columns, "UNION", union)
        for i, (a, b) in enumerate(zip(columns, second.columns, strict=True), 1):
            if a.type.type.oid != b.type.type.oid and b.type.type.name != "unknown":
                raise DatatypeMismatch(
                    f'recursive query "{cte.alias}" column {i} has type {a.type} in non-recursive term '
                    f"but type {b.type} overall",
                    hint="Cast the output of the non-recursive term to the correct type.",
                    position=position_of(union.this),
                )
        sides = []
        for side in (first, second):
            items = ", ".join(
                f"{self._converted(f'o{i}', b, a.type)} AS o{i}"
                for i, (a, b) in enumerate(zip(columns, side.columns, strict=True), 1)
            )
            sides.append(f"SELECT {items} FROM ({side.sql})")
        word = "UNION" if union.args.get("distinct") else "UNION ALL"
        return BoundRows(f"{sides[0]} {word} {sides[1]}", columns)

    # SELECT

    def _locking(self, node: exp.Select, scope: Scope) -> BoundRows:
        """A sub-select with FOR UPDATE: it runs first, and the query reads the rows that it has locked."""
        from vecsql.planner.row_locks import plan_nested

        block = plan_nested(node, scope, self.catalog, self.search_path, self.params)
        if block is None:
            node.set("locks", None)
            return self._select(node, scope)
        columns, items = [], []
        for i, column in enumerate(block.columns, 1):
            scale = column_scale(column.type)
            columns.append(
                OutColumn(column.name, column.type, scale, column.table_oid, column.attnum)
            )
            kind = f"DECIMAL{scale}" if scale else duck_type(column.type.type)
            items.append(f"CAST(o{i} AS {kind}) AS o{i}")
        name = f"locked_{len(self.blocks)}"
        self.blocks[name] = block
        return BoundRows(f"SELECT {', '.join(items)} FROM {name}", columns)

    def _select(self, node: exp.Select, scope: Scope) -> BoundRows:
        if node.args.get("locks"):
            return self._locking(node, scope)
        scope.clause = "FROM"
        from_sql = self.from_clause(node, scope)
        parts = []
        where = node.args.get("where")
        if where is not None:
            scope.clause = "WHERE"
            parts.append("WHERE " + self.bind_as(where.this, scope, "bool", "WHERE"))
        scope.clause = ""
        scope.windows = {w.name: w for w in node.args.get("windows") or ()}
        targets = self._targets(node, scope)
        group_sql, keys = self._group(node, scope, targets)
        if scope.firsts:
            scope.aggregates.clear()
            for target in targets:
                self.bind(target_value(target), scope)
        having = node.args.get("having")
        having_sql = ""
        if having is not None:
            having_sql = "HAVING " + self.bind_as(having.this, scope, "bool", "HAVING")
        distinct_sql = self._distinct(node, scope, targets)
        order_sql = self._order(node, scope, targets, distinct=bool(distinct_sql))
        extra = self._check_grouping(node, scope, targets, keys, bool(group_sql or having_sql))
        if group_sql or extra:
            group_sql = ", ".join(p for p in (group_sql, *extra) if p)
            parts.append(f"GROUP BY {group_sql}")
        elif having_sql and not scope.aggregates:
            having_sql += " AND count(*) >= 0"
        if having_sql:
            parts.append(having_sql)
        if order_sql:
            parts.append(order_sql)
        parts += self._limit(node, scope)
        columns = [self._out(t) for t in targets]
        items = (
            ", ".join(f"{sql_of(target_value(t))} AS o{i}" for i, t in enumerate(targets, 1))
            or "NULL AS o0"
        )
        head = f"SELECT {distinct_sql}{items}" + (f" FROM {from_sql}" if from_sql else "")
        return BoundRows(" ".join([head, *parts]), columns)

    def _targets(self, node: exp.Select, scope: Scope) -> list[exp.Expression]:
        """Bind the SELECT list; stars become columns, in the AST too."""
        targets: list[exp.Expression] = []
        for item in node.expressions:
            if isinstance(item, exp.Star):
                if not scope.ranges:
                    raise SyntaxError(
                        "SELECT * with no tables specified is not valid", position=position_of(item)
                    )
                targets += [self._expanded(n, c, scope) for n, c in scope.star()]
            elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
                targets += self._table_star(item, scope)
            else:
                targets.append(item)
        node.set("expressions", targets)
        for target in targets:
            value = target_value(target)
            self.bind(value, scope)
            if isinstance(target, exp.Alias):
                target.meta["ctype"] = value.meta["ctype"]
        return targets

    def _expanded(self, number: int, column: RangeColumn, scope: Scope) -> exp.Column:
        node = exp.Column(this=exp.to_identifier(column.name, quoted=True))
        index = -1
        if number >= 0:
            source = scope.ranges[number]
            index = next(i for i, c in enumerate(source.columns) if c is column)
            if source.alias:
                node.set("table", exp.to_identifier(source.alias, quoted=True))
        node.meta["expanded"] = (number, index)
        return node

    def _table_star(self, item: exp.Column, scope: Scope) -> list[exp.Expression]:
        from vecsql.planner.scope import missing_from

        source = scope.find_range(item.table)
        if source is None:
            raise missing_from(item.table, scope, position_of(item), self.catalog)
        if source in scope.ranges:
            number = scope.ranges.index(source)
            return [self._expanded(number, c, scope) for c in source.columns if not c.hidden]
        return [
            exp.Column(
                this=exp.to_identifier(c.name, quoted=True),
                table=exp.to_identifier(source.alias, quoted=True),
            )
            for c in source.columns
            if not c.hidden
        ]

    def _out(self, target: exp.Expression) -> OutColumn:
        value = target_value(target)
        ctype = value.meta["ctype"]
        column = OutColumn(
            output_name(target),
            effective(value) if not isinstance(value, exp.Literal) else ctype,
            value.meta.get("scale"),
        )
        if isinstance(value, exp.Column) and value.meta.get("attnum", 0) > 0:
            column.table_oid, column.attnum = value.meta["table_oid"], value.meta["attnum"]
        column.fields = tuple(value.meta.get("fields") or ())
        if ctype.type.name == "unknown":
            column.unknown = True
        return column

    # GROUP BY, DISTINCT, ORDER BY, LIMIT

    def _reference(
        self, node: exp.Expression, targets: Sequence[exp.Expression], clause: str, scope: Scope
    ) -> int | None:
        """The target that an ordinal or an output name stands for, 0-based."""
        if isinstance(node, exp.Literal):
            if node.is_string or not node.this.lstrip("-").isdigit():
                raise SyntaxError(f"non-integer constant in {clause}", position=position_of(node))
            number = int(node.this)
            if not 1 <= number <= len(targets):
                raise InvalidColumnReference(
                    f"{clause} position {number} is not in select list", position=position_of(node)
                )
            return number - 1
        if not isinstance(node, exp.Column) or node.table or "expanded" in node.meta:
            return None
        named = [i for i, t in enumerate(targets) if output_name(t) == node.name]
        if clause == "GROUP BY" and scope.find(node.name, None) is not None:
            return None
        if not named:
            return None
        if len({sql_of(target_value(targets[i])) for i in named}) > 1:
            from vecsql.errors import AmbiguousColumn

            raise AmbiguousColumn(
                f'{clause} "{node.name}" is ambiguous', position=position_of(node)
            )
        return named[0]

    def _group(
        self, node: exp.Select, scope: Scope, targets: Sequence[exp.Expression]
    ) -> tuple[str, set[str]]:
        group = node.args.get("group")
        if group is None:
            return "", set()
        scope.clause = "GROUP BY"
        keys: set[str] = set()
        parts = [self._group_item(item, scope, targets, keys) for item in group.expressions]
        scope.clause = ""
        return ", ".join(parts), keys

    def _group_item(
        self, item: exp.Expression, scope: Scope, targets: Sequence[exp.Expression], keys: set[str]
    ) -> str:
        words = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE", exp.GroupingSets: "GROUPING SETS"}
        word = words.get(type(item))
        if word is not None or isinstance(item, exp.Tuple):
            inner = ", ".join(self._group_item(i, scope, targets, keys) for i in item.expressions)
            return f"{word or ''}({inner})"
        try:
            index = self._reference(item, targets, "GROUP BY", scope)
        except SyntaxError:
            raise
        value = target_value(targets[index]) if index is not None else item
        if index is None:
            self.bind(value, scope)
        elif value.meta.get("aggregate") or any(n in scope.aggregates for n in value.walk()):
            raise GroupingError(
                "aggregate functions are not allowed in GROUP BY", position=position_of(value)
            )
        if is_unknown(value):
            coerce(value, builtin("text"), self.params)
        sql = sql_of(value)
        keys.add(value.meta.get("base") or sql)
        keys.add(sql)
        grouped = emitters.key(value)
        if grouped != sql:  # numeric as text: 1.0 and 1.00 are one group, shown as its first value
            if item.find_ancestor(exp.Rollup, exp.Cube, exp.GroupingSets) is not None:
                raise FeatureNotSupported(
                    "grouping sets over numeric without precision and scale are not supported"
                )
            scope.firsts[sql] = f"first({sql})"
            keys.add(scope.firsts[sql])
        return grouped

    def _distinct(self, node: exp.Select, scope: Scope, targets: Sequence[exp.Expression]) -> str:
        distinct = node.args.get("distinct")
        if distinct is None:
            return ""
        on = distinct.args.get("on")
        if on is None:
            values = [target_value(t) for t in targets]
            shown = [emitters.key(v) for v in values]
            if shown == [sql_of(v) for v in values]:
                return "DISTINCT "
            return f"DISTINCT ON ({', '.join(shown)}) "
        keys, on_keys = [], []
        for item in on.expressions:
            index = self._reference(item, targets, "DISTINCT ON", scope)
            value = target_value(targets[index]) if index is not None else self.bind(item, scope)
            keys.append(sql_of(value))
            on_keys.append(emitters.key(value))
        order = node.args.get("order")
        if order is not None:
            for i, item in enumerate(order.expressions[: len(keys)]):
                index = self._reference(item.this, targets, "ORDER BY", scope)
                value = (
                    target_value(targets[index])
                    if index is not None
                    else self.bind(item.this, scope)
                )
                if sql_of(value) not in keys:
                    raise InvalidColumnReference(
                        "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
                        position=position_of(on.expressions[i]),
                    )
        return f"DISTINCT ON ({', '.join(on_keys)}) "

    def _order(
        self,
        node: exp.Expression,
        scope: Scope,
        targets: Sequence[exp.Expression],
        *,
        distinct: bool,
    ) -> str:
        order = node.args.get("order")
        if order is None:
            return ""
        plain_distinct = distinct and node.args["distinct"].args.get("on") is None
        parts = []
        for item in order.expressions:
            index = self._reference(item.this, targets, "ORDER BY", scope)
            if index is None:
                self.bind(item.this, scope)
                if is_unknown(item.this):
                    coerce(item.this, builtin("text"), self.params)
                same = [
                    i for i, t in enumerate(targets) if sql_of(target_value(t)) == sql_of(item.this)
                ]
                if plain_distinct and not same:
                    raise InvalidColumnReference(
                        "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                        position=position_of(item.this),
                    )
                parts.append(emitters.sort_item(item))
                continue
            value = target_value(targets[index])
            if is_unknown(value):
                coerce(value, builtin("text"), self.params)
            item.this.meta["ctype"] = value.meta["ctype"]
            parts.append(emitters.sort_item(item, emitters.sort_key(value)))
        return "ORDER BY " + ", ".join(parts)

    def _limit(self, node: exp.Expression, scope: Scope) -> list[str]:
        parts = []
        for name, key in (("LIMIT", "limit"), ("OFFSET", "offset")):
            clause = node.args.get(key)
            if clause is None:
                continue
            if clause.meta.get("with_ties"):
                raise FeatureNotSupported("FETCH FIRST WITH TIES is not supported")
            value = clause.expression
            scope.clause = name
            inner = Scope()
            inner.ctes, inner.clause = scope.ctes, name
            self.bind_as(value, inner, "int8", name)
            scope.clause = ""
            sql = sql_of(value)
            parts.append(
                f"{name} vs_{key}({sql})"
                if not isinstance(value, exp.Literal) or value.this.startswith("-")
                else f"{name} {value.this}"
            )
        return parts

    # Grouping rules

    def _check_grouping(
        self,
        node: exp.Select,
        scope: Scope,
        targets: Sequence[exp.Expression],
        keys: set[str],
        grouped: bool,
    ) -> list[str]:
        """Ungrouped columns are errors, unless the primary key is grouped: then they join GROUP BY."""
        if not grouped and not scope.aggregates:
            return []
        checked: list[exp.Expression] = [target_value(t) for t in targets]
        if node.args.get("having") is not None:
            checked.append(node.args["having"].this)
        if node.args.get("order") is not None:
            checked += [i.this for i in node.args["order"].expressions if "sql" in i.this.meta]
        own: dict[str, Any] = {c.sql: (r, c) for r in scope.ranges for c in r.columns}
        own |= {c.sql: (None, c) for c in scope.merged.values()}
        extra: dict[str, None] = {}
        for root in checked:
            self._ungrouped(root, keys, own, extra)
        return list(extra)

    def _ungrouped(
        self, node: exp.Expression, keys: set[str], own: dict[str, Any], extra: dict[str, None]
    ) -> None:
        sql = node.meta.get("sql")
        if sql is not None and (sql in keys or node.meta.get("base") in keys):
            return
        if node.meta.get("aggregate") and not isinstance(node, exp.Window):
            return
        if isinstance(node, exp.Column) and node.meta.get("base") in own:
            source, column = own[node.meta["base"]]
            if source is not None and self._depends(source, keys):
                extra[column.sql] = None
                return
            shown = f"{column.relation}.{column.name}" if column.relation else column.name
            raise GroupingError(
                f'column "{shown}" must appear in the GROUP BY clause or be used in an aggregate function',
                position=position_of(node),
            )
        for child in node.iter_expressions():
            if isinstance(node, exp.Window) and child is node.this:
                for part in child.iter_expressions():
                    self._ungrouped(part, keys, own, extra)
                continue
            self._ungrouped(child, keys, own, extra)

    def _depends(self, source: Any, keys: set[str]) -> bool:
        table = self.catalog.tables.get(source.table_oid)
        key = table.primary_key if table is not None else None
        if key is None:
            return False
        by_attnum = {c.attnum: c.sql for c in source.columns}
        return all(by_attnum.get(a) in keys for a in key.attnums)

    # VALUES and set operations


def _mentions(node: exp.Expression, name: str) -> bool:
    return any(t.name == name and not t.args.get("db") for t in node.find_all(exp.Table))
