"""Settings that every component's section of the manifest has."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import PlainBlock
from stackctl.manifest.fields import Boolean, Duration, LabelName, ListenAddress, Memory, Number, ServiceName, Text


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


class ScrapeOptions(Model):
    """Settings of the scrape of any component."""

    job: ServiceName | None = Field(None, description="The name of its scrape job; its own by default.")
    scrape_interval: Duration | None = Field(None, description="The scrape interval; the stack's by default.")
    scrape_timeout: Duration | None = Field(
        None, description="How long a scrape may take; 10s by default, or the interval where that is shorter."
    )


class OwnScrapeSettings(ScrapeOptions):
    """Scrape of one of the stack's own servers."""

    shorthand: ClassVar[str] = "enabled"

    enabled: Boolean = Field(
        True, description="Whether it is scraped. The short form is `scrape: false`; its packs need the scrape."
    )


class OwnServerSettings(ServerSettings):
    """Settings of the stack's own servers. Exporters have the keys of `scrape` among their own."""

    scrape: OwnScrapeSettings = Field(default_factory=OwnScrapeSettings, description="How it is scraped itself.")


class DataSettings(Model):
    """The data of a server that somebody else has started."""

    shorthand: ClassVar[str] = "from"

    from_: Text = Field(
        alias="from",
        description="A Docker volume by its name, or a folder by its path, relative to the manifest. The first "
        "`stackctl up --take-over` copies it; it stays as it is.",
    )


class StoringSettings(OwnServerSettings):
    """Settings of the servers that can take over the data of another one."""

    data: DataSettings | None = Field(None, description="Data to take over, when it has none of its own yet.")


class ScrapeSettings(ScrapeOptions):
    """Settings of every exporter's scrape."""

    labels: dict[LabelName, Text] = Field(default_factory=dict, description="Labels added to all of its series.")


class ExporterSettings(ScrapeSettings, ServerSettings):
    """Settings of every exporter that the stack runs."""

    args: list[Text] = Field(default_factory=list, description="Extra arguments, after the default ones.")
