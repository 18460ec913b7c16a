"""Which rows a partial index is about: its predicate in the compiled form that the catalog keeps.

The form is a tuple of terms that AND joins: (attnum, operator, value as text, type oid, type modifier), with the operators
= <> < <= > >= and 'null', 'not null', 'true', 'false', which have no value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.index.base import Mask
from vecsql.storage.interface import Part
from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType, by_oid

Term = tuple[int, str, str, int, int]

_COMPARISONS: dict[str, Callable[[pa.Array, Any], pa.Array]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


def in_scope(part: Part, terms: tuple[Term, ...]) -> Mask | None:
    """(num_rows,) which rows of the part meet all terms; None where the index had better have all of them: there are no
    terms, or the part is older than a column."""
    if not terms:
        return None
    found = np.ones(part.num_rows, np.bool_)
    try:
        for term in terms:
            found &= _holds(part, *term)
    except KeyError:
        return None
    return found


def _holds(part: Part, attnum: int, operator: str, text: str, oid: int, typmod: int) -> Any:
    column = part.column(attnum)
    if operator == "null":
        truth = column.is_null()
    elif operator == "not null":
        truth = column.is_valid()
    elif operator in ("true", "false"):
        truth = pc.equal(column, pa.scalar(operator == "true"))
    else:
        sql_type = by_oid(oid)
        assert sql_type is not None
        value = to_arrow([sql_type.from_text(text, -1)], ColumnType(sql_type, typmod))[0]
        truth = _COMPARISONS[operator](column, value)
    return pc.fill_null(truth, False).to_numpy(zero_copy_only=False)
