"""The process exporter: what groups of processes of this machine use. The series are those of process-exporter 0.7."""

from __future__ import annotations

from typing import Any

from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Archive, Program, Release
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.model import Exporter, Metric, Stack

_FILE = "process/process.yml"
_HOST_PROC = "/host/proc"


class ProcessSettings(ExporterSettings):
    """The process exporter: processor, memory and files of this machine's processes, by the names of their programs."""


def _arguments(_: Exporter, place: Place) -> tuple[str, ...]:
    # Series of single threads would be many, and nothing here asks for them.
    return (f"--config.path={place.tree}/{_FILE}", "--threads=false", place.web)


def _configuration() -> dict[str, Any]:
    return {_FILE: {"process_names": [{"name": "{{.Comm}}", "cmdline": [".+"]}]}}


def _simulated(_: Stack) -> list[Metric]:
    group = {"groupname": ["nginx", "python3", "postgres"]}
    return [
        gauge("namedprocess_namegroup_num_procs", (4.0, 40.0), **group),
        gauge("namedprocess_namegroup_num_threads", (8.0, 400.0), **group),
        gauge("namedprocess_namegroup_oldest_start_time_seconds", None, **group),
        gauge("namedprocess_namegroup_open_filedesc", (20.0, 4000.0), **group),
        gauge("namedprocess_namegroup_worst_fd_ratio", (0.01, 0.95), **group),
        gauge("namedprocess_namegroup_memory_bytes", (0.1 * GIB, 2.0 * GIB), **group, memtype=["resident"]),
        gauge("namedprocess_namegroup_states", (0.0, 25.0), **group, state=["Zombie"]),
        counter("namedprocess_namegroup_cpu_seconds_total", (0.01, 0.9), **group, mode=["user", "system"]),
        counter("namedprocess_namegroup_read_bytes_total", (0.0, 1e6), **group),
        counter("namedprocess_namegroup_write_bytes_total", (1e3, 4e6), **group),
    ]


def _adopted(started: Started) -> dict[str, str] | None:
    return None if started.given("config.path") else {}


COMPONENT = Component(
    name="process",
    rank=15,
    settings=ProcessSettings,
    summary="The process exporter.",
    image="ncabatoff/process-exporter:0.8.7",
    port=9256,
    container=Container(
        service="process-exporter",
        flags=(f"--procfs={_HOST_PROC}",),
        mounts=({"type": "bind", "source": "/proc", "target": _HOST_PROC, "read_only": True},),
        is_root=True,  # the files and the memory of processes are shown to their owner and to root
        has_wget=False,  # its image holds nothing but the program
    ),
    release=Release(
        project="process-exporter",
        programs=(Program("process-exporter", ("prometheus-process-exporter",)),),
        packages=("prometheus-process-exporter",),
        archive=Archive(home="https://github.com/ncabatoff", sums=("checksums.txt",)),
    ),
    series=("namedprocess_",),
    works=Works("namedprocess_namegroup_num_procs", "> 0"),
    reads_at_start=("process/",),
    arguments=_arguments,
    configuration=_configuration,
    adopted=_adopted,
    own_options=("web.", "threads"),
    simulated=_simulated,
    target_series=825,
)
