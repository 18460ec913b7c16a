"""Functions on bit strings, which are text of 0 and 1 in DuckDB."""

from __future__ import annotations

from collections.abc import Callable

from vecsql.errors import DataException, StringDataLengthMismatch
from vecsql.executor.duck_functions.registry import duck


def _numbers(a: str, b: str) -> tuple[int, int]:
    """Both as integers. Raises pgvector's error for different lengths."""
    if len(a) != len(b):
        raise DataException(f"different bit lengths {len(a)} and {len(b)}")
    return int(a or "0", 2), int(b or "0", 2)


@duck("vs_bit_hamming(VARCHAR, VARCHAR) -> DOUBLE")
def hamming(a: str, b: str) -> float:
    """The number of places in which they differ."""
    x, y = _numbers(a, b)
    return float((x ^ y).bit_count())


@duck("vs_bit_jaccard(VARCHAR, VARCHAR) -> DOUBLE")
def jaccard(a: str, b: str) -> float:
    """1 - common ones / all ones; 1 where there is no common one."""
    x, y = _numbers(a, b)
    both = (x & y).bit_count()
    return 1.0 if both == 0 else 1.0 - both / (x | y).bit_count()


def _combine(name: str, verb: str, operation: Callable[[int, int], int]) -> None:
    @duck(f"vs_bit_{name}(VARCHAR, VARCHAR) -> VARCHAR")
    def combine(a: str, b: str) -> str:
        if len(a) != len(b):
            raise StringDataLengthMismatch(f"cannot {verb} bit strings of different sizes")
        return f"{operation(int(a, 2), int(b, 2)):0{len(a)}b}" if a else ""


_combine("and", "AND", lambda a, b: a & b)
_combine("or", "OR", lambda a, b: a | b)
_combine("xor", "XOR", lambda a, b: a ^ b)


@duck("vs_bit_not(VARCHAR) -> VARCHAR")
def invert(a: str) -> str:
    """Each bit the other way."""
    return a.translate({48: "1", 49: "0"})


@duck("vs_bit_fit(VARCHAR, INTEGER) -> VARCHAR")
def fit(a: str, size: int) -> str:
    """The explicit cast to bit(n): cut, or zeros added, on the right."""
    return a[:size].ljust(size, "0")
