"""Service level objectives as the running Prometheus has recorded them: the good share, and the budget left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.bounds.files import read_bytes

if TYPE_CHECKING:
    from stackctl.clients.prometheus import Prometheus
    from stackctl.state import Generation

# As rules/slo.yml records them.
_OBJECTIVE = "slo:objective:ratio"
_DAYS = "slo:time_period:days"
_FAILED = "slo:sli_error:ratio_period"
_LEFT = "slo:error_budget_remaining:ratio"
_FAILED_1H = "slo:sli_error:ratio_rate1h"


@dataclass(frozen=True)
class Objective:
    """An SLO: `objective` is the share that has to be good in `window_days`, as 0.999.

    good              the share that was, so far
    budget_remaining  what is left of the failures that are allowed: 1 is all of them, below 0 it is overspent
    burn_rate         of the last hour: at 1 the budget lasts exactly the window

    Each of these is None where there is no data.
    """

    service: str
    slo: str
    objective: float
    window_days: float
    good: float | None = None
    budget_remaining: float | None = None
    burn_rate: float | None = None


def objectives(generation: Generation) -> tuple[Objective, ...]:
    """Those that `generation` has rules for, without anything measured. A file that somebody has damaged has none."""
    from yaml import YAMLError

    found: list[Objective] = []
    for path in sorted((generation.path / c.RULES_FOLDER).glob("*.yml")):
        with suppress(OSError, YAMLError, LookupError, TypeError, AttributeError):
            found += declared(read_bytes(path))
    return tuple(found)


def declared(rules: bytes) -> Iterator[Objective]:
    """The SLOs of a rule file. Many rules take long to parse, so what has no SLO is not."""
    from stackctl.tree import load_yaml

    for group in load_yaml(rules)["groups"] if _OBJECTIVE.encode() in rules else ():
        numbers = {rule["record"]: number for rule in group["rules"] if (number := _number(rule)) is not None}
        objective: Mapping[str, Any] = next((rule for rule in group["rules"] if rule.get("record") == _OBJECTIVE), {})
        labels = objective.get("labels", {})
        if {"service", "slo"} <= labels.keys() and {_OBJECTIVE, _DAYS} <= numbers.keys():
            yield Objective(labels["service"], labels["slo"], numbers[_OBJECTIVE], numbers[_DAYS])


def _number(rule: Mapping[str, Any]) -> float | None:
    """Return the constant that a rule records."""
    constant = re.fullmatch(r"vector\(([0-9.]+)\)", str(rule.get("expr"))) if "record" in rule else None
    return float(constant[1]) if constant else None


def measured(found: Iterable[Objective], prometheus: Prometheus) -> tuple[Objective, ...]:
    """The same with what `prometheus` has recorded. Raises NoAnswer."""
    series = prometheus.values(f'{{__name__=~"{_FAILED}|{_LEFT}|{_FAILED_1H}"}}')
    recorded = {(each.get("service"), each.get("slo"), each["__name__"]): value for each, value in series}

    def of(each: Objective) -> Objective:
        failed, left, burning = (recorded.get((each.service, each.slo, name)) for name in (_FAILED, _LEFT, _FAILED_1H))
        return replace(
            each,
            good=None if failed is None else 1 - failed,
            budget_remaining=left,
            burn_rate=None if burning is None else burning / (1 - each.objective),
        )

    return tuple(map(of, found))
