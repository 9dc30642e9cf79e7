"""The size of a stack: as a table with what Prometheus needs, and as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from stackctl.report import console, quantity

if TYPE_CHECKING:
    from stackctl.sizing import JobSize, Now, Size

_MEASURED = 1_000_000
_COLUMNS = ("job", "targets", "interval", "series", "known by")
_KNOWN_BY = {"running": "the last scrape", "measured": "one that was measured", "assumed": "--series-per-target"}


def write(size: Size) -> None:
    """Write the jobs, what they need, and what differs from what the manifest gives Prometheus."""
    if size.unasked:
        console.warn(f"the size is that of the manifest, as Prometheus could not be asked: {size.unasked}")
    console.table("", _COLUMNS, [_row(each) for each in size.jobs])
    console.out()
    rate = quantity.number(size.needs.samples_per_second)
    console.out(f"Prometheus gets {size.needs.series:,} series, {rate} samples per second, and needs:")
    console.out(f"  memory  {_rounded(size.needs.memory_bytes)}, of which half is room for queries and restarts")
    if size.needs.disk_bytes is not None and size.kept_seconds is not None:
        console.out(
            f"  disk    {_rounded(size.needs.disk_bytes)}, as samples are kept for {_duration(size.kept_seconds)}"
        )
    if size.now:
        console.out(f"It has now: {_now(size.now)}")
    for line in _remarks(size):
        console.warn(line)


def _row(job: JobSize) -> list[str]:
    series = "?" if job.series is None else f"{job.series:,}{' or more' if job.is_least else ''}"
    targets = "?" if job.targets is None else f"{job.targets:,}" if job.targets else "pushed"
    return [job.job, targets, _duration(job.interval_seconds), series, _KNOWN_BY.get(job.known_by, job.known_by) or "-"]


def _duration(seconds: float) -> str:
    from stackctl.promql.duration import shown

    return shown(seconds)


def _rounded(number: float) -> str:
    """Bytes with two digits that matter, rounded up: more would promise what no estimate can keep."""
    unit = 1024.0 ** int(math.log(max(number, 1), 1024))
    step = 10.0 ** (math.floor(math.log10(max(number / unit, 1))) - 1)
    return quantity.shown(math.ceil(number / unit / step) * step * unit, "bytes")


def _now(now: Now) -> str:
    found = [
        f"{now.series:,.0f} series" if now.series is not None else "",
        f"{quantity.shown(now.memory_bytes, 'bytes')} of memory" if now.memory_bytes is not None else "",
        f"{quantity.shown(now.disk_bytes, 'bytes')} on disk" if now.disk_bytes is not None else "",
    ]
    return ", ".join(filter(None, found)) or "nothing that it says of itself"


def _remarks(size: Size) -> list[str]:
    found = []
    if size.unknown:
        names = ", ".join(f"`{name}`" for name in size.unknown)
        found.append(
            f"not counted, as nothing says how many series they have: {names}. Start the stack, describe the metrics "
            "of the service, or use `--series-per-target`"
        )
    if size.memory_limit is not None and size.memory_limit < size.needs.memory_bytes:
        found.append(
            f"`prometheus.resources.memory` is {quantity.shown(size.memory_limit, 'bytes')}: less than it needs"
        )
    if size.size_limit is not None and size.needs.disk_bytes and size.size_limit < size.needs.disk_bytes:
        kept = (size.kept_seconds or 0) * size.size_limit / size.needs.disk_bytes
        found.append(
            f"`prometheus.retention.size` is {quantity.shown(size.size_limit, 'bytes')}: samples are removed after "
            f"about {quantity.shown(kept, 's')}"
        )
    if size.needs.series > _MEASURED:
        found.append(f"more than {_MEASURED:,} series were not measured: take the numbers as a lower bound")
    return found


def as_json(size: Size) -> str:
    """Return all of a size as JSON; bytes and seconds are numbers."""
    return json.dumps(asdict(size), indent=2)
