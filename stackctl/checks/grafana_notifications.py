"""Notifications of Grafana's own alerting: its contact points and policies are loaded, and what was sent was taken.

Grafana keeps what has left its files, and sends what no policy of a file routes to a mail address that nobody has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stackctl import conventions as c
from stackctl.checks.grafana_rules import LOGS, RESTART, unread
from stackctl.clients.grafana import Attempt, Integration
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.model import ContactPoint, Grafana, Policy, policy_of
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

CONTACT_POINT = "grafana.contact-point"
POLICY = "grafana.policy"

# The address of the contact point that Grafana makes itself.
_NOBODY = "example@email.com"
# An address in an error, after which the path may be all that a stranger needs to write there.
_ADDRESS = re.compile(r"(https?://)(?:[^/\s\"@]*@)?([^/\s\"]+)/[^\s\"]*")
_NOT_TAKEN = "its last notification was not taken"
_RECEIVE = "Correct its settings, or start the server that it notifies; Grafana tries again with the next alert."


@dataclass(frozen=True)
class _Loaded:
    """The alerting that Grafana has. `is_of_a_file` says that the tree of policies is."""

    integrations: tuple[Integration, ...]
    attempts: tuple[Attempt, ...]
    policy: Policy
    is_of_a_file: bool

    def error(self, contact_point: str, type_: str) -> str:
        """Return why the last notification of an integration failed, "" where it did not, or nothing was sent."""
        found = (each for each in self.attempts if (each.contact_point, each.type) == (contact_point, type_))
        return next((_without_paths(each.error) for each in found if each.error), "")


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every contact point and tree of policies of the files that Grafana is provisioned with; and for
    those that are left of other files, and for contact points that did not take alerts of these files."""
    grafana = context.stack.grafana
    if grafana is None:
        return []
    points = [
        (Subject(CONTACT_POINT, f"{point.name}/{point.uid}", point.origin), point)
        for file in grafana.alerting
        for point in file.contact_points
    ]
    declared = next((file.policy for file in grafana.alerting if file.policy), None)
    policy = Subject(POLICY, "policies", declared.origin if declared and declared.origin else grafana.origin)
    subjects = [*(subject for subject, _ in points), *([policy] if declared else [])]
    if c.GRAFANA in context.skipped:
        return [subject.skipped(context.why_skipped(c.GRAFANA, "Grafana")) for subject in subjects]
    seen = context.settle(lambda: _look(context), lambda _: True)
    if isinstance(seen, NoAnswer):
        return [unread(subject, seen) for subject in subjects]
    return [
        *(_contact_point(subject, point, seen) for subject, point in points),
        *_other_contact_points(context, grafana, [point for _, point in points], seen),
        *_policy(context, policy, declared, seen),
    ]


def _look(context: Context) -> _Loaded:
    client = context.grafana()
    policies = client.policies()
    return _Loaded(
        client.contact_points(), client.attempts(), policy_of(policies), policies.get("provenance") == "file"
    )


def _contact_point(subject: Subject, point: ContactPoint, seen: _Loaded) -> Diagnostic:
    loaded = next((each for each in seen.integrations if each.uid == point.uid), None)
    if loaded is None:
        return subject.failed(f"Grafana has not loaded it (uid {point.uid})", LOGS)
    if loaded.type.lower() != point.type.lower():
        return subject.failed(f"Grafana has it with another type: `{loaded.type}`", RESTART, stage="loaded")
    if error := seen.error(loaded.contact_point, loaded.type):
        return subject.failed(_NOT_TAKEN, _RECEIVE, error, stage="loaded")
    has_sent = any(each.contact_point == loaded.contact_point for each in seen.attempts)
    return subject.passed("its last notification was taken" if has_sent else "loaded; nothing was sent yet")


def _other_contact_points(
    context: Context, grafana: Grafana, declared: Sequence[ContactPoint], seen: _Loaded
) -> Iterator[Diagnostic]:
    """Contact points of no file that do not take what they are sent, while there are rules of files; and those that
    are left of a file."""
    names = {point.name for point in declared}
    errors = {each.contact_point: each.error for each in seen.attempts if each.error}
    for name in sorted(errors.keys() - names) if context.stack.grafana_rules else ():
        subject = Subject(CONTACT_POINT, name, grafana.origin)
        remedy = f"Send alerts to a contact point of a file, by `policies`; or correct `{name}` in Grafana."
        yield subject.failed(_NOT_TAKEN, remedy, _without_paths(errors[name]), stage="loaded")
    uids = {point.uid for point in declared}
    for each in seen.integrations:
        if each.is_of_a_file and each.uid not in uids:
            remedy = f"Where no file has it any more, write `deleteContactPoints: [{{uid: {each.uid}}}]` into one."
            subject = Subject(CONTACT_POINT, f"{each.contact_point}/{each.uid}", grafana.origin)
            yield subject.warned("Grafana has it from a file that the manifest does not name", remedy)


def _policy(context: Context, subject: Subject, declared: Policy | None, seen: _Loaded) -> Iterator[Diagnostic]:
    if declared:
        if declared.is_like(seen.policy):
            yield subject.passed("loaded")
        else:
            yield subject.failed("Grafana has loaded another tree of policies", RESTART, stage="loaded")
    elif seen.is_of_a_file:
        remedy = (
            "Name its file under `grafana.alerting`; or write `resetPolicies: [1]` into one, and run `stackctl up`."
        )
        yield subject.warned("Grafana has them from a file that the manifest does not name", remedy)
    elif context.stack.grafana_rules and not seen.policy.routes and _reaches_nobody(seen):
        summary = f"Grafana sends alerts to `{seen.policy.receiver}`, a mail to {_NOBODY}"
        yield subject.warned(summary, "Write `policies` into a file of alerting, or set them in Grafana.")


def _reaches_nobody(seen: _Loaded) -> bool:
    """Return whether alerts go to the contact point that Grafana makes itself, as nobody has changed that."""
    of_root = [each for each in seen.integrations if each.contact_point == seen.policy.receiver]
    # It lists that one with another name.
    made_itself = [each for each in seen.integrations if _NOBODY in each.address]
    return bool(made_itself) and not [each for each in of_root if each not in made_itself]


def _without_paths(error: str) -> str:
    return _ADDRESS.sub(r"\1\2/...", error)
