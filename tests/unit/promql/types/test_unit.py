"""Units of names and contracts, and calculation with them."""

from __future__ import annotations

import pytest

from stackctl.promql.types.unit import COUNT, MOMENT, RATIO, SECONDS, Unit, of_name, quotient

MILLISECONDS = Unit("seconds", 0.001)
PERCENT = Unit("ratio", 0.01)
BYTES = Unit("bytes")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("latency_seconds", SECONDS),
        ("latency_seconds_bucket", SECONDS),
        ("cpu_seconds_total", SECONDS),
        ("rpc_milliseconds", MILLISECONDS),
        ("used_percent", PERCENT),
        ("hit_ratio", RATIO),
        ("memory_bytes", BYTES),
        ("last_success_timestamp_seconds", MOMENT),
        ("process_start_time_seconds", MOMENT),
        ("request_time_seconds", None),
        ("seconds", None),
        ("items", None),
        ("pods_us", None),
    ],
)
def test_reads_the_unit_of_a_name(name: str, unit: Unit | None) -> None:
    assert of_name(name) == unit


def test_contract_knows_the_unit_better_than_the_name() -> None:
    assert of_name("latency", "milliseconds") == MILLISECONDS
    assert of_name("size_bytes", "pages") == Unit("pages")


@pytest.mark.parametrize(
    ("one", "other", "is_like"),
    [
        (SECONDS, SECONDS, True),
        (SECONDS, MILLISECONDS, False),
        (SECONDS.times(1000), MILLISECONDS, True),
        (SECONDS.times(0.9), SECONDS, True),
        (SECONDS, BYTES, False),
        (BYTES, Unit("bytes", per_second=True), False),
        (RATIO, PERCENT, False),
        (RATIO.times(100), PERCENT, True),
        (MOMENT, SECONDS, True),
        (COUNT, BYTES, True),
        (BYTES.times(1 / 1024), BYTES, False),
    ],
)
def test_knows_which_units_may_be_compared(one: Unit, other: Unit, is_like: bool) -> None:
    assert one.is_like(other) is is_like
    assert other.is_like(one) is is_like


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        (BYTES, BYTES, RATIO),
        (MILLISECONDS, SECONDS, Unit("ratio", 0.001)),
        (Unit("seconds", per_second=True), Unit("count", per_second=True), SECONDS),
        (COUNT, COUNT, RATIO),
        (BYTES, SECONDS, None),
        (BYTES, None, None),
    ],
)
def test_divides_units(left: Unit, right: Unit | None, result: Unit | None) -> None:
    assert quotient(left, right) == result


def test_names_units_as_people_do() -> None:
    assert str(MILLISECONDS) == "milliseconds"
    assert str(PERCENT) == "percent"
    assert str(Unit("bytes", per_second=True)) == "bytes per second"
    assert str(Unit("bytes", 4096)) == "4096 bytes"
