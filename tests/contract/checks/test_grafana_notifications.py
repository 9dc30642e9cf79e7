"""Notifications of Grafana's own alerting: contact points and policies are there, and what was sent was taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.checks import grafana_notifications
from stackctl.model import AlertingFile, Grafana
from tests.contract.serving import Reply
from tests.contract.world import World, words

LOGS = "See `stackctl logs grafana`."
POINT, POLICY = "grafana.contact-point", "grafana.policy"
POINTS, POLICIES = "/api/v1/provisioning/contact-points", "/api/v1/provisioning/policies"
RECEIVERS = "/api/alertmanager/grafana/config/api/v1/receivers"
NEVER, ONCE = "0001-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"
OF_GRAFANA = {"uid": "", "name": "email receiver", "type": "email", "settings": {"addresses": "<example@email.com>"}}


def attempted(well: World, receiver: str, error: str = "", *, at: str = ONCE) -> None:
    """Let the mail of a contact point have been the last that Grafana has tried to send."""
    sent = {"name": "email", "lastNotifyAttempt": at, **({"lastNotifyAttemptError": error} if error else {})}
    well.servers["grafana"].routes[RECEIVERS] = [{"name": receiver, "integrations": [sent]}]


def declare(well: World, **parts: Any) -> None:
    """Change the file of alerting that the manifest names."""
    grafana = well.context.stack.grafana
    assert isinstance(grafana, Grafana)
    [file] = grafana.alerting
    changed: AlertingFile = replace(file, **parts)
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, alerting=(changed,))))


def test_what_is_loaded_passes(well: World) -> None:
    assert words(well.only(POINT)) == ("pass", "loaded; nothing was sent yet", "")
    assert words(well.only(POLICY)) == ("pass", "loaded", "")


def test_notification_that_was_taken_passes(well: World) -> None:
    attempted(well, "ops")
    assert well.only(POINT).summary == "its last notification was taken"


def test_receiver_that_was_never_tried_passes(well: World) -> None:
    attempted(well, "ops", at=NEVER)
    assert well.only(POINT).summary == "loaded; nothing was sent yet"


def test_notification_that_was_not_taken_fails(well: World) -> None:
    attempted(well, "ops", 'Post "https://me:word@hooks.test/services/T0/B0": dial tcp: connection refused')
    found = well.only(POINT)
    assert (found.status, found.summary) == ("fail", "its last notification was not taken")
    assert found.evidence == 'Post "https://hooks.test/...": dial tcp: connection refused'


def test_alerts_of_files_that_a_contact_point_of_no_file_refused_fail(well: World) -> None:
    attempted(well, "grafana-default-email", "SMTP not configured")
    found = {each.subject: each.status for each in well.findings(POINT)}
    assert found == {"ops/ops-mail": "pass", "grafana-default-email": "fail"}
    declare(well, rules=())
    assert [each.subject for each in well.findings(POINT)] == ["ops/ops-mail"]


@pytest.mark.parametrize(
    ("change", "words_"),
    [
        ({"uid": "other"}, ("fail", "Grafana has not loaded it (uid ops-mail)")),
        ({"type": "slack"}, ("fail", "Grafana has it with another type: `slack`")),
        ({"type": "Email"}, ("pass", "loaded; nothing was sent yet")),
    ],
)
def test_contact_point_has_to_be_the_declared_one(well: World, change: Any, words_: tuple[str, str]) -> None:
    well.servers["grafana"].routes[POINTS][0].update(change)
    assert words(well.only(POINT))[:2] == words_


@pytest.mark.parametrize(("provenance", "found"), [("file", ["warn"]), ("", []), ("api", [])])
def test_contact_point_that_no_file_has_any_more_is_a_warning(well: World, provenance: str, found: list[str]) -> None:
    old = {"uid": "old", "name": "old", "type": "email", "provenance": provenance}
    well.servers["grafana"].routes[POINTS].append(old)
    assert [each.status for each in well.findings(POINT) if each.subject == "old/old"] == found


@pytest.mark.parametrize(
    "loaded",
    [
        {"receiver": "other"},
        {"receiver": "ops", "routes": [{"receiver": "ops"}]},
        {"receiver": "ops", "object_matchers": [["team", "=", "web"]]},
    ],
)
def test_another_tree_of_policies_fails(well: World, loaded: Any) -> None:
    well.servers["grafana"].routes[POLICIES] = loaded
    found = well.only(POLICY)
    assert (found.status, found.summary) == ("fail", "Grafana has loaded another tree of policies")


@pytest.mark.parametrize(
    ("loaded", "status"),
    [
        ({"receiver": "ops", "provenance": "file"}, ["warn"]),
        ({"receiver": "grafana-default-email"}, ["warn"]),
        ({"receiver": "grafana-default-email", "routes": [{"receiver": "ops"}]}, []),
        ({"receiver": "ops", "provenance": "api"}, []),
    ],
)
def test_policies_of_no_file_have_to_lead_somewhere(well: World, loaded: Any, status: list[str]) -> None:
    declare(well, policy=None)
    routes = well.servers["grafana"].routes
    routes[POLICIES] = loaded
    routes[POINTS].append(OF_GRAFANA)
    assert [each.status for each in well.findings(POLICY)] == status


def test_login_that_may_not_read_them_is_a_skip(well: World) -> None:
    well.servers["grafana"].routes[POINTS] = Reply({"message": "Access denied"}, 403)
    found = ("skip", "the login may not read Grafana's alerting", "Give it the role Admin.")
    assert {words(each) for each in well.findings(POINT, POLICY)} == {found}


def test_stack_without_files_of_alerting_has_no_rows(well: World) -> None:
    grafana = well.context.stack.grafana
    assert grafana
    well.servers["grafana"].routes[POLICIES] = {"receiver": "grafana-default-email"}
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, alerting=())))
    assert well.findings(POINT, POLICY) == []
    well.change(stack=replace(well.context.stack, grafana=None))
    assert [*grafana_notifications.check(well.context)] == []
