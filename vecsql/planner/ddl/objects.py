"""The grammar of CREATE INDEX, SEQUENCE, VIEW, SCHEMA and EXTENSION, DROP, COMMENT, TRUNCATE, GRANT."""

from __future__ import annotations

from vecsql.errors import FeatureNotSupported
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.scanner import RESERVED, Cursor
from vecsql.planner.ddl.tables import create_table, options, qname, query_text, sequence_options

_ABSENT = ("type", "group", "domain", "function", "procedure", "aggregate", "trigger", "rule", "policy", "role",
           "user", "operator", "cast", "collation", "publication", "subscription", "server", "statistics",
           "event", "text", "language", "database", "tablespace", "routine")  # fmt: skip


def create(cursor: Cursor) -> nodes.DdlStatement:
    """CREATE ..., after the word CREATE."""
    replace = cursor.accept("or", "replace")
    cursor.accept_any("global", "local")
    temporary = cursor.accept_any("temporary", "temp") is not None
    unlogged = cursor.accept("unlogged")
    if temporary and any(map(cursor.peek, ("table", "sequence", "view"))):
        kind = cursor.token.value
        raise FeatureNotSupported(
            f"temporary {kind}s are not supported",
            position=cursor.token.start + 1,
            hint=f"Use an ordinary {kind} and drop it in the same transaction.",
        )
    if not replace and cursor.accept("table"):
        return create_table(cursor)
    if cursor.accept("sequence"):
        if_not_exists = cursor.accept("if", "not", "exists")
        return nodes.CreateSequence(qname(cursor), sequence_options(cursor), if_not_exists)
    if cursor.accept("view"):
        return _view(cursor, replace)
    if unlogged or replace:
        return _unsupported(cursor)
    if cursor.peek("unique") or cursor.peek("index"):
        return _index(cursor)
    if cursor.accept("schema"):
        return _schema(cursor)
    if cursor.accept("extension"):
        return _extension(cursor)
    return _unsupported(cursor)


def _unsupported(cursor: Cursor) -> nodes.DdlStatement:
    token = cursor.token
    if (
        token.value == "type"
        or token.value in _ABSENT
        or token.value in ("materialized", "foreign")
    ):
        words = token.value.upper() + (" VIEW" if token.value == "materialized" else "")
        raise FeatureNotSupported(f"CREATE {words} is not supported", position=token.start + 1)
    raise cursor.error()


def _view(cursor: Cursor, replace: bool) -> nodes.CreateView:
    name = qname(cursor)
    columns = cursor.names() if cursor.peek("(") else ()
    if cursor.accept("with"):
        options(cursor)
    cursor.expect("as")
    start = cursor.token.start
    return nodes.CreateView(name, columns, query_text(cursor)[0], start, replace)


def _schema(cursor: Cursor) -> nodes.CreateSchema:
    if_not_exists = cursor.accept("if", "not", "exists")
    if cursor.accept("authorization"):
        return nodes.CreateSchema(cursor.identifier(), if_not_exists)
    name = cursor.identifier()
    if cursor.accept("authorization"):
        cursor.identifier()
    return nodes.CreateSchema(name, if_not_exists)


def _extension(cursor: Cursor) -> nodes.CreateExtension:
    if_not_exists = cursor.accept("if", "not", "exists")
    name, version = cursor.identifier(), None
    cursor.accept("with")
    while word := cursor.accept_any("schema", "version", "cascade"):
        if word == "schema":
            cursor.identifier()
        elif word == "version":
            version = cursor.next().value
    return nodes.CreateExtension(name, if_not_exists, version)


def _index(cursor: Cursor) -> nodes.CreateIndex:
    unique = cursor.accept("unique")
    cursor.expect("index")
    concurrently = cursor.accept("concurrently")
    if_not_exists = cursor.accept("if", "not", "exists")
    name = None if cursor.peek("on") else cursor.identifier()
    cursor.expect("on")
    cursor.accept("only")
    table = qname(cursor)
    method = cursor.identifier() if cursor.accept("using") else "btree"
    elements = _index_elements(cursor)
    include = cursor.names() if cursor.accept("include") else ()
    distinct = False
    if cursor.accept("nulls"):
        distinct = cursor.accept("not")
        cursor.expect("distinct")
    found = options(cursor) if cursor.accept("with") else ()
    if cursor.accept("tablespace"):
        cursor.identifier()
    predicate = cursor.rest() if cursor.accept("where") else None
    return nodes.CreateIndex(
        name, table, method, elements, unique, if_not_exists, include, distinct, found, predicate, concurrently
    )  # fmt: skip


def _index_elements(cursor: Cursor) -> tuple[nodes.IndexElement, ...]:
    cursor.expect("(")
    found = [_index_element(cursor)]
    while cursor.accept(","):
        found.append(_index_element(cursor))
    cursor.expect(")")
    return tuple(found)


def _index_element(cursor: Cursor) -> nodes.IndexElement:
    position = cursor.token.start + 1
    column, expression = None, None
    if cursor.peek("("):
        expression = cursor.balanced()
    elif cursor.tokens[cursor.at + 1].value == "(":
        start = cursor.token.start
        cursor.identifier()
        cursor.balanced()
        expression = cursor.source(start)
    else:
        column = cursor.identifier()
    if cursor.accept("collate"):
        qname(cursor)
    opclass = None
    token = cursor.token
    if token.kind in ("word", "quoted") and token.value not in RESERVED and token.value != "nulls":
        opclass = qname(cursor).name
        if cursor.accept("("):
            while not cursor.accept(")"):
                cursor.next()
    descending = cursor.accept_any("asc", "desc") == "desc"
    first: bool | None = None
    if cursor.accept("nulls"):
        first = cursor.accept("first")
        if not first:
            cursor.expect("last")
    return nodes.IndexElement(column, expression, opclass, descending, first, position)


def drop(cursor: Cursor) -> nodes.DdlStatement:
    """DROP ..., after the word DROP."""
    word = cursor.accept_any("table", "view", "index", "sequence", "schema", "extension")
    if word is None:
        return _drop_absent(cursor)
    if word == "index":
        cursor.accept("concurrently")
    if_exists = cursor.accept("if", "exists")
    found = [qname(cursor)]
    while cursor.accept(","):
        found.append(qname(cursor))
    cascade = cursor.accept_any("cascade", "restrict") == "cascade"
    if word == "schema":
        return nodes.DropSchema(tuple(n.name for n in found), if_exists, cascade)
    if word == "extension":
        return nodes.DropExtension(tuple(n.name for n in found), if_exists, cascade)
    return nodes.Drop(word, tuple(found), if_exists, cascade)  # type: ignore[arg-type]


def _drop_absent(cursor: Cursor) -> nodes.DropAbsent:
    kind = cursor.accept_any(*_ABSENT) or cursor.accept_any("materialized", "foreign", "owned")
    if kind is None:
        raise cursor.error()
    if kind in ("materialized", "foreign", "event", "text"):
        kind += " " + cursor.label()
    if kind in ("user", "group"):
        kind = "role"
    if_exists = cursor.accept("if", "exists")
    name = qname(cursor)
    cursor.rest()
    return nodes.DropAbsent(kind, str(name), if_exists)


def comment(cursor: Cursor) -> nodes.Comment:
    """COMMENT ON ..., after the word COMMENT."""
    cursor.expect("on")
    kind = cursor.label()
    if kind == "constraint":
        constraint = cursor.identifier()
        cursor.expect("on")
        return nodes.Comment(kind, qname(cursor), constraint, _comment_text(cursor))
    if kind not in (
        "table",
        "column",
        "index",
        "view",
        "sequence",
        "schema",
        "extension",
        "database",
    ):
        raise FeatureNotSupported(f"COMMENT ON {kind.upper()} is not supported")
    position = cursor.token.start + 1
    parts = [cursor.identifier()]
    while cursor.accept("."):
        parts.append(cursor.label())
    column = parts.pop() if kind == "column" else None
    if not parts:
        raise cursor.error()
    name = nodes.QName(parts[-2] if len(parts) > 1 else None, parts[-1], position)
    return nodes.Comment(kind, name, column, _comment_text(cursor))


def _comment_text(cursor: Cursor) -> str | None:
    cursor.expect("is")
    return None if cursor.accept("null") else cursor.string()


def truncate(cursor: Cursor) -> nodes.Truncate:
    """TRUNCATE ..., after the word TRUNCATE."""
    cursor.accept("table")
    found = []
    while True:
        cursor.accept("only")
        found.append(qname(cursor))
        cursor.accept("*")
        if not cursor.accept(","):
            break
    word = cursor.accept_any("restart", "continue")
    if word:
        cursor.expect("identity")
    cascade = cursor.accept_any("cascade", "restrict") == "cascade"
    return nodes.Truncate(tuple(found), word == "restart", cascade)
