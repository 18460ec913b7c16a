"""The WITH options of vector indexes, with pgvector's defaults, ranges and error texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vecsql.errors import InvalidParameterValue


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """`m`: neighbours per row and direction; `ef_construction`: width of the search that finds them."""

    m: int = 16
    ef_construction: int = 64


@dataclass(frozen=True, slots=True)
class ListOptions:
    """`lists`: how many k-means makes; 0 to choose by the number of rows (pgvector would make 100)."""

    lists: int = 0


RANGES = {"m": (2, 100), "ef_construction": (4, 1000)}
LIST_RANGES = {"lists": (1, 32768)}


def graph_options(options: Mapping[str, str]) -> GraphOptions:
    """Check and convert the options of `USING hnsw`; raises InvalidParameterValue as pgvector does.

    `recall` is for the searches, not for the build.
    """
    values = {
        name: _integer(name, text, RANGES) for name, text in options.items() if name != "recall"
    }
    result = GraphOptions(**values)
    if result.ef_construction < 2 * result.m:
        raise InvalidParameterValue("ef_construction must be greater than or equal to 2 * m")
    return result


def list_options(options: Mapping[str, str]) -> ListOptions:
    """Check and convert the options of `USING ivfflat`; raises InvalidParameterValue as pgvector does."""
    return ListOptions(
        **{
            name: _integer(name, text, LIST_RANGES)
            for name, text in options.items()
            if name != "recall"
        }
    )


def _integer(name: str, text: str, ranges: Mapping[str, tuple[int, int]]) -> int:
    if name not in ranges:
        raise InvalidParameterValue(f'unrecognized parameter "{name}"')
    low, high = ranges[name]
    try:
        value = int(text)
    except ValueError:
        raise InvalidParameterValue(f'invalid value for integer option "{name}": {text}') from None
    if not low <= value <= high:
        raise InvalidParameterValue(
            f'value {value} out of bounds for option "{name}"',
            detail=f'Valid values are between "{low}" and "{high}".',
        )
    return value
