"""Batch jobs: what they would push to a Pushgateway before they end, pushed again and again."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Callable
from threading import Event, Thread
from urllib.parse import quote

from stackctl.access import stranger
from stackctl.bounds.http import path_of, request
from stackctl.model import Push
from stackctl.simulate.series import TEXT
from stackctl.simulate.service import SimulatedService

EVERY_SECONDS = 2.0
_TIMEOUT_SECONDS = 5.0


class Pusher:
    """Pushes for one service while it is up. `trouble` is called when pushing begins to fail, or works again ("")."""

    def __init__(self, base: str, push: Push, simulated: SimulatedService, trouble: Callable[[str], None]) -> None:
        self.url = f"{base}{push_path(push)}"
        self._simulated = simulated
        self._exposition = simulated.instance(self.url)
        self._trouble = trouble
        self._last = ""
        self._ended = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(_TIMEOUT_SECONDS)

    def _run(self) -> None:
        while True:
            if self._simulated.scenario.up:
                self._tell(self._push())
            if self._ended.wait(EVERY_SECONDS):
                return

    def _push(self) -> str:
        """Replace what was pushed before; "" when that worked, else why not."""
        body = self._exposition.text(self._simulated.read(), openmetrics=False).encode()
        connection, headers = stranger(self.url, _TIMEOUT_SECONDS), {"Content-Type": TEXT}
        try:
            with request(
                connection, "PUT", path_of(self.url), _TIMEOUT_SECONDS, content=body, headers=headers
            ) as answer:
                said = answer.read(400).decode(errors="replace").strip()
            return "" if answer.status < 300 else f"HTTP {answer.status}: {said}"
        except (OSError, http.client.HTTPException) as error:
            return getattr(error, "strerror", None) or type(error).__name__
        finally:
            connection.close()

    def _tell(self, trouble: str) -> None:
        if trouble != self._last:
            self._last = trouble
            self._trouble(trouble)


def push_path(push: Push) -> str:
    """The path that names the group: the job, then each label of the grouping key."""
    return "/metrics" + "".join(_segment(name, value) for name, value in {"job": push.job, **push.grouping}.items())


def _segment(name: str, value: str) -> str:
    if value and "/" not in value:
        return f"/{name}/{quote(value, safe='')}"
    # An empty value or one with a slash cannot stand in a path as it is.
    return f"/{name}@base64/{base64.urlsafe_b64encode(value.encode()).decode() or '='}"
