"""cAdvisor: processor, memory, disks and network of every container. The series are those of cAdvisor 0.5x."""

from __future__ import annotations

from typing import Any

from stackctl import conventions as c
from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Archive, Program, Release
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.model import Exporter, Metric, Stack

_SIMULATED = "simulated"


class CadvisorSettings(ExporterSettings):
    """cAdvisor: processor, memory, disks and network of every container. It runs in Docker only."""


def _arguments(_: Exporter, place: Place) -> tuple[str, ...]:
    # The containers of a cluster are not Docker's: it knows them by containerd, which it asks by itself.
    docker_only = str(place.runtime.name != c.KUBERNETES).lower()
    return (f"--port={place.listen.rpartition(':')[2]}", f"--docker_only={docker_only}")


def _parameters(_: CadvisorSettings, limits_cpus: bool) -> dict[str, str]:
    # It is not given the kernel's log, which not every machine lets a container have.
    return {"cpu_limits": str(limits_cpus).lower(), "oom_events": "false"}


def _simulated(stack: Stack) -> list[Metric]:
    """The containers are those of the stack: its components, services and others, as Compose names them."""
    names = [
        *(component.name for component in stack.components),
        *(service.name for service in stack.services),
        *(container.name for container in stack.containers),
    ]
    of = {
        "name": [f"{stack.name}-{name}-1" for name in names],
        "image": [_SIMULATED],
        "id": [f"/{_SIMULATED}"],
    }
    device, interface = ["/dev/sda"], ["eth0"]
    return [
        gauge("container_last_seen", None, **of),
        gauge("container_start_time_seconds", None, **of),
        counter("container_cpu_usage_seconds_total", (0.05, 3.0), **of, cpu=["total"]),
        counter("container_cpu_user_seconds_total", (0.03, 2.0), **of),
        counter("container_cpu_system_seconds_total", (0.01, 0.8), **of),
        counter("container_cpu_cfs_periods_total", (10.0, 10.0), **of),
        counter("container_cpu_cfs_throttled_periods_total", (0.0, 2.52), **of),
        gauge("container_memory_usage_bytes", (0.1 * GIB, 1.0 * GIB), **of),
        gauge("container_memory_working_set_bytes", (0.08 * GIB, 0.98 * GIB), **of),
        gauge("container_memory_rss", (0.06 * GIB, 0.9 * GIB), **of),
        gauge("container_spec_memory_limit_bytes", (GIB, GIB), **of),
        counter("container_oom_events_total", (0.0, 0.0), **of),
        counter("container_network_receive_bytes_total", (1e4, 5e6), **of, interface=interface),
        counter("container_network_transmit_bytes_total", (1e4, 5e6), **of, interface=interface),
        counter("container_network_receive_errors_total", (0.0, 5.0), **of, interface=interface),
        counter("container_network_transmit_errors_total", (0.0, 5.0), **of, interface=interface),
        counter("container_fs_reads_bytes_total", (0.0, 2e6), **of, device=device),
        counter("container_fs_writes_bytes_total", (1e3, 4e6), **of, device=device),
        gauge("container_fs_usage_bytes", (1.0 * GIB, 20.0 * GIB), **of, device=device),
        gauge("container_fs_limit_bytes", (24.0 * GIB, 24.0 * GIB), **of, device=device),
        gauge("machine_cpu_cores", (4.0, 4.0)),
        gauge("machine_memory_bytes", (8.0 * GIB, 8.0 * GIB)),
    ]


# It reads the state of all containers as the root user of its image, but without any capability.
_MOUNTS = tuple(
    {"type": "bind", "source": source, "target": target, "read_only": True}
    for source, target in (
        ("/", "/rootfs"),
        ("/var/run/docker.sock", "/var/run/docker.sock"),
        ("/sys", "/sys"),
        ("/var/lib/docker", "/var/lib/docker"),
    )
)

_NODE_MOUNTS = tuple(
    {"type": "bind", "source": source, "target": target, "read_only": True}
    for source, target in (("/", "/rootfs"), ("/run/containerd", "/run/containerd"), ("/sys", "/sys"))
)


def _adopted(started: Started) -> dict[str, Any]:
    """Show all control groups where it did so: its own default, but not stackctl's."""
    says = any(name == "docker_only" for name, _ in started.options)
    return {} if says else {"args": ["--docker_only=false"]}


COMPONENT = Component(
    name="cadvisor",
    rank=5,
    settings=CadvisorSettings,
    summary="cAdvisor, for containers.",
    # Before 0.54 the series of containers are missing under Docker 29's image store, while the target is up.
    image="ghcr.io/google/cadvisor:0.60.6",
    port=8080,
    ready="/healthz",
    container=Container(mounts=_MOUNTS, node_mounts=_NODE_MOUNTS, is_root=True),
    release=Release(
        project="cadvisor",
        programs=(Program("cadvisor"),),
        archive=Archive(
            home="https://github.com/google",
            name="cadvisor-v{version}-{system}-{machine}",
            # It publishes no file of checksums; GitHub reports the digest of each file of a release.
            sums=("https://api.github.com/repos/google/cadvisor/releases/tags/v{version}", "sha256sums.txt"),
        ),
        homepage="https://github.com/google/cadvisor/releases",
    ),
    series=("container_", "machine_", "cadvisor_"),
    works=Works("container_last_seen", matcher='name!=""'),
    secret_group=60716,  # of an earlier rank: files that are there already belong to it
    arguments=_arguments,
    parameters=_parameters,
    adopted=_adopted,
    own_options=("port", "logtostderr"),
    simulated=_simulated,
)
