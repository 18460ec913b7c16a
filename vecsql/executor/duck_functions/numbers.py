"""Exact numeric arithmetic on text, with PostgreSQL's display scales, and checked float functions."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from vecsql.errors import (
    DivisionByZero,
    InvalidArgumentForLogarithm,
    InvalidArgumentForPowerFunction,
    InvalidParameterValue,
    NumericValueOutOfRange,
)
from vecsql.executor.duck_functions.registry import duck
from vecsql.types import NUMERIC

CONTEXT = decimal.Context(prec=2000, rounding=ROUND_HALF_UP, Emax=999999, Emin=-999999,
                          traps=[decimal.InvalidOperation])  # fmt: skip
MIN_SIGNIFICANT_DIGITS = 16
SPECIAL = {"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity"}


def text(value: Decimal) -> str:
    """As PostgreSQL prints numeric: plain digits, no negative zero."""
    if value.is_nan():
        return "NaN"
    if value.is_infinite():
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_zero() and value.is_signed():
        value = value.copy_abs()
    return format(value, "f")


def scale_of(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def rounded(value: Decimal, scale: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """`value` with exactly `scale` decimal places; a negative scale rounds left of the point."""
    if not value.is_finite():
        return value
    result = value.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=CONTEXT)
    return result.quantize(Decimal(1), context=CONTEXT) if scale < 0 else result


def _weight(value: Decimal) -> tuple[int, int]:
    """(weight, first digit) in PostgreSQL's base 10000."""
    if value.is_zero():
        return 0, 0
    weight = math.floor(value.adjusted() / 4)
    return weight, int(abs(value).scaleb(-4 * weight, context=CONTEXT))


def division_scale(a: Decimal, b: Decimal) -> int:
    """PostgreSQL's select_div_scale()."""
    (weight_a, first_a), (weight_b, first_b) = _weight(a), _weight(b)
    quotient_weight = weight_a - weight_b - (first_a <= first_b)
    scale = MIN_SIGNIFICANT_DIGITS - quotient_weight * 4
    return min(max(scale, scale_of(a), scale_of(b), 0), 1000)


def divide(a: Decimal, b: Decimal) -> Decimal:
    if a.is_nan() or b.is_nan():
        return Decimal("NaN")
    if b.is_zero():
        raise DivisionByZero("division by zero")
    if a.is_infinite() or b.is_infinite():
        if a.is_infinite() and b.is_infinite():
            return Decimal("NaN")
        return Decimal(0) if b.is_infinite() else CONTEXT.divide(a, b)
    scale = division_scale(a, b)
    context = decimal.Context(
        prec=max(a.adjusted() - b.adjusted() + scale + 10, 20) + len(b.as_tuple().digits)
    )
    return rounded(context.divide(a, b), scale)


def _binary(operation: Callable[[Decimal, Decimal], Decimal]) -> Callable[[str, str], str]:
    def call(a: str, b: str) -> str:
        try:
            return text(operation(Decimal(a), Decimal(b)))
        except decimal.InvalidOperation:
            return "NaN"

    return call


for _name, _operation in (
    ("add", CONTEXT.add), ("sub", CONTEXT.subtract), ("mul", CONTEXT.multiply), ("div", divide)
):  # fmt: skip
    duck(f"vs_numeric_{_name}(VARCHAR, VARCHAR) -> VARCHAR")(_binary(_operation))


@duck("vs_numeric_mod(VARCHAR, VARCHAR) -> VARCHAR")
def modulo(a: str, b: str) -> str:
    if Decimal(b).is_zero():
        raise DivisionByZero("division by zero")
    x, y = Decimal(a), Decimal(b)
    return text(rounded(CONTEXT.remainder(x, y), max(scale_of(x), scale_of(y))))


@duck("vs_numeric_idiv(VARCHAR, VARCHAR) -> VARCHAR")
def integer_divide(a: str, b: str) -> str:
    if Decimal(b).is_zero():
        raise DivisionByZero("division by zero")
    return text(CONTEXT.divide_int(Decimal(a), Decimal(b)))


def _significant(value: Decimal, at_least: int) -> int:
    """The scale of exp(), ln() and power(): 16 digits less the decimal weight of the result."""
    weight = int(value.copy_abs().log10()) if value else 0
    return max(MIN_SIGNIFICANT_DIGITS - weight, at_least, 0)


@duck("vs_numeric_pow(VARCHAR, VARCHAR) -> VARCHAR")
def power(a: str, b: str) -> str:
    x, y = Decimal(a), Decimal(b)
    if x.is_zero() and y < 0:
        raise InvalidArgumentForPowerFunction("zero raised to a negative power is undefined")
    if x < 0 and y != y.to_integral_value():
        raise InvalidArgumentForPowerFunction(
            "a negative number raised to a non-integer power yields a complex result"
        )
    context = decimal.Context(prec=100, rounding=ROUND_HALF_UP, Emax=999999, Emin=-999999)
    result = context.power(x, y)
    return text(rounded(result, _significant(result, max(scale_of(x), scale_of(y)))))


@duck("vs_numeric_neg(VARCHAR) -> VARCHAR")
def negate(a: str) -> str:
    return text(CONTEXT.minus(Decimal(a)))


@duck("vs_numeric_abs(VARCHAR) -> VARCHAR")
def absolute(a: str) -> str:
    return text(CONTEXT.abs(Decimal(a)))


@duck("vs_numeric_sign(VARCHAR) -> VARCHAR")
def sign(a: str) -> str:
    value = Decimal(a)
    return "NaN" if value.is_nan() else str((value > 0) - (value < 0))


def _compare_key(value: Decimal) -> tuple[int, Decimal]:
    return (1, Decimal(0)) if value.is_nan() else (0, value)


@duck("vs_numeric_compare(VARCHAR, VARCHAR) -> INTEGER")
def compare(a: str, b: str) -> int:
    x, y = _compare_key(Decimal(a)), _compare_key(Decimal(b))
    return (x > y) - (x < y)


@duck("vs_numeric_key(VARCHAR) -> VARCHAR")
def sort_key(a: str) -> str:
    """Text that sorts bytewise as the numbers do."""
    value = Decimal(a)
    if value.is_nan():
        return "9"
    if value.is_infinite():
        return "8" if value > 0 else "0"
    if value.is_zero():
        return "4"
    digits = "".join(map(str, value.as_tuple().digits)).lstrip("0").rstrip("0")
    body = f"{value.adjusted() + 500000:06d}{digits}"
    if value > 0:
        return "5" + body
    return "3" + body.translate(str.maketrans("0123456789", "9876543210")) + "~"


@duck("vs_numeric_round(VARCHAR, INTEGER) -> VARCHAR")
def round_to(a: str, places: int) -> str:
    return text(rounded(Decimal(a), places))


@duck("vs_numeric_trunc(VARCHAR, INTEGER) -> VARCHAR")
def truncate(a: str, places: int) -> str:
    return text(rounded(Decimal(a), places, ROUND_DOWN))


@duck("vs_numeric_ceil(VARCHAR) -> VARCHAR")
def ceiling(a: str) -> str:
    return text(rounded(Decimal(a), 0, ROUND_CEILING))


@duck("vs_numeric_floor(VARCHAR) -> VARCHAR")
def floor(a: str) -> str:
    return text(rounded(Decimal(a), 0, ROUND_FLOOR))


@duck("vs_numeric_sqrt(VARCHAR) -> VARCHAR")
def square_root(a: str) -> str:
    value = Decimal(a)
    if value < 0:
        raise InvalidArgumentForPowerFunction("cannot take square root of a negative number")
    sweight = math.floor((math.floor(value.adjusted() / 4) + 1) * 4 / 2) - 1 if value else 0
    scale = max(MIN_SIGNIFICANT_DIGITS - sweight, scale_of(value), 0)
    return text(rounded(decimal.Context(prec=200).sqrt(value), min(scale, 1000)))


def _logarithm_of(a: str) -> Decimal:
    value = Decimal(a)
    if value.is_zero():
        raise InvalidArgumentForLogarithm("cannot take logarithm of zero")
    if value < 0:
        raise InvalidArgumentForLogarithm("cannot take logarithm of a negative number")
    return value


@duck("vs_numeric_ln(VARCHAR) -> VARCHAR")
def natural_logarithm(a: str) -> str:
    value = _logarithm_of(a)
    result = decimal.Context(prec=100).ln(value)
    return text(rounded(result, _significant(result, scale_of(value))))


@duck("vs_numeric_log10(VARCHAR) -> VARCHAR")
def logarithm(a: str) -> str:
    value = _logarithm_of(a)
    result = decimal.Context(prec=100).log10(value)
    return text(rounded(result, _significant(result, scale_of(value))))


@duck("vs_numeric_exp(VARCHAR) -> VARCHAR")
def exponential(a: str) -> str:
    value = Decimal(a)
    result = decimal.Context(prec=100).exp(value)
    return text(rounded(result, _significant(result, scale_of(value))))


@duck("vs_numeric_sum(VARCHAR[]) -> VARCHAR", nulls=True)
def total(values: list[str | None] | None) -> str | None:
    known = [Decimal(v) for v in values or () if v is not None]
    if not known:
        return None
    result = Decimal(0)
    for value in known:
        result = CONTEXT.add(result, value)
    return text(result)


@duck("vs_numeric_avg(VARCHAR, BIGINT) -> VARCHAR")
def average(sum_: str, count: int) -> str:
    return text(divide(Decimal(sum_), Decimal(count)))


def _variance(values: list[str | None] | None, sample: bool) -> Decimal | None:
    known = [Decimal(v) for v in values or () if v is not None]
    n = Decimal(len(known))
    if n == 0 or (sample and n == 1):
        return None
    sum_, squares = Decimal(0), Decimal(0)
    for value in known:
        sum_ = CONTEXT.add(sum_, value)
        squares = CONTEXT.add(squares, CONTEXT.multiply(value, value))
    numerator = CONTEXT.subtract(CONTEXT.multiply(n, squares), CONTEXT.multiply(sum_, sum_))
    if numerator <= 0:
        return Decimal(0)
    return divide(numerator, n * (n - 1) if sample else n * n)


def _statistic(sample: bool, root: bool) -> Callable[[list[str | None] | None], str | None]:
    def call(values: list[str | None] | None) -> str | None:
        found = _variance(values, sample)
        if found is None:
            return None
        return square_root(text(found)) if root and found else text(found)

    return call


for _name, _sample, _root in (
    ("var_samp", True, False), ("var_pop", False, False), ("stddev_samp", True, True), ("stddev_pop", False, True)
):  # fmt: skip
    duck(f"vs_numeric_{_name}(VARCHAR[]) -> VARCHAR", nulls=True)(_statistic(_sample, _root))


def _float_statistic(
    sample: bool, root: bool
) -> Callable[[list[float | None] | None], float | None]:
    """Youngs and Cramer's updating formula, in row order, as PostgreSQL has it."""

    def call(values: list[float | None] | None) -> float | None:
        n, total_, squares = 0, 0.0, 0.0
        for value in values or ():
            if value is None:
                continue
            n, total_ = n + 1, total_ + value
            if n > 1:
                step = value * n - total_
                squares += step * step / (n * (n - 1))
        if n == 0 or (sample and n == 1):
            return None
        result = squares / (n - 1 if sample else n)
        return math.sqrt(result) if root else result

    return call


for _name, _sample, _root in (
    ("var_samp", True, False), ("var_pop", False, False), ("stddev_samp", True, True), ("stddev_pop", False, True)
):  # fmt: skip
    duck(f"vs_float8_{_name}(DOUBLE[]) -> DOUBLE", nulls=True)(_float_statistic(_sample, _root))


@duck("vs_numeric_greatest(VARCHAR[]) -> VARCHAR", nulls=True)
def greatest(values: list[str | None]) -> str | None:
    known = [v for v in values if v is not None]
    return max(known, key=lambda v: _compare_key(Decimal(v)), default=None)


@duck("vs_numeric_least(VARCHAR[]) -> VARCHAR", nulls=True)
def least(values: list[str | None]) -> str | None:
    known = [v for v in values if v is not None]
    return min(known, key=lambda v: _compare_key(Decimal(v)), default=None)


@duck("vs_numeric_series(VARCHAR, VARCHAR, VARCHAR) -> VARCHAR[]")
def numeric_series(start: str, stop: str, step: str) -> list[str]:
    value, end, by = Decimal(start), Decimal(stop), Decimal(step)
    if by == 0:
        raise InvalidParameterValue("step size cannot equal zero")
    places = max(scale_of(value), scale_of(by))
    out = []
    while (value <= end) if by > 0 else (value >= end):
        out.append(text(rounded(value, places)))
        value = CONTEXT.add(value, by)
    return out


@duck("vs_step(BIGINT) -> BIGINT")
def checked_step(step: int) -> int:
    if step == 0:
        raise InvalidParameterValue("step size cannot equal zero")
    return step


@duck("vs_numeric_fit(VARCHAR, INTEGER, INTEGER) -> VARCHAR")
def fit(a: str, precision: int, scale: int) -> str:
    value = rounded(Decimal(a), scale)
    if value.is_finite() and value and value.adjusted() >= precision - scale:
        limit = f"10^{precision - scale}" if precision != scale else "1"
        raise NumericValueOutOfRange(
            "numeric field overflow",
            detail=f"A field with precision {precision}, scale {scale} must round to an absolute value less than {limit}.",
        )
    return text(value)


@duck("vs_numeric_in(VARCHAR) -> VARCHAR")
def read(a: str) -> str:
    return text(NUMERIC.from_text(a, -1))


INTEGER_RANGES = {"int2": (15, "smallint"), "int4": (31, "integer"), "int8": (63, "bigint")}


def _to_integer(bits: int, name: str, what: str) -> Callable[[str], int]:
    def call(a: str) -> int:
        value = Decimal(a)
        if not value.is_finite():
            raise NumericValueOutOfRange(
                f"cannot convert {'NaN' if value.is_nan() else 'infinity'} to {name}"
            )
        whole = int(value.to_integral_value(ROUND_HALF_UP))
        if not -(2**bits) <= whole < 2**bits:
            raise NumericValueOutOfRange(f"{name} out of range")
        return whole

    return call


def _float_to_integer(bits: int, name: str) -> Callable[[float], int]:
    def call(a: float) -> int:
        if not math.isfinite(a) or not -(2**bits) <= round(a) < 2**bits:
            raise NumericValueOutOfRange(f"{name} out of range")
        return round(a)

    return call


for _type, (_bits, _sql_name) in INTEGER_RANGES.items():
    duck(f"vs_numeric_to_{_type}(VARCHAR) -> BIGINT")(_to_integer(_bits, _sql_name, _type))
    duck(f"vs_float8_to_{_type}(DOUBLE) -> BIGINT")(_float_to_integer(_bits, _sql_name))


def _float_to_numeric(digits: int) -> Callable[[float], str]:
    def call(a: float) -> str:
        return text(Decimal(f"{a:.{digits}g}")) if math.isfinite(a) else text(Decimal(a))

    return call


duck("vs_float8_to_numeric(DOUBLE) -> VARCHAR")(_float_to_numeric(15))
duck("vs_float4_to_numeric(FLOAT) -> VARCHAR")(_float_to_numeric(6))


@duck("vs_float8_pow(DOUBLE, DOUBLE) -> DOUBLE")
def float_power(a: float, b: float) -> float:
    if a == 0 and b < 0:
        raise InvalidArgumentForPowerFunction("zero raised to a negative power is undefined")
    if a < 0 and math.isfinite(b) and b != int(b):
        raise InvalidArgumentForPowerFunction(
            "a negative number raised to a non-integer power yields a complex result"
        )
    try:
        return float(a**b)
    except OverflowError:
        raise NumericValueOutOfRange("value out of range: overflow") from None


@duck("vs_float8_sqrt(DOUBLE) -> DOUBLE")
def float_root(a: float) -> float:
    if a < 0:
        raise InvalidArgumentForPowerFunction("cannot take square root of a negative number")
    return math.sqrt(a)


@duck("vs_float8_exp(DOUBLE) -> DOUBLE")
def float_exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        raise NumericValueOutOfRange("value out of range: overflow") from None


@duck("vs_float8_ln(DOUBLE) -> DOUBLE")
def float_ln(a: float) -> float:
    _logarithm_of(str(a))
    return math.log(a)


@duck("vs_float8_log10(DOUBLE) -> DOUBLE")
def float_log10(a: float) -> float:
    _logarithm_of(str(a))
    return math.log10(a)


@duck("vs_float8_rint(DOUBLE) -> DOUBLE")
def round_half_even(a: float) -> float:
    return float(round(a)) if math.isfinite(a) else a


@duck("vs_width_bucket(DOUBLE, DOUBLE, DOUBLE, INTEGER) -> INTEGER")
def width_bucket(value: float, low: float, high: float, count: int) -> int:
    if low < high:
        if value < low:
            return 0
        return count + 1 if value >= high else int((value - low) / (high - low) * count) + 1
    if value > low:
        return 0
    return count + 1 if value <= high else int((low - value) / (low - high) * count) + 1


def _row_count(what: str, clause: str) -> Callable[[int], int]:
    from vecsql.errors import InvalidRowCountInLimit, InvalidRowCountInOffset

    error = InvalidRowCountInLimit if clause == "limit" else InvalidRowCountInOffset

    def call(count: int | None) -> int:
        if count is None:
            return 2**62 if clause == "limit" else 0
        if count < 0:
            raise error(f"{what} must not be negative")
        return count

    return call


duck("vs_limit(BIGINT) -> BIGINT", nulls=True)(_row_count("LIMIT", "limit"))
duck("vs_offset(BIGINT) -> BIGINT", nulls=True)(_row_count("OFFSET", "offset"))
