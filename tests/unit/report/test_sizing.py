"""The size of a stack as it is written."""

from __future__ import annotations

import json

import pytest

from stackctl.report import sizing
from stackctl.sizing import JobSize, Needs, Now, Size

API = JobSize("api", 3, 12_000, 15.0, "contract", is_least=True)
DB = JobSize("db", None, None, 30.0, "")
GIB = 2**30


def size(**fields: object) -> Size:
    given = {
        "jobs": (API,),
        "needs": Needs(12_015, 801.0, 300 * 2**20, 10 * GIB),
        "kept_seconds": 864_000.0,
        "unknown": (),
    }
    return Size(**{**given, **fields})  # type: ignore[arg-type]


def test_each_job_has_a_row_and_prometheus_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    sizing.write(size(jobs=(API, DB)))
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    assert ["api", "3", "15s", "12,000", "or", "more", "contract"] in rows
    assert ["db", "?", "30s", "?", "-"] in rows
    assert "12,015 series, 801 samples per second" in out
    assert "memory  300 MiB" in out
    assert "disk    10 GiB, as samples are kept for 10d" in out


def test_an_estimate_is_rounded_up_to_two_digits(capsys: pytest.CaptureFixture[str]) -> None:
    sizing.write(size(needs=Needs(1, 1.0, round(1.234 * GIB), round(321.5 * GIB))))
    out = capsys.readouterr().out
    assert "memory  1.3 GiB" in out
    assert "disk    330 GiB" in out


def test_jobs_that_are_not_counted_are_named_with_what_helps(capsys: pytest.CaptureFixture[str]) -> None:
    sizing.write(size(jobs=(API, DB), unknown=("db",)))
    said = capsys.readouterr().err
    assert "`db`" in said
    assert "--series-per-target" in said


def test_a_memory_limit_below_the_needs_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    sizing.write(size(memory_limit=64.0 * 2**20))
    assert "`prometheus.resources.memory` is 64 MiB: less than it needs" in capsys.readouterr().err
    sizing.write(size(memory_limit=2.0 * GIB))
    assert not capsys.readouterr().err


def test_a_size_limit_that_ends_the_retention_is_reported_with_the_time_that_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sizing.write(size(size_limit=5.0 * GIB))
    assert "`prometheus.retention.size` is 5 GiB: samples are removed after about 5 day" in capsys.readouterr().err


def test_more_series_than_were_measured_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    sizing.write(size(needs=Needs(2_000_000, 801.0, 4 * GIB, None)))
    assert "lower bound" in capsys.readouterr().err


def test_a_running_prometheus_is_shown_below_the_needs(capsys: pytest.CaptureFixture[str]) -> None:
    sizing.write(size(now=Now(9000.0, 100.0 * 2**20, None)))
    assert "It has now: 9,000 series, 100 MiB of memory\n" in capsys.readouterr().out


def test_the_reason_why_a_running_one_was_not_asked_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    sizing.write(size(unasked="Prometheus does not answer"))
    assert "Prometheus does not answer" in capsys.readouterr().err


def test_json_has_numbers_of_bytes_and_seconds() -> None:
    found = json.loads(sizing.as_json(size(jobs=(API, DB), now=Now(1.0, None, 2.0))))
    assert found["needs"] == {
        "series": 12_015, "samples_per_second": 801.0, "memory_bytes": 300 * 2**20, "disk_bytes": 10 * GIB
    }  # fmt: skip
    assert found["jobs"][1]["series"] is None
    assert found["kept_seconds"] == 864_000.0
    assert found["now"]["disk_bytes"] == 2.0
