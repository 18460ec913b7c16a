"""The server's side of SCRAM-SHA-256 over SASL messages (RFC 5802, RFC 7677), without channel binding.

Own code because the scramp package refuses the empty user name that libpq always sends.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from vecsql.errors import InvalidPassword, ProtocolViolation
from vecsql.protocol.decode import Reader

MECHANISM = "SCRAM-SHA-256"
ITERATIONS = 4096

_CLIENT_FIRST = re.compile(r"(?P<gs2>[ny],(?:a=[^,]*)?,)(?P<bare>n=[^,]*,r=(?P<nonce>[!-+\--~]+))")
_CLIENT_FINAL = re.compile(
    r"(?P<unsigned>c=(?P<binding>[^,]*),r=(?P<nonce>[^,]*)),p=(?P<proof>[A-Za-z0-9+/]{43}=)"
)


def _mac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode(), "sha256")


class ScramExchange:
    """One authentication: first(Password.data) -> challenge, final(Password.data) -> server signature."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._salt = secrets.token_bytes(16)
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), self._salt, ITERATIONS)
        self._stored_key = hashlib.sha256(_mac(salted, "Client Key")).digest()
        self._server_key = _mac(salted, "Server Key")
        self._gs2 = self._nonce = self._messages = ""

    def first(self, data: bytes) -> bytes:
        """Takes SASLInitialResponse; gives the data of AuthenticationSASLContinue. ProtocolViolation if malformed."""
        reader = Reader(data)
        if reader.string() != MECHANISM:
            raise _violation("client selected an invalid SASL authentication mechanism")
        response = reader.value() or b""
        reader.end()
        match = _CLIENT_FIRST.fullmatch(response.decode(errors="replace"))
        if match is None:
            raise _violation("malformed SCRAM message")
        self._gs2 = match["gs2"]
        self._nonce = match["nonce"] + secrets.token_urlsafe(18)
        salt = base64.b64encode(self._salt).decode()
        challenge = f"r={self._nonce},s={salt},i={ITERATIONS}"
        self._messages = f"{match['bare']},{challenge}"
        return challenge.encode()

    def final(self, data: bytes) -> bytes:
        """Takes SASLResponse; gives the data of AuthenticationSASLFinal. InvalidPassword if the proof is wrong."""
        match = _CLIENT_FINAL.fullmatch(data.decode(errors="replace"))
        if match is None:
            raise _violation("malformed SCRAM message")
        binding = base64.b64encode(self._gs2.encode()).decode()
        if match["binding"] != binding or match["nonce"] != self._nonce:
            raise _violation("malformed SCRAM message")
        messages = f"{self._messages},{match['unsigned']}"
        signature = _mac(self._stored_key, messages)
        proof = base64.b64decode(match["proof"])
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self._stored_key):
            raise InvalidPassword(
                f'password authentication failed for user "{self._user}"', severity="FATAL"
            )
        return b"v=" + base64.b64encode(_mac(self._server_key, messages))


def _violation(message: str) -> ProtocolViolation:
    return ProtocolViolation(message, severity="FATAL")
