"""Secret of what others refer to."""

from __future__ import annotations

from typing import Any

from stackctl.export.kubernetes.clients import SecretKeys
from stackctl.export.kubernetes.objects import Objects


def secret(objects: Objects, keys: SecretKeys) -> dict[str, Any]:
    """The Secret with the contents of `keys`."""
    return {**objects.head("v1", "Secret", keys.name), "stringData": dict(keys.data)}
