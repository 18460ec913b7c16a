"""DuckDB SQL that templates cannot say: numeric held as DECIMAL or text, JSON forms of values, sort keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from vecsql.planner.coerce import (
    effective,
    max_scale,
    numeric_text,
    plain_sql,
    set_bound,
    sql_of,
    type_of,
)
from vecsql.planner.literals import MAX_PRECISION
from vecsql.planner.resolve import Signature
from vecsql.types.base import ColumnType, SqlType

Args = Sequence[exp.Expression]
Emitter = Callable[[exp.Expression, ColumnType, Signature, Args], None]


def emit(
    name: str, node: exp.Expression, result: ColumnType, chosen: Signature, args: Args
) -> None:
    """Run a named emitter: it binds `node`."""
    EMITTERS[name](node, result, chosen, args)


def form(node: exp.Expression, wanted: str | None) -> str:
    """The SQL of an argument: plain, or as 'text', 'json', 'textarray', 'key' ..."""
    if wanted is None:
        return plain_sql(node)
    ctype = effective(node)
    if wanted == "text":
        return as_text(plain_sql(node), ctype.type)
    if wanted == "out":
        return printed(plain_sql(node), ctype.type)
    if wanted == "json":
        return as_json(node)
    if wanted == "jsonnull":
        return json_sql(plain_sql(node), ctype.type, node.meta.get("fields"))
    if wanted == "textarray":
        return f"list_transform({sql_of(node)}, lambda x: {printed('x', ctype.type.element or ctype.type)})"
    if wanted == "key":
        return match_key(plain_sql(node), ctype.type)
    if wanted == "itemkey":
        return match_key("x", ctype.type.element or ctype.type)
    if wanted == "keys":
        return match_keys(node)
    if wanted == "depth":
        return "1"
    raise LookupError(wanted)


def match_key(sql: str, sql_type: SqlType) -> str:
    """What is equal for equal values: numeric text has the same number in several forms."""
    return f"vs_numeric_key({sql})" if sql_type.name == "numeric" else sql


def match_keys(node: exp.Expression) -> str:
    """An array with match_key() of its elements."""
    element = effective(node).type.element
    if element is None or element.name != "numeric":
        return sql_of(node)
    return f"list_transform({sql_of(node)}, lambda x: vs_numeric_key(x))"


def as_text(sql: str, sql_type: SqlType) -> str:
    """A value cast to text."""
    from vecsql.planner.coerce import builtin, cast_sql

    return cast_sql(sql, None, ColumnType(sql_type), builtin("text"), "explicit")[0]


def printed(sql: str, sql_type: SqlType) -> str:
    """A value as its output function prints it; casts to text differ from that for bool."""
    return f"CAST({sql} AS VARCHAR)[1:1]" if sql_type.name == "bool" else as_text(sql, sql_type)


def as_json(node: exp.Expression) -> str:
    """A value as JSON text, NULL as 'null'."""
    return f"coalesce({json_sql(plain_sql(node), effective(node).type, node.meta.get('fields'))}, 'null')"


def json_sql(
    sql: str, sql_type: SqlType, fields: Sequence[tuple[str, ColumnType]] | None = None
) -> str:
    """A value as JSON text; NULL stays NULL."""
    name = sql_type.name
    if fields is not None:
        parts = []
        for field, ctype in fields:
            key = field.replace("'", "''")
            value = json_sql(f"struct_extract({sql}, '{key}')", ctype.type)
            parts.append(f"vs_json_quote('{key}'), coalesce({value}, 'null')")
        return (
            f"CASE WHEN {sql} IS NULL THEN NULL ELSE vs_json_object_text([{', '.join(parts)}]) END"
            if parts
            else "'{}'"
        )
    if name in ("json", "jsonb"):
        return sql
    if sql_type.element is not None:
        inner = json_sql("x", sql_type.element)
        return f"('[' || array_to_string(list_transform({sql}, lambda x: coalesce({inner}, 'null')), ',') || ']')"
    if name in ("bool", "int2", "int4", "int8", "oid"):
        return f"CAST({sql} AS VARCHAR)"
    if name == "numeric":
        return f"CASE WHEN {sql} IN ('NaN', 'Infinity', '-Infinity') THEN '\"' || {sql} || '\"' ELSE {sql} END"
    if name in ("float4", "float8"):
        return f"vs_json_float({as_text(sql, sql_type)})"
    if name in ("timestamp", "timestamptz"):
        return f"vs_json_moment({as_text(sql, sql_type)})"
    return f"vs_json_quote({as_text(sql, sql_type)})"


def key(node: exp.Expression) -> str:
    """SQL to sort or group by: numeric text becomes a key that orders as the numbers do."""
    if (
        type_of(node).name == "numeric"
        and effective(node).type.name == "numeric"
        and node.meta.get("scale") is None
    ):
        return f"vs_numeric_key({sql_of(node)})"
    return sql_of(node)


def sort_key(node: exp.Expression) -> str:
    """SQL to sort by: a sparse vector's bytes are equal for equal values, but do not order as they do."""
    sparse = type_of(node).name == "sparsevec" and effective(node).type.name == "sparsevec"
    return f"vs_sparsevec_key({sql_of(node)})" if sparse else key(node)


def sort_item(item: exp.Expression, sql: str | None = None) -> str:
    """One ORDER BY item."""
    direction = "DESC" if item.args.get("desc") else "ASC"
    nulls = "FIRST" if item.args.get("nulls_first") else "LAST"
    return f"{sql or sort_key(item.this)} {direction} NULLS {nulls}"


def _arithmetic(operation: str, function: str) -> Emitter:
    def emitter(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
        scales = [a.meta.get("scale") for a in args]
        if scales[0] is not None and scales[1] is not None:
            scale = max_scale(scales[0], scales[1], operation)
            if scale is not None:
                a, b = sql_of(args[0]), sql_of(args[1])
                sql = f"CAST({a} {operation} {b} AS DECIMAL({scale[0]}, {scale[1]}))"
                set_bound(node, result, sql, scale)
                return
        set_bound(node, result, f"{function}({plain_sql(args[0])}, {plain_sql(args[1])})")

    return emitter


def _neg(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
    scale = args[0].meta.get("scale")
    sql = sql_of(args[0])
    set_bound(node, result, f"(-{sql})" if scale else f"vs_numeric_neg({sql})", scale)


def _compare(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
    a, b = args
    if a.meta.get("scale") is not None and b.meta.get("scale") is not None:
        set_bound(node, result, f"({sql_of(a)} {chosen.name} {sql_of(b)})")
    else:
        set_bound(
            node, result, f"(vs_numeric_compare({plain_sql(a)}, {plain_sql(b)}) {chosen.name} 0)"
        )


def _sum_int8(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
    set_bound(node, result, f"CAST(sum({sql_of(args[0])})@ AS DECIMAL(38, 0))", (38, 0))


def _sum(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
    scale = args[0].meta.get("scale")
    if scale is None:
        set_bound(node, result, f"vs_numeric_sum(list({sql_of(args[0])})@)")
    else:
        set_bound(node, result, f"sum({sql_of(args[0])})@", (MAX_PRECISION, scale[1]))


def _avg(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
    sql, scale = sql_of(args[0]), args[0].meta.get("scale")
    total = f"vs_numeric_sum(list({sql})@)" if scale is None else f"CAST(sum({sql})@ AS VARCHAR)"
    set_bound(node, result, f"vs_numeric_avg({total}, count({sql})@)")


def _extreme(function: str) -> Emitter:
    def emitter(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
        sql, scale = sql_of(args[0]), args[0].meta.get("scale")
        if scale is None:
            set_bound(node, result, f"arg_{function}({sql}, vs_numeric_key({sql}))@")
        else:
            set_bound(node, result, f"{function}({sql})@", scale)

    return emitter


def _same(node: exp.Expression, result: ColumnType, chosen: Signature, args: Args) -> None:
    set_bound(node, result, sql_of(args[0]), args[0].meta.get("scale"))


EMITTERS: dict[str, Emitter] = {
    "numeric_add": _arithmetic("+", "vs_numeric_add"),
    "numeric_sub": _arithmetic("-", "vs_numeric_sub"),
    "numeric_mul": _arithmetic("*", "vs_numeric_mul"),
    "numeric_neg": _neg,
    "numeric_compare": _compare,
    "sum_int8": _sum_int8,
    "sum_numeric": _sum,
    "avg_numeric": _avg,
    "min_numeric": _extreme("min"),
    "max_numeric": _extreme("max"),
    "same": _same,
}


def output_sql(
    sql: str,
    ctype: ColumnType,
    scale: tuple[int, int] | None,
    fields: Sequence[tuple[str, ColumnType]] = (),
) -> str:
    """A result column's SQL: numeric without modifier leaves as text, a row as its output text."""
    if ctype.type.name == "numeric" and ctype.typmod < 0:
        return numeric_text(sql, scale)
    if ctype.type.name == "record" and fields:
        parts = [
            printed(f"struct_extract({sql}, '{name.replace(chr(39), chr(39) * 2)}')", kind.type)
            for name, kind in fields
        ]
        return f"CASE WHEN {sql} IS NOT NULL THEN vs_record_out([{', '.join(parts)}]) END"
    return sql
