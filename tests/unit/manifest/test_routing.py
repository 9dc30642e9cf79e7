"""The short forms of the routing section, and what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Match, Period, Routing

HEAD = """\
version: 1
name: shop
services: {api: {targets: ["localhost:8000"]}}
alertmanager:
  receivers: {team: {webhook: {url: "http://localhost:1/"}}}
  routing:
    default: team
"""


def routing(folder: Path, text: str) -> Routing:
    (folder / "stack.yml").write_text(HEAD + "".join(f"    {line}\n" for line in text.splitlines()))
    alertmanager = load(folder / "stack.yml", {}).alertmanager
    assert alertmanager
    assert alertmanager.routing
    return alertmanager.routing


@pytest.mark.parametrize(
    ("value", "matches"),
    [
        ("critical", [("=", "critical")]),
        ('""', [("=", "")]),
        ("[a, b.c]", [("=~", r"a|b\.c")]),
        ("{is: a}", [("=", "a")]),
        ("{not: a}", [("!=", "a")]),
        ("{not: [a, 'b|c']}", [("!~", r"a|b\|c")]),
        ("{matches: 'a.*', not: ab}", [("!=", "ab"), ("=~", "a.*")]),
    ],
)
def test_every_form_of_a_match_becomes_matchers(tmp_path: Path, value: str, matches: list[tuple[str, str]]) -> None:
    (rule,) = routing(tmp_path, f"rules: [{{when: {{label: {value}}}, to: team}}]").rules
    assert rule.matches == tuple(Match("label", operator, written) for operator, written in matches)


def test_single_value_is_read_as_a_list(tmp_path: Path) -> None:
    short = routing(tmp_path, "rules: [{to: team, during: t}]\ntimes: {t: {weekdays: sunday}}")
    long = routing(tmp_path, "rules: [{to: team, during: [t]}]\ntimes: {t: [{weekdays: [sunday]}]}")
    assert short == long
    assert short.times == {"t": (Period(("sunday",), "00:00", "24:00", "UTC"),)}


def test_a_range_of_days_may_go_over_the_end_of_the_week(tmp_path: Path) -> None:
    found = routing(tmp_path, "times: {t: {weekdays: [Saturday:monday, sunday]}}")
    assert found.times["t"][0].weekdays == ("monday", "saturday", "sunday")


@pytest.mark.parametrize(
    ("value", "equal"),
    [("true", ("job", "instance")), ("", ("job", "instance")), ("{equal: [job]}", ("job",)), ("false", ())],
)
def test_inhibition_is_a_word_or_names_its_labels(tmp_path: Path, value: str, equal: tuple[str, ...]) -> None:
    assert routing(tmp_path, f"inhibit:\n  warnings-by-criticals: {value}").inhibit == equal


def test_inhibits_nothing_unless_asked(tmp_path: Path) -> None:
    assert routing(tmp_path, "").inhibit == ()


def test_groups_by_name_and_job_unless_the_manifest_differs(tmp_path: Path) -> None:
    assert routing(tmp_path, "group_wait: 0s").grouping == {"group_by": ["alertname", "job"], "group_wait": "0s"}
    assert routing(tmp_path, "group_by: [...]").grouping == {"group_by": ["..."]}


@pytest.mark.parametrize("name", ['"null"', "blackhole"])
def test_a_route_may_drop_alerts_at_an_empty_receiver(tmp_path: Path, name: str) -> None:
    text = HEAD.partition("  routing")[0].replace("receivers: {", f"receivers: {{{name}: {{}}, ")
    route = f"  route: {{receiver: team, routes: [{{receiver: {name}, matchers: ['alertname=\"Watchdog\"']}}]}}\n"
    (tmp_path / "stack.yml").write_text(text + route)
    alertmanager = load(tmp_path / "stack.yml", {}).alertmanager
    assert alertmanager
    assert alertmanager.receivers[0].integrations == {}


def test_an_empty_receiver_is_refused_without_a_route(tmp_path: Path) -> None:
    text = HEAD.partition("  routing")[0].replace("receivers: {", "receivers: {blackhole: {}, ")
    (tmp_path / "stack.yml").write_text(text)
    with pytest.raises(InputError, match="a receiver needs an integration"):
        load(tmp_path / "stack.yml", {})
