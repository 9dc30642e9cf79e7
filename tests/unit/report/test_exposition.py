"""The metrics of repeated verifications, as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from stackctl.diagnostic import Diagnostic
from stackctl.report.exposition import metrics
from stackctl.report.report import Report

FOUND = (
    Diagnostic("target.up", "up", status="pass", subject='api/"a"\n'),
    Diagnostic("panel.data", "empty", subject="board/one"),
    Diagnostic("panel.data", "has data", status="pass", subject="board/one"),
    Diagnostic("rule.data", "unknown", status="skip", subject="slow"),
    Diagnostic("drift.job", "another", status="warn", subject="prometheus"),
)


def read(text: bytes) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_failure_is_one_and_pass_is_zero() -> None:
    values = read(metrics(Report("shop", "docker", "a", FOUND, seconds=2.5), ended=1000.0, every=300.0))
    checks = {labels: value for (name, labels), value in values.items() if name == "stackctl_check_failed"}
    assert checks == {("target.up", 'api/"a"\n'): 0, ("panel.data", "board/one"): 1}
    assert values["stackctl_checks", ("fail",)] == 1
    assert values["stackctl_checks", ("skip",)] == 1
    assert values["stackctl_verify_duration_seconds", ()] == 2.5
    assert values["stackctl_verify_timestamp_seconds", ()] == 1000
    assert values["stackctl_verify_interval_seconds", ()] == 300
    assert values["stackctl_verify_error", ()] == 0


def test_verification_that_could_not_be_made_says_nothing_of_checks() -> None:
    """Nobody takes old results for those of now."""
    values = read(metrics(None, ended=1000.0, every=300.0, is_error=True))
    assert values["stackctl_verify_error", ()] == 1
    assert {name for name, _ in values} == {
        "stackctl_verify_error",
        "stackctl_verify_interval_seconds",
        "stackctl_verify_timestamp_seconds",
    }
