"""Asking a unit whether it is ready, and telling it to reload: too little for a client library, which loads slowly."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stackctl.access import Access, distrust, stranger
from stackctl.bounds.deadline import bounded
from stackctl.bounds.http import path_of, request
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, Unavailable
from stackctl.tree import Unit
from stackctl.wait import TimedOut, wait_until

FETCH_SECONDS = 5.0
_PROBE_SECONDS = 2.0
_RELOAD_SECONDS = 60.0
_LISTENING_SECONDS = 10.0
_SHOWN_BYTES = 4096


@dataclass(frozen=True)
class Answer:
    """Response of a server: its status, 0 when there was none, and the beginning of the body or the reason."""

    status: int
    text: str

    def __str__(self) -> str:
        return f"HTTP {self.status}" if self.status else self.text


def ask(method: str, url: str, timeout_seconds: float, access: Access | None = None) -> Answer:
    """Send one request without a body and take the answer. Follows no redirect, uses no proxy, never raises.

    `access` is how a server of the stack's own is asked. Any other is asked without a login, whatever its certificate.
    """
    seconds = bounded(timeout_seconds)
    # Whether it answers is no matter of trust: scrapes report on its certificate.
    connection = access.connection(seconds) if access else stranger(url, seconds, verified=False)
    try:
        headers = access.headers if access else {}
        with request(connection, method, path_of(url), seconds, headers=headers) as answer:
            return Answer(answer.status, answer.read(_SHOWN_BYTES).decode(errors="replace").strip())
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, distrust(error) or getattr(error, "strerror", None) or str(error) or type(error).__name__)
    finally:
        connection.close()


def is_ready(unit: Unit, access: Access) -> Answer:
    """The answer of a unit's readiness address."""
    return ask("GET", unit.ready, _PROBE_SECONDS, access)


def server_at(address: str) -> str | None:
    """Return the name that a server at host:port gives itself, "" when it gives none; None when nothing answers."""
    connection = stranger(f"http://{address}", _PROBE_SECONDS)
    try:
        with request(connection, "GET", "/", _PROBE_SECONDS) as answer:
            return answer.getheader("Server", "")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def reload_all(units: Sequence[tuple[Unit, Access]]) -> None:
    """Make units read their configuration again, all at once.

    Raises CheckFailed with the server's own words when one refuses, and Unavailable when one does not answer.
    """
    if not units:
        return
    with ThreadPoolExecutor(max_workers=len(units)) as pool:
        answers = list(pool.map(lambda each: _reload(*each), units))
    silent = [_problem(unit, answer) for unit, answer in answers if not answer.status]
    refused = [_problem(unit, answer) for unit, answer in answers if answer.status and answer.status != 200]
    if silent:
        raise Unavailable(*silent, *refused)
    if refused:
        raise CheckFailed(*refused)


def _reload(unit: Unit, access: Access) -> tuple[Unit, Answer]:
    """Post until the server listens: one that an interrupted command has just started does not yet."""
    try:
        answer = wait_until(
            lambda: ask("POST", unit.reload, _RELOAD_SECONDS, access),
            lambda seen: seen.status != 0,
            _LISTENING_SECONDS,
            what=f"{unit.name} to listen",
        )
    except TimedOut as silent:
        return unit, Answer(0, silent.problems[0].summary.partition("last seen: ")[2])
    return unit, answer


def _problem(unit: Unit, answer: Answer) -> Diagnostic:
    return Diagnostic(
        "unit.reload-failed",
        f"{unit.name} did not reload: {answer}",
        cause=answer.text if answer.status else "",
        remedy=f"See `stackctl logs {unit.name}`.",
    )
