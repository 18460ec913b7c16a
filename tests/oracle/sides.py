"""The two databases that oracle tests compare, behind one call: SQL text in, a comparable Answer out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus

from vecsql.errors import Error
from vecsql.session.session import Session
from vecsql.storage.engine import open_engine
from vecsql.types.rows import encode_column

Row = tuple[bytes | None, ...]


@dataclass
class Answer:
    """What one statement gave: tag, column names and rows as text, or the error; and the notices."""

    tag: str = ""
    names: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    error: dict[str, str] = field(default_factory=dict)
    notices: list[tuple[str, str, str | None]] = field(default_factory=list)


_FIELDS = {
    "sqlstate": DiagnosticField.SQLSTATE, "message": DiagnosticField.MESSAGE_PRIMARY,
    "detail": DiagnosticField.MESSAGE_DETAIL, "hint": DiagnosticField.MESSAGE_HINT,
    "position": DiagnosticField.STATEMENT_POSITION, "table": DiagnosticField.TABLE_NAME,
    "column": DiagnosticField.COLUMN_NAME, "constraint": DiagnosticField.CONSTRAINT_NAME,
}  # fmt: skip


class Postgres:
    """PostgreSQL through libpq's simple protocol."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._notices: list[tuple[str, str, str | None]] = []
        connection.add_notice_handler(self._notice)

    def _notice(self, diagnostic: Any) -> None:
        self._notices.append((diagnostic.severity, diagnostic.message_primary, diagnostic.sqlstate))

    def run(self, sql: str) -> Answer:
        self._notices.clear()
        result = self.connection.pgconn.exec_(sql.encode())
        answer = Answer(notices=list(self._notices))
        if result.status == ExecStatus.FATAL_ERROR:
            for name, code in _FIELDS.items():
                value = result.error_field(code)
                if value is not None:
                    answer.error[name] = value.decode()
            return answer
        answer.tag = (result.command_status or b"").decode()
        answer.names = tuple((result.fname(i) or b"").decode() for i in range(result.nfields))
        answer.rows = [
            tuple(result.get_value(row, i) for i in range(result.nfields))
            for row in range(result.ntuples)
        ]
        return answer

    def copy_in(self, sql: str, data: bytes) -> Answer:
        """COPY FROM STDIN; the context of an error is its 'where'."""
        pgconn = self.connection.pgconn
        result = pgconn.exec_(sql.encode())
        if result.status != ExecStatus.COPY_IN:
            return self._copy_error(result)
        pgconn.put_copy_data(data)
        pgconn.put_copy_end()
        result = pgconn.get_result()
        while (more := pgconn.get_result()) is not None:
            result = more
        if result.status == ExecStatus.FATAL_ERROR:
            return self._copy_error(result)
        return Answer(tag=(result.command_status or b"").decode())

    @staticmethod
    def _copy_error(result: Any) -> Answer:
        answer = Answer()
        for name, code in {**_FIELDS, "where": DiagnosticField.CONTEXT}.items():
            value = result.error_field(code)
            if value is not None:
                answer.error[name] = value.decode()
        return answer

    def copy_out(self, sql: str) -> bytes:
        with self.connection.cursor() as cursor, cursor.copy(sql.encode()) as copy:
            return b"".join(bytes(part) for part in copy)


class Vecsql:
    """A vecsql session in this process."""

    def __init__(self) -> None:
        self.engine = open_engine(":memory:")
        self.session = Session(self.engine)
        self.run("CREATE EXTENSION vector")

    def close(self) -> None:
        self.session.close()
        self.engine.close()

    def run(self, sql: str) -> Answer:
        answer = Answer()
        self.session.on_notice = lambda n: answer.notices.append(
            (n.severity, n.message, n.sqlstate)
        )
        try:
            for _, result in self.session.simple(sql):
                self._collect(result, answer)
        except Error as error:
            answer = Answer(notices=answer.notices, error=_error_fields(error))
        return answer

    def _collect(self, result: Any, answer: Answer) -> None:
        columns = result.columns or ()
        answer.names = tuple(c.name for c in columns)
        style = self.session.text_format()
        for chunk in result.chunks:
            encoded = [
                encode_column(data, c.type, 0, style)
                for data, c in zip(chunk.columns, columns, strict=True)
            ]
            for row in zip(*encoded, strict=True):
                answer.rows.append(tuple(None if v == b"\xff\xff\xff\xff" else v[4:] for v in row))
        answer.tag = result.tag

    def copy_in(self, sql: str, data: bytes) -> Answer:
        answer = Answer()
        try:
            for _, result in self.session.simple(sql):
                result.copy.feed(data)
                result.tag = result.copy.finish()
                list(result.chunks)
                answer.tag = result.tag
        except Error as error:
            failed = self.session.failed(error)
            answer.error = _error_fields(failed)
            if failed.where is not None:
                answer.error["where"] = failed.where
        return answer

    def copy_out(self, sql: str) -> bytes:
        return b"".join(b"".join(result.chunks) for _, result in self.session.simple(sql))


def _error_fields(error: Error) -> dict[str, str]:
    found = {
        "sqlstate": error.sqlstate, "message": error.message, "detail": error.detail, "hint": error.hint,
        "position": error.position, "table": error.table_name, "column": error.column_name,
        "constraint": error.constraint_name,
    }  # fmt: skip
    return {name: str(value) for name, value in found.items() if value is not None}
