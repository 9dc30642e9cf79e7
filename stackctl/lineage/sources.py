"""Sources of series: the services and components of a stack, with the names of what they serve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.lineage.graph import Node
from stackctl.lineage.selection import Selection
from stackctl.model import Exporter, Metric, Server, Service, Stack
from stackctl.scrape import component_job_names

# Keys of a scrape by which the label `job` may become another one.
_RELABELLING = frozenset({"relabel_configs", "metric_relabel_configs", "honor_labels"})
# Series that Prometheus makes of alerts, and those that it has of each target.
OF_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
OF_ALL = frozenset(c.SERIES_OF_ALL) - OF_ALERTS


@dataclass(frozen=True)
class Source:
    """A service or component.

    jobs        the values of `job` in its series, None where they are not known
    targets     what is scraped for it
    metrics     the metrics of its contract
    prefixes    how the names of its series begin
    is_scraped  whether it has a scrape job; a batch job pushes
    """

    node: Node
    jobs: frozenset[str] | None
    targets: tuple[Node, ...] = ()
    metrics: tuple[Metric, ...] = ()
    prefixes: tuple[str, ...] = ()
    is_scraped: bool = True

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the metrics of its contract, and of their series."""
        return frozenset(name for metric in self.metrics for name in (metric.name, *metric.samples))

    def serves(self, name: str) -> bool:
        """Return whether it has series of that name, or may have, as every target has `up`."""
        if name in self.names:
            return True
        is_everywhere = name in OF_ALL or name.startswith(c.PREFIXES_OF_ALL)
        return (self.is_scraped and is_everywhere) or bool(self.prefixes and name.startswith(self.prefixes))

    @property
    def is_unknown(self) -> bool:
        """Return whether nothing says what it serves."""
        return not self.metrics and not (self.prefixes and self.is_scraped)

    def has_job_of(self, selection: Selection) -> bool:
        """Return whether a selector takes the series of one of its jobs."""
        return self.jobs is None or any(selection.accepts("job", job) for job in self.jobs)


def sources(stack: Stack) -> list[Source]:
    """Return all services and components of a stack."""
    return [*map(_service, stack.services), *map(_component, stack.components)]


def _service(service: Service) -> Source:
    # The Pushgateway has series about each job that pushes, with the label of that job.
    known = registry.find(c.PUSHGATEWAY if service.push else service.component)
    return Source(
        Node("service", service.name, position=service.origin, note=_extent(service)),
        _jobs(service),
        tuple(Node("target", each.address, service.name, each.origin) for each in service.targets),
        service.contract.metrics if service.contract else (),
        known.series if known else (),
        is_scraped=service.push is None,
    )


def _extent(service: Service) -> str:
    if service.push:
        return "pushes its metrics"
    count = len(service.targets)
    return "discovers its targets" if service.discovery else f"{count} target{'' if count == 1 else 's'}"


def _jobs(service: Service) -> frozenset[str] | None:
    if service.push:
        return frozenset({service.push.job})
    labels = [service.labels, *(target.labels for target in service.targets)]
    if service.discovery or _RELABELLING & service.scrape.keys() or any("job" in each for each in labels):
        return None
    return frozenset({service.name})


def _component(server: Server) -> Source:
    known = registry.of(server)
    probes = server.probes if isinstance(server, Exporter) else ()
    return Source(
        Node("component", server.name, position=server.origin),
        component_job_names(server),
        tuple(Node("target", probe.url, server.name, probe.origin) for probe in probes),
        prefixes=tuple(known.series) if server.scrape else (),
        is_scraped=server.scrape is not None,
    )
