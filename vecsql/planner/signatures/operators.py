"""The operators, as signature lines. Unary ones have one argument."""

from __future__ import annotations

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
INTEGERS = ("int2", "int4", "int8")
SINGLES = (
    "bit",
    "varbit",
    "bool",
    "text",
    "name",
    "time",
    "interval",
    "uuid",
    "bytea",
    "oid",
    "char",
    "numeric",
)

FIXED = """
=(xid, int4) -> bool = ({0} = {1})
=(xid, xid) -> bool = ({0} = {1})
<>(xid, int4) -> bool = ({0} <> {1})
<>(xid, xid) -> bool = ({0} <> {1})
||(text, text) -> text = ({0} || {1})
||(text, anynonarray) -> text = ({0} || {1:text})
||(anynonarray, text) -> text = ({0:text} || {1})
||(anycompatiblearray, anycompatiblearray) -> anycompatiblearray = CASE WHEN {0} IS NOT NULL OR {1} IS NOT NULL THEN list_concat({0}, {1}) END
||(anycompatiblearray, anycompatible) -> anycompatiblearray = list_append({0}, {1})
||(anycompatible, anycompatiblearray) -> anycompatiblearray = list_prepend({0}, {1})
||(jsonb, jsonb) -> jsonb = vs_jsonb_concat({0}, {1})
||(bytea, bytea) -> bytea = ({0} || {1})
@>(anyarray, anyarray) -> bool = list_has_all({0}, {1})
<@(anyarray, anyarray) -> bool = list_has_all({1}, {0})
&&(anyarray, anyarray) -> bool = list_has_any({0}, {1})
~(text, text) -> bool = regexp_matches({0}, {1}, 's')
~*(text, text) -> bool = regexp_matches({0}, {1}, 'is')
!~(text, text) -> bool = (NOT regexp_matches({0}, {1}, 's'))
!~*(text, text) -> bool = (NOT regexp_matches({0}, {1}, 'is'))
~(name, text) -> bool = regexp_matches({0}, {1}, 's')
!~(name, text) -> bool = (NOT regexp_matches({0}, {1}, 's'))
^@(text, text) -> bool = starts_with({0}, {1})
~~(text, text) -> bool = ({0} LIKE {1} ESCAPE '\\')
->(json, text) -> json = vs_json_get({0}, {1})
->(json, int4) -> json = vs_json_at({0}, {1})
->>(json, text) -> text = vs_json_get_text({0}, {1})
->>(json, int4) -> text = vs_json_at_text({0}, {1})
#>(json, _text) -> json = vs_json_path({0}, {1})
#>>(json, _text) -> text = vs_json_path_text({0}, {1})
->(jsonb, text) -> jsonb = vs_jsonb_get({0}, {1})
->(jsonb, int4) -> jsonb = vs_jsonb_at({0}, {1})
->>(jsonb, text) -> text = vs_jsonb_get_text({0}, {1})
->>(jsonb, int4) -> text = vs_jsonb_at_text({0}, {1})
#>(jsonb, _text) -> jsonb = vs_jsonb_path({0}, {1})
#>>(jsonb, _text) -> text = vs_jsonb_path_text({0}, {1})
@>(jsonb, jsonb) -> bool = vs_jsonb_contains({0}, {1})
<@(jsonb, jsonb) -> bool = vs_jsonb_contains({1}, {0})
?(jsonb, text) -> bool = vs_jsonb_exists({0}, {1})
?|(jsonb, _text) -> bool = vs_jsonb_exists_any({0}, {1})
?&(jsonb, _text) -> bool = vs_jsonb_exists_all({0}, {1})
-(jsonb, text) -> jsonb = vs_jsonb_delete({0}, {1})
-(jsonb, int4) -> jsonb = vs_jsonb_delete_at({0}, {1})
-(jsonb, _text) -> jsonb = vs_jsonb_delete_all({0}, {1})
#-(jsonb, _text) -> jsonb = vs_jsonb_delete_path({0}, {1})
=(jsonb, jsonb) -> bool = ({0} = {1})
<>(jsonb, jsonb) -> bool = ({0} <> {1})
+(date, int4) -> date = ({0} + {1})
+(int4, date) -> date = ({1} + {0})
-(date, int4) -> date = ({0} - {1})
-(date, date) -> int4 = CAST({0} - {1} AS INTEGER)
+(date, interval) -> timestamp = ({0} + {1})
-(date, interval) -> timestamp = ({0} - {1})
+(interval, date) -> timestamp = ({1} + {0})
+(date, time) -> timestamp = ({0} + {1})
+(timestamp, interval) -> timestamp = ({0} + {1})
-(timestamp, interval) -> timestamp = ({0} - {1})
+(interval, timestamp) -> timestamp = ({1} + {0})
+(timestamptz, interval) -> timestamptz = vs_moment_add({0}, {1})
-(timestamptz, interval) -> timestamptz = vs_moment_add({0}, (-{1}))
+(interval, timestamptz) -> timestamptz = vs_moment_add({1}, {0})
-(timestamp, timestamp) -> interval = ({0} - {1})
-(timestamptz, timestamptz) -> interval = vs_moment_sub({0}, {1})
+(time, interval) -> time = ({0} + {1})
-(time, interval) -> time = ({0} - {1})
-(time, time) -> interval = vs_time_sub({0}, {1})
+(interval, interval) -> interval = ({0} + {1})
-(interval, interval) -> interval = ({0} - {1})
*(interval, float8) -> interval = vs_interval_mul({0}, {1})
*(float8, interval) -> interval = vs_interval_mul({1}, {0})
/(interval, float8) -> interval = vs_interval_mul({0}, 1.0 / {1})
-(interval) -> interval = (-{0})
+(numeric, numeric) -> numeric = !numeric_add
-(numeric, numeric) -> numeric = !numeric_sub
*(numeric, numeric) -> numeric = !numeric_mul
/(numeric, numeric) -> numeric = vs_numeric_div({0}, {1})
%(numeric, numeric) -> numeric = vs_numeric_mod({0}, {1})
^(numeric, numeric) -> numeric = vs_numeric_pow({0}, {1})
^(float8, float8) -> float8 = vs_float8_pow({0}, {1})
-(numeric) -> numeric = !numeric_neg
@(numeric) -> numeric = vs_numeric_abs({0})
@(int4) -> int4 = abs({0})
@(int8) -> int8 = abs({0})
@(float8) -> float8 = abs({0})
|/(float8) -> float8 = vs_float8_sqrt({0})
"""


def _arithmetic() -> list[str]:
    lines = []
    duck = {"int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT"}
    for i, left in enumerate(INTEGERS):
        for j, right in enumerate(INTEGERS):
            wide = INTEGERS[max(i, j)]
            a, b = f"CAST({{0}} AS {duck[wide]})", f"CAST({{1}} AS {duck[wide]})"
            lines += [f"{op}({left}, {right}) -> {wide} = ({a} {op} {b})" for op in "+-*%"]
            lines.append(f"/({left}, {right}) -> {wide} = CAST({a} // {b} AS {duck[wide]})")
    for left in INTEGERS:
        lines.append(f"-({left}) -> {left} = (-{{0}})")
        lines += [f"{op}({left}, {left}) -> {left} = ({{0}} {op} {{1}})" for op in ("&", "|")]
        lines.append(f"#({left}, {left}) -> {left} = xor({{0}}, {{1}})")
        lines.append(f"<<({left}, int4) -> {left} = ({{0}} << {{1}})")
        lines.append(f">>({left}, int4) -> {left} = ({{0}} >> {{1}})")
        lines.append(f"~({left}) -> {left} = (~{{0}})")
    for left in ("float4", "float8"):
        lines.append(f"-({left}) -> {left} = (-{{0}})")
        for right in ("float4", "float8"):
            wide = "float4" if left == right == "float4" else "float8"
            lines += [
                f"{op}({left}, {right}) -> {wide} = vs_{wide}_check({{0}} {op} {{1}}, {{0}}, {{1}})"
                for op in "+-*"
            ]
            lines.append(f"/({left}, {right}) -> {wide} = vs_{wide}_div({{0}}, {{1}})")
    return lines


def _comparisons() -> list[str]:
    pairs = [(a, b) for a in INTEGERS for b in INTEGERS]
    pairs += [(a, b) for a in ("float4", "float8") for b in ("float4", "float8")]
    moments = ("date", "timestamp", "timestamptz")
    pairs += [(a, b) for a in moments for b in moments]
    pairs += [(s, s) for s in SINGLES if s != "numeric"] + [("name", "text"), ("text", "name")]
    lines = [f"{op}({a}, {b}) -> bool = ({{0}} {op} {{1}})" for op in COMPARISONS for a, b in pairs]
    for op in COMPARISONS:
        lines.append(f"{op}(bpchar, bpchar) -> bool = (rtrim({{0}}, ' ') {op} rtrim({{1}}, ' '))")
        lines.append(f"{op}(numeric, numeric) -> bool = !numeric_compare")
        lines.append(f"{op}(anyarray, anyarray) -> bool = ({{0:keys}} {op} {{1:keys}})")
        lines.append(f"{op}(record, record) -> bool = ({{0}} {op} {{1}})")
    return lines


def operators() -> str:
    """All operator lines."""
    return "\n".join([*_comparisons(), *_arithmetic(), *FIXED.strip().splitlines()])
