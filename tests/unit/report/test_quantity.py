"""Values read as Grafana's panels write them."""

from __future__ import annotations

import math

import pytest

from stackctl.report.quantity import counted, shown


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "", "0"),
        (12345, "short", "12.3 K"),
        (999.96, "", "1 K"),
        (1e-15, "", "1.00e-15"),
        (1234567, "none", "1234567"),
        (0.0042, "s", "4.2 ms"),
        (0, "s", "0 s"),
        (90, "s", "1.5 min"),
        (250, "ms", "250 ms"),
        (1536, "bytes", "1.5 KiB"),
        (1023.99, "bytes", "1 KiB"),
        (2e6, "Bps", "2 MB/s"),
        (3, "mbytes", "3 MiB"),
        (0.0512, "percentunit", "5.12%"),
        (99.95, "percent", "100%"),
        (1200, "reqps", "1.2 K req/s"),
        (5, "suffix:jobs", "5 jobs"),
        (5, "currencyUSD", "$5"),
        (-1536, "bytes", "-1.5 KiB"),
        (1, "bool_yes_no", "yes"),
        (1_700_000_000_000, "dateTimeAsIso", "2023-11-14 22:13:20"),
        (7, "lumen", "7 lumen"),
        (math.inf, "s", "∞"),
        (math.nan, "s", "no value"),
    ],
)
def test_a_value_is_written_in_the_unit_of_its_panel(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_one_thing_has_no_plural() -> None:
    assert [counted(count, "alert") for count in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]
