"""Units of Grafana, and the words that people try."""

from __future__ import annotations

import pytest

from stackctl.manifest.units import known, meant


@pytest.mark.parametrize("unit", ["s", "reqps", "suffix:jobs", "currency:CHF"])
def test_knows_units_and_open_forms(unit: str) -> None:
    assert known(unit)


@pytest.mark.parametrize("unit", ["seconds", "suffix:", "", "S "])
def test_refuses_other_words(unit: str) -> None:
    assert not known(unit)


@pytest.mark.parametrize(
    ("word", "unit"),
    [("Seconds", "s"), ("%", "percent"), ("BYTES", "bytes"), ("percentunits", "percentunit"), ("xyzzy", "")],
)
def test_finds_the_unit_that_was_meant(word: str, unit: str) -> None:
    assert meant(word) == unit
