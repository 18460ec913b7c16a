"""SCRAM-SHA-256 over SASL messages (RFC 5802, RFC 7677), by scramp."""

from __future__ import annotations

from collections.abc import Callable

from scramp import ScramException, ScramMechanism

from vecsql.errors import InvalidPassword, ProtocolViolation
from vecsql.protocol.decode import Reader

MECHANISM = "SCRAM-SHA-256"


class ScramExchange:
    """One authentication: first(Password.data) -> challenge, final(Password.data) -> server signature."""

    def __init__(self, user: str, password: str) -> None:
        mechanism = ScramMechanism(MECHANISM)
        stored = mechanism.make_auth_info(password)
        self._user = user
        self._server = mechanism.make_server(lambda name: stored)

    def first(self, data: bytes) -> bytes:
        """Takes SASLInitialResponse; gives the data of AuthenticationSASLContinue."""
        reader = Reader(data)
        if reader.string() != MECHANISM:
            raise ProtocolViolation(
                "client selected an invalid SASL authentication mechanism", severity="FATAL"
            )
        response = reader.value()
        reader.end()
        return self._step(
            response or b"", self._server.set_client_first, self._server.get_server_first
        )

    def final(self, data: bytes) -> bytes:
        """Takes SASLResponse; gives the data of AuthenticationSASLFinal. InvalidPassword if the proof is wrong."""
        return self._step(data, self._server.set_client_final, self._server.get_server_final)

    def _step(
        self, data: bytes, accept: Callable[[str], object], answer: Callable[[], str]
    ) -> bytes:
        try:
            accept(data.decode())
            reply = answer()
        except (ScramException, UnicodeDecodeError):
            raise InvalidPassword(
                f'password authentication failed for user "{self._user}"', severity="FATAL"
            ) from None
        return reply.encode()
