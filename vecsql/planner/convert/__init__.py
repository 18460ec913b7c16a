"""From libpg_query's trees (PostgreSQL's own grammar) to sqlglot's AST, which the planner binds."""

from vecsql.planner.convert.dml import Converter
from vecsql.planner.convert.types import TypeName, type_name

__all__ = ["Converter", "TypeName", "type_name"]
