"""The options of COPY, checked as PostgreSQL checks them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vecsql.errors import FeatureNotSupported, InvalidParameterValue, SyntaxError

Format = Literal["text", "csv", "binary"]
Given = Sequence[tuple[str, str | tuple[str, ...] | None]]


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """COPY's options with their defaults filled in. Column lists are names; ('*',) is all of them."""

    format: Format = "text"
    delimiter: str = "\t"
    null: str = "\\N"
    header: bool = False
    match: bool = False  # HEADER MATCH
    quote: str = '"'
    escape: str = '"'
    force_quote: tuple[str, ...] = ()
    force_not_null: tuple[str, ...] = ()
    force_null: tuple[str, ...] = ()
    on_error: Literal["stop", "ignore"] = "stop"
    default: str | None = None
    verbose: bool = False


_FLAGS = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False, None: True}
_CSV_ONLY = {"quote": "QUOTE", "escape": "ESCAPE", "force_quote": "FORCE_QUOTE",
             "force_not_null": "FORCE_NOT_NULL", "force_null": "FORCE_NULL"}  # fmt: skip


def parse_options(given: Given, *, is_from: bool) -> CopyOptions:
    """The options of one COPY. Raises SyntaxError, InvalidParameterValue or FeatureNotSupported."""
    values: dict[str, str | tuple[str, ...] | None] = {}
    for name, value in given:
        if name in values:
            raise SyntaxError("conflicting or redundant options")
        values[name] = value
    kind = _format(values.pop("format", None))
    options = CopyOptions(kind, "," if kind == "csv" else "\t", "" if kind == "csv" else "\\N")
    for name, value in values.items():
        options = _apply(options, name, value)
    _check(options, values, is_from)
    if "escape" not in values and "quote" in values:
        options = replace(options, escape=options.quote)
    return options


def _format(value: str | tuple[str, ...] | None) -> Format:
    text = str(value).lower() if value is not None else "text"
    if text not in ("text", "csv", "binary"):
        raise InvalidParameterValue(f'COPY format "{value}" not recognized')
    return text  # type: ignore[return-value]


def _apply(options: CopyOptions, name: str, value: str | tuple[str, ...] | None) -> CopyOptions:
    """The options with one more of them."""
    if name in ("delimiter", "null", "quote", "escape", "default"):
        return replace(options, **{name: str(value)})  # type: ignore[arg-type]
    if name in ("force_quote", "force_not_null", "force_null"):
        columns = value if isinstance(value, tuple) else ("*",)
        return replace(options, **{name: columns})  # type: ignore[arg-type]
    if name == "header":
        return _header(options, value)
    if name == "on_error":
        return _on_error(options, value)
    if name == "log_verbosity":
        return replace(options, verbose=str(value).lower() == "verbose")
    if name == "encoding":
        if str(value).lower().replace("-", "").replace("_", "") not in (
            "utf8",
            "sqlascii",
            "unicode",
        ):
            raise FeatureNotSupported("COPY supports only the encoding UTF8")
        return options
    if name in ("freeze", "convert_selectively"):
        return options
    raise SyntaxError(f'option "{name}" not recognized')


def _header(options: CopyOptions, value: object) -> CopyOptions:
    text = str(value).lower() if value is not None else None
    if text == "match":
        return replace(options, header=True, match=True)
    if text not in _FLAGS:
        raise SyntaxError('header requires a Boolean value or "match"')
    return replace(options, header=_FLAGS[text])


def _on_error(options: CopyOptions, value: object) -> CopyOptions:
    text = str(value).lower()
    if text not in ("stop", "ignore"):
        raise InvalidParameterValue(f'COPY ON_ERROR "{value}" not recognized')
    return replace(options, on_error=text)  # type: ignore[arg-type]


def _check(options: CopyOptions, given: Collection[str], is_from: bool) -> None:
    """Options that exclude each other, and characters that cannot be what they are meant to be."""
    if options.format == "binary":
        for name in ("delimiter", "null", "header", "default"):
            if name in given:
                raise SyntaxError(f"cannot specify {name.upper()} in BINARY mode")
        if options.on_error == "ignore":
            raise SyntaxError("only ON_ERROR STOP is allowed in BINARY mode")
    if options.format != "csv":
        for name, shown in _CSV_ONLY.items():
            if name in given:
                raise FeatureNotSupported(f"COPY {shown} requires CSV mode")
    if len(options.delimiter.encode()) != 1:
        raise FeatureNotSupported("COPY delimiter must be a single one-byte character")
    if options.delimiter in "\r\n":
        raise InvalidParameterValue("COPY delimiter cannot be newline or carriage return")
    if any(c in options.null for c in "\r\n"):
        raise InvalidParameterValue(
            "COPY null representation cannot use newline or carriage return"
        )
    if options.format == "text" and options.delimiter in "\\.abcdefghijklmnopqrstuvwxyz0123456789":
        raise InvalidParameterValue(f'COPY delimiter cannot be "{options.delimiter}"')
    if options.format == "csv":
        _check_csv(options, is_from)
    if options.delimiter in options.null and options.format != "binary":
        raise InvalidParameterValue(
            "COPY delimiter character must not appear in the NULL specification"
        )
    if options.match and not is_from:
        raise InvalidParameterValue('cannot use "match" with HEADER in COPY TO')
    if options.default is not None:
        raise FeatureNotSupported("COPY DEFAULT is not supported")


def _check_csv(options: CopyOptions, is_from: bool) -> None:
    if len(options.quote.encode()) != 1:
        raise FeatureNotSupported("COPY quote must be a single one-byte character")
    if options.delimiter == options.quote:
        raise InvalidParameterValue("COPY delimiter and quote must be different")
    if len(options.escape.encode()) != 1:
        raise FeatureNotSupported("COPY escape must be a single one-byte character")
    if options.quote in options.null:
        raise InvalidParameterValue("CSV quote character must not appear in the NULL specification")
    if options.force_quote and is_from:
        raise InvalidParameterValue("COPY FORCE_QUOTE cannot be used with COPY FROM")
    for name in ("force_not_null", "force_null"):
        if getattr(options, name) and not is_from:
            raise InvalidParameterValue(f"COPY {name.upper()} cannot be used with COPY TO")
