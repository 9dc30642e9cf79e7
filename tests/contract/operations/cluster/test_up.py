"""Nothing is changed unless all of it is accepted; what is not ready in time is named with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError, Unavailable
from stackctl.operations.cluster.up import bring_up, preview
from tests.contract.api_server import Pretended
from tests.unit.operations.pretended import Noted


def test_preview_names_every_object_and_changes_nothing(manifest: Path, cluster: Pretended) -> None:
    planned = preview(manifest, ())
    assert {each.action for each in planned.changes} == {"create"}
    assert {"Prometheus shop", "Deployment api", "Secret shop-grafana"} <= {str(each.thing) for each in planned.changes}
    assert [str(each) for each in planned.workloads] == ["Prometheus shop", "Deployment api", "Deployment shop-grafana"]
    assert cluster.applied == []


def test_all_that_is_refused_is_reported_at_once_and_nothing_is_applied(manifest: Path, cluster: Pretended) -> None:
    cluster.refused |= {"shop.prometheus": 422, "api": 403}
    cluster.add({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop-grafana", "namespace": "shop"}})
    with pytest.raises(InputError) as caught:
        bring_up(manifest, 0.0, Noted())
    codes = {each.code for each in caught.value.problems}
    assert codes == {"cluster.refused", "cluster.foreign"}
    assert "Give the user of the context `test` this right" in str(caught.value)
    assert cluster.applied == []


def test_workload_that_is_not_ready_in_time_is_reported_with_its_reason(manifest: Path, cluster: Pretended) -> None:
    with pytest.raises(Unavailable) as caught:
        bring_up(manifest, 0.0, Noted())
    found = {each.summary: each.cause for each in caught.value.problems}
    assert "has not taken it up yet: does one run" in found["Prometheus shop is not ready after 0 s"]
    assert "Deployment api is not ready after 0 s" in found
    assert "api" in cluster.applied
    # What was applied is there: the next one has nothing to do but to wait.
    assert preview(manifest, ()).changes == ()


def test_object_that_is_not_declared_any_more_is_deleted(manifest: Path, cluster: Pretended) -> None:
    with pytest.raises(Unavailable):
        bring_up(manifest, 0.0, Noted())
    text = manifest.read_text()
    manifest.write_text(text[: text.index("rules:")])
    assert [str(each) for each in preview(manifest, ()).changes] == [
        "delete PrometheusRule shop-shop: it is not declared any more"
    ]
