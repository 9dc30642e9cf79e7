"""The values of a variable in each form that Grafana writes."""

from __future__ import annotations

import pytest

from stackctl.promql.choice import Choice, quote, within

TWO = Choice(("a.b", "c"), several=True)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("", r"(a\\.b|c)"),
        ("csv", "a.b,c"),
        ("pipe", "a.b|c"),
        ("text", "a.b + c"),
        ("glob", "{a.b,c}"),
        ("unknown", "{a.b,c}"),
        ("regex", r"(a\.b|c)"),
        ("lucene", '("a.b" OR "c")'),
        ("json", '["a.b", "c"]'),
        ("doublequote", '"a.b","c"'),
        ("sqlstring", "'a.b','c'"),
        ("join:;", "a.b;c"),
        ("distributed", "a.b,job=c"),
        ("queryparam", "var-job=a.b&var-job=c"),
        ("percentencode", "%7Ba.b%2Cc%7D"),
    ],
)
def test_writes_several_values_in_each_form(form: str, written: str) -> None:
    assert TWO.written("job", form) == written


def test_one_value_of_a_single_variable_is_not_a_regular_expression() -> None:
    assert Choice(("a.b",)).written("job") == "a.b"
    assert Choice((r"a\b",)).written("job") == r"a\\b"
    assert Choice(()).written("job") == ""


def test_own_text_for_all_is_written_as_it_is() -> None:
    assert Choice(("a",), several=True, literal=".*").written("job", "csv") == ".*"


def test_repeated_panel_has_one_value_at_a_time() -> None:
    values = within({"job": TWO, "other": TWO, "text": "x"}, ["job", "text"])
    assert values == {"job": Choice(("a.b",), several=True), "other": TWO, "text": "x"}


def test_quotes_bytes_of_utf_8() -> None:
    assert quote("é/ä b") == "%C3%A9/%C3%A4%20b"
    assert quote("a/b", safe="") == "a%2Fb"
