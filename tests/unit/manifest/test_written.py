"""Problems repeat what the file says, not the values of its variables."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.written import as_written


def test_value_of_a_variable_is_replaced_by_its_name() -> None:
    problem = Diagnostic("a.b", "`right-horse` is not a port", remedy="Write `right_horse`.")
    (found,) = as_written([problem], {"right-horse": "${PORT}"})
    assert found.summary == "`${PORT}` is not a port"
    assert found.cause == "Values of variables are not shown."
    assert found.remedy == ""


def test_longest_value_is_replaced_first() -> None:
    (found,) = as_written([Diagnostic("a.b", "x host-name-1 y")], {"host-name": "${A}", "host-name-1": "${B}"})
    assert found.summary == "x ${B} y"


def test_other_problems_and_short_values_stay() -> None:
    problem = Diagnostic("a.b", "`80` is wrong", remedy="Write `81`.")
    assert as_written([problem], {"80": "${PORT}"}) == [problem]
    assert as_written([problem], {"right-horse": "${PW}"}) == [problem]
