"""The node exporter: the machine's processor, memory, disks and network."""

from __future__ import annotations

from stackctl.components.component import Component, Container, Works
from stackctl.components.release import Program, Release
from stackctl.components.settings import ExporterSettings

# It sees the machine through one read-only mount, with the machine's own /proc and /sys below it: no privilege, no
# shared process or network namespace. The price: network figures are the container's.
_HOST = "/host"


class NodeSettings(ExporterSettings):
    """The node exporter: the machine's processor, memory, disks and network."""


COMPONENT = Component(
    name="node",
    rank=4,
    settings=NodeSettings,
    summary="The node exporter.",
    image="prom/node-exporter:v1.12.1",
    port=9100,
    ready="/metrics",
    container=Container(
        flags=(f"--path.rootfs={_HOST}", f"--path.procfs={_HOST}/proc", f"--path.sysfs={_HOST}/sys"),
        mounts=({"type": "bind", "source": "/", "target": _HOST, "read_only": True},),
    ),
    release=Release(
        project="node_exporter",
        programs=(Program("node_exporter", ("prometheus-node-exporter",)),),
        packages=("prometheus-node-exporter",),
    ),
    series=("node_",),
    works=Works("node_uname_info"),
    own_options=("web.", "path."),
    target_series=614,
)
