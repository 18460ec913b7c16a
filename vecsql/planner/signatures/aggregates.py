"""Aggregate and window functions, as signature lines."""

AGGREGATES = r"""
count(any) -> int8 = count({0})@
sum(int2) -> int8 = CAST(sum({0})@ AS BIGINT)
sum(int4) -> int8 = CAST(sum({0})@ AS BIGINT)
sum(int8) -> numeric = !sum_int8
sum(numeric) -> numeric = !sum_numeric
sum(float4) -> float4 = CAST(sum({0})@ AS FLOAT)
sum(float8) -> float8 = sum({0})@
sum(interval) -> interval = to_months(CAST(sum(vs_months({0}))@ AS INTEGER)) + to_days(CAST(sum(vs_days({0}))@ AS INTEGER)) + to_microseconds(CAST(sum(vs_micros({0}))@ AS BIGINT))
avg(int2) -> numeric = vs_numeric_avg(CAST(sum({0})@ AS VARCHAR), count({0})@)
avg(int4) -> numeric = vs_numeric_avg(CAST(sum({0})@ AS VARCHAR), count({0})@)
avg(int8) -> numeric = vs_numeric_avg(CAST(sum({0})@ AS VARCHAR), count({0})@)
avg(numeric) -> numeric = !avg_numeric
avg(float4) -> float8 = avg(CAST({0} AS DOUBLE))@
avg(float8) -> float8 = avg({0})@
min(int2) -> int2
min(int4) -> int4
min(int8) -> int8
min(float4) -> float4
min(float8) -> float8
min(text) -> text
min(date) -> date
min(time) -> time
min(timestamp) -> timestamp
min(timestamptz) -> timestamptz
min(interval) -> interval
min(bpchar) -> bpchar
min(bytea) -> bytea
min(oid) -> oid
min(anyarray) -> anyarray
min(uuid) -> uuid
min(numeric) -> numeric = !min_numeric
max(int2) -> int2
max(int4) -> int4
max(int8) -> int8
max(float4) -> float4
max(float8) -> float8
max(text) -> text
max(date) -> date
max(time) -> time
max(timestamp) -> timestamp
max(timestamptz) -> timestamptz
max(interval) -> interval
max(bpchar) -> bpchar
max(bytea) -> bytea
max(oid) -> oid
max(anyarray) -> anyarray
max(uuid) -> uuid
max(numeric) -> numeric = !max_numeric
bool_and(bool) -> bool = bool_and({0})@
bool_or(bool) -> bool = bool_or({0})@
every(bool) -> bool = bool_and({0})@
bit_and(int4) -> int4 = bit_and({0})@
bit_or(int4) -> int4 = bit_or({0})@
bit_xor(int4) -> int4 = bit_xor({0})@
bit_and(int8) -> int8 = bit_and({0})@
bit_or(int8) -> int8 = bit_or({0})@
bit_xor(int8) -> int8 = bit_xor({0})@
any_value(anyelement) -> anyelement = any_value({0})@
string_agg(text, text) -> text = string_agg({0}, {1})@
array_agg(anynonarray) -> anyarray = list({0})@
array_agg(anyarray) -> anyarray = list({0})@
json_agg(any) -> json = vs_json_agg(list({0:json})@)
jsonb_agg(any) -> jsonb = vs_jsonb_agg(list({0:json})@)
json_object_agg(any, any) -> json = vs_json_object_agg(list({0:text})@, list({1:json})@)
jsonb_object_agg(any, any) -> jsonb = vs_jsonb_object_agg(list({0:text})@, list({1:json})@)
stddev(float8) -> float8 = vs_float8_stddev_samp(list({0})@)
stddev_samp(float8) -> float8 = vs_float8_stddev_samp(list({0})@)
stddev_pop(float8) -> float8 = vs_float8_stddev_pop(list({0})@)
variance(float8) -> float8 = vs_float8_var_samp(list({0})@)
var_samp(float8) -> float8 = vs_float8_var_samp(list({0})@)
var_pop(float8) -> float8 = vs_float8_var_pop(list({0})@)
stddev(int2) -> numeric = vs_numeric_stddev_samp(list(CAST({0} AS VARCHAR))@)
stddev(int4) -> numeric = vs_numeric_stddev_samp(list(CAST({0} AS VARCHAR))@)
stddev(int8) -> numeric = vs_numeric_stddev_samp(list(CAST({0} AS VARCHAR))@)
stddev_samp(int2) -> numeric = vs_numeric_stddev_samp(list(CAST({0} AS VARCHAR))@)
stddev_samp(int4) -> numeric = vs_numeric_stddev_samp(list(CAST({0} AS VARCHAR))@)
stddev_samp(int8) -> numeric = vs_numeric_stddev_samp(list(CAST({0} AS VARCHAR))@)
stddev_pop(int2) -> numeric = vs_numeric_stddev_pop(list(CAST({0} AS VARCHAR))@)
stddev_pop(int4) -> numeric = vs_numeric_stddev_pop(list(CAST({0} AS VARCHAR))@)
stddev_pop(int8) -> numeric = vs_numeric_stddev_pop(list(CAST({0} AS VARCHAR))@)
variance(int2) -> numeric = vs_numeric_var_samp(list(CAST({0} AS VARCHAR))@)
variance(int4) -> numeric = vs_numeric_var_samp(list(CAST({0} AS VARCHAR))@)
variance(int8) -> numeric = vs_numeric_var_samp(list(CAST({0} AS VARCHAR))@)
var_samp(int2) -> numeric = vs_numeric_var_samp(list(CAST({0} AS VARCHAR))@)
var_samp(int4) -> numeric = vs_numeric_var_samp(list(CAST({0} AS VARCHAR))@)
var_samp(int8) -> numeric = vs_numeric_var_samp(list(CAST({0} AS VARCHAR))@)
var_pop(int2) -> numeric = vs_numeric_var_pop(list(CAST({0} AS VARCHAR))@)
var_pop(int4) -> numeric = vs_numeric_var_pop(list(CAST({0} AS VARCHAR))@)
var_pop(int8) -> numeric = vs_numeric_var_pop(list(CAST({0} AS VARCHAR))@)
stddev(numeric) -> numeric = vs_numeric_stddev_samp(list({0})@)
stddev_samp(numeric) -> numeric = vs_numeric_stddev_samp(list({0})@)
stddev_pop(numeric) -> numeric = vs_numeric_stddev_pop(list({0})@)
variance(numeric) -> numeric = vs_numeric_var_samp(list({0})@)
var_samp(numeric) -> numeric = vs_numeric_var_samp(list({0})@)
var_pop(numeric) -> numeric = vs_numeric_var_pop(list({0})@)
corr(float8, float8) -> float8 = corr({0}, {1})@
covar_pop(float8, float8) -> float8 = covar_pop({0}, {1})@
covar_samp(float8, float8) -> float8 = covar_samp({0}, {1})@
regr_slope(float8, float8) -> float8 = regr_slope({0}, {1})@
regr_intercept(float8, float8) -> float8 = regr_intercept({0}, {1})@
regr_count(float8, float8) -> int8 = CAST(regr_count({0}, {1})@ AS BIGINT)
regr_r2(float8, float8) -> float8 = regr_r2({0}, {1})@
percentile_cont(float8) -> float8 = !within
percentile_disc(float8) -> anyelement = !within
mode() -> anyelement = !within
"""

WINDOWS = r"""
row_number() -> int8 = row_number()@
rank() -> int8 = rank()@
dense_rank() -> int8 = dense_rank()@
percent_rank() -> float8 = percent_rank()@
cume_dist() -> float8 = cume_dist()@
ntile(int4) -> int4 = CAST(ntile({0})@ AS INTEGER)
lag(anyelement) -> anyelement = lag({0})@
lag(anyelement, int4) -> anyelement = lag({0}, {1})@
lag(anyelement, int4, anyelement) -> anyelement = lag({0}, {1}, {2})@
lead(anyelement) -> anyelement = lead({0})@
lead(anyelement, int4) -> anyelement = lead({0}, {1})@
lead(anyelement, int4, anyelement) -> anyelement = lead({0}, {1}, {2})@
first_value(anyelement) -> anyelement = first_value({0})@
last_value(anyelement) -> anyelement = last_value({0})@
nth_value(anyelement, int4) -> anyelement = nth_value({0}, {1})@
"""
