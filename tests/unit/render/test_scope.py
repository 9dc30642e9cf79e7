"""What is known of the targets and labels of a stack."""

from __future__ import annotations

from stackctl.model import Contract, Label, Metric, Target
from stackctl.render.scope import scope_of
from tests.unit.render.stacks import HERE, service, stack


def test_jobs_have_as_many_targets_as_are_declared() -> None:
    targets = tuple(Target(f"h{n}:1", {}, HERE) for n in range(3))
    assert scope_of(stack(services=(service(targets=targets),))).targets == {"prometheus": 1, "api": 3}


def test_parts_of_a_histogram_have_its_labels() -> None:
    metrics = (Metric("wait_seconds", "histogram", HERE, (Label("code", ("200", "500")),)),)
    scope = scope_of(stack(services=(service(contract=Contract(metrics, HERE)),)))
    assert scope.labels["wait_seconds_bucket"] == ("code",)
    assert scope.values == {"code": 2}
