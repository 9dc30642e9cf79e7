"""stackctl itself, while it verifies again and again: the results of `stackctl verify --every --listen`."""

from __future__ import annotations

from operator import attrgetter

from pydantic import Field

from stackctl.components.component import Component
from stackctl.components.series import gauge
from stackctl.components.settings import ScrapeSettings
from stackctl.manifest.fields import Address, MetricsPath
from stackctl.model import Metric, Stack


class StackctlSettings(ScrapeSettings):
    """Results of `stackctl verify --every DURATION --listen ADDRESS`, which runs next to the stack."""

    targets: list[Address] = Field(
        default_factory=lambda: ["localhost:9799"], min_length=1, description="`host:port` of its `--listen`."
    )
    metrics_path: MetricsPath = Field("/metrics", description="The path of the metrics.")


def _simulated(_: Stack) -> list[Metric]:
    return [
        gauge(
            "stackctl_check_failed",
            (0.0, 1.0),
            code=["target.up"],
            subject=["api/localhost:8000", "api/localhost:8001"],
        ),
        gauge("stackctl_checks", (0.0, 2.0), status=["fail", "warn", "skip"]),
        gauge("stackctl_verify_duration_seconds", (4.0, 12.0)),
        gauge("stackctl_verify_error", (0.0, 1.0)),
        gauge("stackctl_verify_interval_seconds", (300.0, 300.0)),
        gauge("stackctl_verify_timestamp_seconds"),
    ]


COMPONENT = Component(
    name="stackctl",
    rank=18,
    settings=StackctlSettings,
    summary="Results of `stackctl verify --every --listen`.",
    series=("stackctl_",),
    targets=attrgetter("targets"),
    simulated=_simulated,
)
