"""Servers that somebody else runs, as the manifest names them: how they are asked, and which commands refuse them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.model import External, Stack

_DRILL = (
    "`stackctl drill --live ALERT` hands an alert to Alertmanager instead, and the real receivers get it; "
    "`stackctl why` shows which these are."
)
# What each command cannot do with such servers, and what does instead what it is for.
_WRITE = "`stackctl render --out DIR` writes what they have to load; load it there, and `stackctl verify` proves it."
_INSTEAD = {
    "up": ("start", _WRITE),
    "reload": ("change", _WRITE),
    "watch": ("change", _WRITE),
    "down": ("stop", "Stop them where they run. `stackctl verify` shows what is still loaded."),
    "backup": ("read the data of", "Take the backup where they run, for example by Prometheus' snapshot API."),
    "restore": ("replace the data of", "Restore it where they run."),
    "drill": ("load routes that stand in for the real receivers into", _DRILL),
    "verify --drill": ("load routes that stand in for the real receivers into", _DRILL),
    "logs": ("read the logs of", "Read the logs where they run; `stackctl verify` says what is wrong."),
    "status": ("show the state of", "Run `stackctl verify`, which shows whether they work."),
}
# These also serve to end what ran here before the manifest got `runtime: external`.
_OF_WHAT_RAN = frozenset({"down", "logs", "status", "backup"})


def refuse_external(servers: Sequence[External], manifest: Path, command: str) -> None:
    """Raise InputError for a command that acts on what stackctl runs, where somebody else runs the `servers`."""
    from stackctl.state import State

    if command in _OF_WHAT_RAN and State.beside(manifest).current() is not None:
        return
    raise InputError(_refusal(servers, command))


def drill_problems(servers: Sequence[External], *, live: bool) -> list[Diagnostic]:
    """Return what is in the way of a drill by the API of the Alertmanager among `servers`."""
    found = [] if live else [_refusal(servers, "drill")]
    if all(each.name != c.ALERTMANAGER for each in servers):
        summary = "there is no Alertmanager, so alerts are not delivered"
        remedy = "Add its URL as `alertmanager` of `external`."
        found.append(Diagnostic("drill.no-alertmanager", summary, servers[0].origin, remedy=remedy))
    return found


def _refusal(servers: Sequence[External], command: str) -> Diagnostic:
    undone, remedy = _INSTEAD[command]
    summary = f"`stackctl {command}` cannot {undone} these servers: somebody else runs them (`runtime: external`)"
    return Diagnostic("usage.external", summary, servers[0].origin, remedy=remedy)


def accesses(stack: Stack) -> dict[str, Access]:
    """Return how the servers that somebody else runs are asked, by the names of components.

    Raises InputError for certificates and keys that cannot be used.
    """
    return {each.name: _access(each) for each in stack.external}


def _access(server: External) -> Access:
    from stackctl.access import Access

    login = (server.login.username, server.login.password.reveal()) if server.login else None
    token = server.token.reveal() if server.token else ""
    access = Access(server.url, login, server.ca, token=token, certificate=server.certificate)
    if server.url.startswith("https:"):
        try:
            access.connection(1.0)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            summary = f"external.{server.name}: its certificates or its key cannot be used"
            remedy = "Give certificates and an unencrypted key in PEM form, which belong together."
            raise InputError.of(
                "certificate.format", summary, position=server.origin, cause=str(error), remedy=remedy
            ) from None
    return access
