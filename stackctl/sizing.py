"""Memory and disk that a Prometheus needs for what it scrapes. Pure.

The constants were measured with `python bench/run.py size`: Prometheus 3.5.3 and 10,000 to 1,000,000 series of
`simulate`. All of these change with each scrape, so the samples of most programs take less disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# `up`, and the four that say how a scrape went: Prometheus writes them for each target.
SERIES_OF_A_SCRAPE = 5

_MEMORY_BYTES = 80 * 2**20
_BYTES_PER_SERIES = 1400
# Room for queries, for series that end and new ones, and for a start, which reads the log of the last hours.
_ROOM = 2.0
_BYTES_PER_SAMPLE = 2.5
# The log holds samples of up to three hours, before they become a block.
_LOG_SECONDS = 3 * 3600
_LOG_BYTES_PER_SAMPLE = 5.0
# Blocks are merged: both the merged one and those that it is made of are on disk for a moment.
_MERGED = 1.1


@dataclass(frozen=True)
class JobSize:
    """A scrape job: how many targets and series it has, None where that is not known, and how often it is scraped.

    known_by  where the number of series is from: "running", "contract", "measured" for a component of this kind,
              "assumed", and "" where nothing says it
    is_least  whether there may be more series, as a label of the contract may have any value
    """

    job: str
    targets: int | None
    series: int | None
    interval_seconds: float
    known_by: str
    is_least: bool = False

    @property
    def kept(self) -> int:
        """The series that Prometheus has of the job, its own about each scrape among them; 0 where nothing is known."""
        return (self.series or 0) + SERIES_OF_A_SCRAPE * (self.targets or 0)


@dataclass(frozen=True)
class Needs:
    """Series that are scraped, their samples per second, and the bytes of memory and of disk that these take.

    `disk_bytes` is None where nothing says for how long samples are kept.
    """

    series: int
    samples_per_second: float
    memory_bytes: int
    disk_bytes: int | None


@dataclass(frozen=True)
class Now:
    """A Prometheus as it is: its series, its resident memory and its data on disk; None for what it does not serve."""

    series: float | None
    memory_bytes: float | None
    disk_bytes: float | None


@dataclass(frozen=True)
class Size:
    """Each job, what Prometheus needs for all of them, and what it has now where it runs.

    kept_seconds  for how long samples are kept, None where that is not known
    unknown       the jobs of which nothing says how many series they have: they are not in the needs
    memory_limit  the one of the manifest, None for none
    size_limit    the size in bytes at which Prometheus removes old samples, None for none
    unasked       why nothing is known of what runs, where something does
    """

    jobs: tuple[JobSize, ...]
    needs: Needs
    kept_seconds: float | None
    unknown: tuple[str, ...]
    memory_limit: float | None = None
    size_limit: float | None = None
    now: Now | None = None
    unasked: str = ""


def needs(jobs: Sequence[JobSize], kept_seconds: float | None) -> Needs:
    """Return what the jobs need together, when samples are kept for so long."""
    series = sum(each.kept for each in jobs)
    rate = sum(each.kept / each.interval_seconds for each in jobs)
    memory = _ROOM * (_MEMORY_BYTES + series * _BYTES_PER_SERIES)
    disk = None if kept_seconds is None else round(rate * stored_bytes(kept_seconds))
    return Needs(series, rate, round(memory), disk)


def stored_bytes(kept_seconds: float) -> float:
    """Return the bytes on disk of one sample per second that is kept for so long."""
    return kept_seconds * _BYTES_PER_SAMPLE * _MERGED + min(kept_seconds, _LOG_SECONDS) * _LOG_BYTES_PER_SAMPLE
