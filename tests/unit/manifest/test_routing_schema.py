"""The language of the Alertmanager's section: short forms, and what says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stackctl.manifest.routing_schema import MatchModel, PeriodModel, ReceiverModel, RoutingModel, RoutingRuleModel
from stackctl.source import Secret


def refusal(model: Any, value: object) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(value)
    return [str(each.get("ctx", {}).get("message", each["type"])) for each in refused.value.errors()]


@pytest.mark.parametrize(
    ("written", "is_", "not_", "matches"),
    [
        ("critical", ["critical"], [], None),
        (["a", "b"], ["a", "b"], [], None),
        ({"is": "a", "not": ["b"]}, ["a"], ["b"], None),
        ({"matches": "a.*"}, [], [], "a.*"),
        ("", [""], [], None),
    ],
)
def test_match_is_a_value_a_list_or_a_mapping(
    written: object, is_: list[str], not_: list[str], matches: str | None
) -> None:
    found = MatchModel.model_validate(written)
    assert (found.is_, found.not_, found.matches) == (is_, not_, matches)


@pytest.mark.parametrize("written", [[], {}, {"is": []}])
def test_match_of_nothing_is_refused(written: object) -> None:
    assert refusal(MatchModel, written) == ["nothing to match"]


def test_other_receiver_needs_times() -> None:
    assert refusal(RoutingRuleModel, {"to": "a", "otherwise": "b"}) == ["`otherwise` needs `during`"]
    rule = RoutingRuleModel.model_validate({"to": "a", "otherwise": "b", "during": "night"})
    assert (rule.during, rule.otherwise) == (["night"], "b")


@pytest.mark.parametrize(
    ("period", "is_empty"),
    [
        ({"from": "09:00", "to": "17:00"}, False),
        ({"from": "22:00", "to": "06:00"}, False),  # over midnight
        ({}, False),
        ({"from": "09:00", "to": "09:00"}, True),
        ({"from": "24:00", "to": "06:00"}, True),
    ],
)
def test_period_lasts(period: dict[str, str], is_empty: bool) -> None:
    if is_empty:
        assert refusal(PeriodModel, period) == ["the period is empty"]
    else:
        PeriodModel.model_validate(period)


def test_time_is_one_period_or_a_list() -> None:
    night = {"from": "22:00", "to": "06:00"}
    found = RoutingModel.model_validate({"default": "a", "times": {"one": night, "two": [night, night]}}).times
    assert {name: len(periods) for name, periods in found.items()} == {"one": 1, "two": 2}


@pytest.mark.parametrize(
    ("written", "is_on", "equal"),
    [("true", True, ["job", "instance"]), ({"equal": ["job"]}, True, ["job"]), ("false", False, ["job", "instance"])],
)
def test_inhibition_has_a_short_form(written: object, is_on: bool, equal: list[str]) -> None:
    inhibit = {"warnings-by-criticals": written}
    found = RoutingModel.model_validate({"default": "a", "inhibit": inhibit}).inhibit.warnings_by_criticals
    assert found is not None
    assert (found.enabled, found.equal) == (is_on, equal)


def test_inhibition_without_a_label_is_refused() -> None:
    inhibit = {"warnings-by-criticals": {"equal": []}}
    assert refusal(RoutingModel, {"default": "a", "inhibit": inhibit}) == ["too_short"]


def test_integration_is_one_mapping_or_a_list_and_hides_its_secrets() -> None:
    found = ReceiverModel.model_validate({"slack": {"api_url": "hunter2", "channel": "#a"}, "webhook": [{"url": "x"}]})
    assert len(found.slack) == len(found.webhook) == 1
    assert "hunter2" not in repr(found)
    assert Secret("hunter2") in dict(found.slack[0]).values()
    assert refusal(ReceiverModel, {"slak": {}}) == ["extra_forbidden"]
