"""The small servers on this machine, and their access rules: they answer programs, and no page in a browser.

A page that is open on this machine can reach them as well. It is refused by the header `Origin`, which it cannot leave
out, and by a `Host` that is another than the server's, which a name has that leads to this machine for a moment only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from typing import Any
from urllib.parse import urlsplit

# A page sends one of these with everything that it posts.
_OF_PAGES = ("Origin", "Sec-Fetch-Site")


class LocalServer(ThreadingHTTPServer):
    """A server at an address of IPv4 or IPv6, with a thread for each connection, which end with the program."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        """Begin to listen. Raises OSError when nothing can listen there."""
        self.address_family = AF_INET6 if ":" in address[0] else AF_INET
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up before they have their answer."""


class LocalHandler(BaseHTTPRequestHandler):
    """Answers requests whose body has been read, or whose connection ends with the answer.

    A body that nobody reads would be taken for the next request of the connection.
    """

    # The names of the server, besides addresses and names without a dot.
    names: Collection[str] = ()

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        if parsed and ("Content-Length" in self.headers or "Transfer-Encoding" in self.headers):
            self.close_connection = True
        return parsed

    def refusal(self) -> str:
        """Return why a request is refused, "" when it is not."""
        if not is_local(self.headers.get("Host") or "", self.names):
            return "The header `Host` does not name this server."
        if any(self.headers.get(name) not in (None, "none") for name in _OF_PAGES):
            return "This server does not answer pages in a browser."
        return ""

    def body(self, most: int) -> bytes | None:
        """The body of a request, of at most `most` bytes; None, and an answer that says why, when it is not read."""
        length = body_length(self.headers)
        if length is None:
            self.send_error(400, "The length of the body is missing or is not a number.")
        elif length > most:
            self.send_error(413, f"The body has more than {most} bytes.")
        else:
            return self.rfile.read(length)
        return None


def body_length(headers: Message) -> int | None:
    """The length of a request's body by its headers, None when they do not say it, or contradict each other."""
    lengths = set(headers.get_all("Content-Length") or ["0"])
    length = next(iter(lengths))
    if "Transfer-Encoding" in headers or len(lengths) > 1 or not (length.isascii() and length.isdigit()):
        return None
    return int(length) if len(length) < 20 else None


def is_local(host: str, names: Collection[str] = ()) -> bool:
    """Return whether the header `host` is one that local programs use: an address, a name without a dot, which
    no name on the internet is, or one of `names`."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name in names or (name and "." not in name and ":" not in name):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
