"""Everything of the stack goes, its data only when that was asked for, and nothing of anybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.down import take_down
from stackctl.operations.cluster.up import bring_up
from tests.contract.api_server import Pretended
from tests.unit.operations.pretended import Noted

THEIRS = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": "shop"}
CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"namespace": "shop", "name": "theirs"}}


def test_data_stays_until_it_is_asked_for(manifest: Path, stack: Stack, cluster: Pretended) -> None:
    with pytest.raises(Unavailable):
        bring_up(manifest, 0.0, Noted())
    cluster.add({**CLAIM, "metadata": {**CLAIM["metadata"], "labels": THEIRS}})  # type: ignore[dict-item]
    cluster.add({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "foreign", "namespace": "shop"}})
    done = take_down(stack, Noted(), volumes=False)
    assert done.volumes == ("shop-grafana", "theirs")
    assert done.things[0].kind == "Deployment"
    assert {path.rpartition("/")[2] for path in cluster.objects} == {"shop", "foreign", "shop-grafana", "theirs"}
    assert {str(each) for each in take_down(stack, Noted(), volumes=True).things} == {
        "PersistentVolumeClaim shop-grafana",
        "PersistentVolumeClaim theirs",
    }
    assert take_down(stack, Noted(), volumes=True).things == ()
