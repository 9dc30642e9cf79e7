"""Access to a server: its URL, the client's login, and the server certificates that the client trusts."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Access:
    """Settings of a connection to one server. Over TLS the certificate is always verified, as a login may be sent.

    url          the base of its URLs: `https://127.0.0.1:9090`
    login        the user and the password of basic auth
    ca           the certificates that have signed the server's, in PEM form; "" for those that this machine trusts
    server_name  the name that its certificate must have; "" for the host of `url`
    token        a bearer token in place of the login, "" for none
    certificate  the files of the client's own certificate and its key
    """

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    ca: str = field(default="", repr=False)
    server_name: str = ""
    token: str = field(default="", repr=False)
    certificate: tuple[str, str] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that log in."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.login is None:
            return {}
        return {"Authorization": f"Basic {b64encode(':'.join(self.login).encode()).decode()}"}

    def connection(self, seconds: float) -> http.client.HTTPConnection:
        """A connection that is made when it is used, without any proxy. No step on it takes longer than `seconds`."""
        parts = urlsplit(self.url)
        if parts.scheme != "https":
            return http.client.HTTPConnection(parts.netloc, timeout=seconds)
        return _Secured(parts.netloc, seconds, self._trust, self.server_name)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        context = trust(self.ca)
        if self.certificate:
            context.load_cert_chain(*self.certificate)
        return context


def stranger(url: str, seconds: float, *, verified: bool = True) -> http.client.HTTPConnection:
    """A connection, as above, to a server that is not the stack's own. Its certificate may be left unverified where
    nothing confidential is sent and the answer is not trusted."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return http.client.HTTPConnection(parts.netloc, timeout=seconds)
    context = None if verified else ssl._create_unverified_context()  # noqa: S323
    return http.client.HTTPSConnection(parts.netloc, timeout=seconds, context=context)


def over(connection: socket.socket, place: str) -> http.client.HTTPConnection:
    """HTTP to the server `place` ("host:port") over a connection that was made already."""
    made = http.client.HTTPConnection(place)
    made.sock = connection
    return made


def trust(ca: str) -> ssl.SSLContext:
    """A client's TLS that takes what `ca`, in PEM form, has signed, or with "" what this machine trusts.

    It is as strict as Go's, which the servers ask each other by; Python's default refuses more from version 3.13 on.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        context.load_verify_locations(cadata="\n".join(_CERTIFICATE.findall(ca)))
    else:
        context.load_default_certs()
    return context


def distrust(error: Exception) -> str:
    """Return why a server's certificate is rejected, "" when `error` is about something else."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return ""
    return f"its certificate cannot be verified: {error.verify_message.rstrip('.')}"


class _Secured(http.client.HTTPSConnection):
    """TLS to a server whose certificate may have another name than the address that it is reached by."""

    def __init__(self, place: str, seconds: float, context: ssl.SSLContext, server_name: str) -> None:
        super().__init__(place, timeout=seconds, context=context)
        self._trust, self._server_name = context, server_name

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        name = self._server_name or self.host
        # Known to those who may end it, before it begins to wait.
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=name, do_handshake_on_connect=False)
        self.sock.do_handshake()
