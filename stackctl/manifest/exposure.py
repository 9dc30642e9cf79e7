"""Who can ask Prometheus from elsewhere, when the manifest lets it listen beyond this machine."""

from __future__ import annotations

from stackctl.errors import Problem
from stackctl.model import Stack

_LOOPBACK = ("127.", "::1", "localhost")


def exposed(stack: Stack) -> list[Problem]:
    """What is open to whoever reaches Prometheus' address; nothing on loopback, and behind a login over TLS."""
    server = stack.prometheus
    if server.listen.host.startswith(_LOOPBACK) or (server.login and server.tls):
        return []
    if server.login:
        summary = f"prometheus: who listens on the way to {server.listen} sees the password"
        return [Problem(summary, server.origin, remedy="Write `auth: {tls: ...}` beside `basic_auth`.")]
    summary = f"prometheus: who reaches {server.listen} reads all series, and can delete them"
    remedy = "Let it listen on loopback, or write `auth: {basic_auth: ..., tls: ...}`."
    return [Problem(summary, server.origin, remedy=remedy)]
