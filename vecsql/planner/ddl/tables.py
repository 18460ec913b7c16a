"""The grammar of CREATE TABLE and ALTER TABLE."""

from __future__ import annotations

from dataclasses import replace

from vecsql.errors import FeatureNotSupported, InvalidTableDefinition
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import ColumnSpec, ConstraintSpec, QName, SequenceOptions, TypeName
from vecsql.planner.ddl.scanner import Cursor

COLUMN_STOPS = frozenset(
    ["constraint", "not", "null", "default", "primary", "unique", "check", "references", "generated",
     "collate", "deferrable", "initially", "storage", "compression"]
)  # fmt: skip
_LIKE_ITEMS = ("defaults", "constraints", "indexes", "identity", "generated", "comments", "storage",
               "statistics", "compression", "all")  # fmt: skip

_REFERENTIAL_ACTIONS = {
    "a": ("no", "action"),
    "r": ("restrict",),
    "c": ("cascade",),
    "n": ("set", "null"),
    "d": ("set", "default"),
}


def qname(cursor: Cursor) -> QName:
    """name or schema.name (a leading database name is dropped)."""
    position = cursor.token.start + 1
    parts = [cursor.identifier()]
    while cursor.accept("."):
        parts.append(cursor.label()[:63])
    return QName(parts[-2] if len(parts) > 1 else None, parts[-1], position)


def type_name(cursor: Cursor) -> TypeName:
    """A type with modifier and array brackets: 'character varying(20)[]', 'timestamp(3) with time zone'."""
    position = cursor.token.start + 1
    name = cursor.identifier()
    if cursor.accept("."):
        name = cursor.label()
    if name == "double":
        cursor.expect("precision")
        name = "double precision"
    elif name in ("character", "char", "bit", "nchar") and cursor.accept("varying"):
        name += " varying"
    elif name == "national":
        name = cursor.label()
        name += " varying" if cursor.accept("varying") else ""
    modifiers = _modifiers(cursor)
    if name in ("timestamp", "time"):
        if cursor.accept("with", "time", "zone"):
            name += " with time zone"
        elif cursor.accept("without", "time", "zone"):
            name += " without time zone"
    elif name == "interval":
        modifiers = _interval_fields(cursor) or modifiers
    return TypeName(name, modifiers, _array(cursor), position)


def _modifiers(cursor: Cursor) -> tuple[int, ...]:
    if not cursor.accept("("):
        return ()
    found = [cursor.integer()]
    while cursor.accept(","):
        found.append(cursor.integer())
    cursor.expect(")")
    return tuple(found)


def _interval_fields(cursor: Cursor) -> tuple[int, ...]:
    fields = ("year", "month", "day", "hour", "minute", "second")
    if cursor.accept_any(*fields) is None:
        return ()
    if cursor.accept("to"):
        cursor.accept_any(*fields)
    return _modifiers(cursor)


def _array(cursor: Cursor) -> bool:
    found = False
    if cursor.accept("array"):
        if cursor.accept("["):
            cursor.integer()
            cursor.expect("]")
        return True
    while cursor.accept("["):
        if not cursor.peek("]"):
            cursor.integer()
        cursor.expect("]")
        found = True
    return found


def options(cursor: Cursor) -> nodes.Options:
    """'(' name [= value], ... ')' after WITH."""
    cursor.expect("(")
    found = []
    while True:
        name = cursor.label()
        while cursor.accept("."):
            name += "." + cursor.label()
        value = "true"
        if cursor.accept("="):
            value = ("-" if cursor.accept("-") else "") + cursor.next().value
        found.append((name, value))
        if not cursor.accept(","):
            break
    cursor.expect(")")
    return tuple(found)


def sequence_options(cursor: Cursor) -> SequenceOptions:
    """The options of CREATE/ALTER SEQUENCE, in any order."""
    found: dict[str, object] = {}
    while True:
        if cursor.accept("as"):
            found["type"] = type_name(cursor)
        elif cursor.accept("start"):
            cursor.accept("with")
            found["start"] = cursor.integer()
        elif cursor.accept("increment"):
            cursor.accept("by")
            found["increment"] = cursor.integer()
        elif cursor.accept("minvalue"):
            found["min_value"] = cursor.integer()
        elif cursor.accept("maxvalue"):
            found["max_value"] = cursor.integer()
        elif cursor.accept("cache"):
            cursor.integer()
        elif cursor.accept("cycle"):
            found["cycle"] = True
        elif cursor.accept("restart"):
            with_value = cursor.accept("with") or cursor.token.kind == "number" or cursor.peek("-")
            found["restart"] = cursor.integer() if with_value else True
        elif cursor.accept("owned", "by"):
            found["owned_by"] = _owner(cursor)
        elif cursor.accept("sequence", "name"):
            qname(cursor)
        elif not _no_option(cursor, found):
            return SequenceOptions(**found)  # type: ignore[arg-type]


def _no_option(cursor: Cursor, found: dict[str, object]) -> bool:
    if not cursor.accept("no"):
        return False
    word = cursor.accept_any("minvalue", "maxvalue", "cycle")
    if word is None:
        raise cursor.error()
    key = {"minvalue": "min_value", "maxvalue": "max_value", "cycle": "cycle"}[word]
    found[key] = False if word == "cycle" else "none"
    return True


def _owner(cursor: Cursor) -> tuple[QName, str] | str:
    if cursor.accept("none"):
        return "none"
    position = cursor.token.start + 1
    parts = [cursor.identifier()]
    while cursor.accept("."):
        parts.append(cursor.label())
    if len(parts) < 2:
        raise cursor.error()
    return QName(parts[-3] if len(parts) > 2 else None, parts[-2], position), parts[-1]


def _expression(cursor: Cursor, kind: nodes.ConstraintKind, name: str | None) -> ConstraintSpec:
    start = cursor.token.start
    return ConstraintSpec(
        kind,
        name,
        expression=cursor.expression(COLUMN_STOPS),
        expression_start=start,
        position=start + 1,
    )


def _balanced(cursor: Cursor, kind: nodes.ConstraintKind, name: str | None) -> ConstraintSpec:
    start = cursor.tokens[cursor.at + 1].start
    text = cursor.balanced()
    return ConstraintSpec(kind, name, expression=text, expression_start=start, position=start + 1)


def column_constraint(cursor: Cursor) -> ConstraintSpec | None:
    """One constraint of a column definition, or None when there is no further one."""
    start = cursor.token.start + 1
    name = cursor.identifier() if cursor.accept("constraint") else None
    if cursor.accept("not", "null"):
        cursor.accept("no", "inherit")
        return ConstraintSpec("not_null", name, position=start)
    if cursor.accept("null"):
        return ConstraintSpec("null", name, position=start)
    if cursor.accept("default"):
        return replace(_expression(cursor, "default", name), position=start)
    if cursor.accept("primary", "key"):
        return _key(cursor, ConstraintSpec("primary", name, position=start))
    if cursor.accept("unique"):
        return _key(cursor, ConstraintSpec("unique", name, position=start))
    if cursor.accept("check"):
        return _check(cursor, name)
    if cursor.accept("generated"):
        return replace(_generated(cursor, name), position=start)
    if cursor.accept("collate"):
        return ConstraintSpec("collate", expression=qname(cursor).name, position=start)
    if cursor.accept_any("storage", "compression"):
        cursor.label()
        return column_constraint(cursor)
    if cursor.accept("references"):
        return ConstraintSpec("foreign", name, position=start, reference=_reference(cursor))
    if name is not None:
        raise cursor.error()
    return None


def _reference(cursor: Cursor) -> nodes.ReferenceSpec:
    """What follows REFERENCES."""
    table = qname(cursor)
    columns = cursor.names() if cursor.peek("(") else ()
    if cursor.accept("match") and not cursor.accept("simple"):
        raise FeatureNotSupported(
            "MATCH FULL and MATCH PARTIAL are not supported", position=cursor.token.start + 1
        )
    actions = {"update": "a", "delete": "a"}
    while cursor.accept("on"):
        event = cursor.accept_any("update", "delete")
        if event is None:
            raise cursor.error()
        actions[event] = _referential_action(cursor)
    deferrable, deferred = _deferral(cursor)
    return nodes.ReferenceSpec(
        table, columns, actions["update"], actions["delete"], deferrable, deferred
    )


def _referential_action(cursor: Cursor) -> str:
    for code, words in _REFERENTIAL_ACTIONS.items():
        if cursor.accept(*words):
            if cursor.peek("("):
                raise FeatureNotSupported(
                    "column lists of referential actions are not supported",
                    position=cursor.token.start + 1,
                )
            return code
    raise cursor.error()


def _deferral(cursor: Cursor) -> tuple[bool, bool]:
    """[NOT] DEFERRABLE and INITIALLY DEFERRED | IMMEDIATE, in any order: (deferrable, deferred)."""
    deferrable, deferred = None, False
    while True:
        if cursor.accept("not", "deferrable"):
            deferrable = False
        elif cursor.accept("deferrable"):
            deferrable = True
        elif cursor.accept("initially", "deferred"):
            deferred = True
        elif not cursor.accept("initially", "immediate"):
            break
    if deferred and deferrable is False:
        raise cursor.error()
    return deferred or bool(deferrable), deferred


def _check(cursor: Cursor, name: str | None) -> ConstraintSpec:
    spec = _balanced(cursor, "check", name)
    cursor.accept("no", "inherit")
    cursor.accept("not", "valid")
    return spec


def _generated(cursor: Cursor, name: str | None) -> ConstraintSpec:
    always = cursor.accept("always")
    if not always:
        cursor.expect("by", "default")
    cursor.expect("as")
    if cursor.accept("identity"):
        sequence = SequenceOptions()
        if cursor.accept("("):
            sequence = sequence_options(cursor)
            cursor.expect(")")
        return ConstraintSpec("identity", name, always=always, sequence=sequence)
    spec = _balanced(cursor, "generated", name)
    if not cursor.accept("stored"):
        raise FeatureNotSupported(
            "virtual generated columns are not supported", hint="Write STORED after the expression."
        )
    return spec


def _key(cursor: Cursor, spec: ConstraintSpec) -> ConstraintSpec:
    """What follows PRIMARY KEY or UNIQUE: nulls treatment, columns, INCLUDE, WITH, DEFERRABLE."""
    distinct = False
    include: tuple[str, ...] = ()
    columns = spec.columns
    if cursor.accept("nulls"):
        distinct = cursor.accept("not")
        cursor.expect("distinct")
    if cursor.peek("(") and not columns:
        columns = cursor.names()
    if cursor.accept("include"):
        include = cursor.names()
    if cursor.accept("with"):
        options(cursor)
    if cursor.peek("deferrable"):
        raise FeatureNotSupported(
            "deferrable constraints are not supported", position=cursor.token.start + 1
        )
    cursor.accept("not", "deferrable")
    cursor.accept("initially", "immediate")
    return ConstraintSpec(
        spec.kind, spec.name, columns, include=include, nulls_not_distinct=distinct, position=spec.position
    )  # fmt: skip


def table_constraint(cursor: Cursor) -> ConstraintSpec | None:
    """A table constraint, or None when the next element is a column."""
    start = cursor.token.start + 1
    name = cursor.identifier() if cursor.accept("constraint") else None
    if cursor.accept("primary", "key"):
        return _table_key(cursor, ConstraintSpec("primary", name, position=start))
    if cursor.accept("unique"):
        return _table_key(cursor, ConstraintSpec("unique", name, position=start))
    if cursor.accept("check"):
        return _check(cursor, name)
    if cursor.accept("not", "null"):
        return ConstraintSpec("not_null", name, (cursor.identifier(),), position=start)
    if cursor.accept("foreign", "key"):
        columns = cursor.names()
        cursor.expect("references")
        reference = _reference(cursor)
        return ConstraintSpec("foreign", name, columns, position=start, reference=reference)
    if cursor.peek("exclude"):
        raise FeatureNotSupported("exclusion constraints are not supported", position=start)
    if name is not None:
        raise cursor.error()
    return None


def _table_key(cursor: Cursor, spec: ConstraintSpec) -> ConstraintSpec:
    if cursor.accept("using", "index"):
        return ConstraintSpec(
            spec.kind, spec.name, using_index=cursor.identifier(), position=spec.position
        )
    if not cursor.peek("(") and not cursor.peek("nulls"):
        raise cursor.error()
    return _key(cursor, spec)


def column_spec(cursor: Cursor) -> ColumnSpec:
    """name type constraint..."""
    position = cursor.token.start + 1
    name = cursor.identifier()
    kind = type_name(cursor)
    found = []
    while (constraint := column_constraint(cursor)) is not None:
        found.append(constraint)
    return ColumnSpec(name, kind, tuple(found), position)


def _like(cursor: Cursor) -> nodes.LikeSpec:
    source = qname(cursor)
    including: set[str] = set()
    while word := cursor.accept_any("including", "excluding"):
        item = cursor.label()
        if item not in _LIKE_ITEMS:
            raise cursor.error(cursor.tokens[cursor.at - 1])
        items = set(_LIKE_ITEMS) if item == "all" else {item}
        including = including | items if word == "including" else including - items
    return nodes.LikeSpec(source, frozenset(including))


def _elements(
    cursor: Cursor,
) -> tuple[list[ColumnSpec], list[ConstraintSpec], list[tuple[int, nodes.LikeSpec]]]:
    columns: list[ColumnSpec] = []
    constraints: list[ConstraintSpec] = []
    likes: list[tuple[int, nodes.LikeSpec]] = []
    cursor.expect("(")
    while not cursor.accept(")"):
        if cursor.accept("like"):
            likes.append((len(columns), _like(cursor)))
        elif (constraint := table_constraint(cursor)) is not None:
            constraints.append(constraint)
        else:
            columns.append(column_spec(cursor))
        if cursor.accept(","):
            if cursor.peek(")"):
                raise cursor.error()
        elif not cursor.peek(")"):
            raise cursor.error()
    return columns, constraints, likes


def create_table(cursor: Cursor) -> nodes.CreateTable | nodes.CreateTableAs:
    """CREATE [UNLOGGED] TABLE, after the word TABLE."""
    if_not_exists = cursor.accept("if", "not", "exists")
    name = qname(cursor)
    mark = cursor.at
    if not cursor.peek("(") or _only_names(cursor):
        cursor.at = mark
        return _create_as(cursor, name, if_not_exists)
    cursor.at = mark
    columns, constraints, likes = _elements(cursor)
    if cursor.peek("inherits") or cursor.peek("partition"):
        raise FeatureNotSupported(
            "inheritance and partitions are not supported", position=cursor.token.start + 1
        )
    found = _storage(cursor)
    cursor.finish()
    return nodes.CreateTable(
        name, tuple(columns), tuple(constraints), tuple(likes), if_not_exists, found
    )


def _storage(cursor: Cursor) -> nodes.Options:
    """USING method, WITH (...), TABLESPACE: only WITH is kept."""
    found: nodes.Options = ()
    while word := cursor.accept_any("using", "with", "without", "on", "tablespace"):
        if word == "with":
            found = options(cursor)
        elif word == "without":
            cursor.expect("oids")
        elif word == "on":
            cursor.expect("commit")
            raise InvalidTableDefinition("ON COMMIT can only be used on temporary tables")
        else:
            cursor.identifier()
    return found


def _only_names(cursor: Cursor) -> bool:
    """True for '(a, b) ... AS': the column list of CREATE TABLE AS."""
    if cursor.peek("(", ")"):
        return False
    cursor.balanced()
    _storage(cursor)
    return cursor.peek("as")


def _create_as(cursor: Cursor, name: QName, if_not_exists: bool) -> nodes.CreateTableAs:
    columns = cursor.names() if cursor.peek("(") else ()
    found = _storage(cursor)
    cursor.expect("as")
    start = cursor.token.start
    query, with_data = query_text(cursor)
    return nodes.CreateTableAs(name, columns, query, start, if_not_exists, with_data, found)


def query_text(cursor: Cursor) -> tuple[str, bool]:
    """The rest as a query, without WITH [NO] DATA; and whether data is wanted."""
    start = cursor.token.start
    words = [t.value for t in cursor.tokens[-4:-1]]
    drop, with_data = 0, True
    if words[-2:] == ["with", "data"]:
        drop = 2
    elif words == ["with", "no", "data"]:
        drop, with_data = 3, False
    cursor.at = len(cursor.tokens) - 1 - drop
    text = cursor.source(start)
    cursor.at = len(cursor.tokens) - 1
    return text, with_data
