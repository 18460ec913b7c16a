"""DDL operators: one function per kind of statement, each returning its command tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vecsql.executor.context import ExecContext, Result
from vecsql.executor.ddl import drop, objects, rename
from vecsql.executor.ddl.alter import alter_index, alter_table
from vecsql.executor.ddl.indexes import create_index
from vecsql.executor.ddl.queries import create_table_as, create_view
from vecsql.executor.ddl.tables import create_table
from vecsql.executor.operators import operator
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan

_RUN: dict[type, Callable[[Any, DdlPlan, ExecContext], str]] = {
    nodes.CreateTable: create_table,
    nodes.CreateTableAs: create_table_as,
    nodes.CreateView: create_view,
    nodes.CreateIndex: create_index,
    nodes.CreateSchema: objects.create_schema,
    nodes.CreateSequence: objects.create_sequence,
    nodes.CreateExtension: objects.create_extension,
    nodes.AlterTable: alter_table,
    nodes.AlterIndex: alter_index,
    nodes.AlterSequence: objects.alter_sequence,
    nodes.AlterExtension: objects.alter_extension,
    nodes.RenameColumn: rename.rename_column,
    nodes.RenameConstraint: rename.rename_constraint,
    nodes.RenameRelation: rename.rename_relation,
    nodes.RenameSchema: rename.rename_schema,
    nodes.SetSchema: rename.set_schema,
    nodes.Drop: drop.drop,
    nodes.DropSchema: drop.drop_schema,
    nodes.DropExtension: drop.drop_extension,
    nodes.DropAbsent: drop.drop_absent,
    nodes.Comment: objects.comment,
    nodes.Truncate: objects.truncate,
    nodes.NoOp: objects.no_op,
}


@operator(DdlPlan)
def execute_ddl(plan: DdlPlan, ctx: ExecContext, params: Sequence[Any] = ()) -> Result:
    """Run a DDL statement inside the transaction."""
    tag = _RUN[type(plan.statement)](plan.statement, plan, ctx)
    return Result(None, iter(()), tag)
