"""Placeholders in configurations, which a script fills in before a server starts, as `sed` does: they have no value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackctl.adopt.jobs import Job
from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.source import Source
from stackctl.diagnostic import Diagnostic

# In capital letters they are nothing else, wherever they are. `${NAME}` is one of the manifest, too.
_CAPITALS = r"__[A-Z][A-Z0-9_]*__|@[A-Z][A-Z0-9_]*@"
_ANYWHERE = re.compile(_CAPITALS)
# No address has these.
_IN_TARGET = re.compile(
    rf"{_CAPITALS}|^__\w+__(?=:|$)|@\w+@|<[\w .-]+>"
    r"|\{\{.*?\}\}|\$\(\w+\)|\$[A-Za-z_]\w*|\$\{[a-z]\w*\}"
)
_WHY = "It is a placeholder, which something fills in before the server starts; stackctl does not know by what."


def is_placeholder(target: str) -> bool:
    """Return whether a target has no address yet. One with `${NAME}` has that of a variable of the manifest."""
    return _IN_TARGET.search(target) is not None


def without_placeholders(job: Job, source: Source, remarks: list[Diagnostic]) -> Job | None:
    """Return a job without the targets that are placeholders, None where no other is left; each is a remark."""
    found = [target for target in job.targets if is_placeholder(target)]
    if not found:
        return job
    groups = [
        {**group, "targets": [target for target in group.get("targets") or () if str(target) not in found]}
        for group in job.block["static_configs"]
    ]
    left = Job(job.index, {**job.block, "static_configs": [group for group in groups if group["targets"]]})
    at = source.at("scrape_configs", job.index, "static_configs", *_place(job, found[0]))
    named = ", ".join(f"`{target.replace('$$', '$')}`" for target in dict.fromkeys(found))
    if not left.targets and not left.discovery:
        remedy = f"Write the service `{job.name}` with its addresses under `targets`."
        remarks.append(left_out(f"the job `{job.name}` with the target {named}", at, _WHY, remedy))
        return None
    remedy = "Write the address under `targets` of the service."
    remarks.append(left_out(f"the target {named} of `{job.name}`", at, _WHY, remedy))
    return left


def _place(job: Job, target: str) -> tuple[int, str, int]:
    """Return the place of a target in the `static_configs` of a job."""
    return next(
        (number, "targets", index)
        for number, group in enumerate(job.block["static_configs"])
        for index, each in enumerate(group.get("targets") or ())
        if str(each) == target
    )


def other_placeholders(source: Source) -> Iterator[Diagnostic]:
    """Yield a remark for each placeholder of a configuration that is not among the targets of its jobs."""
    seen: set[str] = set()
    for place, text in _texts(source.data, ()):
        is_target = place[:1] == ("scrape_configs",) and place[2:3] == ("static_configs",) and "targets" in place
        for name in () if is_target else dict.fromkeys(_ANYWHERE.findall(text)):
            if name not in seen:
                seen.add(name)
                remedy = "Write its value there, or a variable like `${NAME}`."
                yield changed(f"`{name}` is kept as it is written", source.at(*place), _WHY, remedy)


def _texts(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*place, index))
