"""The packs that ship: each is whole, and each alert is tested and has its runbook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackctl.data import data_dir
from stackctl.manifest.packs.expand import rule_group
from stackctl.manifest.packs.library import FOLDERS, Pack, shipped, shipped_names
from stackctl.manifest.packs.schema import DASHBOARD, RULES
from stackctl.manifest.packs.trial import trial_context
from stackctl.manifest.packs.uses import Use
from stackctl.manifest.problems import Problems
from stackctl.manifest.rule_schema import GroupModel, RuleModel

ROOT = Path(__file__).parents[4]
PACKS = [(kind, name) for kind in FOLDERS for name in shipped_names(kind)]
ALERTS = [
    (name, rule["alert"])
    for name in shipped_names(RULES)
    for rule in shipped(RULES, name).document.value["rules"]
    if "alert" in rule
]  # type: ignore[index, call-overload]


def group(pack: Pack) -> GroupModel:
    problems = Problems()
    expanded = rule_group(Use(pack, "service", trial_context(pack)), problems)
    assert expanded, "\n".join(map(str, problems))
    return expanded


def alert(name: str, alert: str) -> RuleModel:
    return next(rule for rule in group(shipped(RULES, name)).rules if rule.alert == alert)


@pytest.mark.parametrize(("name", "alert_name"), ALERTS)
def test_every_alert_says_how_bad_it_is_what_it_is_and_what_to_do(name: str, alert_name: str) -> None:
    rule = alert(name, alert_name)
    labels, annotations = rule.labels or {}, rule.annotations or {}
    assert labels["severity"] in ("critical", "warning", "none")
    assert annotations["summary"]
    assert annotations["description"].endswith(".")
    assert annotations["runbook"] == f"docs/runbooks/{alert_name}.md"
    assert (ROOT / annotations["runbook"]).is_file(), "run `make docs`"


@pytest.mark.parametrize(("name", "alert_name"), ALERTS)
def test_every_runbook_names_three_things_to_look_at(name: str, alert_name: str) -> None:
    for rule in shipped(RULES, name).document.value["rules"]:  # type: ignore[index, call-overload]
        if rule.get("alert") == alert_name:  # type: ignore[index, call-overload]
            assert len(rule["runbook"]["look"]) == 3  # type: ignore[index, call-overload]


@pytest.mark.parametrize(("name", "alert_name"), ALERTS)
def test_every_alert_has_tests_that_fire_end_and_stay_silent(name: str, alert_name: str) -> None:
    """The deadman alone always fires, so it has neither an end nor silence."""
    cases = [case for case in shipped(RULES, name).model.tests if case.alert == alert_name]
    courses = [[int(number) > 0 for number in case.fires.values()] for case in cases]
    assert any(any(course) for course in courses), "no test sees it fire"
    if name != "deadman":
        assert any("01.0" in _course(course) or "010" in _course(course) for course in courses), "no test sees it end"
        assert any(not any(course) and len(course) > 1 for course in courses), "no test sees it stay silent"


def _course(course: list[bool]) -> str:
    """The course of firing, every state once: silent, firing, silent is "010"."""
    return re.sub(r"(.)\1+", r"\1", "".join(str(int(fires)) for fires in course))


def test_no_two_alerts_may_have_one_name() -> None:
    names = [name for _, name in ALERTS]
    assert sorted(names) == sorted(set(names))


def test_parameters_of_one_name_have_one_default() -> None:
    """What a dashboard paints red is what an alert is about."""
    defaults: dict[str, set[str | None]] = {}
    for kind, name in PACKS:
        for parameter, model in shipped(kind, name).model.parameters.items():
            if model.type == "number":
                defaults.setdefault(parameter, set()).add(model.default)
    assert {name: values for name, values in defaults.items() if len(values) > 1} == {}


@pytest.mark.parametrize("name", shipped_names(DASHBOARD))
def test_every_panel_has_a_description(name: str) -> None:
    board = shipped(DASHBOARD, name).document.value["dashboard"]  # type: ignore[index, call-overload]
    for row in board["rows"]:  # type: ignore[index, call-overload]
        for panel in row["panels"]:
            assert panel.get("description", "").endswith("."), panel["title"]
            assert panel.get("unit"), panel["title"]
            queries = panel.get("queries") or [panel]
            assert all(query.get("legend") for query in queries), panel["title"]


def test_every_pack_is_in_the_folder_of_its_kind() -> None:
    for folder in FOLDERS.values():
        assert {path.suffix for path in data_dir(folder).iterdir()} <= {".yml", ""}


def test_panels_of_one_title_have_one_form_and_unit() -> None:
    """What is the same is shown the same way, whichever pack shows it."""
    forms: dict[str, set[tuple[str, str]]] = {}
    for name in shipped_names(DASHBOARD):
        for row in shipped(DASHBOARD, name).document.value["dashboard"]["rows"]:  # type: ignore[index, call-overload]
            for panel in row["panels"]:
                forms.setdefault(panel["title"], set()).add((panel.get("type", "timeseries"), panel["unit"]))
    assert {title: found for title, found in forms.items() if len(found) > 1} == {}
