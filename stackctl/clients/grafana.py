"""Grafana's HTTP API, as far as stackctl asks it; the parts used are the same in versions 10 to 13."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from stackctl.bounds.json_text import loads
from stackctl.clients.http import Answer, Http, NoAnswer

_QUERY = "/api/ds/query"
# It needs no login.
_HEALTH = "/api/health"
# How the time of what has not happened begins.
_NEVER = "0001-"


class Logins(Protocol):
    """Record of earlier logins: see `state.logins`."""

    def blocked(self) -> str: ...

    def has_refused(self) -> bool: ...

    def refused(self) -> None: ...

    def accepted(self) -> None: ...


@dataclass(frozen=True)
class LoginHttp(Http):
    """Requests with a login, which is not tried again once it was refused too often."""

    logins: Logins | None = None

    def ask(
        self, path: str, *, method: str = "GET", params: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        if self.logins is None or path == _HEALTH:
            return super().ask(path, method=method, params=params, body=body)
        if reason := self.logins.blocked():
            error = NoAnswer.of("server.no-answer", reason)
            error.status, error.said = 401, reason
            raise error
        answer = super().ask(path, method=method, params=params, body=body)
        if answer.status == 401:
            self.logins.refused()
        elif answer.ok:
            self.logins.accepted()
        return answer


@dataclass(frozen=True)
class FoundDashboard:
    """A dashboard as Grafana lists it. `folder` is the title of its folder, "" at the top level."""

    uid: str
    title: str
    folder: str


@dataclass(frozen=True)
class FoundDatasource:
    """A datasource as Grafana lists it. `url` is where Grafana asks it, `settings` is its `jsonData`."""

    uid: str
    name: str
    plugin: str
    url: str
    is_default: bool
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_prometheus(self) -> bool:
        """Return whether it is asked in PromQL by Grafana's own plugin, or by those of clouds."""
        return self.plugin == "prometheus" or self.plugin.endswith("prometheus-datasource")


@dataclass(frozen=True)
class AlertRule:
    """A rule of Grafana's own alerting, as Grafana has loaded it. `exprs` are its PromQL, by the letters of queries."""

    uid: str
    title: str
    group: str
    condition: str
    wait: str
    no_data: str
    is_paused: bool
    exprs: Mapping[str, str]


@dataclass(frozen=True)
class RuleState:
    """The last evaluation of a rule of Grafana's own alerting.

    `uid` is "" in older versions. `folder` is the title of its folder, `evaluated` the time as Grafana writes it,
    `interval` in seconds.
    """

    uid: str
    folder: str
    group: str
    title: str
    health: str
    error: str
    evaluated: str
    interval: float

    @property
    def is_evaluated(self) -> bool:
        """Return whether it was evaluated since Grafana started: before that, its health says nothing."""
        return bool(self.evaluated) and not self.evaluated.startswith(_NEVER)


@dataclass(frozen=True)
class Integration:
    """An integration of a contact point. `address` is that of a mail; all other settings may be secret.

    `is_of_a_file` says that Grafana has it from a file, and not from a person.
    """

    contact_point: str
    uid: str
    type: str
    address: str
    is_of_a_file: bool


@dataclass(frozen=True)
class Attempt:
    """The last notification of an integration. `error` is "" if it was taken."""

    contact_point: str
    type: str
    error: str


@dataclass(frozen=True)
class Grafana:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def health(self) -> dict[str, Any]:
        """`{"database": "ok", "version": ...}`; needs no login."""
        return self.http.json(_HEALTH, _mapping)

    def user(self) -> str:
        """The name of the user that the client is logged in as; status 401 when the password is not Grafana's."""
        return self.http.json("/api/user", lambda answer: str(answer["login"]))

    def set_password(self, old: str, new: str) -> None:
        """Set the password of the user that the client is logged in as; status 401 when `old` is not the one it has."""
        path, body = "/api/user/password", {"oldPassword": old, "newPassword": new, "confirmNew": new}
        answer = self.http.ask(path, method="PUT", body=body)
        if not answer.ok:
            raise self.http.refused(path, answer)

    def datasource(self, uid: str) -> dict[str, Any]:
        return self.http.json(f"/api/datasources/uid/{uid}", _mapping)

    def datasource_health(self, uid: str) -> dict[str, Any]:
        """`{"status": "OK", ...}` when Grafana itself reaches the datasource; status 400 when it does not."""
        return self.http.json(f"/api/datasources/uid/{uid}/health", _mapping)

    def reload_dashboards(self) -> Answer:
        """Ask for the provisioned dashboards to be read now; by itself Grafana looks every few seconds."""
        return self.http.ask("/api/admin/provisioning/dashboards/reload", method="POST")

    def reload_datasources(self) -> Answer:
        """Ask for the provisioned datasources, with the files that they name, to be read now; else it takes a start."""
        return self.http.ask("/api/admin/provisioning/datasources/reload", method="POST")

    def dashboard(self, uid: str) -> dict[str, Any]:
        """The dashboard as Grafana has loaded it."""
        return self.http.json(f"/api/dashboards/uid/{uid}", lambda answer: _mapping(answer["dashboard"]))

    def dashboard_text(self, uid: str) -> str:
        """The JSON text of the dashboard as Grafana has loaded it."""
        return self.http.json(f"/api/dashboards/uid/{uid}", lambda answer: json.dumps(_mapping(answer["dashboard"])))

    def is_provisioned(self, uid: str) -> bool:
        """Return whether a dashboard comes from a file, and not from a person."""
        return self.http.json(f"/api/dashboards/uid/{uid}", lambda answer: bool(answer["meta"].get("provisioned")))

    def dashboards(self) -> tuple[FoundDashboard, ...]:
        """The dashboards that the user sees, at most a thousand."""
        return self.http.json("/api/search", _found, params={"type": "dash-db", "limit": "1000"})

    def datasources(self) -> tuple[FoundDatasource, ...]:
        """All datasources; status 403 when the login may not list them."""
        return self.http.json("/api/datasources", _datasources)

    def alert_rules(self) -> tuple[AlertRule, ...]:
        """The rules of Grafana's own alerting; status 403 when the login may not read them."""
        return self.http.json("/api/v1/provisioning/alert-rules", _alert_rules)

    def is_of_a_file(self, uid: str) -> bool:
        """Return whether a rule of Grafana's own alerting came from a file; those that people made did not."""
        path = f"/api/v1/provisioning/alert-rules/{quote(uid, safe='')}"
        return self.http.json(path, lambda answer: bool(answer.get("provenance") == "file"))

    def rule_states(self) -> tuple[RuleState, ...]:
        """The last evaluations of these rules."""
        path = "/api/prometheus/grafana/api/v1/rules"
        return self.http.json(path, _rule_states, params={"limit_alerts": "0"})

    def contact_points(self) -> tuple[Integration, ...]:
        """The integrations of all contact points; status 403 when the login may not read them."""
        return self.http.json("/api/v1/provisioning/contact-points", _integrations)

    def policies(self) -> Mapping[str, Any]:
        """The tree of notification policies, in the form of its files, with `provenance`."""
        return self.http.json("/api/v1/provisioning/policies", _mapping)

    def attempts(self) -> tuple[Attempt, ...]:
        """The last attempt of each integration to notify, of those that have tried since Grafana has started."""
        return self.http.json("/api/alertmanager/grafana/config/api/v1/receivers", _attempts)

    def query(self, uid: str, exprs: Sequence[str]) -> list[bool | str]:
        """Return for each PromQL of `exprs` whether it has a result now, as in a panel; or Grafana's error message.

        Grafana answers a request of which one query fails with 400 or 207, and all the results.
        """

        source = {"type": "prometheus", "uid": uid}
        options = {"datasource": source, "instant": True, "range": False, "intervalMs": 15000, "maxDataPoints": 100}
        queries = [{"refId": f"Q{n}", "expr": expr, **options} for n, expr in enumerate(exprs)]
        answer = self.http.ask(_QUERY, method="POST", body={"queries": queries, "from": "now-5m", "to": "now"})
        try:
            results = loads(answer.text)["results"]
            return [_result(results[query["refId"]]) for query in queries]
        except (LookupError, TypeError, ValueError, AttributeError):
            raise self.http.refused(_QUERY, answer) from None


def _found(answer: Any) -> tuple[FoundDashboard, ...]:
    return tuple(FoundDashboard(each["uid"], each["title"], each.get("folderTitle") or "") for each in answer)


def _datasources(answer: Any) -> tuple[FoundDatasource, ...]:
    return tuple(
        FoundDatasource(
            str(each["uid"]),
            str(each["name"]),
            str(each["type"]),
            str(each.get("url") or ""),
            bool(each.get("isDefault")),
            each["jsonData"] if isinstance(each.get("jsonData"), dict) else {},
        )
        for each in answer
    )


def _alert_rules(answer: Any) -> tuple[AlertRule, ...]:
    return tuple(
        AlertRule(
            str(each["uid"]),
            str(each["title"]),
            str(each["ruleGroup"]),
            str(each.get("condition") or ""),
            str(each.get("for") or "0s"),
            str(each.get("noDataState") or ""),
            bool(each.get("isPaused")),
            {str(query["refId"]): str((query.get("model") or {}).get("expr") or "") for query in each["data"]},
        )
        for each in answer
    )


def _integrations(answer: Any) -> tuple[Integration, ...]:
    return tuple(
        Integration(
            str(each["name"]),
            str(each.get("uid") or ""),
            str(each["type"]),
            str((each.get("settings") or {}).get("addresses") or ""),
            each.get("provenance") == "file",
        )
        for each in answer
    )


def _attempts(answer: Any) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(str(each["name"]), str(one["name"]), str(one.get("lastNotifyAttemptError") or ""))
        for each in answer
        for one in each["integrations"]
        if not str(one["lastNotifyAttempt"]).startswith(_NEVER)
    )


def _rule_states(answer: Any) -> tuple[RuleState, ...]:
    return tuple(
        RuleState(
            str(rule.get("uid") or ""),
            str(group["file"]),
            str(group["name"]),
            str(rule["name"]),
            str(rule["health"]),
            str(rule.get("lastError") or ""),
            str(rule.get("lastEvaluation") or ""),
            float(group["interval"]),
        )
        for group in answer["data"]["groups"]
        for rule in group["rules"]
    )


def _result(result: Any) -> bool | str:
    """Return whether any frame has a value. An error comes next to the frames, or in their place."""
    if result.get("error"):
        return str(result["error"])
    frames = result.get("frames") or []
    return any(column for frame in frames for column in (frame.get("data") or {}).get("values") or [])


def _mapping(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError
    return answer
