"""Remedies for what is not PromQL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.promql.correction import corrected, syntax_remedy
from stackctl.promql.expression import syntax_error


@pytest.mark.parametrize(
    ("expr", "remedy"),
    [
        ("rat(x[5m])", "Did you mean `rate`?"),
        ("RATE(x[5m])", "Did you mean `rate`?"),
        ("holt_winters(x[5m], 0.5, 0.5)", "Did you mean `double_exponential_smoothing`?"),
        ("frobnicate(x)", ""),
        ("rate(x)", "Give it a range, as in `rate(requests_total[5m])`."),
        ("up = 0", "Did you mean `up == 0`?"),
        ("x +* y", ""),
        ('up{job=~"*web"}', "In a regular expression `*` repeats what is before it: write `.*web`."),
        ('up{job=~"(web"}', ""),
    ],
)
def test_remedy_says_what_was_probably_meant(expr: str, remedy: str) -> None:
    assert syntax_remedy(syntax_error(expr) or "", expr) == remedy


@pytest.mark.parametrize(
    ("expr", "meant"),
    [
        ('up{job="a=b"} = 0', 'up{job="a=b"} == 0'),
        ("up{job=api} == 0", 'up{job="api"} == 0'),
        ("up{job=='api'}", "up{job='api'}"),
        ("x{status=~5..}", 'x{status=~"5.."}'),
        ("up{job=“api”}", 'up{job="api"}'),
        ("up == 0 && x > 1", "up == 0 and x > 1"),
        ("up <> 1", "up != 1"),
        ("x ≥ 3", "x >= 3"),
        ("sum by job (up)", "sum by (job) (up)"),
        ("rate(x)[5m]", "rate(x[5m])"),
        ("sum(rate(x[5m])", "sum(rate(x[5m]))"),
        ("sum(rate(x[5m", "sum(rate(x[5m]))"),
        ("up{job=api} = 0 && sum by job (x", 'up{job="api"} == 0 and sum by (job) (x)'),
        ("up is 0", ""),
        ("sum(up", "sum(up)"),
        ("sum(\nup", ""),
    ],
)
def test_usual_slips_are_corrected(expr: str, meant: str) -> None:
    assert corrected(expr) == meant


@given(st.text(alphabet="ab=!<>~&|{}()[]\"' 5m\0“by", max_size=30))
def test_a_correction_is_promql(expr: str) -> None:
    meant = corrected(expr)
    assert not meant or syntax_error(meant) is None
