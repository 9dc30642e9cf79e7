"""The memory and the disk that jobs need."""

from __future__ import annotations

from stackctl.sizing import JobSize, needs

DAY = 86400.0


def job(series: int | None, *, targets: int | None = 1, every: float = 10.0) -> JobSize:
    return JobSize("api", targets, series, every, "contract" if series else "")


def test_the_series_of_each_scrape_are_counted() -> None:
    assert needs([job(100, targets=2)], DAY).series == 110


def test_a_job_of_unknown_series_has_those_of_its_scrapes_alone() -> None:
    assert needs([job(None)], DAY).series == 5
    assert needs([job(None, targets=None)], DAY).series == 0


def test_samples_per_second_follow_the_interval_of_each_job() -> None:
    assert needs([job(95, every=10.0), job(95, every=50.0)], DAY).samples_per_second == 12.0


def test_memory_grows_with_series_and_disk_with_samples() -> None:
    often, seldom = needs([job(100_000, every=10.0)], DAY), needs([job(100_000, every=60.0)], DAY)
    more = needs([job(200_000, every=60.0)], DAY)
    assert often.memory_bytes == seldom.memory_bytes < more.memory_bytes
    assert often.disk_bytes
    assert seldom.disk_bytes
    assert round(often.disk_bytes / seldom.disk_bytes, 3) == 6.0


def test_disk_grows_with_the_time_for_which_samples_are_kept() -> None:
    short, long = needs([job(1000)], 15 * DAY), needs([job(1000)], 30 * DAY)
    assert short.disk_bytes
    assert long.disk_bytes
    assert 1.9 < long.disk_bytes / short.disk_bytes < 2.0


def test_nothing_is_said_of_the_disk_where_nobody_knows_how_long_samples_are_kept() -> None:
    assert needs([job(1000)], None).disk_bytes is None


def test_nothing_to_scrape_needs_the_memory_of_an_idle_prometheus() -> None:
    assert 100 * 2**20 < needs([], DAY).memory_bytes < 300 * 2**20
