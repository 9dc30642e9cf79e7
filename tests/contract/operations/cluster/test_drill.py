"""A drill in a cluster begins only where it can show something, and where it can go back."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.manifest import load
from stackctl.operations.cluster.drill import drill_cluster
from tests.contract.api_server import Pretended
from tests.unit.operations.pretended import Noted

ALERT = "\n  - name: more\n    rules: [{alert: Down, expr: up == 0}]\n"
RECEIVER = "alertmanager: {receivers: {team: {webhook: {url: 'http://x:1'}}}}\n"


def refused(manifest: Path, *names: str, more: str) -> StackctlError:
    manifest.write_text(manifest.read_text() + more)
    with pytest.raises(StackctlError) as caught:
        drill_cluster(manifest, load(manifest), Noted(), names)
    return caught.value


def test_stack_without_alertmanager_is_refused(manifest: Path, cluster: Pretended) -> None:
    error = refused(manifest, more=ALERT)
    assert isinstance(error, InputError)
    assert error.problems[0].code == "drill.no-alertmanager"
    assert cluster.applied == []


def test_unknown_alert_is_refused(manifest: Path, cluster: Pretended) -> None:
    error = refused(manifest, "Dwon", more=ALERT + RECEIVER)
    assert isinstance(error, InputError)
    assert "Did you mean `Down`" in str(error.problems[0].remedy)
    assert cluster.applied == []


def test_stack_that_keeps_no_generation_is_refused(manifest: Path, cluster: Pretended) -> None:
    error = refused(manifest, more=ALERT + RECEIVER)
    assert isinstance(error, Unavailable)
    assert error.problems[0].code == "cluster.not-kept"
    assert cluster.applied == []
