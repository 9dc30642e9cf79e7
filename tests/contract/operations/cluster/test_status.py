"""A stack in a cluster is shown by its workloads, those that are missing too."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.status import look
from stackctl.operations.cluster.up import bring_up
from tests.contract.api_server import Pretended, path_of
from tests.unit.operations.pretended import Noted


def test_workloads_are_shown_with_what_they_wait_for(manifest: Path, stack: Stack, cluster: Pretended) -> None:
    assert look(manifest, stack).workloads == ()
    with pytest.raises(Unavailable):
        bring_up(manifest, 0.0, Noted())
    del cluster.objects[path_of("apps/v1", "Deployment", "shop", "api")]
    found = look(manifest, stack)
    assert (found.context, found.namespace) == ("test", "shop")
    assert {each.name: each.is_there for each in found.workloads} == {"shop": True, "shop-grafana": True, "api": False}
    assert "has not taken it up yet" in found.workloads[0].waits
    assert found.missing == ("Deployment api",)
