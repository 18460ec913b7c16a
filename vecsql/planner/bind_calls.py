"""Binds function calls: overload choice, polymorphic results, aggregates, window functions, set-returning ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from vecsql.catalog.functions import NAMED_ARGUMENTS
from vecsql.catalog.model import Catalog
from vecsql.errors import (
    AmbiguousFunction,
    FeatureNotSupported,
    GroupingError,
    UndefinedObject,
    WindowingError,
    WrongObjectType,
)
from vecsql.planner import emitters, resolve
from vecsql.planner.arguments import positional_arguments, undefined_function
from vecsql.planner.casts import convertible
from vecsql.planner.coerce import (
    builtin,
    coerce,
    effective,
    is_unknown,
    position_of,
    set_bound,
    sql_of,
    type_of,
)
from vecsql.planner.resolve import POLYMORPHIC, Signature, arg_type
from vecsql.planner.scope import OutColumn, ParamTypes, RangeColumn, Scope
from vecsql.planner.signatures import functions
from vecsql.types.base import ColumnType, SqlType, by_name

if TYPE_CHECKING:
    from vecsql.planner.bind_sets import BoundRows

_SLOT = re.compile(r"\{(\*?)(\d*)(?::(\w+))?\}|\{\{|\}\}")
EXTRACT_FIELDS = re.compile(r"[a-z_]+\Z")
CAST_FUNCTIONS = ("int2", "int4", "int8", "float4", "float8", "text", "varchar", "date", "timestamp",
                  "timestamptz", "interval", "bool", "numeric", "name", "oid", "regclass", "vector", "halfvec", "sparsevec", "jsonb", "json", "uuid")  # fmt: skip
ORDERED_SET = ("percentile_cont", "percentile_disc", "mode")


class CallBinder:
    """The part of the binder that knows functions. Combined with ExpressionBinder and QueryBinder."""

    catalog: Catalog
    params: ParamTypes

    def bind(self, node: exp.Expression, scope: Scope) -> exp.Expression:
        raise NotImplementedError

    def bind_as(self, node: exp.Expression, scope: Scope, type_name: str, construct: str) -> str:
        raise NotImplementedError

    def subquery(self, node: exp.Subquery | exp.Exists, scope: Scope) -> BoundRows:
        raise NotImplementedError

    def use_column(self, column: RangeColumn) -> None:
        raise NotImplementedError

    @staticmethod
    def column_node(column: OutColumn, sql: str) -> exp.Column:
        """A bound node that stands for a column of a sub-query."""
        node = exp.Column(this=exp.to_identifier(column.name, quoted=True))
        set_bound(node, column.type, sql, column.scale)
        return node

    @staticmethod
    def ambiguous_function(message: str, what: str, node: exp.Expression) -> AmbiguousFunction:
        return AmbiguousFunction(
            message,
            hint=f"Could not choose a best candidate {what}. You might need to add explicit type casts.",
            position=position_of(node),
        )

    # Applying an overload

    def apply(
        self, node: exp.Expression, chosen: Signature, args: Sequence[exp.Expression]
    ) -> None:
        """Convert the arguments as the overload wants them and bind `node` to its result."""
        element = self._polymorphic(chosen, args)
        for i, arg in enumerate(args):
            self._convert_argument(arg, arg_type(chosen, i), element)
        result = self._result(chosen, args, element)
        if chosen.template.startswith("!"):
            emitters.emit(chosen.template[1:], node, result, chosen, args)
            return
        sql = self.fill(chosen.template, args)
        set_bound(node, result, sql)

    def _convert_argument(
        self, arg: exp.Expression, declared: str, element: SqlType | None
    ) -> None:
        if declared == "any":
            if is_unknown(arg) and not isinstance(arg, exp.Star):
                coerce(arg, builtin("text"), self.params)
            return
        if declared in POLYMORPHIC:
            if element is None or declared == "record":
                return
            array = by_name("_" + element.name)
            wanted = array if declared in ("anyarray", "anycompatiblearray") else element
            if wanted is not None and type_of(arg).oid != wanted.oid:
                coerce(arg, ColumnType(wanted), self.params)
            return
        target = builtin(declared)
        if type_of(arg).oid != target.type.oid:
            coerce(arg, target, self.params)

    def _polymorphic(self, chosen: Signature, args: Sequence[exp.Expression]) -> SqlType | None:
        """The type that 'anyelement' stands for in this call."""
        found: list[SqlType] = []
        for i, arg in enumerate(args):
            declared = arg_type(chosen, i)
            if declared not in POLYMORPHIC or declared == "any" or is_unknown(arg):
                continue
            actual = type_of(arg)
            if declared in ("anyarray", "anycompatiblearray"):
                if actual.element is not None:
                    found.append(actual.element)
            else:
                found.append(actual)
        if not found:
            return (
                by_name("text")
                if any(a in POLYMORPHIC and a != "any" for a in chosen.args)
                else None
            )
        return resolve.common_type(found) or found[0]

    def _result(
        self, chosen: Signature, args: Sequence[exp.Expression], element: SqlType | None
    ) -> ColumnType:
        result = chosen.result
        if result in ("anyelement", "anycompatible", "anynonarray", "any"):
            if element is None:
                raise UndefinedObject(
                    "could not determine polymorphic type because input has type unknown"
                )
            same = args[0].meta["ctype"] if args and type_of(args[0]).oid == element.oid else None
            keeps = chosen.kind in ("agg", "win") and same is not None
            return same if keeps and same is not None else ColumnType(element)
        if result in ("anyarray", "anycompatiblearray"):
            assert element is not None
            array = by_name("_" + element.name) if element.element is None else element
            if array is None:
                raise UndefinedObject(f"could not find array type for data type {element.sql_name}")
            return ColumnType(array)
        return builtin(result)

    def fill(self, template: str, args: Sequence[exp.Expression]) -> str:
        """A template with the SQL of the arguments: {0}, {*} (all), {*1} (from the second), {0:json} ..."""

        def one(match: re.Match[str]) -> str:
            if match[0] in ("{{", "}}"):
                return match[0][0]
            star, number, form = match.groups()
            if star:
                return ", ".join(emitters.form(a, form) for a in args[int(number or 0) :])
            return emitters.form(args[int(number)], form)

        return _SLOT.sub(one, template)

    # Calls

    def _call(self, node: exp.Expression, scope: Scope, over: str | None = None) -> None:
        call, filter_, within = node, None, None
        if isinstance(call, exp.Filter):
            filter_, call = call.expression, call.this
        if isinstance(call, exp.WithinGroup):
            within, call = call.expression, call.this
        name = call.this
        if over is None and filter_ is None and within is None and self._special(call, name, scope):
            return
        if name in NAMED_ARGUMENTS:
            self._put_in_order(call, name, scope)
        args = call.expressions
        distinct = bool(args) and isinstance(args[0], exp.Distinct)
        if distinct:
            args = args[0].expressions
        candidates = self._candidates(call, name)
        aggregate = any(c.kind == "agg" for c in candidates)
        if aggregate and over is None:
            self._enter_aggregate(node, name, scope)
        inner = scope
        before = scope.in_aggregate
        if aggregate and over is None:
            scope.in_aggregate = True
        try:
            self._bind_args(args, inner)
            order = self._aggregate_order(call.args.get("order") or within, inner)
            condition = ""
            if filter_ is not None:
                condition = self.bind_as(filter_.this, inner, "bool", "FILTER")
        finally:
            scope.in_aggregate = before
        chosen = self._choose(call, name, candidates, args)
        if chosen.kind == "win" and over is None:
            raise WrongObjectType(
                f"window function {name} requires an OVER clause", position=position_of(call)
            )
        if chosen.kind == "scalar" and over is not None:
            raise WrongObjectType(
                f"OVER specified, but {name} is not a window function nor an aggregate function",
                position=position_of(call),
            )
        if chosen.kind not in ("agg", "win") and (distinct or order):
            what = "DISTINCT" if distinct else "ORDER BY"
            raise WrongObjectType(
                f"{what} specified, but {name} is not an aggregate function",
                position=position_of(call),
            )
        if distinct and chosen.kind == "agg" and any(emitters.key(a) != sql_of(a) for a in args):
            distinct = self._distinct_numeric(name, args)
        if name == "array_agg" and type_of(args[0]).element is not None:
            raise FeatureNotSupported("multidimensional arrays are not supported")
        if name in ("percentile_cont", "percentile_disc", "mode") and within is None:
            raise WrongObjectType(
                f"WITHIN GROUP is required for ordered-set aggregate {name}",
                position=position_of(call),
            )
        if within is not None:
            self._within_group(call, name, args, within, condition)
        else:
            self.apply(call, chosen, args)
        if distinct and not order and name in ("array_agg", "string_agg"):
            order = (
                f" ORDER BY {sql_of(args[0])} ASC NULLS LAST"  # PostgreSQL sorts to find duplicates
            )
        self._decorate(call, chosen, distinct, order, condition, over)
        call.meta["aggregate"] = chosen.kind == "agg"
        if chosen.kind == "set":
            self._set_returning(call, scope)
        if node is not call:
            set_bound(node, call.meta["ctype"], sql_of(call), call.meta.get("scale"))
            node.meta["aggregate"] = call.meta["aggregate"]

    def _bind_args(self, args: Sequence[exp.Expression], scope: Scope) -> None:
        for arg in args:
            if isinstance(arg, exp.Star):
                set_bound(arg, builtin("unknown"), "*")
            elif isinstance(arg, exp.Kwarg):
                raise FeatureNotSupported(
                    "named arguments are not supported", position=position_of(arg)
                )
            else:
                self.bind(arg, scope)

    def _put_in_order(self, call: exp.Expression, name: str, scope: Scope) -> None:
        """Replace named arguments by positional ones, and missing ones by their defaults."""
        given = positional_arguments(call.expressions, NAMED_ARGUMENTS[name])
        if given is not None:
            call.set("expressions", given)
            return
        shown = []
        for arg in call.expressions:
            value = arg.expression if isinstance(arg, exp.Kwarg) else arg
            self.bind(value, scope)
            lead = f"{arg.this.name} => " if isinstance(arg, exp.Kwarg) else ""
            shown.append(lead + type_of(value).sql_name)
        raise undefined_function(call, f"{name}({', '.join(shown)})")

    def _enter_aggregate(self, node: exp.Expression, name: str, scope: Scope) -> None:
        position = position_of(node)
        if scope.in_aggregate:
            raise GroupingError("aggregate function calls cannot be nested", position=position)
        if scope.clause:
            raise GroupingError(
                f"aggregate functions are not allowed in {scope.clause}", position=position
            )
        scope.aggregates.append(node)

    def _candidates(self, call: exp.Expression, name: str) -> list[Signature]:
        schema = call.meta.get("schema", "")
        if schema in ("", "public", "information_schema"):
            return functions().get(name, [])
        return []

    def _choose(
        self,
        call: exp.Expression,
        name: str,
        candidates: list[Signature],
        args: Sequence[exp.Expression],
    ) -> Signature:
        types = [type_of(a) for a in args]
        if len(args) == 1 and isinstance(args[0], exp.Star):
            if name == "count":
                return Signature("count", ("any",), "int8", "count(*)@", "agg")
            types = []
        chosen = resolve.select(candidates, types)
        if isinstance(chosen, Signature):
            return chosen
        shown = f"{name}({', '.join(t.sql_name for t in types)})"
        if chosen == "ambiguous":
            raise self.ambiguous_function(f"function {shown} is not unique", "function", call)
        cast = self._as_cast(name, args)
        if cast is not None:
            return cast
        raise undefined_function(call, shown)

    def _as_cast(self, name: str, args: Sequence[exp.Expression]) -> Signature | None:
        """float8(x) and the like: a function call that is a cast."""
        if len(args) != 1 or name not in CAST_FUNCTIONS:
            return None
        target = builtin(name)
        if not is_unknown(args[0]) and not convertible(type_of(args[0]), target.type, "explicit"):
            return None
        coerce(args[0], target, self.params, "explicit")
        args[0].meta["ctype"] = target
        return Signature(name, (name,), name, "{0}" if name != "numeric" else "!same")

    def _aggregate_order(self, order: exp.Expression | None, scope: Scope) -> str:
        if order is None:
            return ""
        parts = []
        for item in order.expressions:
            self.bind(item.this, scope)
            if is_unknown(item.this):
                coerce(item.this, builtin("text"), self.params)
            parts.append(emitters.sort_item(item))
        return " ORDER BY " + ", ".join(parts)

    def _distinct_numeric(self, name: str, args: Sequence[exp.Expression]) -> bool:
        """DISTINCT over numeric held as text: count() counts keys, min() and max() need none of it."""
        if name in ("min", "max"):
            return False
        if name != "count":
            raise FeatureNotSupported(
                f"{name}(DISTINCT) of numeric without precision and scale is not supported"
            )
        for arg in args:
            arg.meta["sql"] = emitters.key(arg)
        return True

    def _decorate(
        self,
        call: exp.Expression,
        chosen: Signature,
        distinct: bool,
        order: str,
        condition: str,
        over: str | None,
    ) -> None:
        """Put DISTINCT, ORDER BY, FILTER and OVER to the aggregate calls that '@' marks in the SQL."""
        sql = sql_of(call)
        if chosen.kind not in ("agg", "win"):
            return
        suffix = (f" FILTER (WHERE {condition})" if condition else "") + (over or "")
        if distinct or order:
            sql = _insert_modifiers(sql, distinct, order)
        call.meta["sql"] = sql.replace(")@", ")" + suffix)

    def _within_group(
        self,
        call: exp.Expression,
        name: str,
        args: Sequence[exp.Expression],
        within: exp.Expression,
        condition: str,
    ) -> None:
        item = within.expressions[0]
        value = item.this
        if name in ("mode", "percentile_disc") and emitters.key(value) != sql_of(value):
            raise FeatureNotSupported(
                f"{name}() of numeric without precision and scale is not supported"
            )
        direction = " DESC" if item.args.get("desc") else ""
        if name == "percentile_cont":
            result = builtin("float8") if type_of(value).name != "interval" else builtin("interval")
            if type_of(value).name != "interval":
                coerce(value, result, self.params)
            sql = f"quantile_cont({sql_of(value)}, {sql_of(args[0])}{' ' if direction else ''}ORDER BY {sql_of(value)}{direction})@"
            sql = f"quantile_cont({sql_of(value)}, {'1 - ' if direction else ''}{sql_of(args[0])})@"
        elif name == "percentile_disc":
            result = value.meta["ctype"]
            sql = f"quantile_disc({sql_of(value)}, {'1 - ' if direction else ''}{sql_of(args[0])})@"
        elif name == "mode":
            result = value.meta["ctype"]
            sql = f"mode({sql_of(value)})@"
        else:
            raise WrongObjectType(
                f"{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP",
                position=position_of(call),
            )
        set_bound(call, result, sql, value.meta.get("scale") if name != "percentile_cont" else None)

    def _set_returning(self, call: exp.Expression, scope: Scope) -> None:
        position = position_of(call)
        if scope.clause and scope.clause != "functions in FROM":
            raise FeatureNotSupported(
                f"set-returning functions are not allowed in {scope.clause}", position=position
            )
        call.meta["set"] = True
        call.meta["list"] = sql_of(call)
        if scope.clause != "functions in FROM":
            call.meta["sql"] = f"unnest({sql_of(call)})"

    # Window functions

    def _window(self, node: exp.Window, scope: Scope) -> None:
        if scope.clause:
            raise WindowingError(
                f"window functions are not allowed in {scope.clause}", position=position_of(node)
            )
        over = f" OVER ({self._window_spec(node, scope)})"
        self._call(node.this, scope, over)
        set_bound(node, node.this.meta["ctype"], sql_of(node.this), node.this.meta.get("scale"))
        scope.window_calls.append(node)
        node.meta["window"] = True

    def _window_spec(self, node: exp.Window, scope: Scope) -> str:
        partition, order = node.args.get("partition_by") or [], node.args.get("order")
        frame = node.args.get("spec")
        base = node.args.get("alias")
        parts = []
        if base is not None:
            named = scope.windows.get(base.name)
            if named is None:
                raise UndefinedObject(
                    f'window "{base.name}" does not exist', position=position_of(node)
                )
            partition = partition or named.args.get("partition_by") or []
            order = order or named.args.get("order")
            frame = frame or named.args.get("spec")
        if partition:
            for item in partition:
                self.bind(item, scope)
            parts.append("PARTITION BY " + ", ".join(emitters.key(p) for p in partition))
        if order is not None:
            parts.append(self._aggregate_order(order, scope).strip())
        if frame is not None:
            parts.append(self._frame(frame, scope))
        return " ".join(parts)

    def _frame(self, frame: exp.WindowSpec, scope: Scope) -> str:
        sides = []
        for side in ("start", "end"):
            value, word = frame.args.get(side), frame.args.get(f"{side}_side")
            if isinstance(value, exp.Expression):
                self.bind(value, scope)
                if is_unknown(value):
                    coerce(value, builtin("int8"), self.params)
                value = sql_of(value)
            sides.append(f"{value} {word}" if word else str(value))
        exclude = frame.args.get("exclude")
        tail = f" EXCLUDE {exclude.name}" if exclude is not None else ""
        return f"{frame.args['kind']} BETWEEN {sides[0]} AND {sides[1]}{tail}"

    # Calls with a grammar or rules of their own

    def _special(self, call: exp.Expression, name: str, scope: Scope) -> bool:
        method: Any = getattr(self, f"_call_{name}", None)
        return bool(method is not None and method(call, scope))

    def _call_grouping(self, call: exp.Expression, scope: Scope) -> bool:
        for item in call.expressions:
            self.bind(item, scope)
        sql = f"CAST(grouping({', '.join(sql_of(i) for i in call.expressions)}) AS INTEGER)"
        set_bound(call, builtin("int4"), sql)
        call.meta["aggregate"] = True
        return True

    def _call_pg_typeof(self, call: exp.Expression, scope: Scope) -> bool:
        if len(call.expressions) != 1:
            return False
        arg = self.bind(call.expressions[0], scope)
        set_bound(call, builtin("regtype"), _constant_over(arg, effective(arg).type.oid))
        return True


def _constant_over(arg: exp.Expression, value: int) -> str:
    """A constant that still evaluates its argument, so that aggregates in it stay aggregates."""
    return f"CASE WHEN {sql_of(arg)} IS NULL THEN CAST({value} AS BIGINT) ELSE CAST({value} AS BIGINT) END"


def _insert_modifiers(sql: str, distinct: bool, order: str) -> str:
    """DISTINCT and ORDER BY go inside the parentheses that end at ')@'."""
    out = sql
    for match in reversed(list(re.finditer(r"\)@", sql))):
        depth, start = 0, match.start()
        for i in range(match.start(), -1, -1):
            depth += {")": 1, "(": -1}.get(sql[i], 0)
            if depth == 0:
                start = i
                break
        body = out[start + 1 : match.start()]
        body = ("DISTINCT " if distinct else "") + body + order
        out = out[: start + 1] + body + out[match.start() :]
    return out
