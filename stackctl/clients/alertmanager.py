"""Alertmanager's HTTP API, version 2, as far as stackctl asks it."""

from __future__ import annotations

from dataclasses import dataclass

from stackctl.clients.http import Answer, Http


@dataclass(frozen=True)
class Alertmanager:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def reload(self) -> Answer:
        return self.http.ask("/-/reload", method="POST")

    def config(self) -> str:
        """The loaded configuration as YAML, secrets hidden."""
        return self.http.json("/api/v2/status", lambda answer: str(answer["config"]["original"]))

    def receivers(self) -> tuple[str, ...]:
        """The names of the loaded receivers."""
        return self.http.json("/api/v2/receivers", lambda answer: tuple(entry["name"] for entry in answer))
