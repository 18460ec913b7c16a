"""Cutting the byte stream of a text or csv COPY into decoded blocks of whole records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vecsql.errors import Error
from vecsql.protocol.copy_format import Batch, CopyOptions, bad_format, line_context
from vecsql.types.strings import decode_utf8

BLOCK = (
    1 << 20
)  # bytes to collect before rows are decoded: large enough for column-wise decoding to pay
END_MARKER = "\\."


class LineDecoder:
    """Base of the text and csv decoders: buffers, decodes UTF-8, checks the header and the field counts.

    Subclasses split a block of text into records and say where the last complete record ends.
    """

    def __init__(
        self, options: CopyOptions, decode_batch: Callable[[list[list[Any]], list[int]], Batch]
    ) -> None:
        self.options = options
        self.decode_batch = decode_batch
        self.line = 1  # of the next record
        self.ended = False  # the end marker was read
        self._pending = bytearray()
        self._header_due = bool(options.header)

    def split(self, text: str) -> tuple[list[list[str | None]], list[int]]:
        """The records of a block and the line that each starts on; advances `line`."""
        raise NotImplementedError

    def complete(self, data: bytes) -> int:
        """How many bytes of the buffer hold complete records."""
        raise NotImplementedError

    def feed(self, data: bytes) -> list[Batch]:
        self._pending += data
        return self._decode(final=False) if len(self._pending) >= BLOCK else []

    def finish(self) -> list[Batch]:
        return self._decode(final=True)

    def _decode(self, final: bool) -> list[Batch]:
        data = bytes(self._pending)
        size = len(data) if final else self.complete(data)
        del self._pending[:size]
        if size == 0 or self.ended:
            return []
        records, lines = self.split(self._text(data[:size]))
        if self._header_due and records:
            self._check_header(records.pop(0))
            del lines[0]
            self._header_due = False
        if not records:
            return []
        self._check_counts(records, lines)
        return [self.decode_batch([list(column) for column in zip(*records, strict=True)], lines)]

    def _text(self, data: bytes) -> str:
        try:
            return decode_utf8(data)
        except Error as error:
            try:
                at = len(data[: data.index(b"\0")].decode())
            except ValueError:
                at = len(data.decode(errors="ignore"))
            line = self.line + data[:at].count(b"\n")
            error.where = line_context(self.options, line)
            raise

    def _check_counts(self, records: list[list[str | None]], lines: list[int]) -> None:
        expected = len(self.options.columns)
        for record, line in zip(records, lines, strict=True):
            if len(record) == expected:
                continue
            separator = self.options.separator
            shown = separator.join(self.options.null_text if f is None else f for f in record)
            where = line_context(self.options, line, shown)
            if len(record) > expected:
                raise bad_format("extra data after last expected column", where)
            raise bad_format(
                f'missing data for column "{self.options.columns[len(record)]}"', where
            )

    def _check_header(self, names: list[str | None]) -> None:
        if self.options.header != "match":
            return
        wanted = self.options.columns
        where = line_context(self.options, 1)
        if len(names) != len(wanted):
            raise bad_format(
                f"wrong number of fields in header line: got {len(names)}, expected {len(wanted)}",
                where,
            )
        for at, (name, expected) in enumerate(zip(names, wanted, strict=True), 1):
            if name is None:
                raise bad_format(
                    f"column name mismatch in header line field {at}: got null value "
                    f'("{self.options.null_text}"), expected "{expected}"',
                    where,
                )
            if name != expected:
                raise bad_format(
                    f'column name mismatch in header line field {at}: got "{name}", expected "{expected}"',
                    where,
                )
