"""The functions of the system catalog: signatures for the binder, DuckDB macros and UDFs (see function_registry)."""

from vecsql.catalog import (  # noqa: F401  (they add their functions)
    advisory_functions,
    introspection,
    recall_functions,
    session_functions,
)
from vecsql.catalog.function_registry import (
    NAMED_ARGUMENTS,
    POLYMORPHIC,
    REG_INPUT,
    REG_OUTPUT,
    SIGNATURES,
    STATE_SQL,
    STATE_VARIABLE,
    Function,
    SystemState,
    find,
    macros,
    original_error,
    register,
    volatile_in,
)
from vecsql.catalog.table_functions import TABLE_FUNCTIONS, TableFunction

__all__ = [
    "NAMED_ARGUMENTS",
    "POLYMORPHIC",
    "REG_INPUT",
    "REG_OUTPUT",
    "SIGNATURES",
    "STATE_SQL",
    "STATE_VARIABLE",
    "TABLE_FUNCTIONS",
    "Function",
    "SystemState",
    "TableFunction",
    "find",
    "load",
    "macros",
    "original_error",
    "register",
    "volatile_in",
]


def load() -> dict[str, list[Function]]:
    """SIGNATURES, complete."""
    return SIGNATURES
