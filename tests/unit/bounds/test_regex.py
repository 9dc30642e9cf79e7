"""Expressions that others wrote run in linear time."""

from __future__ import annotations

import time

import pytest

from stackctl.bounds import regex
from stackctl.promql.catalogue import accepts

SLOW = ["(a+)+b", "(a|a)*b", "(a*)*b", "([a-z]+)*[0-9]", "(.*)*=", "(a?){30}a{30}b"]


@pytest.mark.parametrize("pattern", SLOW)
def test_expressions_take_linear_time(pattern: str) -> None:
    begun = time.monotonic()
    assert not accepts(pattern, ["a" * 5000])
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("pattern", ["(", "a**", "(?<!x)y", "\\8", "a{1001}", "\ud800"])
def test_reports_what_prometheus_would_refuse(pattern: str) -> None:
    with pytest.raises(regex.BadPattern):
        regex.compiled(pattern)
