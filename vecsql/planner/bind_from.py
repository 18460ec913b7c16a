"""Binds FROM: tables, views, CTEs, sub-selects, functions, joins. Gives DuckDB SQL and the names in scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from vecsql.catalog.functions import TABLE_FUNCTIONS, TableFunction
from vecsql.catalog.model import Table, View
from vecsql.catalog.relations import RELATIONS, SystemRelation
from vecsql.errors import (
    AmbiguousColumn,
    DuplicateAlias,
    FeatureNotSupported,
    InvalidColumnReference,
    SyntaxError,
    UndefinedColumn,
    UndefinedFunction,
    UndefinedTable,
    WrongObjectType,
)
from vecsql.planner.bind_expressions import ExpressionBinder, column_type
from vecsql.planner.coerce import builtin, coerce, position_of, set_bound, sql_of, type_of
from vecsql.planner.literals import column_scale, duck_type, quote
from vecsql.planner.scope import Cte, OutColumn, Range, RangeColumn, Scope
from vecsql.types.base import ColumnType

if TYPE_CHECKING:
    from vecsql.planner.bind_sets import BoundRows

SYSTEM_COLUMNS = ("tableoid", "__rowid", "ctid", "xmin", "xmax")
TOPK_COLUMNS = (
    (2001, "float8"),
    (2002, "int8"),
)  # distance and rank, as planner.rules.topk numbers them
KEY_VALUE = {
    "json_each": ("vs_json_keys", "vs_json_values", "json"), "jsonb_each": ("vs_json_keys", "vs_jsonb_values", "jsonb"),
    "json_each_text": ("vs_json_keys", "vs_json_values_text", "text"),
    "jsonb_each_text": ("vs_json_keys", "vs_json_values_text", "text"),
}  # fmt: skip


class FromBinder(ExpressionBinder):
    """FROM items; combined with QueryBinder."""

    search_path: Sequence[str]
    scans: dict[str, tuple[int, set[int]]]
    system: dict[str, None]
    aliases: int

    def query(self, node: exp.Expression, scope: Scope | None) -> BoundRows:
        raise NotImplementedError

    def view(self, view: View) -> BoundRows:
        raise NotImplementedError

    def new_alias(self) -> str:
        self.aliases += 1
        return f"_t{self.aliases}_"

    def use_column(self, column: RangeColumn) -> None:
        """Note that the query reads a column of a base table."""
        if column.table_oid and column.sql.rpartition(".")[2].startswith("c") and column.attnum > 0:
            name = f"r{column.table_oid}"
            if name in self.scans:
                self.scans[name][1].add(column.attnum)

    def from_clause(self, node: exp.Expression, scope: Scope) -> str:
        """Bind FROM and its joins; returns the SQL after FROM, '' if there is none."""
        from_ = node.args.get("from_")
        if from_ is None:
            return ""
        sql, ranges = self.item(from_.this, scope)
        self._add(scope, ranges)
        comma = ""
        left = ranges
        for join in node.args.get("joins") or ():
            plain = not any(join.args.get(k) for k in ("side", "kind", "on", "using", "method"))
            if plain:
                comma += sql + ", "
                sql, left = self.item(join.this, scope)
                self._add(scope, left)
            else:
                sql, left = self.join(join, sql, left, scope)
        return comma + sql

    def _add(self, scope: Scope, ranges: list[Range]) -> None:
        for item in ranges:
            if item.alias and any(r.alias == item.alias for r in scope.ranges):
                raise DuplicateAlias(f'table name "{item.alias}" specified more than once')
            scope.ranges.append(item)

    def item(self, node: exp.Expression, scope: Scope) -> tuple[str, list[Range]]:
        """One FROM item and the joins that hang on it."""
        sql, ranges = self._single(node, scope)
        joins = (
            node.args.get("joins")
            if isinstance(node, (exp.Table, exp.Subquery, exp.Lateral))
            else None
        )
        if not joins:
            return sql, ranges
        inner = Scope(scope)
        inner.ctes = scope.ctes
        inner.ranges = list(ranges)
        for join in joins:
            sql, ranges = self.join(join, sql, ranges, inner)
        scope.merged.update(inner.merged)
        return f"({sql})", ranges

    def _single(self, node: exp.Expression, scope: Scope) -> tuple[str, list[Range]]:
        if isinstance(node, exp.Table):
            if isinstance(node.this, exp.Identifier):
                return self._relation(node, scope)
            return self._function(node, scope)
        lateral = isinstance(node, exp.Lateral)
        source = node.this if lateral else node
        if not isinstance(source, exp.Subquery):
            raise FeatureNotSupported(f"{type(source).__name__} in FROM is not supported")
        if lateral:
            query = self.query(source.this, scope)
        else:
            outer = Scope(scope.parent) if scope.parent else Scope()
            outer.ctes = scope.ctes
            query = self.query(source.this, outer)
        alias = self.new_alias()
        columns = self.range_columns(query.columns, alias)
        item = self._named(node, columns)
        return f"{'LATERAL ' if lateral else ''}({query.sql}) AS {alias}", [item]

    def range_columns(self, columns: Sequence[OutColumn], alias: str) -> list[RangeColumn]:
        return [
            RangeColumn(
                c.name,
                c.type,
                f"{alias}.o{i}",
                scale=c.scale,
                table_oid=c.table_oid,
                attnum=c.attnum,
            )
            for i, c in enumerate(columns, 1)
        ]

    def _named(
        self, node: exp.Expression, columns: list[RangeColumn], name: str = "", oid: int = 0
    ) -> Range:
        """A range under the item's alias, its columns renamed by the alias's column list."""
        alias = node.args.get("alias")
        shown = alias.name if alias is not None and alias.this is not None else name
        renames = alias.args.get("columns") or [] if alias is not None else []
        visible = [c for c in columns if not c.hidden]
        if len(renames) > len(visible):
            raise InvalidColumnReference(
                f'table "{shown}" has {len(visible)} columns available but {len(renames)} columns specified',
                position=position_of(node),
            )
        for column, new in zip(visible, renames, strict=False):
            column.name = new.name
        for column in columns:
            column.relation = shown
        return Range(shown, columns, oid, node.meta.get("pos", -1))

    # Relations

    def _relation(self, node: exp.Table, scope: Scope) -> tuple[str, list[Range]]:
        name, schema = node.name, node.args["db"].name if node.args.get("db") else ""
        alias = self.new_alias()
        cte = scope.ctes.get(name) if not schema else None
        if cte is not None:
            item = self._named(node, self.range_columns(cte.columns, alias), name)
            return f"{cte.relation} AS {alias}", [item]
        found = self.find_relation(name, schema, position_of(node))
        if isinstance(found, SystemRelation):
            return self._system(node, found, alias)
        if isinstance(found, View):
            query = self.view(found)
            columns = self.range_columns(query.columns, alias)
            for i, (column, (name_, _)) in enumerate(zip(columns, found.columns, strict=False), 1):
                column.name, column.table_oid, column.attnum = name_, found.oid, i
            node.meta["view"] = True
            return f"({query.sql}) AS {alias}", [self._named(node, columns, name, found.oid)]
        return self._table(node, found, alias)

    def find_relation(
        self, name: str, schema: str, position: int | None
    ) -> Table | View | SystemRelation:
        """Look a relation up on the search path. Raises UndefinedTable."""
        shown = f"{schema}.{name}" if schema else name
        path = (schema,) if schema else ("pg_catalog", *self.search_path)
        for part in path:
            system = RELATIONS.get(f"{part}.{name}")
            if system is not None:
                return system
            owner = self.catalog.schema_named(part)
            if owner is None:
                continue
            for mapping in (self.catalog.tables, self.catalog.views):
                for relation in mapping.values():
                    if relation.name == name and relation.schema_oid == owner.oid:
                        return relation
            if any(s.name == name for s in self.catalog.sequences.values()):
                raise FeatureNotSupported(
                    "reading a sequence as a table is not supported", position=position
                )
            if any(i.name == name for i in self.catalog.indexes.values()):
                raise WrongObjectType(f'cannot open relation "{name}"', position=position)
        raise UndefinedTable(f'relation "{shown}" does not exist', position=position)

    def _system(
        self, node: exp.Table, found: SystemRelation, alias: str
    ) -> tuple[str, list[Range]]:
        self.system[found.qualified] = None
        columns = [
            RangeColumn(name, ctype, f'{alias}."{name}"', table_oid=found.oid, attnum=i)
            for i, (name, ctype) in enumerate(found.columns, 1)
        ]
        columns.append(
            RangeColumn("tableoid", builtin("oid"), f"CAST({found.oid} AS BIGINT)", hidden=True)
        )
        node.meta["system"] = found.qualified
        return f'"{found.qualified}" AS {alias}', [
            self._named(node, columns, found.name, found.oid)
        ]

    def _table(self, node: exp.Table, table: Table, alias: str) -> tuple[str, list[Range]]:
        relation = f"r{table.oid}"
        topk = node.meta.get("topk")
        columns = [
            RangeColumn(
                c.name, c.type, f"{alias}.c{c.attnum}", table.oid, c.attnum, column_scale(c.type)
            )
            for c in table.columns
        ]
        columns += [
            RangeColumn(
                "tableoid",
                builtin("oid"),
                f"CAST({table.oid} AS BIGINT)",
                table.oid,
                -6,
                hidden=True,
            ),
            RangeColumn("__rowid", builtin("int8"), f"{alias}.rowid", table.oid, -100, hidden=True),
            RangeColumn(
                "ctid",
                builtin("text"),
                f"('(0,' || {alias}.rowid || ')')",
                table.oid,
                -1,
                hidden=True,
            ),
            RangeColumn(
                "xmin",
                builtin("xid"),
                f"({alias}.rowid % 4294967293 + 3)",
                table.oid,
                -3,
                hidden=True,
            ),
            RangeColumn("xmax", builtin("xid"), "CAST(0 AS BIGINT)", table.oid, -5, hidden=True),
        ]
        node.meta["table_oid"] = table.oid
        if topk:
            columns += [
                RangeColumn(f"c{n}", builtin(kind), f"{alias}.c{n}", hidden=True)
                for n, kind in TOPK_COLUMNS
            ]
            columns += [
                RangeColumn(f"c{n}", ctype, f"{alias}.c{n}", hidden=True)
                for n, ctype in node.meta.get("topk_columns", ())
            ]
            item = self._named(node, columns, table.name, table.oid)
            return f"{topk} AS {alias}", [item]
        self.scans.setdefault(relation, (table.oid, set()))
        item = self._named(node, columns, table.name, table.oid)
        return f"{relation} AS {alias}{self._sample(node)}", [item]

    def _sample(self, node: exp.Table) -> str:
        sample = node.args.get("sample")
        if sample is None:
            return ""
        method = sample.args["method"].name
        if method not in ("system", "bernoulli"):
            from vecsql.errors import UndefinedObject

            raise UndefinedObject(
                f"tablesample method {method} does not exist", position=position_of(node)
            )
        percent = sample.args["percent"]
        seed = sample.args.get("seed")
        repeat = f" REPEATABLE ({seed.name})" if seed is not None else ""
        return f" TABLESAMPLE BERNOULLI ({percent.name} PERCENT){repeat}"

    # Functions

    def _function(self, node: exp.Table, scope: Scope) -> tuple[str, list[Range]]:
        call = node.this
        name = call.name if isinstance(call, exp.Anonymous) else type(call).__name__.lower()
        before, scope.clause = scope.clause, "functions in FROM"
        try:
            if name in KEY_VALUE:
                lists, columns = self._key_value(call, name, scope)
            elif name == "rows from" or (name == "unnest" and len(call.expressions) > 1):
                calls = call.expressions
                if name == "unnest":
                    calls = [exp.Anonymous(this="unnest", expressions=[a]) for a in calls]
                parts = [self._list_of(c, scope) for c in calls]
                lists = [p[0] for p in parts]
                columns = [
                    (f"{c.name if isinstance(c, exp.Anonymous) else 'column'}", p[1])
                    for c, p in zip(calls, parts, strict=True)
                ]
            elif name in (
                "json_to_recordset",
                "jsonb_to_recordset",
                "json_to_record",
                "jsonb_to_record",
            ):
                lists, columns = self._recordset(node, call, name, scope)
            elif name in TABLE_FUNCTIONS:
                lists, columns = self._table_function(call, TABLE_FUNCTIONS[name], scope)
            else:
                value, ctype = self._list_of(call, scope)
                lists, columns = [value], [(name, ctype)]
        finally:
            scope.clause = before
        return self._unnested(node, name, lists, columns)

    def _unnested(
        self, node: exp.Table, name: str, lists: list[str], columns: list[tuple[str, ColumnType]]
    ) -> tuple[str, list[Range]]:
        alias = self.new_alias()
        outputs = [f"unnest({sql}) AS o{i}" for i, sql in enumerate(lists, 1)]
        inner = f"SELECT {', '.join(outputs)}"
        if _streams(node.this, name, columns):
            call = lists[0].removeprefix("CAST(").removesuffix(" AS INTEGER[])")
            inner = f"SELECT CAST(s AS {duck_type(columns[0][1].type)}) AS o1 FROM {call} AS g(s)"
        out = [OutColumn(n, t) for n, t in columns]
        if node.args.get("ordinality"):
            inner = f"SELECT *, row_number() OVER () AS o{len(out) + 1} FROM ({inner})"
            out.append(OutColumn("ordinality", builtin("int8")))
        given = node.args.get("alias")
        single = len(columns) == 1
        if single and given is not None and not given.args.get("columns"):
            out[0].name = given.name
        item = self._named(node, self.range_columns(out, alias), name)
        item.scalar = single and not node.args.get("ordinality")
        return f"LATERAL ({inner}) AS {alias}", [item]

    def _list_of(self, call: exp.Expression, scope: Scope) -> tuple[str, ColumnType]:
        """A function call in FROM as a DuckDB list, and the type of its elements."""
        self.bind(call, scope)
        if call.meta.get("set"):
            sql = call.meta["list"]
            return sql, call.meta["ctype"]
        if type_of(call).name == "unknown":
            coerce(call, builtin("text"), self.params)
        return f"[{sql_of(call)}]", call.meta["ctype"]

    def _table_function(
        self, call: exp.Expression, function: TableFunction, scope: Scope
    ) -> tuple[list[str], list[tuple[str, ColumnType]]]:
        """A function of the system catalog that gives rows of several columns."""
        if len(call.expressions) != len(function.args):
            raise UndefinedFunction(
                f"function {function.name} does not exist", position=position_of(call)
            )
        arguments = [
            self.bind_as(node, scope, kind, function.name)
            for node, kind in zip(call.expressions, function.args, strict=True)
        ]
        call.meta.update(ctype=builtin("record"), sql="NULL")
        lists = [sql.format(*arguments) for _, _, sql in function.columns]
        return lists, [(name, ctype) for name, ctype, _ in function.columns]

    def _key_value(
        self, call: exp.Expression, name: str, scope: Scope
    ) -> tuple[list[str], list[tuple[str, ColumnType]]]:
        keys, values, kind = KEY_VALUE[name]
        source = self.bind_as(
            call.expressions[0], scope, "jsonb" if "jsonb" in name else "json", name
        )
        call.meta.update(ctype=builtin("record"), sql="NULL")
        return [f"{keys}({source})", f"{values}({source})"], [
            ("key", builtin("text")),
            ("value", builtin(kind)),
        ]

    def _recordset(
        self, node: exp.Table, call: exp.Expression, name: str, scope: Scope
    ) -> tuple[list[str], list[tuple[str, ColumnType]]]:
        kind = "jsonb" if name.startswith("jsonb") else "json"
        source = self.bind_as(call.expressions[0], scope, kind, name)
        if not name.endswith("recordset"):
            source = f"('[' || {source} || ']')"
        definitions = node.meta.get("coldefs")
        if not definitions:
            raise SyntaxError(
                'a column definition list is required for functions returning "record"',
                position=position_of(node),
            )
        lists, columns = [], []
        for column, data_type in definitions:
            ctype = column_type(data_type.meta["type_name"])
            text = f"vs_json_get_text(x, {quote(column)})"
            if ctype.type.name in ("text", "varchar"):
                value = text
            elif ctype.type.name in ("json", "jsonb"):
                value = f"vs_{ctype.type.name}_get(x, {quote(column)})"
            else:
                value = f"vs_in_{ctype.type.oid}({text})"
            lists.append(f"list_transform(vs_json_elements({source}), lambda x: {value})")
            columns.append((column, ctype))
        call.meta.update(ctype=builtin("record"), sql="NULL")
        return lists, columns

    # Joins

    def join(
        self, join: exp.Join, left_sql: str, left: list[Range], scope: Scope
    ) -> tuple[str, list[Range]]:
        """One explicit join. Its right side is added to the scope."""
        side = join.args.get("side") or ""
        right_sql, right = self.item(join.this, scope)
        self._add(scope, right)
        ranges = left + right
        word = (
            f"{side} JOIN" if side else "CROSS JOIN" if join.args.get("kind") == "CROSS" else "JOIN"
        )
        names = self._using_names(join, left, right, scope)
        if names is not None:
            condition = self._using(names, side, left, right, scope)
            if not condition:
                return (
                    f"{left_sql} {side or 'CROSS'} JOIN {right_sql}{' ON TRUE' if side else ''}",
                    ranges,
                )
            return f"{left_sql} {word} {right_sql} ON {condition}", ranges
        on = join.args.get("on")
        if on is None:
            return f"{left_sql} CROSS JOIN {right_sql}", ranges
        before, scope.clause = scope.clause, "JOIN conditions"
        inner = Scope(scope.parent)
        inner.ctes, inner.ranges, inner.merged, inner.clause = (
            scope.ctes,
            ranges,
            scope.merged,
            scope.clause,
        )
        condition = self.bind_as(on, inner, "bool", "JOIN/ON")
        scope.clause = before
        return f"{left_sql} {word} {right_sql} ON {condition}", ranges

    def _using_names(
        self, join: exp.Join, left: list[Range], right: list[Range], scope: Scope
    ) -> list[str] | None:
        if join.args.get("using"):
            return [i.name for i in join.args["using"]]
        if join.args.get("method") != "NATURAL":
            return None
        names = {c.name for r in left for c in r.columns if not c.hidden}
        return [c.name for r in right for c in r.columns if c.name in names and not c.hidden]

    def _using(
        self, names: list[str], side: str, left: list[Range], right: list[Range], scope: Scope
    ) -> str:
        tests = []
        for name in names:
            a = scope.merged.get(name) or self._join_column(name, left, "left")
            b = self._join_column(name, right, "right")
            nodes = []
            for column in (a, b):
                self.use_column(column)
                node = exp.Column(this=exp.to_identifier(name, quoted=True))
                set_bound(node, column.type, column.sql, column.scale)
                nodes.append(node)
            probe = exp.EQ()
            self.operate(probe, "=", nodes)
            tests.append(sql_of(probe))
            kept = b if side == "RIGHT" else a
            sql = f"coalesce({a.sql}, {b.sql})" if side == "FULL" else kept.sql
            scope.merged[name] = RangeColumn(
                name,
                kept.type,
                sql,
                kept.table_oid,
                kept.attnum,
                kept.scale,
                relation=kept.relation,
            )
            for item in (*left, *right):
                item.merged.add(name)
        return " AND ".join(tests)

    def _join_column(self, name: str, ranges: list[Range], side: str) -> RangeColumn:
        found = [c for r in ranges for c in r.columns if c.name == name and not c.hidden]
        if not found:
            raise UndefinedColumn(
                f'column "{name}" specified in USING clause does not exist in {side} table'
            )
        if len(found) > 1:
            raise AmbiguousColumn(
                f'common column name "{name}" appears more than once in {side} table'
            )
        return found[0]


def _streams(call: exp.Expression, name: str, columns: list[tuple[str, ColumnType]]) -> bool:
    """Whether DuckDB can make the rows one by one: a series of integers that depends on no other FROM item."""
    return (
        name == "generate_series"
        and columns[0][1].type.name in ("int4", "int8")
        and call.find(exp.Column, exp.Subquery, exp.Query) is None
    )


def cte_columns(
    alias: exp.TableAlias, columns: list[OutColumn], position: int | None
) -> list[OutColumn]:
    """The output columns of a WITH query under its column list."""
    names = [i.name for i in alias.args.get("columns") or ()]
    if len(names) > len(columns):
        raise InvalidColumnReference(
            f'WITH query "{alias.name}" has {len(columns)} columns available but {len(names)} columns specified',
            position=position,
        )
    for column, name in zip(columns, names, strict=False):
        column.name = name
    return columns


__all__ = ["Cte", "FromBinder", "cte_columns"]
