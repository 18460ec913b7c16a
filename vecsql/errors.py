"""Every error vecsql raises: one class per SQLSTATE, under the DB-API 2.0 hierarchy.

Texts follow PostgreSQL 18 and pgvector 0.8 wherever they have one. `position` is a 1-based character
offset into the statement the client sent, which psql turns into a caret.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Warning(Exception):
    """DB-API 2.0 Warning."""


class Error(Exception):
    """Base of all errors; carries the fields of PostgreSQL's ErrorResponse."""

    sqlstate: ClassVar[str] = "XX000"

    def __init__(
        self,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        position: int | None = None,
        schema_name: str | None = None,
        table_name: str | None = None,
        column_name: str | None = None,
        constraint_name: str | None = None,
        where: str | None = None,
        severity: str = "ERROR",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        self.position = position
        self.schema_name = schema_name
        self.table_name = table_name
        self.column_name = column_name
        self.constraint_name = constraint_name
        self.where = where
        self.severity = severity

    def __str__(self) -> str:
        parts = [self.message]
        if self.detail:
            parts.append(f"DETAIL:  {self.detail}")
        if self.hint:
            parts.append(f"HINT:  {self.hint}")
        return "\n".join(parts)

    def at(self, position: int | None) -> Error:
        """Set the position unless a more precise one is already known; returns self."""
        if self.position is None:
            self.position = position
        return self

    def fields(self) -> dict[str, Any]:
        """The non-empty diagnostic fields, by attribute name."""
        names = ("detail", "hint", "position", "schema_name", "table_name", "column_name",
                 "constraint_name", "where")  # fmt: skip
        return {n: v for n in names if (v := getattr(self, n)) is not None}


class InterfaceError(Error):
    """DB-API: misuse of the client interface itself."""


class DatabaseError(Error):
    """DB-API: errors of the database."""


class DataError(DatabaseError):
    sqlstate = "22000"


class OperationalError(DatabaseError):
    sqlstate = "58000"


class IntegrityError(DatabaseError):
    sqlstate = "23000"


class InternalError(DatabaseError):
    sqlstate = "XX000"


class ProgrammingError(DatabaseError):
    sqlstate = "42000"


class NotSupportedError(DatabaseError):
    sqlstate = "0A000"


# Class 08: connection; 0A: feature not supported
class ProtocolViolation(OperationalError):
    sqlstate = "08P01"


class FeatureNotSupported(NotSupportedError):
    sqlstate = "0A000"


# Class 21, 22: data
class CardinalityViolation(ProgrammingError):
    sqlstate = "21000"


class DataException(DataError):
    sqlstate = "22000"


class StringDataRightTruncation(DataError):
    sqlstate = "22001"


class StringDataLengthMismatch(DataError):
    sqlstate = "22026"


class NumericValueOutOfRange(DataError):
    sqlstate = "22003"


class InvalidDatetimeFormat(DataError):
    sqlstate = "22007"


class DatetimeFieldOverflow(DataError):
    sqlstate = "22008"


class InvalidTimeZoneDisplacementValue(DataError):
    sqlstate = "22009"


class IntervalFieldOverflow(DataError):
    sqlstate = "22015"


class DivisionByZero(DataError):
    sqlstate = "22012"


class InvalidArgumentForLogarithm(DataError):
    sqlstate = "2201E"


class InvalidArgumentForPowerFunction(DataError):
    sqlstate = "2201F"


class InvalidEscapeSequence(DataError):
    sqlstate = "22025"


class InvalidRegularExpression(DataError):
    sqlstate = "2201B"


class SubstringError(DataError):
    sqlstate = "22011"


class InvalidRowCountInLimit(DataError):
    sqlstate = "2201W"


class InvalidRowCountInOffset(DataError):
    sqlstate = "2201X"


class SequenceGeneratorLimitExceeded(DataError):
    sqlstate = "2200H"


class CharacterNotInRepertoire(DataError):
    sqlstate = "22021"


class InvalidParameterValue(DataError):
    sqlstate = "22023"


class UntranslatableCharacter(DataError):
    sqlstate = "22P05"


class InvalidTextRepresentation(DataError):
    sqlstate = "22P02"


class InvalidBinaryRepresentation(DataError):
    sqlstate = "22P03"


class BadCopyFileFormat(DataError):
    sqlstate = "22P04"


class ArraySubscriptError(DataError):
    sqlstate = "2202E"


class NullValueNotAllowed(DataError):
    sqlstate = "22004"


class ProgramLimitExceeded(OperationalError):
    sqlstate = "54000"


# Class 23: constraints
class NotNullViolation(IntegrityError):
    sqlstate = "23502"


class ForeignKeyViolation(IntegrityError):
    sqlstate = "23503"


class RestrictViolation(IntegrityError):
    sqlstate = "23001"


class UniqueViolation(IntegrityError):
    sqlstate = "23505"


class CheckViolation(IntegrityError):
    sqlstate = "23514"


# Class 24, 25, 26, 28, 34, 3B, 3D, 3F: states and names of things
class InvalidCursorState(OperationalError):
    sqlstate = "24000"


class ActiveSqlTransaction(InternalError):
    sqlstate = "25001"


class ReadOnlySqlTransaction(InternalError):
    sqlstate = "25006"


class NoActiveSqlTransaction(InternalError):
    sqlstate = "25P01"


class InFailedSqlTransaction(InternalError):
    sqlstate = "25P02"


class IdleInTransactionSessionTimeout(OperationalError):
    sqlstate = "25P03"


class TransactionTimeout(OperationalError):
    sqlstate = "25P04"


class InvalidSqlStatementName(OperationalError):
    sqlstate = "26000"


class InvalidAuthorizationSpecification(OperationalError):
    sqlstate = "28000"


class InvalidPassword(OperationalError):
    sqlstate = "28P01"


class DependentObjectsStillExist(ProgrammingError):
    sqlstate = "2BP01"


class InvalidCursorName(OperationalError):
    sqlstate = "34000"


class InvalidTransactionTermination(InternalError):
    sqlstate = "2D000"


class InvalidSavepointSpecification(InternalError):
    sqlstate = "3B001"


class InvalidCatalogName(ProgrammingError):
    sqlstate = "3D000"


class InvalidSchemaName(ProgrammingError):
    sqlstate = "3F000"


# Class 40: transaction rollback
class SerializationFailure(OperationalError):
    sqlstate = "40001"


class DeadlockDetected(OperationalError):
    sqlstate = "40P01"


# Class 42: syntax and names
class SyntaxError(ProgrammingError):
    sqlstate = "42601"


class InvalidName(ProgrammingError):
    sqlstate = "42602"


class UndefinedColumn(ProgrammingError):
    sqlstate = "42703"


class UndefinedFunction(ProgrammingError):
    sqlstate = "42883"


class UndefinedTable(ProgrammingError):
    sqlstate = "42P01"


class UndefinedParameter(ProgrammingError):
    sqlstate = "42P02"


class UndefinedObject(ProgrammingError):
    sqlstate = "42704"


class DuplicateColumn(ProgrammingError):
    sqlstate = "42701"


class DuplicateCursor(ProgrammingError):
    sqlstate = "42P03"


class DuplicatePreparedStatement(ProgrammingError):
    sqlstate = "42P05"


class DuplicateSchema(ProgrammingError):
    sqlstate = "42P06"


class DuplicateTable(ProgrammingError):
    sqlstate = "42P07"


class DuplicateObject(ProgrammingError):
    sqlstate = "42710"


class AmbiguousColumn(ProgrammingError):
    sqlstate = "42702"


class AmbiguousFunction(ProgrammingError):
    sqlstate = "42725"


class DuplicateAlias(ProgrammingError):
    sqlstate = "42712"


class WindowingError(ProgrammingError):
    sqlstate = "42P20"


class GroupingError(ProgrammingError):
    sqlstate = "42803"


class DatatypeMismatch(ProgrammingError):
    sqlstate = "42804"


class WrongObjectType(ProgrammingError):
    sqlstate = "42809"


class CannotCoerce(ProgrammingError):
    sqlstate = "42846"


class InvalidColumnReference(ProgrammingError):
    sqlstate = "42P10"


class GeneratedAlways(ProgrammingError):
    sqlstate = "428C9"


class ReservedName(ProgrammingError):
    sqlstate = "42939"


class InvalidTableDefinition(ProgrammingError):
    sqlstate = "42P16"


class InvalidObjectDefinition(ProgrammingError):
    sqlstate = "42P17"


class IndeterminateDatatype(ProgrammingError):
    sqlstate = "42P18"


class AmbiguousParameter(ProgrammingError):
    sqlstate = "42P08"


class InsufficientPrivilege(ProgrammingError):
    sqlstate = "42501"


# Class 53, 55, 57, 58, XX: resources, state, operator intervention, system
class DiskFull(OperationalError):
    sqlstate = "53100"


class OutOfMemory(OperationalError):
    sqlstate = "53200"


class TooManyConnections(OperationalError):
    sqlstate = "53300"


class StatementTooComplex(OperationalError):
    sqlstate = "54001"


class ObjectNotInPrerequisiteState(OperationalError):
    sqlstate = "55000"


class ObjectInUse(OperationalError):
    sqlstate = "55006"


class LockNotAvailable(OperationalError):
    sqlstate = "55P03"


class CantChangeRuntimeParam(OperationalError):
    sqlstate = "55P02"


class QueryCanceled(OperationalError):
    sqlstate = "57014"


class AdminShutdown(OperationalError):
    sqlstate = "57P01"


class CannotConnectNow(OperationalError):
    sqlstate = "57P03"


class IdleSessionTimeout(OperationalError):
    sqlstate = "57P05"


class IoError(OperationalError):
    sqlstate = "58030"


class DataCorrupted(OperationalError):
    sqlstate = "XX001"


class InvalidForeignKey(ProgrammingError):
    sqlstate = "42830"
