"""Plans for one session: through the shared cache where the catalog is the committed one, else made anew."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlglot import exp

from vecsql.catalog.model import Catalog
from vecsql.errors import Error, SyntaxError, UndefinedObject
from vecsql.planner import parse as parser
from vecsql.planner import planner
from vecsql.planner import utility as u
from vecsql.planner.convert.types import TypeName
from vecsql.planner.purity import same_but_for_values
from vecsql.planner.statement import ParsedStatement, PreparedStatement
from vecsql.session.lifting import Lifted, lift
from vecsql.session.plan_cache import Key
from vecsql.session.plans import SESSION_COMMANDS, command, search_path, show_columns
from vecsql.session.sql_statements import DeclarePlan
from vecsql.session.statements import Statement
from vecsql.session.values import first_row
from vecsql.types.base import ColumnType, by_name, by_oid
from vecsql.types.datetimes import SESSION_ZONE

if TYPE_CHECKING:
    from vecsql.session.session import Session


# A literal such as 'now' or 'today' is read when the statement is planned.
_MOMENT = re.compile(r"'\s*(?:now|today|tomorrow|yesterday)\b", re.IGNORECASE)


class Planner:
    """Makes Statements. Knows the session's search path and the catalog its transaction sees."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._path: tuple[int, Catalog, tuple[str, ...]] | None = None
        self._scanned: tuple[str, Lifted | None] = ("", None)  # the last text that lift() has seen

    def parse(self, sql: str) -> list[ParsedStatement]:
        return parser.parse(sql)

    def search_path(self, catalog: Catalog) -> tuple[str, ...]:
        settings = self._session.settings
        known = self._path
        if known is not None and known[0] == settings.version and known[1] is catalog:
            return known[2]
        path = search_path(settings.get("search_path"), self._session.ctx.user, catalog)
        self._path = (settings.version, catalog, path)
        return path

    def prepare(self, name: str, sql: str, param_oids: Sequence[int]) -> Statement:
        """The Statement of a Parse message, which holds at most one statement."""
        catalog = self._session.catalog
        path = self.search_path(catalog)
        oids = tuple(param_oids)
        cached = self._cached(name, sql, oids, catalog, path)
        if cached is not None:
            return cached
        parsed = self.parse(sql)
        if len(parsed) > 1:
            raise SyntaxError("cannot insert multiple commands into a prepared statement")
        if not parsed:
            return Statement(name, sql, None, oids, None, catalog, path)
        statement = self.statement(name, parsed[0], oids)
        self.remember(sql, statement)
        return statement

    def statement(
        self,
        name: str,
        parsed: ParsedStatement,
        param_oids: Sequence[int],
        *,
        from_sql: bool = False,
    ) -> Statement:
        catalog = self._session.catalog
        path = self.search_path(catalog)
        oids = tuple(param_oids)
        prepared = self._plan(parsed, oids, catalog, path)
        return Statement(name, parsed.text, parsed, oids, prepared, catalog, path, from_sql)

    def is_stale(self, statement: Statement) -> bool:
        catalog = self._session.catalog
        return statement.catalog is not catalog or statement.search_path != self.search_path(
            catalog
        )

    def replan(self, statement: Statement, catalog: Catalog) -> None:
        """Plan a statement anew against `catalog`."""
        assert statement.parsed is not None
        path = self.search_path(catalog)
        prepared = self._plan(statement.parsed, statement.param_oids, catalog, path)
        statement.prepared, statement.catalog, statement.search_path = prepared, catalog, path
        statement.descriptions = {}

    def _plan(
        self, parsed: ParsedStatement, oids: Sequence[int], catalog: Catalog, path: tuple[str, ...]
    ) -> PreparedStatement:
        utility = parsed.utility
        if utility is not None and type(utility) in SESSION_COMMANDS:
            return self._command(parsed, utility, oids)
        before = SESSION_ZONE.set(self._session.text_format().time_zone)
        try:
            return planner.prepare(parsed, catalog, oids, path)
        finally:
            SESSION_ZONE.reset(before)

    def _command(
        self, parsed: ParsedStatement, utility: Any, oids: Sequence[int]
    ) -> PreparedStatement:
        """One of the session's own commands, with the columns its result will have."""
        session = self._session
        if isinstance(utility, u.Show):
            return command(parsed, show_columns(utility))
        if isinstance(utility, u.Fetch) and not utility.move:
            return command(parsed, session.portals.cursor(utility.cursor).columns)
        if isinstance(utility, u.Execute):
            inner = session.statements.get(utility.name)
            return command(parsed, inner.prepared.columns if inner.prepared else None)
        if isinstance(utility, u.Declare):
            query = self.statement("", utility.statement, oids)
            assert query.prepared is not None
            return command(parsed, None, query.prepared.param_types, DeclarePlan(utility, query))
        return command(parsed)

    def cached(self, sql: str) -> Statement | None:
        """A simple query that has been planned before, and whose plan still holds."""
        catalog = self._session.catalog
        return self._cached("", sql, (), catalog, self.search_path(catalog))

    def known(self, sql: str) -> tuple[Statement, Sequence[Any]] | None:
        """The plan of a simple query, and its parameters, if it or one that differs in literals alone has been planned."""
        cached = self.cached(sql)
        if cached is not None:
            return cached, ()
        prepared, lifted = self._lifted(sql)
        if not prepared or lifted is None:
            return None
        try:
            types = prepared.param_types
            values = [self._value(t, v) for t, v in zip(types, lifted.values, strict=True)]
        except Error:
            return None  # planning the text itself tells where the error is
        catalog = self._session.catalog
        path = self.search_path(catalog)
        statement = Statement("", sql, prepared.parsed, lifted.oids, prepared, catalog, path)
        return statement, values

    def is_quick(self, sql: str) -> bool:
        """Whether a simple query is known to take well under a millisecond."""
        cached = self.cached(sql)
        prepared = cached.prepared if cached is not None else self._lifted(sql)[0]
        return prepared is not None and prepared is not False and prepared.inline

    def _value(self, ctype: ColumnType, value: Any) -> Any:
        return self._session.value_of(ctype, value) if isinstance(value, str) else value

    def _lifted(self, sql: str) -> tuple[PreparedStatement | Literal[False] | None, Lifted | None]:
        """What is known of the text without its literals: its plan, False if they cannot be parameters, None if nothing."""
        if self._scanned[0] is not sql:
            self._scanned = (sql, lift(sql))
        lifted = self._scanned[1]
        if lifted is None:
            return None, None
        catalog = self._session.catalog
        key = self._key(lifted.text, lifted.oids, self.search_path(catalog))
        return self._session.hub.lifted.get(key, catalog), lifted

    def _lift(self, sql: str, statement: Statement) -> bool:
        """Plan the text with parameters for literals, and keep that if it is the same plan but for them."""
        prepared = statement.prepared
        if prepared is None or not prepared.pure:
            return False
        known, lifted = self._lifted(sql)
        if lifted is None or known is not None:
            return bool(known)
        key = self._key(lifted.text, lifted.oids, statement.search_path)
        with_parameters: PreparedStatement | Literal[False] = False
        with contextlib.suppress(Error):
            parsed = self.parse(lifted.text)[0]
            path, catalog = statement.search_path, statement.catalog
            planned = self._plan(parsed, lifted.oids, catalog, path)
            if same_but_for_values(prepared, planned):
                with_parameters = planned
        self._session.hub.lifted.put(key, statement.catalog, with_parameters)
        return bool(with_parameters)

    def is_cached(self, sql: str, param_oids: Sequence[int]) -> bool:
        catalog = self._session.catalog
        key = self._key(sql, tuple(param_oids), self.search_path(catalog))
        return self._session.hub.plans.get(key, catalog) is not None

    def _key(self, sql: str, oids: tuple[int, ...], path: tuple[str, ...]) -> Key:
        return sql, oids, path, self._session.settings.get("timezone")

    def _cached(
        self, name: str, sql: str, oids: tuple[int, ...], catalog: Catalog, path: tuple[str, ...]
    ) -> Statement | None:
        found = self._session.hub.plans.get(self._key(sql, oids, path), catalog)
        if found is None:
            return None
        return Statement(name, sql, found.parsed, oids, found, catalog, path)

    def remember(self, sql: str, statement: Statement) -> None:
        """Share a plan that was made against the committed catalog."""
        parsed, prepared = statement.parsed, statement.prepared
        assert parsed is not None
        if prepared is None or parsed.kind in ("ddl", "utility") or _MOMENT.search(sql):
            return
        if statement.catalog is self._session.engine.snapshot().catalog:
            if not statement.param_oids and self._lift(sql, statement):
                return
            key = self._key(sql, statement.param_oids, statement.search_path)
            self._session.hub.plans.put(key, statement.catalog, prepared)

    def type_oid(self, name: TypeName) -> int:
        """The oid of a type as written in PREPARE."""
        found = by_name(name.name)
        if found is not None and name.array_dims:
            found = by_oid(found.array_oid)
        if found is None:
            raise UndefinedObject(f'type "{name}" does not exist', position=name.position + 1)
        return found.oid

    def evaluate(
        self, arguments: Sequence[exp.Expression], types: Sequence[ColumnType]
    ) -> list[Any]:
        """SELECT arg::type, ...: the values of EXECUTE's arguments as the parameters' types."""
        if not arguments:
            return []
        casts = [_cast(a, t, i) for i, (a, t) in enumerate(zip(arguments, types, strict=True))]
        statement = self.statement("", ParsedStatement("query", "", ast=exp.select(*casts)), ())
        return first_row(self._session.dispatch(statement, ()))


def _cast(argument: exp.Expression, ctype: ColumnType, number: int) -> exp.Expression:
    to = exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=ctype.type.name)
    to.meta["type_name"] = TypeName(("pg_catalog", ctype.type.name), (), 0, -1)
    return exp.alias_(exp.Cast(this=argument.copy(), to=to), f"p{number}")
