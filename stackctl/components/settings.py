"""Settings that every component's section of the manifest has."""

from __future__ import annotations

from pydantic import Field

from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import PlainBlock
from stackctl.manifest.fields import Duration, LabelName, ListenAddress, Memory, Number, ServiceName, Text


class ResourcesSettings(Model):
    """Upper limits of a container. The native runtime does not enforce them."""

    memory: Memory | None = Field(None, description="Memory limit, like `512m` or `2g`.")
    cpus: Number | None = Field(None, description="CPU limit in cores, like `0.5`.")


class ServerSettings(Model):
    """Settings of every server that the stack runs."""

    image: Text | None = Field(None, description="Container image with its tag. A pinned default for every component.")
    listen: ListenAddress | None = Field(
        None, description="Where it listens on this machine: `host:port`, or a port on loopback. Loopback by default."
    )
    resources: ResourcesSettings = Field(default_factory=ResourcesSettings, description="Upper limits.")
    labels: dict[LabelName, Text] = Field(default_factory=dict, description="Labels added to all of its series.")
    docker: PlainBlock = Field(
        default_factory=dict,
        description="More fields of its container, in Compose's own words: `labels`, `networks`, `dns`, `logging`, ... "
        "The native runtime does not use them.",
    )


class ScrapeSettings(Model):
    """Settings of every exporter's scrape."""

    job: ServiceName | None = Field(None, description="The name of its scrape job; its own by default.")
    scrape_interval: Duration | None = Field(None, description="The scrape interval; the stack's by default.")
    labels: dict[LabelName, Text] = Field(default_factory=dict, description="Labels added to all of its series.")


class ExporterSettings(ScrapeSettings, ServerSettings):
    """Settings of every exporter that the stack runs."""

    args: list[Text] = Field(default_factory=list, description="Extra arguments, after the default ones.")
