"""A drill that was interrupted is ended by the next command that changes the stack, and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.cluster.objects import DRILLED
from stackctl.model import Stack
from stackctl.operations.cluster.drill_end import ended_drill
from stackctl.operations.cluster.reload import reload_generation, reload_manifest
from stackctl.operations.cluster.session import connect
from stackctl.operations.cluster.status import look
from stackctl.operations.cluster.up import bring_up, preview
from tests.contract import operator
from tests.contract.api_server import Pretended, path_of
from tests.unit.operations.pretended import Noted

NAME = "shop-drill-a1b2c3"
LEFT = (
    ("v1", "ConfigMap"),
    ("v1", "Service"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("apps/v1", "Deployment"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
)


@pytest.fixture
def running(manifest: Path, cluster: Pretended) -> Pretended:
    """The stack, up and confirmed, in a cluster whose operator and Prometheus take up each change at once."""
    cluster.after_change = lambda: operator.run(cluster)
    bring_up(manifest, 5.0, Noted())
    return cluster


def interrupt(cluster: Pretended) -> None:
    """Leave the objects of a drill. Their pods are gone already: nothing ends pods in such a cluster."""
    labels = {"app.kubernetes.io/part-of": "shop", "app.kubernetes.io/managed-by": "stackctl", DRILLED: "true"}
    for version, kind in LEFT:
        metadata = {"name": NAME, "namespace": "shop", "labels": labels}
        spec = {"selector": {"matchLabels": {"app": NAME}}, "groups": []}
        cluster.add({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})
    cluster.after_change = lambda: (operator.take_up(cluster), operator.load(cluster))[0]


def left(cluster: Pretended) -> list[str]:
    return [kind for version, kind in LEFT if path_of(version, kind, "shop", NAME) in cluster.objects]


@pytest.mark.parametrize("command", ["up", "reload", "reload --to"])
def test_next_command_removes_all_of_it_and_says_so(
    manifest: Path, stack: Stack, running: Pretended, command: str
) -> None:
    generation = look(manifest, stack).generation
    interrupt(running)
    noted = Noted()
    if command == "up":
        assert bring_up(manifest, 5.0, noted).changes == ()
    elif command == "reload":
        assert reload_manifest(manifest, 5.0, noted).changes == ()
    else:
        assert reload_generation(manifest, stack, generation, 5.0, noted).changes == ()
    assert left(running) == []
    assert "! a drill was interrupted: ending it" in noted.lines
    assert look(manifest, stack).generation == generation


def test_what_others_need_and_the_mark_is_removed_last(stack: Stack, running: Pretended) -> None:
    interrupt(running)
    assert ended_drill(connect(stack), Noted())
    deleted = running.deleted
    assert len(deleted) == len(LEFT)
    assert not ended_drill(connect(stack), Noted())
    assert len(running.deleted) == len(LEFT)


def test_a_dry_run_and_status_leave_it(manifest: Path, stack: Stack, running: Pretended) -> None:
    assert not look(manifest, stack).drill
    interrupt(running)
    assert preview(manifest, ()).changes == ()
    assert reload_manifest(manifest, 5.0, Noted(), dry_run=True).changes == ()
    found = look(manifest, stack)
    assert found.drill
    assert NAME not in [each.name for each in found.workloads]
    assert left(running) == [kind for _, kind in LEFT]
