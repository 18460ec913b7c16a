"""Bound expressions converted from type to type: literals decoded, parameters typed, casts in DuckDB SQL."""

from __future__ import annotations

from sqlglot import exp

from vecsql.catalog.functions import REG_INPUT, REG_OUTPUT, STATE_SQL
from vecsql.errors import CannotCoerce, DatatypeMismatch, Error
from vecsql.planner.casts import INTEGERS, REGS, STRINGS, VECTORS, convertible
from vecsql.planner.literals import (
    MAX_PRECISION,
    column_scale,
    duck_type,
    literal_sql,
    numeric_literal,
    quote,
)
from vecsql.planner.scope import ParamTypes, Scale
from vecsql.types.array import array_from_text
from vecsql.types.base import ColumnType, SqlType, by_name

FLOATS = ("float4", "float8")
NATIVE_TEXT = (
    "int2",
    "int4",
    "int8",
    "oid",
    "uuid",
    "date",
    "numeric",
    *STRINGS,
    "json",
    "jsonb",
    "unknown",
)


ZONE_SQL = "getvariable('vecsql_zone')"  # the session's TimeZone


def is_zoned(sql_type: SqlType) -> bool:
    """Whether what text means depends on the session's TimeZone ('today' does in a date, too)."""
    return (sql_type.element or sql_type).name in ("timestamptz", "date", "timestamp", "time")


def builtin(name: str) -> ColumnType:
    """A type that is always there, without modifier."""
    found = by_name(name)
    if found is None:
        raise LookupError(name)
    return ColumnType(found)


def set_bound(
    node: exp.Expression, ctype: ColumnType, sql: str, scale: Scale | None = None
) -> None:
    """Record the type and the DuckDB SQL of a node; `scale` if it is a numeric held as DECIMAL."""
    node.meta["ctype"] = ctype
    node.meta["sql"] = sql
    node.meta["scale"] = scale


def type_of(node: exp.Expression) -> SqlType:
    return node.meta["ctype"].type  # type: ignore[no-any-return]


def sql_of(node: exp.Expression) -> str:
    """DuckDB SQL of a bound node; numeric as DECIMAL or as text, whichever it is."""
    return node.meta["sql"]  # type: ignore[no-any-return]


def numeric_text(sql: str, scale: Scale | None) -> str:
    return sql if scale is None else f"CAST({sql} AS VARCHAR)"


def plain_sql(node: exp.Expression) -> str:
    """DuckDB SQL in the type's plain form: numeric as text."""
    return numeric_text(node.meta["sql"], node.meta.get("scale"))


def position_of(node: exp.Expression) -> int | None:
    """1-based position of a node in the statement text."""
    found = node.meta.get("pos", -1)
    return found + 1 if found >= 0 else None


def is_unknown(node: exp.Expression) -> bool:
    return type_of(node).name == "unknown"


def coerce(
    node: exp.Expression, target: ColumnType, params: ParamTypes, context: str = "implicit"
) -> None:
    """Convert a bound node to `target` in place. The caller has checked that the conversion exists."""
    source = node.meta["ctype"]
    if source == target:
        return
    if source.type.name == "unknown":
        _type_unknown(node, target, params, context)
        return
    sql, scale = cast_sql(sql_of(node), node.meta.get("scale"), source, target, context)
    node.meta["sql"], node.meta["scale"] = sql, scale
    node.meta["cast_from"], node.meta["cast_to"] = source, target
    if (
        not isinstance(node, (exp.Column, exp.Literal, exp.Parameter))
        or source.type.oid == target.type.oid
    ):
        node.meta["ctype"] = target
    else:
        node.meta["implicit"] = target


def effective(node: exp.Expression) -> ColumnType:
    """The type after coerce(): a column keeps its own type in meta['ctype']."""
    return node.meta.get("implicit") or node.meta["ctype"]  # type: ignore[no-any-return]


def _type_unknown(
    node: exp.Expression, target: ColumnType, params: ParamTypes, context: str
) -> None:
    if isinstance(node, exp.Parameter):
        index = int(node.this.name)
        params.set(index, target)
        sql = f"CAST(${index} AS {duck_type(target.type)})"
        if target.typmod >= 0:
            sql, scale = cast_sql(sql, None, ColumnType(target.type), target, context)
            set_bound(node, target, sql, scale)
        else:
            set_bound(node, target, sql)
        return
    if isinstance(node, exp.Null):
        set_bound(node, target, f"CAST(NULL AS {duck_type(target.type)})")
        return
    if isinstance(node, exp.Literal):
        _type_literal(node, target, params, context)
        return
    sql, scale = cast_sql(sql_of(node), None, builtin("text"), target, "explicit")
    set_bound(node, target, sql, scale)


def _type_literal(node: exp.Literal, target: ColumnType, params: ParamTypes, context: str) -> None:
    text = node.this
    name = target.type.name
    if name in REG_INPUT:
        set_bound(node, target, _object_literal(node, name, params))
        return
    element = target.type.element
    if element is not None and element.name in REG_INPUT:
        names = array_from_text(text, str)
        items = [f"{_reg(REG_INPUT[element.name])}({STATE_SQL}, {quote(item)})" for item in names]
        set_bound(node, target, f"CAST([{', '.join(items)}] AS BIGINT[])")
        return
    try:
        typmod = target.typmod
        if name in ("bit", "varbit") and context == "explicit" and typmod >= 0:
            value = target.type.from_text(text, -1)[:typmod]
            value = value.ljust(typmod, "0") if name == "bit" else value
            node.meta["value"] = value
            set_bound(node, target, literal_sql(value, target))
            return
        if name in ("varchar", "bpchar") and context == "explicit":
            value = text
            sql, scale = cast_sql(quote(text), None, builtin("text"), target, context)
            set_bound(node, target, sql, scale)
            return
        value = target.type.from_text(text, -1)
    except Error as error:
        raise error.at(position_of(node)) from None
    if typmod >= 0:
        value = target.type.coerce(value, typmod)
    node.meta["value"] = value
    if name == "numeric":
        sql, scale = numeric_literal(target.type.to_text(value))
        set_bound(node, target, sql, scale)
    else:
        set_bound(node, target, literal_sql(value, target))


def _object_literal(node: exp.Literal, name: str, params: ParamTypes) -> str:
    """A regclass, regtype ... literal: looked up now, as PostgreSQL does, so that its error has a position."""
    from vecsql.catalog.functions import SystemState, load

    text = node.this
    if text.isdigit():
        return f"CAST({text} AS BIGINT)"
    overloads = load().get(REG_INPUT[name])
    body = overloads[0].body if overloads and overloads[0].stateful else None
    if body is None or params.names is None:
        return f"{_reg(REG_INPUT[name])}({STATE_SQL}, {quote(text)})"
    catalog, path = params.names
    try:
        found = body(SystemState(catalog, {"search_path": path}), text)
    except Error as error:
        raise error.at(position_of(node)) from None
    return f"CAST({found} AS BIGINT)"


def _reg(function: str) -> str:
    from vecsql.catalog.functions import load

    overloads = load().get(function)
    return overloads[0].duckdb if overloads else function


def cast_sql(
    sql: str, scale: Scale | None, source: ColumnType, target: ColumnType, context: str
) -> tuple[str, Scale | None]:
    """DuckDB SQL of a cast between two known types, with the type modifier applied."""
    a, b = source.type, target.type
    if b.name == "numeric":
        return _to_numeric(sql, scale, source, target)
    if a.name == "numeric":
        return _from_numeric(sql, scale, target, context), None
    if a.oid != b.oid:
        sql = _convert(sql, a, b)
    return _apply_typmod(sql, target, context), None


def _to_numeric(
    sql: str, scale: Scale | None, source: ColumnType, target: ColumnType
) -> tuple[str, Scale | None]:
    name = source.type.name
    wanted = column_scale(target)
    if name in INTEGERS:
        scale = {"int2": (5, 0), "int4": (10, 0), "int8": (19, 0)}[name]
        sql = f"CAST({sql} AS DECIMAL({scale[0]}, 0))"
    elif name in FLOATS:
        sql, scale = f"vs_{name}_to_numeric({sql})", None
    elif name != "numeric":
        sql, scale = f"vs_numeric_in(CAST({sql} AS VARCHAR))", None
    if target.typmod < 0:
        return sql, scale
    if (
        wanted is not None
        and scale is not None
        and scale[1] <= wanted[1]
        and scale[0] - scale[1] <= wanted[0] - wanted[1]
    ):
        return f"CAST({sql} AS DECIMAL({wanted[0]}, {wanted[1]}))", wanted
    precision, places = ((target.typmod - 4) >> 16) & 0xFFFF, (target.typmod - 4) & 0x7FF
    text = f"vs_numeric_fit({numeric_text(sql, scale)}, {precision}, {places - 2048 if places > 1000 else places})"
    if wanted is not None:
        return f"CAST({text} AS DECIMAL({wanted[0]}, {wanted[1]}))", wanted
    return text, None


def _from_numeric(sql: str, scale: Scale | None, target: ColumnType, context: str) -> str:
    name = target.type.name
    if name in INTEGERS:
        return f"CAST(vs_numeric_to_{name}({numeric_text(sql, scale)}) AS {duck_type(target.type)})"
    if name in FLOATS:
        return f"CAST({sql} AS {duck_type(target.type)})"
    return _apply_typmod(numeric_text(sql, scale), target, context)


def _convert(sql: str, a: SqlType, b: SqlType) -> str:
    if b.name in STRINGS or b.name in ("json", "jsonb"):
        return _to_text(sql, a, b)
    if a.name in STRINGS or a.name in ("json", "jsonb"):
        if a.name == "jsonb" and b.name not in STRINGS:
            return f"CAST(vs_jsonb_scalar({sql}, {quote(b.sql_name)}) AS {duck_type(b)})"
        return _from_text(sql, b)
    if b.name in REGS or a.name in REGS or a.name == "oid" or b.name == "oid":
        return f"CAST({sql} AS {duck_type(b)})"
    if b.name in INTEGERS and a.name in FLOATS:
        return f"CAST(vs_float8_to_{b.name}(CAST({sql} AS DOUBLE)) AS {duck_type(b)})"
    if (
        b.name in INTEGERS
        and a.name in INTEGERS
        and INTEGERS.index(b.name) < INTEGERS.index(a.name)
    ):
        return f"CAST({sql} AS {duck_type(b)})"
    if b.name in VECTORS:
        return _to_vector(sql, a, b)
    if a.name in ("bit", "varbit") and b.name in ("bit", "varbit"):
        return sql
    if a.name == "date" and b.name == "timestamptz":
        return f"CAST(CAST({sql} AS TIMESTAMP) AS TIMESTAMPTZ)"
    if a.name == "timestamptz" and b.name == "time":
        return f"CAST(CAST({sql} AS TIMESTAMP) AS TIME)"
    if a.name == "interval" and b.name == "time":
        return f"CAST(TIME '00:00:00' + {sql} AS TIME)"
    if a.name == "time" and b.name == "interval":
        return f"to_microseconds(epoch_us({sql}))"
    return f"CAST({sql} AS {duck_type(b)})"


def _to_vector(sql: str, a: SqlType, b: SqlType) -> str:
    """Casts to a vector type from arrays of numbers and from the other vector types."""
    if a.element is not None:
        return f"vs_{b.name}_from_array(CAST({sql} AS DOUBLE[]))"
    if a.name == "sparsevec":
        return f"vs_sparsevec_to_{b.name}({sql})"
    return sql if b.name == "vector" else f"vs_{b.name}_from_vector({sql})"


def _to_text(sql: str, a: SqlType, b: SqlType) -> str:
    if a.name == "json" and b.name == "jsonb":
        return f"vs_jsonb({sql})"
    if a.name == "bpchar" and b.name in ("text", "varchar"):
        return f"rtrim({sql}, ' ')"
    if a.name in STRINGS or a.name in ("json", "jsonb"):
        if b.name in ("json", "jsonb") and a.name in STRINGS:
            return _from_text(sql, b)
        return f'"left"({sql}, 63)' if b.name == "name" and a.name != "name" else sql
    if a.name in REG_OUTPUT:
        return f"{_reg(REG_OUTPUT[a.name])}({STATE_SQL}, {sql})"
    if a.name == "bool":
        return f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END"
    if a.name in NATIVE_TEXT:
        return f"CAST({sql} AS VARCHAR)"
    if (a.element or a).name == "timestamptz":
        return f"vs_zoned_out_{a.oid}({sql}, {ZONE_SQL})"
    return f"vs_out_{a.oid}({sql})"


def _from_text(sql: str, b: SqlType) -> str:
    if b.name in REG_INPUT:
        return f"{_reg(REG_INPUT[b.name])}({STATE_SQL}, {sql})"
    if b.name in ("text", "varchar", "bpchar", "name"):
        return sql
    if is_zoned(b):
        return f"vs_zoned_in_{b.oid}({sql}, {ZONE_SQL})"
    return f"vs_in_{b.oid}({sql})"


def _apply_typmod(sql: str, target: ColumnType, context: str) -> str:
    if target.typmod < 0:
        return sql
    name, typmod = target.type.name, target.typmod
    if name in ("varchar", "bpchar"):
        size = typmod - 4
        if context == "explicit":
            cut = f'"left"({sql}, {size})'
            return f"rpad({cut}, {size}, ' ')" if name == "bpchar" else cut
        return f"vs_{name}_fit({sql}, {size})"
    if name in VECTORS:
        return f"vs_{'sparsevec' if name == 'sparsevec' else 'vector'}_dims({sql}, {typmod})"
    if name in ("bit", "varbit") and context == "explicit":
        return f"vs_bit_fit({sql}, {typmod})" if name == "bit" else f'"left"({sql}, {typmod})'
    if name in ("timestamp", "timestamptz") and typmod < 6:
        if name == "timestamp":
            return f"vs_timestamp_round({sql}, {typmod})"
        return f"timezone('UTC', vs_timestamp_round(timezone('UTC', {sql}), {typmod}))"
    return sql


def unify_scales(nodes: list[exp.Expression]) -> Scale | None:
    """Bring numeric nodes to one representation (CASE branches, UNION columns): a common DECIMAL, or text."""
    scales = [n.meta.get("scale") for n in nodes if not isinstance(n, exp.Null)]
    if len(set(scales)) == 1 and scales[0] is not None:
        common: Scale = scales[0]
        return common
    for node in nodes:
        node.meta["sql"], node.meta["scale"] = plain_sql(node), None
    return None


def require(node: exp.Expression, target: ColumnType, params: ParamTypes, construct: str) -> None:
    """An argument that must be of one type: 'argument of WHERE must be type boolean, not type integer'."""
    source = node.meta["ctype"]
    if not convertible(source.type, target.type, "implicit") and not (
        construct in ("LIMIT", "OFFSET") and convertible(source.type, target.type, "assignment")
    ):
        raise DatatypeMismatch(
            f"argument of {construct} must be type {target}, not type {source}",
            position=position_of(node),
        )
    coerce(node, target, params)


def cannot_cast(source: ColumnType, target: ColumnType, position: int | None) -> CannotCoerce:
    return CannotCoerce(
        f"cannot cast type {source.type.sql_name} to {target.type.sql_name}", position=position
    )


def max_scale(a: Scale, b: Scale, operation: str) -> Scale | None:
    """The DECIMAL of a sum, difference or product; None when it would not fit."""
    if operation == "*":
        scale = (a[0] + b[0], a[1] + b[1])
    else:
        places = max(a[1], b[1])
        scale = (max(a[0] - a[1], b[0] - b[1]) + places + 1, places)
    return scale if scale[0] <= MAX_PRECISION else None
