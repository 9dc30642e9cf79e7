"""One GET of a target over a connection that somebody else makes, and everything that is known about how it went."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from stackctl.access import over
from stackctl.bounds.http import path_of, request

# Host, port and the seconds that a step may take -> a connection. See `runtime.protocol.Runtime.dial`.
Dial = Callable[[str, int, float], AbstractContextManager[socket.socket]]
Failure = Literal["refused", "unresolved", "unreachable", "unconnected", "silent", "closed", "plain", "unable"]

# What of a body is looked at: enough for the scrapes of large applications.
BODY_BYTES = 8 * 1024 * 1024
_PIECE_BYTES = 65536
_ACCEPT = {"Accept": "text/plain;version=0.0.4,*/*;q=0.5"}
# Two of OpenSSL's flags that Python has no names for: a certificate is read by trusting it alone, whatever its dates.
_PARTIAL_CHAIN, _NO_CHECK_TIME = 0x80000, 0x200000
_WORDS: dict[Failure, str] = {
    "refused": "connection refused",
    "unresolved": "the name does not resolve",
    "unreachable": "there is no route to the host",
    "unconnected": "no connection in {seconds:.1f} s",
    "silent": "connected, but no response in {seconds:.1f} s",
    "closed": "the connection was closed without an HTTP response",
    "plain": "the server does not use TLS",
    "unable": "it cannot be reached from there",
}


@dataclass(frozen=True)
class Reply:
    """An answer; names of headers are in lower case. `whole` says whether `body` is all of it."""

    status: int
    headers: Mapping[str, str]
    body: str = field(repr=False)
    whole: bool = True

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").strip()


@dataclass(frozen=True)
class Certificate:
    """The certificate that a server shows: whose it is, by whom, for which names, until when (its own notation)."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    until: str


@dataclass(frozen=True)
class Probe:
    """Result of one GET. Exactly one of `failure` and `reply` is set; `seconds` is how long it took."""

    url: str
    seconds: float
    failure: Failure | None = None
    reply: Reply | None = None
    certificate: Certificate | None = None

    @property
    def connected(self) -> bool:
        """Return whether something listens there."""
        return self.failure in (None, "silent", "closed", "plain")

    def __str__(self) -> str:
        if self.reply is None:
            return f"GET {self.url}: {_WORDS[self.failure or 'unable'].format(seconds=self.seconds)}"
        kind = self.reply.content_type or "no Content-Type"
        return f"GET {self.url}: {self.reply.status}, {kind}, {self.seconds:.2f} s"


def probe(url: str, dial: Dial, seconds: float, headers: Mapping[str, str] | None = None) -> Probe:
    """Ask `url`, a URL without a user, for at most about `seconds`. Follows no redirect and never raises.

    No certificate is checked, so `headers` must not hold what a stranger may not have.
    """
    begun, parts, shown = time.monotonic(), urlsplit(url), list[bytes]()
    try:
        reply = _asked(parts, dial, seconds, headers or {}, shown)
        made = Probe(url, time.monotonic() - begun, reply=reply)
    except (OSError, http.client.HTTPException, ValueError) as error:
        made = Probe(url, time.monotonic() - begun, _failure(error))
    return replace(made, certificate=read_certificate(shown[0], parts, dial, seconds)) if shown else made


def _asked(parts: SplitResult, dial: Dial, seconds: float, headers: Mapping[str, str], shown: list[bytes]) -> Reply:
    """The answer. The certificate goes to `shown`, where it is kept whatever comes after."""
    path = path_of(parts.geturl())
    until = time.monotonic() + seconds
    with dial(parts.hostname or "", _port(parts), seconds) as connection:
        if parts.scheme != "https":
            return _get(connection, parts.netloc, path, headers, until)
        with _unverified().wrap_socket(connection, server_hostname=parts.hostname) as secured:
            shown += filter(None, [secured.getpeercert(binary_form=True)])
            return _get(secured, parts.netloc, path, headers, until)


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _get(connection: socket.socket, place: str, path: str, headers: Mapping[str, str], until: float) -> Reply:
    answer: http.client.HTTPResponse | None = None
    pieces: list[bytes] = []
    try:
        left = until - time.monotonic()
        with request(over(connection, place), "GET", path, left, headers={**_ACCEPT, **headers}) as answer:
            while sum(map(len, pieces)) < BODY_BYTES:
                piece = answer.read1(_PIECE_BYTES)
                if not piece:
                    return _reply(answer, pieces, whole=answer.length in (None, 0))
                pieces.append(piece)
    except (OSError, http.client.HTTPException):
        if answer is None:
            raise
    return _reply(answer, pieces, whole=False)


def _reply(answer: http.client.HTTPResponse, pieces: list[bytes], *, whole: bool) -> Reply:
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, headers, b"".join(pieces).decode(errors="replace"), whole)


def read_certificate(shown: bytes, parts: SplitResult, dial: Dial, seconds: float) -> Certificate | None:
    """Return the content of a certificate. Python shows only verified ones, so it is verified by trust in itself."""
    with suppress(OSError, ValueError):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= _PARTIAL_CHAIN | _NO_CHECK_TIME
        context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(shown))
        with (
            dial(parts.hostname or "", _port(parts), seconds) as connection,
            context.wrap_socket(connection) as secured,
        ):
            found: Any = secured.getpeercert() or {}
            names = tuple(value for _, value in found.get("subjectAltName", ()))
            return Certificate(
                _common_name(found, "subject"), _common_name(found, "issuer"), names, found.get("notAfter", "")
            )
    return None


def _common_name(found: Any, whose: str) -> str:
    parts = dict(pair for group in found.get(whose, ()) for pair in group)
    return str(parts.get("commonName") or parts.get("organizationName") or "")


def _unverified() -> ssl.SSLContext:
    # A wrong certificate is one of the things to be seen.
    return ssl._create_unverified_context()  # noqa: S323


def _failure(error: Exception) -> Failure:
    if isinstance(error, ssl.SSLError):
        plain = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH", "HTTP_REQUEST")
        return "plain" if any(sign in str(error) for sign in plain) else "closed"
    if isinstance(error, TimeoutError):
        return "unconnected" if error.errno else "silent"
    for kind, failure in _FAILURES.items():
        if isinstance(error, kind):
            return failure
    unreachable = isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH)
    return "unreachable" if unreachable else "unable"


_FAILURES: dict[type[Exception], Failure] = {
    ConnectionRefusedError: "refused",
    socket.gaierror: "unresolved",
    ConnectionError: "closed",
    http.client.HTTPException: "closed",
}
