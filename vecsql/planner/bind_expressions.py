"""Binds scalar expressions: names, types, implicit casts, and the DuckDB SQL of every node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from vecsql.catalog.model import Catalog
from vecsql.errors import (
    DatatypeMismatch,
    FeatureNotSupported,
    IndeterminateDatatype,
    InvalidSchemaName,
    SyntaxError,
    UndefinedColumn,
    UndefinedObject,
)
from vecsql.planner import resolve
from vecsql.planner.bind_predicates import PredicateBinder
from vecsql.planner.casts import convertible
from vecsql.planner.coerce import (
    builtin,
    cannot_cast,
    cast_sql,
    coerce,
    effective,
    is_unknown,
    numeric_text,
    plain_sql,
    position_of,
    require,
    set_bound,
    sql_of,
    type_of,
    unify_scales,
)
from vecsql.planner.convert.types import TypeName
from vecsql.planner.literals import numeric_literal, quote
from vecsql.planner.scope import Scope, missing_from, undefined_column
from vecsql.types.base import ColumnType, by_name

SYMBOLS: dict[type, str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.Add: "+",
    exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.Pow: "^", exp.DPipe: "||",
}  # fmt: skip
NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
SPECIAL_TYPES = {"serial": "int4", "bigserial": "int8", "smallserial": "int2"}


def column_type(name: TypeName) -> ColumnType:
    """Look a written type name up. Raises UndefinedObject with the position."""
    position = name.position + 1 if name.position >= 0 else None
    wanted = '"char"' if name.name == "char" else name.name  # the keyword CHAR is parsed as bpchar
    base = (
        by_name(wanted)
        if name.names[0] in ("pg_catalog", "public") or len(name.names) == 1
        else None
    )
    if len(name.names) > 1 and name.names[0] not in ("pg_catalog", "public", "information_schema"):
        raise InvalidSchemaName(f'schema "{name.names[0]}" does not exist', position=position)
    if base is None:
        raise UndefinedObject(f'type "{name}" does not exist', position=position)
    typmod = -1
    if name.typmods and base.name != "interval":
        if base.parse_typmod is None:
            raise SyntaxError(
                f'type modifier is not allowed for type "{base.name}"', position=position
            )
        try:
            typmod = base.parse_typmod([int(m) for m in name.typmods])
        except Exception as error:
            if hasattr(error, "at"):
                error.at(position)
            raise
    elif base.name == "bpchar" and name.names[-1] == "bpchar" and name.names[0] == "pg_catalog":
        typmod = -1
    if name.array_dims:
        array = by_name("_" + base.name) or by_name(base.sql_name + "[]")
        if array is None:
            raise UndefinedObject(f'type "{name}" does not exist', position=position)
        base = array
    return ColumnType(base, typmod)


class ExpressionBinder(PredicateBinder):
    """bind(node, scope) types a node and everything below it and leaves DuckDB SQL in its meta."""

    catalog: Catalog

    def bind(self, node: exp.Expression, scope: Scope) -> exp.Expression:
        """Bind one expression in place; its type is then in meta['ctype'] and its SQL in meta['sql']."""
        node.meta.pop("implicit", None)
        handler = HANDLERS.get(type(node))
        if handler is None:
            raise FeatureNotSupported(
                f"{type(node).__name__} is not supported", position=position_of(node)
            )
        handler(self, node, scope)
        if scope.firsts and not scope.in_aggregate:
            node.meta["sql"] = scope.firsts.get(node.meta["sql"], node.meta["sql"])
        return node

    def bind_as(self, node: exp.Expression, scope: Scope, type_name: str, construct: str) -> str:
        """Bind an argument that must have a given type; returns its SQL."""
        self.bind(node, scope)
        require(node, builtin(type_name), self.params, construct)
        return sql_of(node)

    # Leaves

    def _literal(self, node: exp.Literal, scope: Scope) -> None:
        text = node.this
        if node.is_string:
            set_bound(node, builtin("unknown"), quote(text))
            return
        digits = text.replace("_", "")
        try:
            value = int(digits, 0)
        except ValueError:
            sql, scale = numeric_literal(digits)
            set_bound(node, builtin("numeric"), sql, scale)
            return
        if -(2**31) <= value < 2**31:
            set_bound(node, builtin("int4"), f"CAST({value} AS INTEGER)")
        elif -(2**63) <= value < 2**63:
            set_bound(node, builtin("int8"), f"CAST({value} AS BIGINT)")
        else:
            sql, scale = numeric_literal(str(value))
            set_bound(node, builtin("numeric"), sql, scale)

    def _null(self, node: exp.Null, scope: Scope) -> None:
        set_bound(node, builtin("unknown"), "CAST(NULL AS VARCHAR)")

    def _boolean(self, node: exp.Boolean, scope: Scope) -> None:
        set_bound(node, builtin("bool"), "TRUE" if node.this else "FALSE")

    def _parameter(self, node: exp.Parameter, scope: Scope) -> None:
        index = int(node.this.name)
        self.params.see(index, position_of(node))
        ctype = self.params.get(index)
        if ctype is None:
            set_bound(node, builtin("unknown"), f"CAST(${index} AS VARCHAR)")
            return
        from vecsql.planner.literals import duck_type

        set_bound(node, ctype, f"CAST(${index} AS {duck_type(ctype.type)})")

    def _column(self, node: exp.Column, scope: Scope) -> None:
        position = position_of(node)
        name, table = node.name, node.table
        if "expanded" in node.meta:
            number, index = node.meta["expanded"]
            found = scope.merged[name] if number < 0 else scope.ranges[number].columns[index]
            owner = scope
        elif table:
            source = scope.find_range(table)
            if source is None:
                raise missing_from(table, scope, position, self.catalog)
            matches = [c for c in source.columns if c.name == name]
            if not matches:
                raise undefined_column(name, table, scope, position)
            found, owner = matches[0], scope
        else:
            hit = scope.find(name, position)
            if hit is None:
                whole = scope.find_range(name)
                if whole is not None:
                    self._whole_row(node, whole)
                    return
                raise undefined_column(name, None, scope, position)
            found, owner = hit
        self.use_column(found)
        set_bound(node, found.type, found.sql, found.scale)
        node.meta["base"] = found.sql
        node.meta["relation"] = found.relation
        node.meta["table_oid"] = found.table_oid
        node.meta["attnum"] = found.attnum
        del owner

    def _whole_row(self, node: exp.Column, source: Any) -> None:
        if source.scalar:
            column = source.columns[0]
            set_bound(node, column.type, column.sql, column.scale)
            node.meta["base"] = column.sql
            return
        columns = [c for c in source.columns if not c.hidden]
        for column in columns:
            self.use_column(column)
        fields = ", ".join(f"{quote(c.name)}: {numeric_text(c.sql, c.scale)}" for c in columns)
        set_bound(node, builtin("record"), f"{{{fields}}}")
        node.meta["base"] = sql_of(node)
        node.meta["fields"] = [(c.name, c.type) for c in columns]

    # Operators

    def _binary(self, node: exp.Expression, scope: Scope) -> None:
        symbol = SYMBOLS.get(type(node)) or str(node.args["operator"])
        left, right = node.args.get("this"), node.args["expression"]
        if isinstance(right, (exp.Any, exp.All)):
            self._quantified(node, symbol, left, right, scope)
            return
        if isinstance(left, exp.Tuple) and isinstance(right, (exp.Tuple, exp.Subquery)):
            self._row_comparison(node, symbol, left, right, scope)
            return
        operands = [n for n in (left, right) if n is not None]
        for operand in operands:
            self.bind(operand, scope)
        self.operate(node, symbol, operands)

    def _neg(self, node: exp.Neg, scope: Scope) -> None:
        self.bind(node.this, scope)
        self.operate(node, "-", [node.this])

    # Conditionals and constructors

    def unify(self, nodes: Sequence[exp.Expression], construct: str) -> ColumnType:
        """Bring bound nodes to one type (CASE, COALESCE, ARRAY, VALUES, ...)."""
        common = resolve.common_type([type_of(n) for n in nodes])
        if common is None:
            known = [n for n in nodes if not is_unknown(n)]
            first = known[0]
            other = next(n for n in known if type_of(n).category != type_of(first).category)
            raise DatatypeMismatch(
                f"{construct} types {type_of(first).sql_name} and {type_of(other).sql_name} cannot be matched",
                position=position_of(other),
            )
        types = {n.meta["ctype"] for n in nodes}
        typmod = next(iter(types)).typmod if len(types) == 1 else -1
        target = ColumnType(common, typmod)
        for n in nodes:
            if n.meta["ctype"].type.oid != common.oid:
                if not convertible(type_of(n), common, "implicit"):
                    raise DatatypeMismatch(
                        f"{construct} could not convert type {type_of(n).sql_name} to {common.sql_name}",
                        position=position_of(n),
                    )
                coerce(n, ColumnType(common), self.params)
        return target

    def _case(self, node: exp.Case, scope: Scope) -> None:
        subject = node.this
        if subject is not None:
            self.bind(subject, scope)
        conditions, results = [], []
        for branch in node.args["ifs"]:
            if subject is None:
                conditions.append(self.bind_as(branch.this, scope, "bool", "CASE/WHEN"))
            else:
                self.bind(branch.this, scope)
                conditions.append(self._pair("=", subject, branch.this, branch.this))
            results.append(self.bind(branch.args["true"], scope))
        default = node.args.get("default")
        if default is not None:
            self.bind(default, scope)
        else:
            default = exp.Null()
            self._null(default, scope)
        nodes = [default, *results]
        target = self.unify(nodes, "CASE")
        scale = unify_scales(nodes) if target.type.name == "numeric" else None
        whens = " ".join(
            f"WHEN {c} THEN {sql_of(r)}" for c, r in zip(conditions, results, strict=True)
        )
        set_bound(node, target, f"(CASE {whens} ELSE {sql_of(default)} END)", scale)

    def _coalesce(self, node: exp.Expression, scope: Scope) -> None:
        nodes = [node.this, *node.expressions]
        for n in nodes:
            self.bind(n, scope)
        name = {exp.Coalesce: "COALESCE", exp.Greatest: "GREATEST", exp.Least: "LEAST"}[type(node)]
        target = self.unify(nodes, name)
        scale = unify_scales(nodes) if target.type.name == "numeric" else None
        args = ", ".join(sql_of(n) for n in nodes)
        if target.type.name == "numeric" and scale is None and name != "COALESCE":
            set_bound(node, target, f"vs_numeric_{name.lower()}([{args}])")
            return
        set_bound(node, target, f"{name.lower()}({args})", scale)

    def _nullif(self, node: exp.Nullif, scope: Scope) -> None:
        left, right = node.this, node.expression
        self.bind(left, scope)
        self.bind(right, scope)
        before = (sql_of(left), left.meta.get("scale"), left.meta["ctype"])
        test = self._pair("=", left, right, node)
        if before[2].type.name == "unknown":
            before = (sql_of(left), left.meta.get("scale"), effective(left))
        set_bound(node, before[2], f"(CASE WHEN {test} THEN NULL ELSE {before[0]} END)", before[1])

    def _array(self, node: exp.Array, scope: Scope) -> None:
        items = node.expressions
        if node.meta.get("query"):
            self._array_query(node, items[0], scope)
            return
        if not items:
            raise IndeterminateDatatype(
                "cannot determine type of empty array",
                hint="Explicitly cast to the desired type, for example ARRAY[]::integer[].",
                position=position_of(node),
            )
        for item in items:
            self.bind(item, scope)
        target = self.unify(items, "ARRAY")
        self.make_array(node, [plain_sql(i) for i in items], target)

    def make_array(self, node: exp.Expression, items: list[str], element: ColumnType) -> None:
        """Bind `node` as an array of the given element SQL."""
        base = element.type
        if base.element is not None:
            raise FeatureNotSupported("multidimensional arrays are not supported")
        array = by_name("_" + base.name)
        if array is None:
            raise UndefinedObject(
                f"could not find array type for data type {base.sql_name}",
                position=position_of(node),
            )
        from vecsql.planner.literals import duck_type

        set_bound(node, ColumnType(array), f"CAST([{', '.join(items)}] AS {duck_type(array)})")

    def _array_query(self, node: exp.Array, source: exp.Subquery, scope: Scope) -> None:
        query = self.subquery(source, scope)
        self._one_column(query, source)
        column = query.columns[0]
        array = by_name("_" + column.type.type.name)
        if array is None:
            raise UndefinedObject(
                f"could not find array type for data type {column.type}", position=position_of(node)
            )
        value = numeric_text("o1", column.scale)
        sql = f"(SELECT coalesce(list({value}), []) FROM ({query.sql}))"
        set_bound(node, ColumnType(array), sql)

    def _tuple(self, node: exp.Tuple, scope: Scope) -> None:
        for item in node.expressions:
            self.bind(item, scope)
            if is_unknown(item):
                coerce(item, builtin("text"), self.params)
        fields = ", ".join(f"'f{i}': {plain_sql(n)}" for i, n in enumerate(node.expressions, 1))
        set_bound(node, builtin("record"), f"{{{fields}}}")
        node.meta["fields"] = [
            (f"f{i}", n.meta["ctype"]) for i, n in enumerate(node.expressions, 1)
        ]

    def _bracket(self, node: exp.Bracket, scope: Scope) -> None:
        self.bind(node.this, scope)
        base = type_of(node.this)
        index = node.expressions[0]
        if base.name == "jsonb":
            self.bind(index, scope)
            if is_unknown(index):
                coerce(index, builtin("text"), self.params)
            self.operate(node, "->", [node.this, index])
            return
        if base.name == "name":
            at = self.bind_as(index, scope, "int4", "array subscript")
            set_bound(node, builtin('"char"'), f"substr({sql_of(node.this)}, {at} + 1, 1)")
            return
        if base.element is None:
            raise DatatypeMismatch(
                f"cannot subscript type {base.sql_name} because it does not support subscripting",
                position=position_of(node.this),
            )
        array = sql_of(node.this)
        if isinstance(index, exp.Slice):
            low = self.bind_as(index.this, scope, "int4", "array subscript") if index.this else "1"
            high = (
                self.bind_as(index.expression, scope, "int4", "array subscript")
                if index.expression
                else f"len({array})"
            )
            set_bound(node, ColumnType(base), f"{array}[greatest({low}, 1):{high}]")
            return
        at = self.bind_as(index, scope, "int4", "array subscript")
        if base.name in ("int2vector", "oidvector"):
            at = f"({at} + 1)"  # these count from 0
        set_bound(node, ColumnType(base.element), f"(CASE WHEN {at} > 0 THEN {array}[{at}] END)")

    def _dot(self, node: exp.Dot, scope: Scope) -> None:
        self.bind(node.this, scope)
        fields = node.this.meta.get("fields")
        name = node.expression.name
        if fields is None:
            raise FeatureNotSupported(
                f"column notation .{name} applied to type {type_of(node.this).sql_name}, which is not a composite type",
                position=position_of(node),
            )
        for field, ctype in fields:
            if field == name:
                set_bound(node, ctype, f"struct_extract({sql_of(node.this)}, {quote(name)})")
                return
        raise UndefinedColumn(
            f'could not identify column "{name}" in record data type', position=position_of(node)
        )

    # Casts

    def _cast(self, node: exp.Cast, scope: Scope) -> None:
        target = column_type(node.args["to"].meta["type_name"])
        inner = node.this
        if (
            isinstance(inner, exp.Array)
            and not inner.expressions
            and target.type.element is not None
        ):
            from vecsql.planner.literals import duck_type

            set_bound(inner, target, f"CAST([] AS {duck_type(target.type)})")
            set_bound(node, target, sql_of(inner))
            return
        self.bind(inner, scope)
        source = inner.meta["ctype"]
        if source.type.name == "unknown":
            coerce(inner, target, self.params, "explicit")
        elif not convertible(source.type, target.type, "explicit"):
            raise cannot_cast(source, target, position_of(node))
        elif source.type.name == "record":
            raise FeatureNotSupported("casts of rows are not supported", position=position_of(node))
        if inner.meta["ctype"].type.oid == target.type.oid and source.type.name == "unknown":
            set_bound(node, target, sql_of(inner), inner.meta.get("scale"))
            if isinstance(inner, exp.Parameter) and target.typmod >= 0:
                sql, scale = cast_sql(
                    sql_of(inner),
                    inner.meta.get("scale"),
                    ColumnType(target.type),
                    target,
                    "explicit",
                )
                set_bound(node, target, sql, scale)
            return
        sql, scale = cast_sql(sql_of(inner), inner.meta.get("scale"), source, target, "explicit")
        set_bound(node, target, sql, scale)

    def _collate(self, node: exp.Collate, scope: Scope) -> None:
        self.bind(node.this, scope)
        if is_unknown(node.this):
            coerce(node.this, builtin("text"), self.params)
        name = node.expression.name
        if name not in (
            "C",
            "POSIX",
            "default",
            "ucs_basic",
            "en_US",
            "en_US.utf8",
            "C.utf8",
            "pg_c_utf8",
        ):
            raise UndefinedObject(
                f'collation "{name}" for encoding "UTF8" does not exist', position=position_of(node)
            )
        set_bound(node, node.this.meta["ctype"], sql_of(node.this))

    def _paren(self, node: exp.Paren, scope: Scope) -> None:
        self.bind(node.this, scope)
        set_bound(node, node.this.meta["ctype"], sql_of(node.this), node.this.meta.get("scale"))

    # Sub-selects

    def _scalar_query(self, node: exp.Subquery, scope: Scope) -> None:
        query = self.subquery(node, scope)
        if len(query.columns) != 1:
            raise SyntaxError("subquery must return only one column", position=position_of(node))
        column = query.columns[0]
        set_bound(node, column.type, f"({query.sql})", column.scale)

    def _exists(self, node: exp.Exists, scope: Scope) -> None:
        query = self.subquery(node, scope)
        set_bound(node, builtin("bool"), f"EXISTS ({query.sql})")

    def _default(self, node: exp.Var, scope: Scope) -> None:
        raise SyntaxError("DEFAULT is not allowed in this context", position=position_of(node))


Handler = Callable[[Any, Any, Scope], None]
_B = ExpressionBinder
HANDLERS: dict[type, Handler] = {
    exp.Literal: _B._literal, exp.Null: _B._null, exp.Boolean: _B._boolean, exp.Parameter: _B._parameter,
    exp.Column: _B._column, exp.Operator: _B._binary, exp.Neg: _B._neg, exp.And: _B._connector,
    exp.Or: _B._connector, exp.Not: _B._not, exp.Is: _B._is, exp.NullSafeEQ: _B._distinct_from,
    exp.NullSafeNEQ: _B._distinct_from, exp.Between: _B._between, exp.In: _B._in, exp.Like: _B._like,
    exp.ILike: _B._like, exp.SimilarTo: _B._like, exp.Escape: _B._escape, exp.Case: _B._case,
    exp.Coalesce: _B._coalesce, exp.Greatest: _B._coalesce, exp.Least: _B._coalesce, exp.Nullif: _B._nullif,
    exp.Array: _B._array, exp.Tuple: _B._tuple, exp.Bracket: _B._bracket, exp.Dot: _B._dot, exp.Cast: _B._cast,
    exp.Collate: _B._collate, exp.Paren: _B._paren, exp.Subquery: _B._scalar_query, exp.Exists: _B._exists,
    exp.Anonymous: _B._call, exp.Window: _B._window, exp.Filter: _B._call, exp.WithinGroup: _B._call,
    exp.Var: _B._default, **dict.fromkeys(SYMBOLS, _B._binary),
}  # fmt: skip
