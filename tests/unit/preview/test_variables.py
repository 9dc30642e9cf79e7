"""The variables of a dashboard when it is opened."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.preview.variables import Chosen, choose, filled


def chosen(*variables: dict[str, Any], answers: tuple[str, ...] = ("a", "b")) -> dict[str, Chosen]:
    return choose({"templating": {"list": list(variables)}}, lambda query: answers)


def test_custom_values_are_split_at_plain_commas() -> None:
    variable = {"name": "v", "type": "custom", "query": r"a\,b, c", "includeAll": True}
    assert chosen(variable)["v"].values == ("a,b", "c")


def test_value_that_a_query_no_longer_has_gives_way_to_the_first() -> None:
    variable = {"name": "v", "type": "query", "query": "label_values(up, job)", "current": {"value": "gone"}}
    assert chosen(variable)["v"] == Chosen(("a",))
    assert chosen(variable, answers=())["v"] == Chosen(("gone",))


def test_own_value_of_all_is_written_as_it_is() -> None:
    variable = {"name": "v", "type": "query", "includeAll": True, "allValue": ".*", "current": {"value": "$__all"}}
    made = chosen(variable)["v"]
    assert (made.raw, made.shown) == (".*", "All")
    assert filled('{job=~"$v"}', {"v": made}) == '{job=~".*"}'


def test_regular_expression_keeps_its_group() -> None:
    variable = {"name": "v", "type": "query", "regex": "/(.*)-prod/", "includeAll": True}
    assert chosen(variable, answers=("api-prod", "api-dev"))["v"].values == ("api",)


def test_query_may_use_a_variable_before_it() -> None:
    asked = []

    def ask(query: str) -> list[str]:
        asked.append(query)
        return ["x"]

    job = {"name": "job", "type": "constant", "query": "api"}
    other = {"name": "v", "type": "query", "query": {"query": "label_values(up{job='$job'}, instance)"}}
    choose({"templating": {"list": [job, other]}}, ask)
    assert asked == ["label_values(up{job='api'}, instance)"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("$v", r"(a\\.b|c)"),
        ("${v:csv}", "a.b,c"),
        ("${v:pipe}", "a.b|c"),
        ("[[v:raw]]", "a.b,c"),
        ("$__interval $unknown", "15s $unknown"),
    ],
)
def test_fills_in_values_and_macros(text: str, written: str) -> None:
    assert filled(text, {"v": Chosen(("a.b", "c"), several=True)}, {"__interval": "15s"}) == written
