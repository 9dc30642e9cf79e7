"""Grafana: its health, the login, the datasource, and every dashboard fetched by its uid.

Provisioning answers OK even when a dashboard was not loaded, so only what can be fetched counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from stackctl import conventions as c
from stackctl.checks.context import Context
from stackctl.checks.finding import Finding, Subject
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import NoAnswer
from stackctl.model import Dashboard

HEALTH = "grafana.health"
LOGIN = "grafana.login"
DATASOURCE = "grafana.datasource"
DASHBOARD = "grafana.dashboard"


def check(context: Context) -> Iterable[Finding]:
    """Findings for a declared Grafana; all are skipped where it does not run."""
    grafana = context.stack.grafana
    if grafana is None:
        return []
    own = {id: Subject(id, c.GRAFANA, grafana.origin) for id in (HEALTH, LOGIN, DATASOURCE)}
    dashboards = [(Subject(DASHBOARD, d.path, d.origin), d) for d in context.stack.dashboards]
    if c.GRAFANA in context.skipped:
        reason = context.why_skipped(c.GRAFANA, "Grafana")
        return [subject.skipped(reason) for subject in (*own.values(), *(subject for subject, _ in dashboards))]
    client = context.grafana()
    return [
        _health(context, own[HEALTH], client),
        _login(own[LOGIN], client),
        _datasource(context, own[DATASOURCE], client),
        *(_dashboard(context, subject, client, dashboard) for subject, dashboard in dashboards),
    ]


def _health(context: Context, subject: Subject, client: Grafana) -> Finding:
    seen = context.settle(client.health, lambda answer: answer.get("database") == "ok")
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, _LOGS)
    if seen.get("database") != "ok":
        return subject.failed(f"its database is {seen.get('database')!r}", _LOGS)
    return subject.passed(f"version {seen.get('version', 'unknown')}, its database is ok")


def _login(subject: Subject, client: Grafana) -> Finding:
    try:
        return subject.passed(f"logged in as {client.user()}")
    except NoAnswer as error:
        if error.status != 401:
            return subject.failed(error.summary, _LOGS)
    return subject.failed(
        "the administrator's password is not the manifest's",
        "Grafana takes the password of the manifest at its first start only. Set it now with "
        "`grafana cli admin reset-admin-password`, or start afresh: `stackctl down --volumes`, `stackctl up`.",
    )


def _datasource(context: Context, subject: Subject, client: Grafana) -> Finding:
    seen = context.settle(lambda: client.datasource(c.DATASOURCE_UID), lambda _: True)
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, _LOGS)
    asked = client.datasource_health
    health = context.settle(lambda: asked(c.DATASOURCE_UID), lambda answer: answer.get("status") == "OK")
    if isinstance(health, NoAnswer):
        return subject.failed(f"Grafana does not reach Prometheus: {health.summary}", _LOGS, stage="loaded")
    if health.get("status") != "OK":
        summary = f"Grafana does not reach Prometheus: {health.get('message', health)}"
        return subject.failed(summary, _LOGS, stage="loaded")
    return subject.passed(f"Grafana reaches {seen.get('url')}")


def _dashboard(context: Context, subject: Subject, client: Grafana, dashboard: Dashboard) -> Finding:
    seen = context.settle(lambda: client.dashboard(dashboard.uid), lambda _: True)
    if isinstance(seen, NoAnswer):
        return subject.failed(f"Grafana has not loaded it (uid {dashboard.uid}): {seen.summary}", _LOGS)
    title = seen.get("title")
    if title != dashboard.title:
        summary = f"Grafana has another dashboard under the uid {dashboard.uid}: {title!r}"
        return subject.failed(summary, "Give each dashboard its own uid.")
    return subject.passed(f"loaded as {title!r}")


_LOGS = "See `stackctl logs grafana` for what it says."
