"""Files of Grafana's own alerting."""

from __future__ import annotations

import pytest

from stackctl.model import AlertingFile


@pytest.mark.parametrize(("text", "secret"), [("groups: []", False), ("contactPoints: []", True)])
def test_file_with_contact_points_is_secret(text: str, secret: bool) -> None:
    assert AlertingFile("a.yml", text).secret is secret
