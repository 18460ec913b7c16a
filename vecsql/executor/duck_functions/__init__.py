"""What DuckDB needs to answer as PostgreSQL does: Python functions and macros that translated SQL calls."""

from vecsql.executor.duck_functions import (  # noqa: F401  they register their functions
    bits,
    jsonpaths,
    jsons,
    moments,
    numbers,
    sequences,
    sparse,
    strings,
    vectors,
)
from vecsql.executor.duck_functions.codecs import codec
from vecsql.executor.duck_functions.registry import FUNCTIONS, DuckFunction

MACROS = (
    "CREATE MACRO vs_months(i) AS CAST(datepart('year', i) * 12 + datepart('month', i) AS BIGINT)",
    "CREATE MACRO vs_days(i) AS CAST(datepart('day', i) AS BIGINT)",
    "CREATE MACRO vs_micros(i) AS CAST((datepart('hour', i) * 60 + datepart('minute', i)) * 60000000 "
    "+ datepart('microsecond', i) AS BIGINT)",
    "CREATE MACRO vs_list_bool_or(l) AS CASE WHEN list_contains(l, TRUE) THEN TRUE "
    "WHEN len(list_filter(l, lambda x: x IS NULL)) > 0 THEN NULL ELSE FALSE END",
    "CREATE MACRO vs_list_bool_and(l) AS CASE WHEN list_contains(l, FALSE) THEN FALSE "
    "WHEN len(list_filter(l, lambda x: x IS NULL)) > 0 THEN NULL ELSE TRUE END",
    "CREATE MACRO vs_any(x, l) AS CASE WHEN l IS NULL THEN NULL WHEN len(l) = 0 THEN FALSE WHEN x IS NULL THEN NULL "
    "WHEN list_contains(l, x) THEN TRUE WHEN len(l) <> list_count(l) THEN NULL ELSE FALSE END",
    "CREATE MACRO vs_justify_days(i) AS to_months(CAST(vs_months(i) + vs_days(i) // 30 AS INTEGER)) "
    "+ to_days(CAST(vs_days(i) % 30 AS INTEGER)) + to_microseconds(vs_micros(i))",
    "CREATE MACRO vs_justify_hours(i) AS to_months(CAST(vs_months(i) AS INTEGER)) "
    "+ to_days(CAST(vs_days(i) + vs_micros(i) // 86400000000 AS INTEGER)) + to_microseconds(vs_micros(i) % 86400000000)",
    "CREATE MACRO vs_interval_mul(i, f) AS to_microseconds(CAST(round(vs_micros(i) * f) AS BIGINT)) "
    "+ to_days(CAST(trunc(vs_days(i) * f) AS INTEGER)) + to_months(CAST(trunc(vs_months(i) * f) AS INTEGER)) "
    "+ to_microseconds(CAST(round(86400000000 * ((vs_days(i) * f) % 1 + 30 * ((vs_months(i) * f) % 1))) AS BIGINT))",
    # ß has no capital of one letter that PostgreSQL's upper() would give.
    "CREATE MACRO vs_upper(s) AS CASE WHEN contains(s, 'ß') "
    "THEN array_to_string(list_transform(string_split(s, 'ß'), lambda x: upper(x)), 'ß') ELSE upper(s) END",
    # timestamptz: months and days are counted in the session's zone, in this order; hours are absolute.
    "CREATE MACRO vs_moment_add(t, i) AS CASE WHEN vs_months(i) = 0 AND vs_days(i) = 0 THEN t ELSE "
    "CAST(CAST(t AS TIMESTAMP) + to_months(CAST(vs_months(i) AS INTEGER)) + to_days(CAST(vs_days(i) AS INTEGER)) "
    "AS TIMESTAMPTZ) END + to_microseconds(vs_micros(i))",
    "CREATE MACRO vs_date_trunc(u, t) AS CASE WHEN lower(u) IN "
    "('hour', 'minute', 'second', 'milliseconds', 'millisecond', 'microseconds', 'microsecond') "
    "THEN t - (CAST(t AS TIMESTAMP) - date_trunc(u, CAST(t AS TIMESTAMP))) "
    "ELSE CAST(date_trunc(u, CAST(t AS TIMESTAMP)) AS TIMESTAMPTZ) END",
    "CREATE MACRO vs_moment_sub(a, b) AS timezone('UTC', a) - timezone('UTC', b)",
    # Macros, because a Python function that gives NaN gives NULL.
    *(
        f"CREATE MACRO vs_{name}_check(r, a, b) AS CASE WHEN isinf(r) AND NOT isinf(a) AND NOT isinf(b) "
        "THEN error('PG:22003:NumericValueOutOfRange:value out of range: overflow' || chr(1) || chr(2)) ELSE r END"
        for name in ("float4", "float8")
    ),
    *(
        f"CREATE MACRO vs_{name}_div(a, b) AS CASE WHEN b = 0 AND NOT isnan(a) "
        "THEN error('PG:22012:DivisionByZero:division by zero' || chr(1) || chr(2)) "
        "WHEN isinf(a / b) AND NOT isinf(a) AND NOT isinf(b) "
        "THEN error('PG:22003:NumericValueOutOfRange:value out of range: overflow' || chr(1) || chr(2)) ELSE a / b END"
        for name in ("float4", "float8")
    ),
)

__all__ = ["FUNCTIONS", "MACROS", "DuckFunction", "codec"]
