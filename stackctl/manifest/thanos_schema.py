"""The schema of `thanos`: one view of all replicas of Prometheus."""

from __future__ import annotations

from pydantic import Field

from stackctl import conventions as c
from stackctl.manifest.base import Model
from stackctl.manifest.fields import Replicas, Text


class ThanosModel(Model):
    """Thanos, as the one view of all replicas of Prometheus: a sidecar next to each, and Query, which Grafana asks."""

    image: Text = Field(c.THANOS_IMAGE, description="The image of the sidecars and of Query, with its tag.")
    replicas: Replicas = Field(1, description="How many of Query a cluster runs.")
