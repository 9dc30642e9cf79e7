"""Grafana's HTTP API, as far as stackctl asks it; the parts used are the same in versions 10 to 13."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackctl.clients.http import Http


@dataclass(frozen=True)
class Grafana:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def health(self) -> dict[str, Any]:
        """`{"database": "ok", "version": ...}`; needs no login."""
        return dict(self.http.json("/api/health"))

    def user(self) -> dict[str, Any]:
        """The user that the client is logged in as; status 401 when the password is not Grafana's."""
        return dict(self.http.json("/api/user"))

    def datasource(self, uid: str) -> dict[str, Any]:
        return dict(self.http.json(f"/api/datasources/uid/{uid}"))

    def datasource_health(self, uid: str) -> dict[str, Any]:
        """`{"status": "OK", ...}` when Grafana itself reaches the datasource."""
        return dict(self.http.json(f"/api/datasources/uid/{uid}/health"))

    def dashboard(self, uid: str) -> dict[str, Any]:
        """The dashboard and its `meta`, as Grafana has loaded them."""
        return dict(self.http.json(f"/api/dashboards/uid/{uid}"))
