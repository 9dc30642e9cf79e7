"""Grafana: its health, the login, the datasource, and every dashboard fetched by its uid.

Provisioning answers OK even when a dashboard was not loaded, so only what can be fetched counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from stackctl import conventions as c
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import NoAnswer
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.model import Dashboard, Datasource
from stackctl.tree import Unit
from stackctl.verification.context import Context
from stackctl.verification.place import Place
from stackctl.verification.subject import Subject

HEALTH = "grafana.health"
LOGIN = "grafana.login"
DATASOURCE = "grafana.datasource"
DASHBOARD = "grafana.dashboard"


def check_health(context: Context) -> Iterable[Diagnostic]:
    """The health of a declared Grafana, which it reports without a login."""
    return _own(context, HEALTH, _health)


def check_login(context: Context) -> Iterable[Diagnostic]:
    """The login to a declared Grafana, tried once: after five wrong ones it locks the user out, people too."""
    return _own(context, LOGIN, _login)


def check_given_login(context: Context) -> Iterable[Diagnostic]:
    """The login to a Grafana of somebody else, tried once. A service account is no user, but sees dashboards."""
    return _own(context, LOGIN, _given_login)


def check_given(context: Context) -> Iterable[Diagnostic]:
    """The datasources of a Grafana of somebody else that ask a Prometheus."""
    if context.stack.grafana is None:
        return []
    client, origin = context.grafana(), context.stack.grafana.origin
    try:
        found = [each for each in client.datasources() if each.is_prometheus]
    except NoAnswer as error:
        subject = Subject(DATASOURCE, c.GRAFANA, origin)
        if error.status == 403:
            return [subject.skipped("the login may not list datasources", "Give it the role Admin, or skip this.")]
        return [subject.unanswered(error, _LOGS)]
    return [reaches(context, Subject(DATASOURCE, each.name, origin), client, each.uid, each.url) for each in found]


def check(context: Context) -> Iterable[Diagnostic]:
    """The datasource of a declared Grafana and every dashboard, as the logged-in user sees them."""
    dashboards = [(Subject(DASHBOARD, d.path, d.origin), d) for d in context.stack.dashboards]
    if context.stack.grafana is None:
        return []
    if c.GRAFANA in context.skipped:
        loaded = [subject.skipped(context.why_skipped(c.GRAFANA, "Grafana")) for subject, _ in dashboards]
    else:
        client = context.grafana()
        loaded = [_dashboard(context, subject, client, dashboard) for subject, dashboard in dashboards]
    return [*_own(context, DATASOURCE, _datasource), *_others(context), *loaded]


def _others(context: Context) -> list[Diagnostic]:
    """A finding for each datasource of the manifest: Grafana has it, and reaches it as far as its plugin can tell."""
    grafana = context.stack.grafana
    if grafana is None:
        return []
    subjects = [(Subject(DATASOURCE, each.name, each.origin), each) for each in grafana.datasources]
    if c.GRAFANA in context.skipped:
        return [subject.skipped(context.why_skipped(c.GRAFANA, "Grafana")) for subject, _ in subjects]
    client = context.grafana()
    return [_other(context, subject, client, each) for subject, each in subjects]


def _other(context: Context, subject: Subject, client: Grafana, datasource: Datasource) -> Diagnostic:
    seen = context.settle(lambda: client.datasource(datasource.uid), lambda _: True)
    if isinstance(seen, NoAnswer) and seen.status == 404:
        return subject.failed(f"Grafana does not have it (uid {datasource.uid})", _LOGS)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen, _LOGS)
    asked = client.datasource_health
    health = context.settle(lambda: asked(datasource.uid), lambda answer: answer.get("status") == "OK")
    if isinstance(health, NoAnswer) and "not registered" in health.said.lower():
        remedy = f"Install the plugin `{datasource.type}`, or correct the `type`."
        return subject.failed(f"Grafana has no plugin for its type `{datasource.type}`", remedy, stage="loaded")
    if isinstance(health, NoAnswer) and health.status in _NO_HEALTH:
        return subject.skipped(f"Grafana has it, but its type `{datasource.type}` has no health check")
    if isinstance(health, NoAnswer):
        return subject.failed(f"Grafana cannot reach it: {health.said or health.summary}", _REACH, stage="loaded")
    if health.get("status") != "OK":
        return subject.failed(f"Grafana cannot reach it: {health.get('message', health)}", _REACH, stage="loaded")
    return subject.passed(f"Grafana reaches {seen.get('url') or 'it'}")


def _own(context: Context, id: str, check: Callable[[Context, Subject, Grafana], Diagnostic]) -> list[Diagnostic]:
    """The finding of one check about Grafana itself; none where it is not declared."""
    if context.stack.grafana is None:
        return []
    subject = Subject(id, c.GRAFANA, context.stack.grafana.origin)
    if c.GRAFANA in context.skipped:
        return [subject.skipped(context.why_skipped(c.GRAFANA, "Grafana"))]
    return [check(context, subject, context.grafana())]


def _health(context: Context, subject: Subject, client: Grafana) -> Diagnostic:
    seen = context.settle(client.health, lambda answer: answer.get("database") == "ok")
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen, _LOGS)
    if seen.get("database") != "ok":
        return subject.failed(f"its database is {seen.get('database')!r}", _LOGS)
    version = str(seen.get("version", "unknown"))
    major = version.partition(".")[0]
    if major.isdigit() and int(major) < registry.component(c.GRAFANA).minimum[0]:
        summary = f"version {version} is older than 10, the oldest Grafana that stackctl works with"
        return subject.warned(summary, "Install a newer Grafana.")
    return subject.passed(f"version {version}, its database is ok")


def reset_command(unit: Unit, place: Place) -> str:
    """The shell's words that set the administrator's password to that of the manifest, whatever it is now."""
    arguments = ("grafana", "cli", "--homepath", "{home}", "admin", "reset-admin-password", "--password-from-stdin")
    return place.in_shell(unit, arguments, c.GRAFANA_PASSWORD_FILE)


def _login(context: Context, subject: Subject, client: Grafana) -> Diagnostic:
    try:
        return subject.passed(f"logged in as {client.user()}")
    except NoAnswer as error:
        if error.status != 401:
            return subject.unanswered(error, _LOGS)
        blocked = error.summary if error.said == error.summary else ""
    unit = context.tree.unit(c.GRAFANA)
    assert unit  # noqa: S101 - asked for by checks of a declared Grafana only
    return subject.failed(
        blocked or "the administrator's password differs from the manifest",
        "Grafana reads the manifest's password only at its first start. To set it now, run: "
        f"{reset_command(unit, context.place)}",
    )


def _given_login(context: Context, subject: Subject, client: Grafana) -> Diagnostic:  # noqa: ARG001 - as the others
    try:
        count = len(client.dashboards())
    except NoAnswer as error:
        if error.status not in (401, 403):
            return subject.unanswered(error, _LOGS)
        summary = f"Grafana rejects the login, or requires one: {error.said}"
        return subject.failed(summary, "Give it the token of a service account: see `stackctl verify --help`.")
    if not count:
        return subject.skipped("the login is accepted, and sees no dashboard", "Give it a role that may see them.")
    return subject.passed(f"the login sees {count} dashboard{'' if count == 1 else 's'}")


def _datasource(context: Context, subject: Subject, client: Grafana) -> Diagnostic:
    seen = context.settle(lambda: client.datasource(context.stack.datasource_uid), lambda _: True)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen, _LOGS)
    grafana = context.stack.grafana
    settings = grafana.settings if grafana else {}
    loaded = seen.get("jsonData") or {}
    if other := [name for name, value in settings.items() if loaded.get(name) != value]:
        named = ", ".join(f"`{each}`" for each in other)
        return subject.failed(f"Grafana has loaded other settings of the datasource: {named}", _RESTART, stage="loaded")
    for uid in _destinations(settings):
        found = context.settle(partial(client.datasource, uid), lambda _: True)
        if isinstance(found, NoAnswer) and found.status == 404:
            summary = f"exemplars lead to the datasource `{uid}`, which Grafana does not have"
            return subject.failed(
                summary, "Correct the `datasourceUid` in `grafana.datasource`, or add the datasource."
            )
        if isinstance(found, NoAnswer):
            return subject.unanswered(found, _LOGS)
    if away := context.away.get(c.PROMETHEUS):
        return subject.depends(away.summary, away.check)
    return reaches(context, subject, client, context.stack.datasource_uid, str(seen.get("url")))


def _destinations(settings: Mapping[str, Any]) -> list[str]:
    """The uids of the datasources to which exemplars lead."""
    listed = settings.get("exemplarTraceIdDestinations")
    found = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return [str(each["datasourceUid"]) for each in found if each.get("datasourceUid")]


def reaches(context: Context, subject: Subject, client: Grafana, uid: str, url: str) -> Diagnostic:
    """The finding about a datasource: whether Grafana reaches the Prometheus behind it."""
    health = context.settle(lambda: client.datasource_health(uid), lambda answer: answer.get("status") == "OK")
    if isinstance(health, NoAnswer) and (health.unserved or (context.given and health.status == 403)):
        return subject.skipped(f"not checked: {health.summary}")
    if isinstance(health, NoAnswer):
        return subject.failed(f"Grafana cannot reach Prometheus: {health.summary}", _LOGS, stage="loaded")
    if health.get("status") != "OK":
        summary = f"Grafana cannot reach Prometheus: {health.get('message', health)}"
        return subject.failed(summary, _LOGS, stage="loaded")
    return subject.passed(f"Grafana reaches {url}")


def _dashboard(context: Context, subject: Subject, client: Grafana, dashboard: Dashboard) -> Diagnostic:
    seen = context.settle(lambda: client.dashboard(dashboard.uid), lambda _: True)
    if isinstance(seen, NoAnswer) and seen.status == 404:
        return subject.failed(f"Grafana has not loaded it (uid {dashboard.uid}): {seen.summary}", _LOGS)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen, _LOGS)
    title = seen.get("title")
    if title != dashboard.title:
        summary = f"Grafana has another dashboard under the uid {dashboard.uid}: {title!r}"
        return subject.failed(summary, "Give each dashboard its own uid.")
    return subject.passed(f"loaded as {title!r}")


_LOGS = "See `stackctl logs grafana`."
_RESTART = "Run `stackctl up`, which restarts it; if it was changed in Grafana, set it back there."
_REACH = "Correct its `url` and its login in `grafana.datasources`, or start what it leads to."
# What Grafana answers where the plugin of a datasource has no health check.
_NO_HEALTH = (404, 501)
