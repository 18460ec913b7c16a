"""Scalar and set-returning functions, as signature lines."""

_NOW = "getvariable('vecsql_now')"
_STATEMENT = "getvariable('vecsql_statement')"
_ZONE = "getvariable('vecsql_zone')"
_STATE = "getvariable('vecsql_state')"

FUNCTIONS = rf"""
nextval(regclass) -> int8 = vs_nextval({_STATE}, {{0}})
currval(regclass) -> int8 = vs_currval({_STATE}, {{0}})
lastval() -> int8 = vs_lastval({_STATE})
setval(regclass, int8) -> int8 = vs_setval({_STATE}, {{0}}, {{1}}, true)
setval(regclass, int8, bool) -> int8 = vs_setval({_STATE}, {{0}}, {{1}}, {{2}})
now() -> timestamptz = {_NOW}
transaction_timestamp() -> timestamptz = {_NOW}
current_timestamp() -> timestamptz = {_NOW}
statement_timestamp() -> timestamptz = {_STATEMENT}
clock_timestamp() -> timestamptz = now()
localtimestamp() -> timestamp = CAST({_NOW} AS TIMESTAMP)
current_date() -> date = CAST({_NOW} AS DATE)
localtime() -> time = CAST(CAST({_NOW} AS TIMESTAMP) AS TIME)
abs(int2) -> int2
abs(int4) -> int4
abs(int8) -> int8
abs(float4) -> float4
abs(float8) -> float8
abs(numeric) -> numeric = vs_numeric_abs({{0}})
sign(float8) -> float8 = CAST(sign({{0}}) AS DOUBLE)
sign(numeric) -> numeric = vs_numeric_sign({{0}})
ceil(float8) -> float8 = ceil({{0}})
ceil(numeric) -> numeric = vs_numeric_ceil({{0}})
ceiling(float8) -> float8 = ceil({{0}})
ceiling(numeric) -> numeric = vs_numeric_ceil({{0}})
floor(float8) -> float8 = floor({{0}})
floor(numeric) -> numeric = vs_numeric_floor({{0}})
round(float8) -> float8 = vs_float8_rint({{0}})
round(numeric) -> numeric = vs_numeric_round({{0}}, 0)
round(numeric, int4) -> numeric = vs_numeric_round({{0}}, {{1}})
trunc(float8) -> float8 = trunc({{0}})
trunc(numeric) -> numeric = vs_numeric_trunc({{0}}, 0)
trunc(numeric, int4) -> numeric = vs_numeric_trunc({{0}}, {{1}})
mod(int2, int2) -> int2 = ({{0}} % {{1}})
mod(int4, int4) -> int4 = ({{0}} % {{1}})
mod(int8, int8) -> int8 = ({{0}} % {{1}})
mod(numeric, numeric) -> numeric = vs_numeric_mod({{0}}, {{1}})
div(numeric, numeric) -> numeric = vs_numeric_idiv({{0}}, {{1}})
gcd(int4, int4) -> int4
gcd(int8, int8) -> int8
lcm(int4, int4) -> int4
lcm(int8, int8) -> int8
power(float8, float8) -> float8 = vs_float8_pow({{0}}, {{1}})
power(numeric, numeric) -> numeric = vs_numeric_pow({{0}}, {{1}})
pow(float8, float8) -> float8 = vs_float8_pow({{0}}, {{1}})
pow(numeric, numeric) -> numeric = vs_numeric_pow({{0}}, {{1}})
sqrt(float8) -> float8 = vs_float8_sqrt({{0}})
sqrt(numeric) -> numeric = vs_numeric_sqrt({{0}})
cbrt(float8) -> float8
exp(float8) -> float8 = vs_float8_exp({{0}})
exp(numeric) -> numeric = vs_numeric_exp({{0}})
ln(float8) -> float8 = vs_float8_ln({{0}})
ln(numeric) -> numeric = vs_numeric_ln({{0}})
log(float8) -> float8 = vs_float8_log10({{0}})
log10(float8) -> float8 = vs_float8_log10({{0}})
log(numeric) -> numeric = vs_numeric_log10({{0}})
sin(float8) -> float8
cos(float8) -> float8
tan(float8) -> float8
cot(float8) -> float8
asin(float8) -> float8
acos(float8) -> float8
atan(float8) -> float8
atan2(float8, float8) -> float8
sinh(float8) -> float8
cosh(float8) -> float8
tanh(float8) -> float8
radians(float8) -> float8
degrees(float8) -> float8
pi() -> float8
random() -> float8
factorial(int8) -> numeric = CAST(factorial(CAST({{0}} AS INTEGER)) AS VARCHAR)
width_bucket(float8, float8, float8, int4) -> int4 = vs_width_bucket({{0}}, {{1}}, {{2}}, {{3}})
lower(text) -> text
upper(text) -> text = vs_upper({{0}})
initcap(text) -> text = vs_initcap({{0}})
length(text) -> int4 = CAST(length({{0}}) AS INTEGER)
length(bpchar) -> int4 = CAST(length(rtrim({{0}}, ' ')) AS INTEGER)
length(bytea) -> int4 = CAST(octet_length({{0}}) AS INTEGER)
char_length(text) -> int4 = CAST(length({{0}}) AS INTEGER)
character_length(text) -> int4 = CAST(length({{0}}) AS INTEGER)
octet_length(text) -> int4 = CAST(strlen({{0}}) AS INTEGER)
octet_length(bytea) -> int4 = CAST(octet_length({{0}}) AS INTEGER)
bit_length(text) -> int4 = CAST(strlen({{0}}) * 8 AS INTEGER)
substring(text, int4) -> text = vs_substr({{0}}, {{1}})
substring(text, int4, int4) -> text = vs_substr_for({{0}}, {{1}}, {{2}})
substring(text, text) -> text = vs_regexp_substring({{0}}, {{1}})
substr(text, int4) -> text = vs_substr({{0}}, {{1}})
substr(text, int4, int4) -> text = vs_substr_for({{0}}, {{1}}, {{2}})
overlay(text, text, int4) -> text = vs_overlay({{0}}, {{1}}, {{2}}, CAST(length({{1}}) AS INTEGER))
overlay(text, text, int4, int4) -> text = vs_overlay({{0}}, {{1}}, {{2}}, {{3}})
position(text, text) -> int4 = CAST(strpos({{0}}, {{1}}) AS INTEGER)
strpos(text, text) -> int4 = CAST(strpos({{0}}, {{1}}) AS INTEGER)
btrim(text) -> text = trim({{0}}, ' ')
btrim(text, text) -> text = trim({{0}}, {{1}})
ltrim(text) -> text = ltrim({{0}}, ' ')
ltrim(text, text) -> text
rtrim(text) -> text = rtrim({{0}}, ' ')
rtrim(text, text) -> text
lpad(text, int4) -> text = vs_lpad({{0}}, {{1}}, ' ')
lpad(text, int4, text) -> text = vs_lpad({{0}}, {{1}}, {{2}})
rpad(text, int4) -> text = vs_rpad({{0}}, {{1}}, ' ')
rpad(text, int4, text) -> text = vs_rpad({{0}}, {{1}}, {{2}})
left(text, int4) -> text = "left"({{0}}, {{1}})
right(text, int4) -> text = "right"({{0}}, {{1}})
reverse(text) -> text
repeat(text, int4) -> text = repeat({{0}}, greatest({{1}}, 0))
replace(text, text, text) -> text = CASE WHEN {{1}} = '' THEN {{0}} ELSE replace({{0}}, {{1}}, {{2}}) END
translate(text, text, text) -> text
split_part(text, text, int4) -> text = vs_split_part({{0}}, {{1}}, {{2}})
starts_with(text, text) -> bool
ascii(text) -> int4 = CASE WHEN {{0}} = '' THEN 0 ELSE CAST(unicode({{0}}) AS INTEGER) END
chr(int4) -> text
md5(text) -> text
md5(bytea) -> text
sha256(bytea) -> bytea = unhex(sha256({{0}}))
to_hex(int4) -> text = lower(to_hex({{0}}))
to_hex(int8) -> text = lower(to_hex({{0}}))
quote_literal(text) -> text = vs_quote_literal({{0}})
concat(any...) -> text = concat({{*:out}})
concat_ws(text, any...) -> text = concat_ws({{*:out}})
format(text) -> text = vs_format({{0}}, CAST([] AS VARCHAR[]))
format(text, any...) -> text = vs_format({{0}}, [{{*1:out}}])
regexp_replace(text, text, text) -> text = vs_regexp_replace({{0}}, {{1}}, {{2}}, '')
regexp_replace(text, text, text, text) -> text = vs_regexp_replace({{0}}, {{1}}, {{2}}, {{3}})
regexp_match(text, text) -> _text = vs_regexp_match({{0}}, {{1}}, '')
regexp_match(text, text, text) -> _text = vs_regexp_match({{0}}, {{1}}, {{2}})
regexp_like(text, text) -> bool = regexp_matches({{0}}, {{1}}, 's')
regexp_count(text, text) -> int4 = CAST(len(regexp_extract_all({{0}}, {{1}})) AS INTEGER)
regexp_substr(text, text) -> text = vs_regexp_substring({{0}}, '(?:' || {{1}} || ')')
regexp_split_to_array(text, text) -> _text = regexp_split_to_array({{0}}, {{1}})
string_to_array(text, text) -> _text = vs_string_to_array({{0}}, {{1}})
array_to_string(anyarray, text) -> text = array_to_string({{0:textarray}}, {{1}})
array_to_string(anyarray, text, text) -> text = array_to_string(list_transform({{0:textarray}}, lambda x: coalesce(x, {{2}})), {{1}})
encode(bytea, text) -> text = vs_encode({{0}}, {{1}})
decode(text, text) -> bytea = vs_decode({{0}}, {{1}})
convert_from(bytea, name) -> text = decode({{0}})
to_char(timestamp, text) -> text = vs_to_char_timestamp({{0}}, {{1}})
to_char(timestamptz, text) -> text = vs_to_char_timestamptz(timezone('UTC', {{0}}), {{1}}, {_ZONE})
to_char(numeric, text) -> text = vs_to_char_numeric({{0}}, {{1}})
to_char(int4, text) -> text = vs_to_char_numeric(CAST({{0}} AS VARCHAR), {{1}})
to_char(int8, text) -> text = vs_to_char_numeric(CAST({{0}} AS VARCHAR), {{1}})
to_char(float8, text) -> text = vs_to_char_numeric(CAST({{0}} AS VARCHAR), {{1}})
to_timestamp(float8) -> timestamptz = to_timestamp({{0}})
to_date(text, text) -> date = CAST(vs_to_timestamp({{0}}, {{1}}) AS DATE)
to_timestamp(text, text) -> timestamptz = CAST(vs_to_timestamp({{0}}, {{1}}) AS TIMESTAMPTZ)
date_trunc(text, timestamp) -> timestamp = date_trunc({{0}}, {{1}})
date_trunc(text, timestamptz) -> timestamptz = vs_date_trunc({{0}}, {{1}})
date_trunc(text, timestamptz, text) -> timestamptz = timezone(vs_icu_zone({{2}}), date_trunc({{0}}, timezone(vs_icu_zone({{2}}), {{1}})))
date_trunc(text, interval) -> interval = date_trunc({{0}}, {{1}})
date_bin(interval, timestamp, timestamp) -> timestamp = time_bucket({{0}}, {{1}}, {{2}})
date_bin(interval, timestamptz, timestamptz) -> timestamptz = timezone('UTC', time_bucket({{0}}, timezone('UTC', {{1}}), timezone('UTC', {{2}})))
date_part(text, timestamp) -> float8 = CAST(vs_extract_timestamp({{0}}, {{1}}) AS DOUBLE)
date_part(text, timestamptz) -> float8 = CAST(vs_extract_timestamptz({{0}}, CAST({{1}} AS TIMESTAMP), timezone('UTC', {{1}})) AS DOUBLE)
date_part(text, date) -> float8 = CAST(vs_extract_date({{0}}, {{1}}) AS DOUBLE)
date_part(text, interval) -> float8 = CAST(vs_interval_part({{0}}, vs_months({{1}}), vs_days({{1}}), vs_micros({{1}})) AS DOUBLE)
extract(text, timestamp) -> numeric = vs_extract_timestamp({{0}}, {{1}})
extract(text, timestamptz) -> numeric = vs_extract_timestamptz({{0}}, CAST({{1}} AS TIMESTAMP), timezone('UTC', {{1}}))
extract(text, date) -> numeric = vs_extract_date({{0}}, {{1}})
extract(text, time) -> numeric = vs_extract_time({{0}}, {{1}})
extract(text, interval) -> numeric = vs_interval_part({{0}}, vs_months({{1}}), vs_days({{1}}), vs_micros({{1}}))
age(timestamp, timestamp) -> interval = age({{0}}, {{1}})
age(timestamptz, timestamptz) -> interval = age({{0}}, {{1}})
age(timestamp) -> interval = age(CAST(CAST({_NOW} AS DATE) AS TIMESTAMP), {{0}})
age(timestamptz) -> interval = age(CAST(CAST({_NOW} AS DATE) AS TIMESTAMPTZ), {{0}})
make_date(int4, int4, int4) -> date = make_date({{0}}, {{1}}, {{2}})
make_timestamptz(int4, int4, int4, int4, int4, float8) -> timestamptz = CAST(make_timestamp({{0}}, {{1}}, {{2}}, {{3}}, {{4}}, {{5}}) AS TIMESTAMPTZ)
make_timestamptz(int4, int4, int4, int4, int4, float8, text) -> timestamptz = timezone(vs_icu_zone({{6}}), make_timestamp({{0}}, {{1}}, {{2}}, {{3}}, {{4}}, {{5}}))
make_timestamp(int4, int4, int4, int4, int4, float8) -> timestamp
timezone(text, timestamptz) -> timestamp = timezone(vs_icu_zone({{0}}), {{1}})
timezone(text, timestamp) -> timestamptz = timezone(vs_icu_zone({{0}}), {{1}})
justify_days(interval) -> interval = vs_justify_days({{0}})
justify_hours(interval) -> interval = vs_justify_hours({{0}})
justify_interval(interval) -> interval = vs_justify_days(vs_justify_hours({{0}}))
isfinite(date) -> bool
isfinite(timestamp) -> bool
isfinite(timestamptz) -> bool
gen_random_uuid() -> uuid = gen_random_uuid()
uuidv4() -> uuid = gen_random_uuid()
uuidv7() -> uuid = uuidv7()
array_length(anyarray, int4) -> int4 = CASE WHEN {{1}} = 1 AND len({{0}}) > 0 THEN CAST(len({{0}}) AS INTEGER) END
array_upper(anyarray, int4) -> int4 = CASE WHEN {{1}} = 1 AND len({{0}}) > 0 THEN CAST(len({{0}}) AS INTEGER) END
array_lower(anyarray, int4) -> int4 = CASE WHEN {{1}} = 1 AND len({{0}}) > 0 THEN 1 END
array_ndims(anyarray) -> int4 = CASE WHEN len({{0}}) = 0 THEN NULL ELSE 1 END
cardinality(anyarray) -> int4 = CAST(len({{0}}) AS INTEGER)
array_append(anycompatiblearray, anycompatible) -> anycompatiblearray = list_append({{0}}, {{1}})
array_prepend(anycompatible, anycompatiblearray) -> anycompatiblearray = list_prepend({{0}}, {{1}})
array_cat(anycompatiblearray, anycompatiblearray) -> anycompatiblearray = CASE WHEN {{0}} IS NOT NULL OR {{1}} IS NOT NULL THEN list_concat({{0}}, {{1}}) END
array_position(anycompatiblearray, anycompatible) -> int4 = CAST(list_position({{0:keys}}, {{1:key}}) AS INTEGER)
array_positions(anycompatiblearray, anycompatible) -> _int4 = list_filter(range(1, len({{0}}) + 1), lambda i: ({{0:keys}})[i] IS NOT DISTINCT FROM {{1:key}})
array_remove(anycompatiblearray, anycompatible) -> anycompatiblearray = list_filter({{0}}, lambda x: {{0:itemkey}} IS DISTINCT FROM {{1:key}})
array_replace(anycompatiblearray, anycompatible, anycompatible) -> anycompatiblearray = list_transform({{0}}, lambda x: CASE WHEN {{0:itemkey}} IS NOT DISTINCT FROM {{1:key}} THEN {{2}} ELSE x END)
array_reverse(anyarray) -> anyarray = list_reverse({{0}})
array_sort(anyarray) -> anyarray = list_sort({{0}}, 'ASC', 'NULLS LAST')
trim_array(anyarray, int4) -> anyarray = {{0}}[1:len({{0}}) - {{1}}]
to_json(anyelement) -> json = {{0:jsonnull}}
to_jsonb(anyelement) -> jsonb = vs_jsonb({{0:jsonnull}})
row_to_json(record) -> json = {{0:jsonnull}}
array_to_json(anyarray) -> json = {{0:jsonnull}}
json_build_object(any...) -> json = vs_json_build_object([{{*:json}}])
jsonb_build_object(any...) -> jsonb = vs_jsonb(vs_json_build_object([{{*:json}}]))
json_build_object() -> json = '{{{{}}}}'
jsonb_build_object() -> jsonb = '{{{{}}}}'
json_build_array(any...) -> json = vs_json_build_array([{{*:json}}])
jsonb_build_array(any...) -> jsonb = vs_jsonb(vs_json_build_array([{{*:json}}]))
json_build_array() -> json = '[]'
jsonb_build_array() -> jsonb = '[]'
jsonb_array_length(jsonb) -> int4 = vs_json_array_length({{0}})
json_array_length(json) -> int4 = vs_json_array_length({{0}})
jsonb_path_match(jsonb, jsonpath) -> bool = vs_jsonb_path_match({{0}}, {{1}}, '{{{{}}}}')
jsonb_path_match(jsonb, jsonpath, jsonb) -> bool = vs_jsonb_path_match({{0}}, {{1}}, {{2}})
jsonb_typeof(jsonb) -> text = vs_json_typeof({{0}})
json_typeof(json) -> text = vs_json_typeof({{0}})
jsonb_extract_path(jsonb, text...) -> jsonb = vs_jsonb_path({{0}}, [{{*1}}])
jsonb_extract_path_text(jsonb, text...) -> text = vs_jsonb_path_text({{0}}, [{{*1}}])
json_extract_path_text(json, text...) -> text = vs_json_path_text({{0}}, [{{*1}}])
jsonb_set(jsonb, _text, jsonb) -> jsonb = vs_jsonb_set({{0}}, {{1}}, {{2}}, true)
jsonb_set(jsonb, _text, jsonb, bool) -> jsonb = vs_jsonb_set({{0}}, {{1}}, {{2}}, {{3}})
jsonb_strip_nulls(jsonb) -> jsonb = vs_jsonb_strip_nulls({{0}})
jsonb_pretty(jsonb) -> text = vs_jsonb_pretty({{0}})
num_nonnulls(any...) -> int4 = vs_num_nonnulls([{{*:text}}])
num_nulls(any...) -> int4 = len([{{*:text}}]) - vs_num_nonnulls([{{*:text}}])
"""

SETS = r"""
generate_series(int4, int4) -> int4 = CAST(generate_series(CAST({0} AS BIGINT), CAST({1} AS BIGINT)) AS INTEGER[])
generate_series(int4, int4, int4) -> int4 = CAST(generate_series(CAST({0} AS BIGINT), CAST({1} AS BIGINT), vs_step(CAST({2} AS BIGINT))) AS INTEGER[])
generate_series(int8, int8) -> int8 = generate_series(CAST({0} AS BIGINT), CAST({1} AS BIGINT))
generate_series(int8, int8, int8) -> int8 = generate_series(CAST({0} AS BIGINT), CAST({1} AS BIGINT), vs_step(CAST({2} AS BIGINT)))
generate_series(numeric, numeric) -> numeric = vs_numeric_series({0}, {1}, '1')
generate_series(numeric, numeric, numeric) -> numeric = vs_numeric_series({0}, {1}, {2})
generate_series(timestamp, timestamp, interval) -> timestamp = generate_series({0}, {1}, {2})
generate_series(timestamptz, timestamptz, interval) -> timestamptz = generate_series({0}, {1}, {2})
generate_subscripts(anyarray, int4) -> int4 = CAST(range(1, len({0}) + 1) AS INTEGER[])
unnest(anyarray) -> anyelement = {0}
regexp_split_to_table(text, text) -> text = regexp_split_to_array({0}, {1})
string_to_table(text, text) -> text = vs_string_to_array({0}, {1})
regexp_matches(text, text) -> _text = vs_regexp_matches({0}, {1}, '')
regexp_matches(text, text, text) -> _text = vs_regexp_matches({0}, {1}, {2})
jsonb_array_elements(jsonb) -> jsonb = vs_jsonb_elements({0})
json_array_elements(json) -> json = vs_json_elements({0})
jsonb_array_elements_text(jsonb) -> text = vs_json_elements_text({0})
json_array_elements_text(json) -> text = vs_json_elements_text({0})
jsonb_object_keys(jsonb) -> text = vs_json_keys({0})
json_object_keys(json) -> text = vs_json_keys({0})
"""
