"""A reload is confirmed by what Prometheus has loaded, or the generation before is applied again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import CheckFailed, InputError, StackctlError, Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.down import take_down
from stackctl.operations.cluster.reload import reload_generation, reload_manifest
from stackctl.operations.cluster.status import look
from stackctl.operations.cluster.up import bring_up
from tests.contract import operator
from tests.contract.api_server import Pretended, path_of
from tests.unit.operations.pretended import Noted

# Long enough for all objects to be tried twice.
LATE = 6.0
RULE = path_of("monitoring.coreos.com/v1", "PrometheusRule", "shop", "shop-shop")
DOCKER = 'ports: ["8000:8000"]}}}'
SERVICE = '\n  web: {targets: ["web:8000"]}'


@pytest.fixture
def running(manifest: Path, cluster: Pretended) -> Pretended:
    """The stack, up and confirmed, in a cluster whose operator and Prometheus take up each change at once."""
    cluster.after_change = lambda: operator.run(cluster)
    bring_up(manifest, 5.0, Noted())
    return cluster


def edit(manifest: Path, old: str = "sum by (job) (up)", new: str = "max by (job) (up)") -> None:
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))


def objects(cluster: Pretended) -> dict[str, Any]:
    """What the stack has in the cluster, without the generations and what the operator and the cluster have made."""
    others = ("-generation-", "/prometheus-shop", "/pods/")
    kept = {path: each for path, each in cluster.objects.items() if not any(other in path for other in others)}
    return {path: {**each, "status": None} for path, each in kept.items()}


def codes(error: StackctlError) -> list[str]:
    return [each.code for each in error.problems]


def test_edit_becomes_the_generation_that_is_confirmed(manifest: Path, stack: Stack, running: Pretended) -> None:
    before = look(manifest, stack).generation
    edit(manifest)
    assert look(manifest, stack).declared != before
    done = reload_manifest(manifest, 10.0, Noted())
    found = look(manifest, stack)
    assert str(done) == "1 object changed, loaded and confirmed"
    assert (found.generation, found.unfinished, found.declared) == (done.generation, "", done.generation)
    assert [each.id for each in found.generations] == [done.generation, before]
    assert str(reload_manifest(manifest, 10.0, Noted())) == "nothing had changed; the configuration is confirmed"
    assert running.objects[RULE]["spec"]["groups"][0]["rules"][0]["expr"] == "max by (job) (up)"


@pytest.mark.parametrize("fault", ["operator", "prometheus", "failed reload"])
def test_what_is_not_loaded_is_rolled_back(manifest: Path, stack: Stack, running: Pretended, fault: str) -> None:
    before, generation = objects(running), look(manifest, stack).generation

    def change() -> None:
        if fault == "prometheus":
            operator.take_up(running)
        if fault == "failed reload":
            operator.run(running)
            is_old = objects(running)[RULE] == before[RULE]
            running.proxied[f"{operator.PROXY}/status/runtimeinfo"]["data"]["reloadConfigSuccess"] = is_old

    running.after_change = change
    edit(manifest)
    with pytest.raises(CheckFailed) as caught:
        reload_manifest(manifest, LATE, Noted())
    assert codes(caught.value) == ["reload.not-confirmed", "reload.rolled-back"]
    assert objects(running) == before
    found = look(manifest, stack)
    assert (found.generation, found.unfinished) == (generation, "")


def test_rollback_that_is_not_taken_up_is_no_success(manifest: Path, stack: Stack, running: Pretended) -> None:
    seen: list[str] = []

    def take_up_the_first() -> None:
        if not seen:  # the operator ends after it has written the new rule, which Prometheus never loads
            operator.take_up(running)
        if "max by" in str(running.objects[RULE]):
            seen.append("taken up")

    running.after_change = take_up_the_first
    edit(manifest)
    with pytest.raises(CheckFailed) as caught:
        reload_manifest(manifest, LATE, Noted())
    assert codes(caught.value) == ["reload.not-confirmed", "reload.rollback-failed"]
    assert "has not taken up the PrometheusRule shop-shop" in caught.value.problems[-1].summary
    assert look(manifest, stack).unfinished


def test_change_that_starts_pods_is_refused(manifest: Path, running: Pretended) -> None:
    before = objects(running)
    edit(manifest)
    edit(manifest, 'image: "x:1"', 'image: "x:2"')
    with pytest.raises(CheckFailed) as caught:
        reload_manifest(manifest, LATE, Noted())
    assert codes(caught.value) == ["reload.restart-needed"]
    assert objects(running) == before


def test_jobs_are_added_and_removed_without_a_pod(manifest: Path, running: Pretended) -> None:
    edit(manifest, DOCKER, DOCKER + SERVICE)
    assert [str(each.thing) for each in reload_manifest(manifest, 10.0, Noted()).changes] == [
        "Service web",
        "ServiceMonitor web",
    ]
    edit(manifest, SERVICE, "")
    running.after_change = lambda: None
    with pytest.raises(CheckFailed) as caught:
        reload_manifest(manifest, LATE, Noted())
    assert "has not taken out the ServiceMonitor web" in str(caught.value)


def test_nothing_is_reloaded_that_was_never_up(manifest: Path, cluster: Pretended) -> None:
    with pytest.raises(Unavailable) as caught:
        reload_manifest(manifest, LATE, Noted())
    assert codes(caught.value) == ["cluster.not-kept"]
    assert cluster.applied == []


def test_reload_goes_back_to_a_kept_generation_with_its_pods(manifest: Path, stack: Stack, running: Pretended) -> None:
    before, generation = objects(running), look(manifest, stack).generation
    edit(manifest, 'image: "x:1"', 'image: "x:2"')
    path = path_of("apps/v1", "Deployment", "shop", "api")
    running.after_change = lambda: running.objects[path].pop("status", None)
    with pytest.raises(Unavailable) as caught:
        bring_up(manifest, 0.0, Noted())
    assert f"`stackctl reload --to {generation}` goes back" in caught.value.problems[0].remedy
    with pytest.raises(CheckFailed) as refused:
        reload_manifest(manifest, LATE, Noted())
    assert "Deployment api changed by an `up` that was not confirmed" in str(refused.value)
    running.after_change = lambda: operator.run(running)
    assert reload_generation(manifest, stack, generation[:6], 10.0, Noted()).generation == generation
    assert running.objects[path]["spec"]["template"]["spec"]["containers"][0]["image"] == "x:1"
    assert objects(running) == before
    with pytest.raises(InputError):
        reload_generation(manifest, stack, "nothing", 10.0, Noted())


def test_down_removes_the_generations(stack: Stack, running: Pretended) -> None:
    running.after_change = lambda: None
    for path in [path for path in running.objects if "/pods/" in path]:
        del running.objects[path]
    take_down(stack, Noted(), volumes=False)
    assert not [path for path in running.objects if "-generation-" in path]
