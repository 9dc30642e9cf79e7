"""Numbers, and amounts with a unit."""

from __future__ import annotations

import pytest

from stackctl.manifest.fields import (
    Bounds,
    Count,
    Fraction,
    Integer,
    Memory,
    Number,
    Objective,
    Range,
    RealNumber,
    Size,
)
from tests.unit.manifest.fields.reading import read, refusal


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (Integer, "-5", -5),
        (Integer, "9223372036854775807", 2**63 - 1),
        (Count, "0", 0),
        (Number, "0.5", 0.5),
        (RealNumber, "-1e3", -1000.0),
        (Fraction, "0.99", 0.99),
        (Objective, "99.9", 99.9),
        (Bounds, ["0.1", "1", "+Inf"], (0.1, 1.0)),
        (Range, ["0", "100"], (0.0, 100.0)),
        (Size, "1.5GB", "1.5GB"),
        (Memory, "512M", "512m"),
    ],
)
def test_number_is_read(kind: object, written: object, value: object) -> None:
    assert read(kind, written) == value


@pytest.mark.parametrize(
    ("kind", "written", "message", "remedy"),
    [
        (Integer, "1.5", "expected a whole number, got `1.5`", ""),
        (Integer, "9223372036854775808", "a whole number that is too large: `9223372036854775808...`", ""),
        (Count, "-1", "expected zero or more, got `-1`", ""),
        (Number, "0", "expected a number greater than zero, got `0`", ""),
        (Number, "nan", "expected a number greater than zero, got `nan`", ""),
        (RealNumber, "inf", "expected a number, got `inf`", ""),
        (RealNumber, "1e999", "expected a number, got `1e999`", ""),
        (Fraction, "95", "a quantile must be between 0 and 1: `95`", "Did you mean `0.95`?"),
        (
            Objective,
            "100",
            "an objective must be a percentage between 0 and 100: `100`",
            "100 leaves no error budget; use for example `99.9`.",
        ),
        (Bounds, ["5", "1", "5"], "the buckets are not in ascending order", "Write `[1, 5]`."),
        (Bounds, ["+Inf"], "there are no buckets", "Write the upper bound of each, like `[0.1, 0.5, 1, 5]`."),
        (Bounds, "1", "expected a list of numbers, got text", ""),
        (Range, ["1"], "expected two numbers: when idle, and when saturated", "Write them like `[0, 100]`."),
        (Size, "10gb", "not a size: `10gb`", "Write a number and a unit: `512MB`, `10GB`."),
        (Memory, "512", "not an amount of memory: `512`", "Write a number and a unit: `512m`, `2g`."),
    ],
)
def test_what_is_not_such_a_number_is_refused(kind: object, written: object, message: str, remedy: str) -> None:
    assert refusal(kind, written) == (message, remedy)
