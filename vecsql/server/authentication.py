"""Start-up of a connection: TLS and GSS requests, passwords, start-up parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vecsql.errors import (
    FeatureNotSupported,
    InvalidAuthorizationSpecification,
    ProtocolViolation,
)
from vecsql.protocol import encode, events
from vecsql.protocol.scram import MECHANISM, ScramExchange
from vecsql.session.session import Session

_OPTION = re.compile(r"(?:-c\s*|--)([^=\s]+)=((?:\\.|[^\\\s])*)\s*")
_NOT_SETTINGS = ("user", "database", "options", "replication")


@dataclass(slots=True)
class Login:
    """What a start-up packet says. `exchange` runs while a password is being checked."""

    startup: events.Startup
    exchange: ScramExchange | None = None
    challenged: bool = False
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> str:
        return self.startup.parameters["user"]


def begin(startup: events.Startup, password: str | None) -> tuple[Login, bytes]:
    """Check a start-up packet; gives the login and the reply, empty when no password is asked for."""
    parameters = startup.parameters
    if not parameters.get("user"):
        raise InvalidAuthorizationSpecification(
            "no PostgreSQL user name specified in startup packet", severity="FATAL"
        )
    if parameters.get("replication", "false").lower() not in ("false", "off", "no", "0"):
        raise FeatureNotSupported("replication connections are not supported", severity="FATAL")
    login = Login(startup, parameters=_settings(parameters))
    reply = b""
    if startup.minor_version > 0 or startup.unknown_options:
        reply = encode.negotiate_protocol_version(0, startup.unknown_options)
    if password is not None:
        login.exchange = ScramExchange(login.user, password)
        reply += encode.authentication_sasl([MECHANISM])
    return login, reply


def answer(login: Login, event: events.Password) -> tuple[bytes, bool]:
    """One step of the password exchange: the reply, and whether the client is who it says."""
    if login.exchange is None:
        raise ProtocolViolation("unexpected password message", severity="FATAL")
    if not login.challenged:
        login.challenged = True
        return encode.authentication_sasl_continue(login.exchange.first(event.data)), False
    return encode.authentication_sasl_final(login.exchange.final(event.data)), True


def _settings(parameters: dict[str, str]) -> dict[str, str]:
    """The settings among the start-up parameters, with those of `options` (-c name=value) first."""
    found = {
        name.replace("-", "_"): re.sub(r"\\(.)", r"\1", value)
        for name, value in _OPTION.findall(parameters.get("options", ""))
    }
    found.update((n, v) for n, v in parameters.items() if n not in _NOT_SETTINGS)
    return found


def apply_settings(session: Session, login: Login) -> None:
    """Start-up parameters become the values that RESET restores."""
    for name, value in login.parameters.items():
        session.settings.start(name, value)
