"""Secrets."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes.clients import SecretKeys
from stackctl.export.kubernetes.objects import Cluster, Objects
from stackctl.export.kubernetes.secret import secret
from tests.unit.export.manifests import stack_in


def test_secret_has_what_was_referred_to(tmp_path: Path) -> None:
    keys = SecretKeys("api-scrape")
    keys.below("oauth2").reference("client_secret", "s3cret-1")
    made = secret(Objects(stack_in(tmp_path), Cluster()), keys)
    assert made["metadata"]["name"] == "api-scrape"
    assert made["stringData"] == {"oauth2-client_secret": "s3cret-1"}
