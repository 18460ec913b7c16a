"""COPY formats: what decoders and encoders have in common, and the choice among text, csv and binary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from vecsql.errors import BadCopyFileFormat, Error
from vecsql.types.base import ColumnType
from vecsql.types.columns import decode_binary_column, decode_text_column
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat

MAX_SHOWN = 100  # characters of a line or field that an error's context shows
Names = frozenset[str] | Literal[True]  # column names, or True for *


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """The options of one COPY; `delimiter` and `null` default by format."""

    format: Literal["text", "csv", "binary"] = "text"
    table: str = ""
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    null: str | None = None
    header: bool | Literal["match"] = False
    quote: str = '"'
    escape: str = ""
    force_quote: Names = frozenset()
    force_not_null: Names = frozenset()
    force_null: Names = frozenset()

    @property
    def separator(self) -> str:
        return self.delimiter or ("," if self.format == "csv" else "\t")

    @property
    def null_text(self) -> str:
        return self.null if self.null is not None else ("" if self.format == "csv" else "\\N")

    @property
    def escape_char(self) -> str:
        return self.escape or self.quote


@dataclass(frozen=True, slots=True)
class Batch:
    """Some decoded rows, column-wise: lists of values, numpy arrays or Arrow arrays."""

    num_rows: int
    columns: list[Any]


class CopyDecoder(Protocol):
    def feed(self, data: bytes) -> list[Batch]:
        """Take a piece of the stream, cut anywhere; returns the rows that it completes."""
        ...

    def finish(self) -> list[Batch]:
        """The stream is at its end; returns the rest."""
        ...


class CopyEncoder(Protocol):
    def start(self) -> list[bytes]: ...

    def rows(self, num_rows: int, columns: Sequence[Any]) -> list[bytes]:
        """One piece per row, each to be sent as a CopyData message."""
        ...

    def finish(self) -> list[bytes]: ...


def column_context(options: CopyOptions, line: int, column: str, value: str | None) -> str:
    """The context of an error in a field: COPY items, line 3, column price: "x"."""
    shown = "null input" if value is None else f'"{shorten(value)}"'
    return f"COPY {options.table}, line {line}, column {column}: {shown}"


def line_context(options: CopyOptions, line: int, text: str | None = None) -> str:
    shown = "" if text is None else f': "{shorten(text)}"'
    return f"COPY {options.table}, line {line}{shown}"


def shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."


def bad_format(message: str, where: str | None = None) -> BadCopyFileFormat:
    return BadCopyFileFormat(message, where=where)


def row_decoder(
    options: CopyOptions, ctypes: Sequence[ColumnType], style: TextFormat
) -> Callable[[list[list[Any]], list[int]], Batch]:
    """(raw columns, line of each row) -> Batch; an error is that of the first bad row, with its context."""
    binary = options.format == "binary"

    def decode(raw: list[Any], ctype: ColumnType) -> Any:
        return decode_binary_column(raw, ctype) if binary else decode_text_column(raw, ctype, style)

    def first_error(raw_columns: list[list[Any]], lines: list[int]) -> Error | None:
        for row, line in enumerate(lines):
            for name, raw, ctype in zip(options.columns, raw_columns, ctypes, strict=True):
                try:
                    decode([raw[row]], ctype)
                except Error as error:
                    shown = None if binary else raw[row]
                    error.where = column_context(options, line, name, shown)
                    if binary:
                        error.where = error.where.removesuffix(": null input")
                    return error
        return None

    def decode_batch(raw_columns: list[list[Any]], lines: list[int]) -> Batch:
        try:
            columns = [decode(raw, ctype) for raw, ctype in zip(raw_columns, ctypes, strict=True)]
        except Error as error:
            raise (first_error(raw_columns, lines) or error) from None
        return Batch(len(lines), columns)

    return decode_batch


def decoder(
    options: CopyOptions, ctypes: Sequence[ColumnType], style: TextFormat = DEFAULT_FORMAT
) -> CopyDecoder:
    """The decoder of COPY FROM."""
    from vecsql.protocol import copy_binary, copy_csv, copy_text

    kind = {
        "text": copy_text.TextDecoder,
        "csv": copy_csv.CsvDecoder,
        "binary": copy_binary.BinaryDecoder,
    }[options.format]
    made: CopyDecoder = kind(options, row_decoder(options, ctypes, style))
    return made


def encoder(
    options: CopyOptions, ctypes: Sequence[ColumnType], style: TextFormat = DEFAULT_FORMAT
) -> CopyEncoder:
    """The encoder of COPY TO."""
    from vecsql.protocol import copy_binary, copy_csv, copy_text

    kind = {
        "text": copy_text.TextEncoder,
        "csv": copy_csv.CsvEncoder,
        "binary": copy_binary.BinaryEncoder,
    }[options.format]
    made: CopyEncoder = kind(options, ctypes, style)
    return made
