"""Addresses of URLs, by which one tells whether two are of one server."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit


def addresses(url: str) -> set[tuple[str, int]]:
    """The host and the port of a URL, and each address that the host has."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    hosts = {parts.hostname or ""}
    with suppress(OSError, UnicodeError):
        hosts |= {str(found[4][0]) for found in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    return {(host, port) for host in hosts}
