"""What a client can say: one frozen dataclass per frontend message of protocol 3.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SslRequest:
    """Answer with one byte, S or N, before anything else."""


@dataclass(frozen=True, slots=True)
class GssEncRequest:
    """Answer with N."""


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Comes on a connection of its own, which is closed without an answer."""

    pid: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class Startup:
    """The start-up packet. `unknown_options` are the _pq_. options that NegotiateProtocolVersion must list."""

    parameters: dict[str, str]
    minor_version: int = 0
    unknown_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Password:
    """The 'p' message, raw: a password, or a SASL response, by what was asked for."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Query:
    sql: str


@dataclass(frozen=True, slots=True)
class Parse:
    name: str
    sql: str
    param_oids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bind:
    """Format codes are as sent: none (all text), one (for all), or one each."""

    portal: str
    statement: str
    param_formats: tuple[int, ...]
    params: tuple[bytes | None, ...]
    result_formats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Describe:
    kind: Literal["S", "P"]
    name: str


@dataclass(frozen=True, slots=True)
class Execute:
    """`max_rows` 0 means all."""

    portal: str
    max_rows: int


@dataclass(frozen=True, slots=True)
class Close:
    kind: Literal["S", "P"]
    name: str


@dataclass(frozen=True, slots=True)
class Flush:
    pass


@dataclass(frozen=True, slots=True)
class Sync:
    pass


@dataclass(frozen=True, slots=True)
class CopyData:
    data: bytes


@dataclass(frozen=True, slots=True)
class CopyDone:
    pass


@dataclass(frozen=True, slots=True)
class CopyFail:
    message: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The fast-path call of protocol 2 times; answered with an error."""


@dataclass(frozen=True, slots=True)
class Terminate:
    pass


Event = (
    SslRequest | GssEncRequest | CancelRequest | Startup | Password | Query | Parse | Bind | Describe
    | Execute | Close | Flush | Sync | CopyData | CopyDone | CopyFail | FunctionCall | Terminate
)  # fmt: skip
