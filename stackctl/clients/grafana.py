"""Grafana's HTTP API, as far as stackctl asks it; the parts used are the same in versions 10 to 13."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackctl.clients.http import Answer, Http


@dataclass(frozen=True)
class Grafana:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def health(self) -> dict[str, Any]:
        """`{"database": "ok", "version": ...}`; needs no login."""
        return self.http.json("/api/health", _mapping)

    def user(self) -> str:
        """The name of the user that the client is logged in as; status 401 when the password is not Grafana's."""
        return self.http.json("/api/user", lambda answer: str(answer["login"]))

    def datasource(self, uid: str) -> dict[str, Any]:
        return self.http.json(f"/api/datasources/uid/{uid}", _mapping)

    def datasource_health(self, uid: str) -> dict[str, Any]:
        """`{"status": "OK", ...}` when Grafana itself reaches the datasource; status 400 when it does not."""
        return self.http.json(f"/api/datasources/uid/{uid}/health", _mapping)

    def reload_dashboards(self) -> Answer:
        """Ask for the provisioned dashboards to be read now; by itself Grafana looks every few seconds."""
        return self.http.ask("/api/admin/provisioning/dashboards/reload", method="POST")

    def dashboard(self, uid: str) -> dict[str, Any]:
        """The dashboard as Grafana has loaded it."""
        return self.http.json(f"/api/dashboards/uid/{uid}", lambda answer: _mapping(answer["dashboard"]))


def _mapping(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError
    return answer
