"""Limits and volumes of the stack's own servers."""

from __future__ import annotations

import pytest

from stackctl.export.kubernetes.pods import limits, storage
from stackctl.model import Resources, Retention


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (Resources(), {}),
        (Resources("512m", 0.25), {"limits": {"memory": "512Mi", "cpu": "250m"}}),
        (Resources("1.5gb"), {"limits": {"memory": "1.5Gi"}}),
        (Resources("65536b"), {"limits": {"memory": "65536"}}),
        (Resources(None, 2), {"limits": {"cpu": "2000m"}}),
    ],
)
def test_limits_are_quantities_of_kubernetes(resources: Resources, expected: object) -> None:
    assert limits(resources) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(None, "10Gi"), ("10GB", "13312Mi"), ("512MB", "666Mi"), ("1KB", "1Mi"), ("1TB", "1363149Mi")],
)
def test_volume_has_room_for_more_than_samples(size: str | None, expected: str) -> None:
    claim = storage(Retention("15d", size))["volumeClaimTemplate"]["spec"]
    assert claim["resources"]["requests"]["storage"] == expected


def test_volume_of_other_servers_is_small() -> None:
    assert storage()["volumeClaimTemplate"]["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
