"""What each server is started with. Both runtimes use it; they differ in where the tree and the data lie."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.model import Component, Exporter, Prometheus
from stackctl.render.exporters import exporter_arguments
from stackctl.support import image_version

# From this version on the configuration file is the place of the retention; before, it was read wrongly there.
_RETENTION_IN_CONFIG = (3, 11)
_RECEIVER_NAMES = (0, 27)


def retention_in_config(prometheus: Prometheus, runtime: str) -> bool:
    """Whether this Prometheus takes its retention from prometheus.yml, and not from flags.

    Natively the binary may be older than the image, so it gets the flags: deprecated, but known to every version.
    """
    return runtime != c.NATIVE and image_version(prometheus.image) >= _RETENTION_IN_CONFIG


def arguments(
    component: Component, runtime: str, *, tree: str, data: str, listen: str, home: str = ""
) -> tuple[str, ...]:
    """The flags of `component`. `tree` and `data` are paths, `listen` the address.

    `home` is the folder of a server's installation, where that has to be told. Grafana takes all else by environment.
    """
    web = f"--web.listen-address={listen}"
    if isinstance(component, Prometheus):
        return (
            f"--config.file={tree}/{c.PROMETHEUS_FILE}",
            f"--storage.tsdb.path={data}",
            web,
            *((f"--web.config.file={tree}/{c.WEB_FILE}",) if component.login or component.tls else ()),
            "--web.enable-lifecycle",
            # `backup` asks for a snapshot: data read while Prometheus writes it is damaged. The price: who reaches the
            # address can delete series too, which is one more reason for the default of loopback only.
            "--web.enable-admin-api",
            *_retention(component, runtime),
        )
    if isinstance(component, Exporter) and component.server:
        return (web, *exporter_arguments(component, runtime, tree))
    return {
        c.ALERTMANAGER: (
            f"--config.file={tree}/{c.ALERTMANAGER_FILE}",
            f"--storage.path={data}",
            web,
            "--cluster.listen-address=",  # alone: no gossip port
            *_receiver_names(component, runtime),
        ),
        c.PUSHGATEWAY: (web, f"--persistence.file={data}/metrics.db"),
        c.NODE: (web,),
        c.BLACKBOX: (f"--config.file={tree}/blackbox/blackbox.yml", web),
        c.CADVISOR: (f"--port={listen.rpartition(':')[2]}", "--docker_only=true"),
        c.GRAFANA: ("server", f"--homepath={home}") if home else (),
    }[component.name]


def _receiver_names(alertmanager: Component, runtime: str) -> tuple[str, ...]:
    """Let the counters of notifications name the receiver. Natively a binary that is too old for it is refused."""
    known = runtime == c.NATIVE or image_version(alertmanager.image) >= _RECEIVER_NAMES
    return ("--enable-feature=receiver-name-in-metrics",) if known else ()


def _retention(prometheus: Prometheus, runtime: str) -> tuple[str, ...]:
    if retention_in_config(prometheus, runtime):
        return ()
    size = prometheus.retention.size
    return (
        f"--storage.tsdb.retention.time={prometheus.retention.time}",
        *((f"--storage.tsdb.retention.size={size}",) if size else ()),
    )
