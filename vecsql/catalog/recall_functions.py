"""vecsql_recall(): measures the recall of a vector index; the searches are the executor's, runtime key `measure_recall`."""

from __future__ import annotations

from vecsql import errors
from vecsql.catalog import names
from vecsql.catalog.function_registry import NAMED_ARGUMENTS, SystemState, udf

MAX_SAMPLE, MAX_K = 1_000_000, 10_000

NAMED_ARGUMENTS["vecsql_recall"] = (
    ("index", None), ("sample", "200"), ("filter", "NULL"), ("k", "10"),
)  # fmt: skip


@udf(
    "vecsql_recall(regclass, integer, text, integer) -> double precision",
    state=True,
    volatile=True,
    strict=False,
)
def vecsql_recall(
    state: SystemState, oid: int | None, sample: int | None, where: str | None, k: int | None
) -> float | None:
    """The mean share of their `k` true nearest rows that searches with `sample` stored rows as queries find, each row hidden from itself;
    under the WHERE clause `where` if there is one. NULL when there is nothing to find."""
    if oid is None or sample is None or k is None:
        return None
    index = state.catalog.indexes.get(oid)
    if index is None or not index.is_vector:
        found = names.relation_by_oid(state.catalog, oid)
        shown = found.name if found is not None else str(oid)
        what = "an index" if index is None else "a vector index"
        raise errors.WrongObjectType(f'"{shown}" is not {what}')
    for name, value, most in (("sample", sample, MAX_SAMPLE), ("k", k, MAX_K)):
        if not 1 <= value <= most:
            raise errors.InvalidParameterValue(f'"{name}" must be between 1 and {most}')
    measure = state.runtime.get("measure_recall")
    if measure is None:
        raise errors.ObjectNotInPrerequisiteState("vecsql_recall needs a session")
    result: float | None = measure(state.path, index, sample, where, k)
    return result
