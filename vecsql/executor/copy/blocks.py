"""Blocks of COPY input to typed columns: fast ways for whole blocks, and the slow one that finds the exact error."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv

from vecsql.catalog.model import Column
from vecsql.errors import BadCopyFileFormat, Error
from vecsql.executor.copy import lines
from vecsql.executor.copy.options import CopyOptions
from vecsql.executor.copy.typed import from_strings
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat

Arrays = list[pa.Array]
_SHOWN = 100  # longest piece of data in an error's context, in bytes


@dataclass(slots=True)
class Block:
    """Typed columns of some rows, with how to say where a row came from."""

    columns: Arrays
    rows: int
    context: Callable[[int], str]  # row -> context line of an error about that row
    skipped: int = 0  # rows left out by ON_ERROR ignore


def shortened(text: str) -> str:
    """Data as shown in a context line: at most 100 bytes."""
    data = text.encode()
    return text if len(data) <= _SHOWN else data[:_SHOWN].decode(errors="ignore") + "..."


class BlockDecoder:
    """Decodes blocks of complete lines for the given columns of a table."""

    def __init__(
        self,
        table: str,
        columns: Sequence[Column],
        options: CopyOptions,
        style: TextFormat = DEFAULT_FORMAT,
    ) -> None:
        self.table = table
        self.columns = columns
        self.options = options
        self.style = style
        self.force_not_null = self._flags(options.force_not_null)
        self.force_null = self._flags(options.force_null)

    def _flags(self, names: tuple[str, ...]) -> list[bool]:
        return [names == ("*",) or c.name in names for c in self.columns]

    def decode(self, text: str, first: int) -> tuple[Block, bool, int]:
        """(block, end-of-data mark seen, number of the line after the block)."""
        strings = self._fast_strings(text)
        if strings is not None:
            try:
                columns = [
                    from_strings(s, c.type, self.style)
                    for s, c in zip(strings, self.columns, strict=True)
                ]
                rows = len(strings[0]) if strings else 0
                after = first + text.count("\n") + (not text.endswith("\n"))
                return Block(columns, rows, self._lazy_context(text, first)), False, after
            except Error:
                pass  # the slow way says which row it was
        return self._slow(text, first)

    def _fast_strings(self, text: str) -> Arrays | None:
        """The columns as texts through Arrow's CSV reader, where it reads exactly as PostgreSQL does."""
        options = self.options
        if any(self.force_not_null) or any(self.force_null) or not self.columns:
            return None
        if options.format == "csv":
            unpaired = text.count(options.quote) % 2 == 1
            if unpaired or options.escape != options.quote or _odd_quotes(options).search(text):
                return None
            quote: str | bool = options.quote
        else:
            if text.count("\\") != text.count("\\N") or options.null != "\\N":
                return None
            quote = False
        return _arrow_strings(text, len(self.columns), options, quote)

    def _lazy_context(self, text: str, first: int) -> Callable[[int], str]:
        def context(row: int) -> str:
            line = self._lines(text, first)[0][row]
            return f'COPY {self.table}, line {line.number}: "{shortened(line.text)}"'

        return context

    def _lines(self, text: str, first: int) -> tuple[list[lines.Line], bool]:
        if self.options.format == "text":
            return lines.split_text(text, first)
        try:
            return lines.split_csv(text, first, self.options), False
        except BadCopyFileFormat as error:
            start = error.position or 0
            error.position = None
            error.where = self._row_context(
                lines.Line(first + text.count("\n", 0, start), text[start:])
            )
            raise

    def _slow(self, text: str, first: int) -> tuple[Block, bool, int]:
        found, end = self._lines(text, first)
        rows: list[list[str | None]] = []
        kept: list[lines.Line] = []
        skipped = 0
        for line in found:
            try:
                fields = self._fields(line)
                if not self._valid(fields, line):
                    skipped += 1
                    continue
            except Error as error:
                error.where = error.where or self._row_context(line)
                raise
            rows.append(fields)
            kept.append(line)
        transposed = list(zip(*rows, strict=True)) if rows else [()] * len(self.columns)
        columns = [
            from_strings(pa.array(list(t), pa.string()), c.type, self.style)
            for t, c in zip(transposed, self.columns, strict=True)
        ]
        after = first + text.count("\n") + (not text.endswith("\n"))
        block = Block(columns, len(rows), lambda row: self._row_context(kept[row]), skipped)
        return block, end, after

    def _row_context(self, line: lines.Line) -> str:
        return f'COPY {self.table}, line {line.number}: "{shortened(line.text)}"'

    def _fields(self, line: lines.Line) -> list[str | None]:
        """The fields of a line, NULLs found, as many as there are columns."""
        if self.options.format == "csv":
            pairs = lines.csv_fields(line.text, self.options)
            fields = [self._csv_value(i, text, quoted) for i, (text, quoted) in enumerate(pairs)]
        else:
            fields = lines.text_fields(line.text, self.options)
        if len(fields) > len(self.columns):
            raise BadCopyFileFormat("extra data after last expected column")
        if len(fields) < len(self.columns):
            missing = self.columns[len(fields)].name
            raise BadCopyFileFormat(f'missing data for column "{missing}"')
        return fields

    def _csv_value(self, at: int, text: str, quoted: bool) -> str | None:
        if at >= len(self.columns) or text != self.options.null:
            return text
        if quoted:
            return None if self.force_null[at] else text
        return text if self.force_not_null[at] else None

    def _valid(self, fields: list[str | None], line: lines.Line) -> bool:
        """Check each value; False for a row that ON_ERROR ignore leaves out."""
        for column, text in zip(self.columns, fields, strict=True):
            if text is None:
                continue
            try:
                self.style.decoder(column.type.type)(text, column.type.typmod)
            except Error as error:
                if self.options.on_error == "ignore":
                    return False
                shown = shortened(text)
                error.where = (
                    f'COPY {self.table}, line {line.number}, column {column.name}: "{shown}"'
                )
                raise
        return True


def _odd_quotes(options: CopyOptions) -> re.Pattern[str]:
    """Quotes inside unquoted text, which Arrow reads differently."""
    quote, delimiter = re.escape(options.quote), re.escape(options.delimiter)
    return re.compile(f"{quote}(?![{delimiter}\\r\\n{quote}])(?<=[^{delimiter}\\n{quote}]{quote})")


def _arrow_strings(text: str, width: int, options: CopyOptions, quote: str | bool) -> Arrays | None:
    names = [str(i) for i in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, use_threads=False, block_size=max(len(text) * 4, 1 << 16)
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=options.delimiter,
                quote_char=quote,
                double_quote=quote is not False,
                newlines_in_values=quote is not False,
                ignore_empty_lines=False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[options.null],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [table.column(i).combine_chunks() for i in range(width)]
