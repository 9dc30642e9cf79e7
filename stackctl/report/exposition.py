"""Results of verifications as metrics, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from stackctl.report.report import Report


def metrics(report: Report | None, *, ended: float, every: float, is_error: bool = False) -> bytes:
    """The metrics of the last verification that was made, `report`; None where there is none, or it `is_error`.

    `ended` is when it ended, in Unix time, and `every` the seconds from one to the next.
    """
    registry = CollectorRegistry()
    registry.register(_Found(report, ended, every, is_error))
    return generate_latest(registry)


class _Found(Collector):
    """The gauges, made of one report. A check that was skipped has no value: nothing is known of its subject."""

    def __init__(self, report: Report | None, ended: float, every: float, is_error: bool) -> None:
        self._report = report
        self._times = {
            "stackctl_verify_timestamp_seconds": ("When the last verification ended, in Unix time.", ended),
            "stackctl_verify_interval_seconds": ("The seconds from one verification to the next.", every),
            "stackctl_verify_error": ("Whether the last verification could not be made.", float(is_error)),
        }

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (words, value) in self._times.items():
            yield GaugeMetricFamily(name, words, value)
        if self._report is None:
            return
        yield GaugeMetricFamily(
            "stackctl_verify_duration_seconds", "How long the last verification took.", self._report.seconds
        )
        counted = GaugeMetricFamily("stackctl_checks", "The checks of the last verification.", labels=["status"])
        for status, count in self._report.counts.items():
            counted.add_metric([status], count)
        yield counted
        failed = GaugeMetricFamily("stackctl_check_failed", "Whether a check failed.", labels=["code", "subject"])
        found: dict[tuple[str, str], bool] = {}
        for each in self._report.diagnostics:
            if each.status in ("pass", "fail"):
                key = (each.code, each.subject)
                found[key] = found.get(key, False) or each.status == "fail"
        for key, value in found.items():
            failed.add_metric(list(key), float(value))
        yield failed
