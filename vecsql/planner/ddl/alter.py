"""The grammar of ALTER TABLE and of the other ALTER statements."""

from __future__ import annotations

from vecsql.errors import FeatureNotSupported
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.scanner import Cursor
from vecsql.planner.ddl.tables import (
    COLUMN_STOPS,
    column_spec,
    options,
    qname,
    sequence_options,
    table_constraint,
    type_name,
)

_KINDS: dict[str, nodes.RelationKind] = {
    "table": "table", "index": "index", "view": "view", "sequence": "sequence"
}  # fmt: skip

_OWNERS = ("postgres", "current_user", "current_role", "session_user")


def alter(cursor: Cursor) -> nodes.DdlStatement:
    """ALTER ..., after the word ALTER."""
    word = cursor.accept_any("table", "index", "view", "sequence", "schema", "extension")
    if word is None:
        return _other(cursor)
    if word == "schema":
        return _schema(cursor)
    if word == "extension":
        extension = cursor.identifier()
        cursor.rest()
        return nodes.AlterExtension(extension)
    kind = _KINDS[word]
    if_exists = cursor.accept("if", "exists")
    cursor.accept("only")
    name = qname(cursor)
    cursor.accept("*")
    if cursor.accept("rename"):
        return _rename(cursor, kind, name, if_exists)
    if cursor.accept("set", "schema"):
        return nodes.SetSchema(kind, name, cursor.identifier(), if_exists)
    if kind == "sequence" and not cursor.peek("owner"):
        return nodes.AlterSequence(name, sequence_options(cursor), if_exists)
    if kind in ("index", "sequence", "view"):
        if cursor.peek("owner"):
            return nodes.NoOp(f"ALTER {word.upper()}", _owner(cursor))
        if kind == "index" and (action := _options(cursor)) is not None:
            return nodes.AlterIndex(name, action, if_exists)
        if kind != "index" or not cursor.accept_any("set", "alter"):
            raise cursor.error()
        cursor.rest()
        return nodes.NoOp(f"ALTER {word.upper()}")
    actions = [_action(cursor)]
    while cursor.accept(","):
        actions.append(_action(cursor))
    return nodes.AlterTable(name, tuple(actions), if_exists)


def _other(cursor: Cursor) -> nodes.DdlStatement:
    """ALTER DEFAULT PRIVILEGES, and what is not supported."""
    if not cursor.accept("default"):
        position = cursor.token.start + 1
        if cursor.accept_any(
            "type", "domain", "function", "materialized", "publication", "trigger"
        ):
            raise FeatureNotSupported(
                "ALTER of this kind of object is not supported", position=position
            )
        raise cursor.error()
    cursor.rest()
    return nodes.NoOp("ALTER DEFAULT PRIVILEGES", nodes.NO_PRIVILEGES)


def _schema(cursor: Cursor) -> nodes.DdlStatement:
    name = cursor.identifier()
    if cursor.accept("rename"):
        cursor.expect("to")
        return nodes.RenameSchema(name, cursor.identifier())
    return nodes.NoOp("ALTER SCHEMA", _owner(cursor))


def _owner(cursor: Cursor) -> str:
    """OWNER TO role: the warning, unless it is the role that owns everything."""
    cursor.expect("owner", "to")
    return "" if cursor.next().value in _OWNERS else nodes.NO_OWNERS


def _rename(
    cursor: Cursor, kind: nodes.RelationKind, name: nodes.QName, if_exists: bool
) -> nodes.DdlStatement:
    if cursor.accept("to"):
        return nodes.RenameRelation(kind, name, cursor.identifier(), if_exists)
    if cursor.accept("constraint"):
        old = cursor.identifier()
        cursor.expect("to")
        return nodes.RenameConstraint(name, old, cursor.identifier(), if_exists)
    cursor.accept("column")
    position = cursor.token.start + 1
    old = cursor.identifier()
    cursor.expect("to")
    return nodes.RenameColumn(name, old, cursor.identifier(), if_exists, position)


def _action(cursor: Cursor) -> nodes.AlterAction:
    if cursor.accept("add"):
        return _add(cursor)
    if cursor.accept("drop"):
        return _drop(cursor)
    if cursor.accept("alter"):
        cursor.accept("column")
        return _alter_column(cursor)
    if cursor.peek("owner"):
        return nodes.NoAction(_owner(cursor))
    changed = _options(cursor)
    if changed is not None:
        return changed
    position = cursor.token.start + 1
    if cursor.accept("enable", "row") or cursor.accept("force", "row"):
        raise FeatureNotSupported("row-level security is not supported", position=position)
    if cursor.accept_any("set", "reset", "replica", "cluster", "enable", "disable",
                         "validate", "no", "force", "without"):  # fmt: skip
        cursor.expression(frozenset())
        return nodes.NoAction()
    raise cursor.error()


def _options(cursor: Cursor) -> nodes.SetOptions | None:
    """SET (...) or RESET (...), if that is what comes."""
    if not cursor.peek("set", "(") and not cursor.peek("reset", "("):
        return None
    reset = cursor.accept("reset") or not cursor.accept("set")
    start = cursor.at
    found = options(cursor)
    with_values = any(token.value == "=" for token in cursor.tokens[start : cursor.at])
    return nodes.SetOptions(found, reset, with_values)


def _add(cursor: Cursor) -> nodes.AlterAction:
    constraint = table_constraint(cursor)
    if constraint is not None:
        cursor.accept("not", "valid")
        return nodes.AddConstraint(constraint)
    cursor.accept("column")
    if_not_exists = cursor.accept("if", "not", "exists")
    return nodes.AddColumn(column_spec(cursor), if_not_exists)


def _drop(cursor: Cursor) -> nodes.AlterAction:
    constraint = cursor.accept("constraint")
    if not constraint:
        cursor.accept("column")
    if_exists = cursor.accept("if", "exists")
    name = cursor.identifier()
    cascade = cursor.accept_any("cascade", "restrict") == "cascade"
    if constraint:
        return nodes.DropConstraint(name, if_exists, cascade)
    return nodes.DropColumn(name, if_exists, cascade)


def _alter_column(cursor: Cursor) -> nodes.AlterAction:
    name = cursor.identifier()
    if cursor.accept("type") or cursor.accept("set", "data", "type"):
        kind = type_name(cursor)
        if cursor.accept("collate"):
            qname(cursor)
        using = cursor.expression(frozenset()) if cursor.accept("using") else None
        return nodes.AlterColumnType(name, kind, using)
    if cursor.accept("set", "default"):
        start = cursor.token.start
        return nodes.SetDefault(name, cursor.expression(COLUMN_STOPS), start)
    if cursor.accept("drop", "default"):
        return nodes.SetDefault(name, None)
    if cursor.accept("set", "not", "null"):
        return nodes.SetNotNull(name, True)
    if cursor.accept("drop", "not", "null"):
        return nodes.SetNotNull(name, False)
    if cursor.accept("drop", "identity"):
        return nodes.SetIdentity(name, "drop", if_exists=cursor.accept("if", "exists"))
    if cursor.accept("drop", "expression"):
        return nodes.DropExpression(name, cursor.accept("if", "exists"))
    if cursor.accept("add", "generated"):
        return _add_identity(cursor, name)
    if cursor.peek("set", "generated") or cursor.peek("restart") or cursor.peek("set", "increment"):
        return _set_identity(cursor, name)
    if cursor.accept_any("set", "reset"):  # STATISTICS, STORAGE, (options)
        cursor.expression(frozenset())
        return nodes.NoAction()
    raise cursor.error()


def _add_identity(cursor: Cursor, name: str) -> nodes.SetIdentity:
    always = cursor.accept("always")
    if not always:
        cursor.expect("by", "default")
    cursor.expect("as", "identity")
    sequence = nodes.SequenceOptions()
    if cursor.accept("("):
        sequence = sequence_options(cursor)
        cursor.expect(")")
    return nodes.SetIdentity(name, "add", always, sequence)


def _set_identity(cursor: Cursor, name: str) -> nodes.SetIdentity:
    always: bool | None = None
    sequence: nodes.SequenceOptions | None = None
    while cursor.peek("set") or cursor.peek("restart"):
        if cursor.accept("set", "generated"):
            always = cursor.accept("always")
            if not always:
                cursor.expect("by", "default")
        else:
            cursor.accept("set")
            sequence = sequence_options(cursor)
    return nodes.SetIdentity(name, "set", always, sequence)
