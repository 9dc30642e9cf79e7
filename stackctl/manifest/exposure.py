"""Exposure of a stack: a Prometheus that listens beyond this machine, secrets too short to be hidden."""

from __future__ import annotations

from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl import redaction
from stackctl.diagnostic import Diagnostic
from stackctl.model import External, Stack

_LOOPBACK = ("127.", "::1", "localhost")


def exposed(stack: Stack) -> list[Diagnostic]:
    """Report what is open to anybody who reaches Prometheus, or sees what is sent to the servers of somebody else;
    nothing on loopback, or with a login over TLS."""
    if stack.external:
        return [_unencrypted(each) for each in stack.external if _sends_in_clear(each)]
    server = stack.prometheus
    if server.listen.host.startswith(_LOOPBACK) or (server.login and server.tls):
        return []
    if server.login:
        summary = f"prometheus: the password is sent to {server.listen} unencrypted"
        return [
            Diagnostic(
                "secret.unencrypted", summary, server.origin, remedy="Add `tls` to `auth`, next to `basic_auth`."
            )
        ]
    summary = f"prometheus: everybody who can reach {server.listen} can read and delete all series"
    remedy = "Make it listen on loopback, or write `auth: {basic_auth: ..., tls: ...}`."
    return [Diagnostic("secret.open-server", summary, server.origin, remedy=remedy)]


def _sends_in_clear(server: External) -> bool:
    parts = urlsplit(server.url)
    has_login = server.login is not None or server.token is not None
    return has_login and parts.scheme == "http" and parts.hostname not in c.LOCAL_HOSTS


def _unencrypted(server: External) -> Diagnostic:
    summary = f"external.{server.name}: the login is sent to {urlsplit(server.url).netloc} unencrypted"
    return Diagnostic("secret.unencrypted", summary, server.origin, remedy="Use the server's `https://` address.")


def secret_arguments(stack: Stack) -> list[Diagnostic]:
    """The processes that are given a secret as an argument, which other users of the machine see."""
    services = [service for service in stack.services if service.run.native]
    remedy = "Pass it in `env`, whose secrets are in a file that only you can read."
    return [
        Diagnostic(
            "secret.argument",
            f"services.{service.name}: every user of this machine can see the secret in `command`",
            service.origin,
            remedy=remedy,
        )
        for service in services
        if service.run.native and any(_holds_secret(argument, stack) for argument in service.run.native.command)
    ]


def _holds_secret(text: str, stack: Stack) -> bool:
    return any(len(value) >= redaction.SHORTEST and value in text for value in stack.secrets)


def short_secrets(stack: Stack) -> list[Diagnostic]:
    """The secrets that would take parts of other words with them, if they were taken out of texts by their value."""
    short = [value for value in stack.secrets if 0 < len(value) < redaction.SHORTEST]
    if not short:
        return []
    number = "a secret is" if len(short) == 1 else f"{len(short)} secrets are"
    summary = f"{number} shorter than {redaction.SHORTEST} characters"
    found = (stack.places.find_secret(value) for value in short)
    places = sorted({place for place in found if place}, key=lambda each: (each.file, each.line, each.column))
    others = f" Also at {', '.join(map(str, places[1:]))}." if places[1:] else ""
    cause = f"They are hidden in excerpts of the manifest, but not in messages of servers and checkers.{others}"
    return [Diagnostic("secret.short", summary, places[0] if places else stack.origin, cause, "Use longer ones.")]
