"""Which targets stand for pods."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.export.kubernetes.targets import outside, pods
from tests.unit.export.manifests import services_in


@pytest.mark.parametrize(
    ("address", "is_pod"),
    [
        ("api:8000", True),
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("10.0.0.1:8000", False),
        ("[2001:db8::1]:8000", False),
        ("api.example.org:8000", False),
    ],
)
def test_only_plain_names_and_this_machine_are_pods(tmp_path: Path, address: str, is_pod: bool) -> None:
    (service,) = services_in(tmp_path, f"{{api: {{targets: ['{address}']}}}}").services
    assert (len(pods(service)), len(outside(service))) == ((1, 0) if is_pod else (0, 1))
