"""The labels that the texts of an alert show are compared with those of the series that it compares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.serving import Asked, Reply
from tests.contract.world import World, success

ID = "rule.labels"


def alert(well: World, expr: str = "requests_total > 5", text: str = "{{ $labels.zone }}") -> None:
    """Let the first rule of the stack be this alert."""
    file = well.context.stack.rules[0]
    rule = replace(file.rules[0], kind="alert", name="High", expr=expr, annotations={"summary": text}, labels={})
    well.change(stack=replace(well.context.stack, rules=(replace(file, rules=(rule,)),)))


def sets(well: World, **labels: str) -> None:
    """Let the first rule of the stack set these labels."""
    alert(well, text="High")
    file = well.context.stack.rules[0]
    rule = replace(file.rules[0], labels=labels)
    well.change(stack=replace(well.context.stack, rules=(replace(file, rules=(rule,)),)))


@pytest.mark.parametrize(
    ("labels", "value", "status"),
    [
        ({"path": "all"}, "7", "warn"),
        ({"path": "all"}, "0", ""),
        ({"path": "{{ $labels.path }}"}, "7", "pass"),
        ({"severity": "page"}, "7", ""),
    ],
    ids=["lost", "as a state", "kept", "another"],
)
def test_own_label_that_makes_series_equal_is_a_warning(
    well: World, labels: dict[str, str], value: str, status: str
) -> None:
    sets(well, **labels)
    serve(well, {"job": "a", "path": "/"}, {"job": "a", "path": "/cart"}, value=value)
    found = [each for each in well.findings(ID) if each.code == ID]
    assert [each.status for each in found] == [status] * bool(status)
    if status == "warn":
        assert found[0].summary.startswith("2 of its series are equal without `path`, which it sets itself: when two")


def serve(well: World, *series: dict[str, str], value: str = "1") -> list[str]:
    """Let each query have these series as its result. Returns the queries."""
    asked: list[str] = []

    def answer(query: str) -> Any:
        asked.append(query)
        result = [{"metric": {"__name__": "x", "__n__": "0", **each}, "value": [1.0, value]} for each in series]
        return success({"resultType": "vector", "result": result})

    well.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
    return asked


def test_label_that_a_series_has_passes(well: World) -> None:
    alert(well)
    asked = serve(well, {"job": "a"}, {"job": "b", "zone": "north"})
    assert well.only(ID).status == "pass"
    assert "requests_total" in asked[-1]
    assert "> 5" not in asked[-1]


def test_label_that_no_series_has_is_a_warning(well: World) -> None:
    alert(well)
    serve(well, {"job": "a", "instance": "x"})
    finding = well.only(ID)
    assert finding.status == "warn"
    assert finding.summary == ("its texts show `zone`, which its series do not have: empty in the notification")
    assert finding.remedy == "Show labels that they have (`instance`, `job`), or keep the label in the expression."


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("requests_total > 5", "{{ $value }}"),
        ("requests_total > 5", "{{ if $labels.zone }}{{ $labels.zone }}{{ end }}"),
        ("requests_total > limit", "{{ $labels.zone }}"),
        ("absent(requests_total)", "{{ $labels.zone }}"),
    ],
)
def test_nothing_is_said_where_no_label_is_shown_or_the_series_are_not_known(well: World, expr: str, text: str) -> None:
    alert(well, expr, text)
    serve(well, {"job": "a"})
    assert well.findings(ID) == []


def test_nothing_is_said_without_series_or_of_an_expression_that_fails(well: World) -> None:
    alert(well)
    serve(well)
    assert well.findings(ID) == []
    well.servers["prometheus"].routes["/api/v1/query"] = Reply({"status": "error", "error": "duplicate"}, 422)
    assert well.findings(ID) == []
