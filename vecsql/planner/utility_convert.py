"""libpg_query trees of utility statements to the dataclasses of planner.utility."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vecsql.errors import FeatureNotSupported
from vecsql.planner import utility as u
from vecsql.planner.convert import Converter, type_name
from vecsql.planner.convert.expressions import names_of, only
from vecsql.planner.convert.types import Tree

if TYPE_CHECKING:
    from vecsql.planner.statement import ParsedStatement

ALL_ROWS = 2**63 - 1
CURSOR_BINARY, CURSOR_SCROLL, CURSOR_NO_SCROLL, CURSOR_HOLD = 0x1, 0x2, 0x4, 0x20


class UtilityConverter:
    """Converts one utility statement; `nested` makes a ParsedStatement of a contained query."""

    def __init__(self, converter: Converter, nested: Callable[[Tree], ParsedStatement]) -> None:
        self.converter = converter
        self.nested = nested

    def convert(self, tag: str, tree: Tree) -> Any:
        """The dataclass for statement `tag`, or None if it is no utility statement."""
        function = getattr(self, f"_{tag}", None)
        if function is not None:
            return function(tree)
        if tag in UNSUPPORTED:
            return u.Unsupported(f"{UNSUPPORTED[tag]} is not supported")
        if tag in NO_OPS:
            return u.NoOp(NO_OPS[tag])
        return None

    def _TransactionStmt(self, tree: Tree) -> Any:  # noqa: N802
        kind = tree["kind"].removeprefix("TRANS_STMT_")
        name = tree.get("savepoint_name", "")
        chain = tree.get("chain", False)
        if kind in ("BEGIN", "START"):
            return u.Begin(modes(tree.get("options", ())), start=kind == "START")
        simple: dict[str, Callable[[], Any]] = {
            "COMMIT": lambda: u.Commit(chain),
            "ROLLBACK": lambda: u.Rollback(chain),
            "SAVEPOINT": lambda: u.Savepoint(name),
            "RELEASE": lambda: u.Release(name),
            "ROLLBACK_TO": lambda: u.RollbackTo(name),
        }
        if kind not in simple:
            raise FeatureNotSupported("prepared transactions are not supported")
        return simple[kind]()

    def _VariableSetStmt(self, tree: Tree) -> Any:  # noqa: N802
        kind, name = tree["kind"], tree.get("name", "")
        args = tree.get("args", ())
        if kind == "VAR_RESET_ALL":
            return u.Reset(None)
        if kind == "VAR_RESET":
            return u.Reset(name)
        if kind == "VAR_SET_MULTI":
            if name == "TRANSACTION SNAPSHOT":
                return u.SetTransaction(u.TransactionModes(), snapshot=text_of(args[0]))
            return u.SetTransaction(modes(args), session=name == "SESSION CHARACTERISTICS")
        if kind == "VAR_SET_CURRENT":
            return u.NoOp("SET")
        local = tree.get("is_local", False)
        if kind == "VAR_SET_DEFAULT":
            return u.Set(name, None, local)
        return u.Set(name, tuple(text_of(a) or "" for a in args), local)

    def _VariableShowStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Show(tree["name"])

    def _ConstraintsSetStmt(self, tree: Tree) -> Any:  # noqa: N802
        names = tuple(
            tuple(v["RangeVar"][k] for k in ("schemaname", "relname") if v["RangeVar"].get(k))
            for v in tree.get("constraints", ())
        )
        return u.SetConstraints(names, tree.get("deferred", False))

    def _PrepareStmt(self, tree: Tree) -> Any:  # noqa: N802
        types = tuple(
            type_name(t["TypeName"], self.converter.offset(t["TypeName"]))
            for t in tree.get("argtypes", ())
        )
        return u.Prepare(tree["name"], types, self.nested(tree["query"]))

    def _ExecuteStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Execute(tree["name"], tuple(self.converter.expressions(tree.get("params"))))

    def _DeallocateStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Deallocate(None if tree.get("isall") else tree.get("name"))

    def _DeclareCursorStmt(self, tree: Tree) -> Any:  # noqa: N802
        options = tree.get("options", 0)
        scroll = True if options & CURSOR_SCROLL else False if options & CURSOR_NO_SCROLL else None
        return u.Declare(
            tree["portalname"], self.nested(tree["query"]), scroll,
            hold=bool(options & CURSOR_HOLD), binary=bool(options & CURSOR_BINARY),
        )  # fmt: skip

    def _FetchStmt(self, tree: Tree) -> Any:  # noqa: N802
        count = tree.get("howMany", 0)
        direction = tree["direction"].removeprefix("FETCH_").lower()
        return u.Fetch(
            tree["portalname"],
            direction,
            None if count == ALL_ROWS else count,
            tree.get("ismove", False),
        )

    def _ClosePortalStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Close(tree.get("portalname"))

    def _ListenStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Listen(tree["conditionname"])

    def _UnlistenStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Unlisten(tree.get("conditionname"))

    def _NotifyStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Notify(tree["conditionname"], tree.get("payload", ""))

    def _CopyStmt(self, tree: Tree) -> Any:  # noqa: N802
        relation = tree.get("relation")
        where = tree.get("whereClause")
        return u.Copy(
            table=relation_name(relation) if relation else None,
            columns=tuple(names_of(tree.get("attlist", []))),
            query=self.nested(tree["query"]) if "query" in tree else None,
            is_from=tree.get("is_from", False),
            filename=tree.get("filename"),
            program=tree.get("is_program", False),
            options=tuple(
                (o["DefElem"]["defname"], option_value(o["DefElem"].get("arg")))
                for o in tree.get("options", ())
            ),
            where=self.converter.expression(where) if where else None,
            position=self.converter.offset(relation) if relation else -1,
        )

    def _ExplainStmt(self, tree: Tree) -> Any:  # noqa: N802
        options = tuple(
            (o["DefElem"]["defname"], text_of(o["DefElem"].get("arg")))
            for o in tree.get("options", ())
        )
        return u.Explain(self.nested(tree["query"]), options)

    def _DiscardStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Discard(tree["target"].removeprefix("DISCARD_").lower())

    def _CheckPointStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Checkpoint()

    def _VacuumStmt(self, tree: Tree) -> Any:  # noqa: N802
        options = {o["DefElem"]["defname"] for o in tree.get("options", ())}
        vacuum = tree.get("is_vacuumcmd", False)
        tables = tuple(relation_name(r["VacuumRelation"]["relation"]) for r in tree.get("rels", ()))
        return u.Vacuum(tables, analyze=not vacuum or "analyze" in options, vacuum=vacuum)

    def _ReindexStmt(self, tree: Tree) -> Any:  # noqa: N802
        kind = tree["kind"].removeprefix("REINDEX_OBJECT_").lower()
        name = relation_name(tree["relation"]) if "relation" in tree else ()
        return u.Reindex(kind, name or ((tree["name"],) if "name" in tree else ()))

    def _LockStmt(self, tree: Tree) -> Any:  # noqa: N802
        tables = tuple(relation_name(r["RangeVar"]) for r in tree["relations"])
        return u.LockTable(tables, tree.get("mode", 8), tree.get("nowait", False))

    def _DoStmt(self, tree: Tree) -> Any:  # noqa: N802
        return u.Unsupported("DO is not supported: there is no procedural language")


NO_OPS = {"CreateStatsStmt": "CREATE STATISTICS"}
UNSUPPORTED = {
    "CreateRoleStmt": "CREATE ROLE", "AlterRoleStmt": "ALTER ROLE", "AlterRoleSetStmt": "ALTER ROLE ... SET",
    "AlterSystemStmt": "ALTER SYSTEM", "AlterDatabaseStmt": "ALTER DATABASE",
    "AlterDatabaseSetStmt": "ALTER DATABASE ... SET", "DropOwnedStmt": "DROP OWNED",
    "SecLabelStmt": "SECURITY LABEL", "LoadStmt": "LOAD", "ClusterStmt": "CLUSTER",
    "RefreshMatViewStmt": "REFRESH MATERIALIZED VIEW", "CallStmt": "CALL",
    "ImportForeignSchemaStmt": "IMPORT FOREIGN SCHEMA", "AlterPolicyStmt": "ALTER POLICY",
    "CreateEventTrigStmt": "CREATE EVENT TRIGGER", "AlterEventTrigStmt": "ALTER EVENT TRIGGER",
    "CreateAmStmt": "CREATE ACCESS METHOD", "CreateConversionStmt": "CREATE CONVERSION",
    "CreateTransformStmt": "CREATE TRANSFORM", "CreateForeignTableStmt": "CREATE FOREIGN TABLE",
    "CreateFdwStmt": "CREATE FOREIGN DATA WRAPPER", "CreateUserMappingStmt": "CREATE USER MAPPING",
    "CreateOpClassStmt": "CREATE OPERATOR CLASS", "CreateOpFamilyStmt": "CREATE OPERATOR FAMILY",
}  # fmt: skip


def relation_name(tree: Tree) -> tuple[str, ...]:
    """A RangeVar as its written name."""
    return tuple(tree[k] for k in ("schemaname", "relname") if k in tree)


def text_of(tree: Tree | None) -> str | None:
    """A setting's or an option's value as text."""
    if tree is None:
        return None
    tag, body = only(tree)
    if tag == "A_Const":
        return constant_text(body)
    if tag in ("String", "Float", "Integer", "Boolean"):
        return constant_text(
            {
                {"String": "sval", "Float": "fval", "Integer": "ival", "Boolean": "boolval"}[
                    tag
                ]: body
            }
        )
    if tag == "TypeCast":
        return text_of(body["arg"])
    if tag == "TypeName":
        return names_of(body["names"])[-1]
    if tag == "A_Star":
        return "*"
    return None


def constant_text(body: Tree) -> str:
    """The text of a constant; booleans as 'true' and 'false'."""
    if "ival" in body:
        return str(body["ival"].get("ival", 0))
    if "fval" in body:
        return str(body["fval"]["fval"])
    if "boolval" in body:
        return "true" if body["boolval"].get("boolval") else "false"
    return str(body.get("sval", {}).get("sval", ""))


def option_value(tree: Tree | None) -> str | tuple[str, ...] | None:
    """A COPY option's value: text, a list of columns ('*' for all of them), or None."""
    if tree is not None and "List" in tree:
        return tuple(names_of(tree["List"]["items"]))
    return text_of(tree)


def modes(options: Any) -> u.TransactionModes:
    """Transaction modes of BEGIN and SET TRANSACTION."""
    found: dict[str, str] = {}
    for option in options:
        body = option["DefElem"]
        found[body["defname"]] = text_of(body.get("arg")) or ""
    flags = {k: v not in ("0", "false") for k, v in found.items()}
    return u.TransactionModes(
        found.get("transaction_isolation"), flags.get("transaction_read_only"),
        flags.get("transaction_deferrable"),
    )  # fmt: skip
