"""COPY FROM STDIN: bytes in, rows into the table, in batches of bounded size and one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from vecsql.catalog.model import Column, Table
from vecsql.errors import BadCopyFileFormat, Error, QueryCanceled
from vecsql.executor.constraints import check_rows
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.copy import lines
from vecsql.executor.copy.binary import BinaryDecoder
from vecsql.executor.copy.blocks import Block, BlockDecoder, shortened
from vecsql.executor.copy.options import CopyOptions
from vecsql.executor.foreign_keys import PendingReferences
from vecsql.executor.insert import complete_rows
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat

BLOCK_BYTES = 4 << 20  # text is decoded in pieces of about this size
BATCH_BYTES = 32 << 20  # rows are handed to storage in batches of about this size


class CopyIn:
    """One running COPY FROM STDIN. Feed it CopyData payloads, then call finish() or fail()."""

    def __init__(
        self,
        table: Table,
        columns: Sequence[Column],
        options: CopyOptions,
        ctx: ExecContext,
        style: TextFormat = DEFAULT_FORMAT,
    ) -> None:
        self.table = table
        self.targets = tuple(columns)
        self.options = options
        self.format_code = 1 if options.format == "binary" else 0
        self.columns = len(self.targets)
        self.rows = 0
        self._ctx = ctx
        self._buffer = bytearray()
        self._line = 1
        self._ended = False
        self._header = options.header
        self._skipped = 0
        self._references = PendingReferences(table)
        self._pending: list[Block] = []
        self._pending_bytes = 0
        self._decoder = BlockDecoder(table.name, self.targets, options, style)
        self._binary = BinaryDecoder(table.name, self.targets)

    def feed(self, data: bytes) -> None:
        """Take a CopyData payload. Raises the errors of bad data and of constraints."""
        if self._ctx.cancel.is_set():
            raise QueryCanceled("canceling statement due to user request")
        self._buffer += data
        if len(self._buffer) >= BLOCK_BYTES:
            self._consume(final=False)

    def finish(self) -> str:
        """The client has sent everything: insert what is left. Returns the command tag."""
        self._consume(final=True)
        if self.options.format == "binary":
            self._binary.finish()
        self._flush()
        self._references.check(self._ctx)
        if self._skipped:
            plural = "rows were" if self._skipped > 1 else "row was"
            self._ctx.notify(
                Notice(
                    "NOTICE", f"{self._skipped} {plural} skipped due to data type incompatibility"
                )
            )
        return f"COPY {self.rows}"

    def fail(self, message: str) -> None:
        """The client gave up. Always raises."""
        where = f"COPY {self.table.name}, line {self._line + self.rows}"
        raise QueryCanceled(f"COPY from stdin failed: {message}", where=where)

    def _consume(self, *, final: bool) -> None:
        if self.options.format == "binary":
            data = bytes(self._buffer)
            self._buffer.clear()
            for block in self._binary.feed(data) if data else ():
                self._add(block)
            return
        end = len(self._buffer) if final else lines.complete(self._buffer, self.options)
        if end == 0 or self._ended:
            if self._ended:
                self._buffer.clear()
            return
        text = self._decoded(bytes(self._buffer[:end]))
        del self._buffer[:end]
        if self._header:
            text = self._take_header(text)
        if text:
            block, self._ended, self._line = self._decoder.decode(text, self._line)
            self._skipped += block.skipped
            if block.rows:
                self._add(block)

    def _decoded(self, data: bytes) -> str:
        try:
            return lines.decoded(data)
        except Error as error:
            at = data[: data.find(b"\0") if b"\0" in data else len(data)].count(b"\n")
            error.where = error.where or f"COPY {self.table.name}, line {self._line + min(at, 0)}"
            raise

    def _take_header(self, text: str) -> str:
        """Leave the first line out; HEADER MATCH compares it with the columns."""
        self._header = False
        head, _, rest = text.partition("\n")
        if self.options.match:
            self._match(head.removesuffix("\r"))
        self._line += 1
        return rest

    def _match(self, head: str) -> None:
        if self.options.format == "csv":
            names: list[str | None] = [t for t, _ in lines.csv_fields(head, self.options)]
        else:
            names = lines.text_fields(head, self.options)
        where = f'COPY {self.table.name}, line 1: "{shortened(head)}"'
        if len(names) != len(self.targets):
            raise BadCopyFileFormat(
                f"wrong number of fields in header line: got {len(names)}, expected {len(self.targets)}",
                where=where,
            )
        for number, (name, column) in enumerate(zip(names, self.targets, strict=True), 1):
            if name != column.name:
                raise BadCopyFileFormat(
                    f"column name mismatch in header line field {number}: "
                    f'got "{name}", expected "{column.name}"',
                    where=where,
                )

    def _add(self, block: Block) -> None:
        """Complete and check a block's rows; hand a full batch to storage."""
        given = {c.attnum: a for c, a in zip(self.targets, block.columns, strict=True)}
        columns = complete_rows(self.table, given, block.rows, self._ctx)
        try:
            check_rows(self.table, columns, self._ctx)
        except Error as error:
            error.where = error.where or block.context(getattr(error, "row", 0))
            raise
        block.columns = list(columns.values())
        self._pending.append(block)
        self._pending_bytes += sum(c.nbytes for c in block.columns)
        self.rows += block.rows
        if self._pending_bytes >= BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Insert the pending rows."""
        if not self._pending:
            return
        merged = {
            column.attnum: pa.concat_arrays([b.columns[i] for b in self._pending])
            for i, column in enumerate(self.table.columns)
        }
        try:
            self._ctx.txn.insert(self.table.oid, merged)
        except Error as error:
            error.where = error.where or f"COPY {self.table.name}, line {self._line}"
            raise
        self._references.add(merged)
        self._pending.clear()
        self._pending_bytes = 0
