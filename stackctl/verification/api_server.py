"""The state of a stack that the API server of a cluster reports, as checks take it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stackctl.access import Access
from stackctl.source import Position


@dataclass(frozen=True)
class Pod:
    """A pod: the workload that it is of, and why it is not ready, "" when it is."""

    name: str
    workload: str
    reason: str


@dataclass(frozen=True)
class View:
    """The one view of all replicas of Prometheus, by Thanos Query.

    origin      the place where the manifest says that there is one
    name        the name of Query's objects
    label       the label that tells the replicas apart
    queries     pods of Query that there are -> how each is asked
    replicas    pods that Prometheus has to have -> how each is asked
    workload    the workload of Query, and `prometheus` that of the replicas
    objects     the declared objects on the way from Query to the replicas
    """

    origin: Position
    name: str
    label: str
    queries: Mapping[str, Access]
    replicas: Mapping[str, Access]
    workload: str
    prometheus: str
    objects: tuple[str, ...]


@dataclass(frozen=True)
class InCluster:
    """The state of a stack in a cluster.

    origin     the place where the manifest names the cluster
    objects    declared object -> how the one in the cluster differs from it, "" where it does not
    jobs       scrape job -> the declared objects on the way to its targets
    rules      rule file -> the object that holds it; `dashboards` the same for the paths of dashboards, and for Grafana
               itself that of its datasources
    routing    the object that holds the receivers and routes, "" without an Alertmanager
    unknown    why that is not known, "" where it is
    workloads  declared workload -> what it waits for, "" when all of its pods are as declared
    outdated   scrape job that is loaded with other settings than its object has -> that object
    breaks     scrape job -> why it can have no targets, "" where nothing is known of that
    pods       address -> the pod that has it
    replicas   server that has several -> pod -> how it is asked
    view       the one view of all replicas of Prometheus, None where there is none, or where it is not what is asked
    datasource  the URL at which Grafana has to ask the stack's Prometheus, or that view; "" where nothing is known
    """

    origin: Position
    objects: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    dashboards: Mapping[str, str] = field(default_factory=dict)
    routing: str = ""
    unknown: str = ""
    workloads: Mapping[str, str] = field(default_factory=dict)
    outdated: Mapping[str, str] = field(default_factory=dict)
    breaks: Mapping[str, str] = field(default_factory=dict)
    pods: Mapping[str, Pod] = field(default_factory=dict)
    replicas: Mapping[str, Mapping[str, Access]] = field(default_factory=dict)
    view: View | None = None
    datasource: str = ""

    def changed(self, names: Iterable[str]) -> str:
        """Return the first of some objects that differs from what is declared, "" where none does."""
        return next((name for name in names if self.objects.get(name)), "")
