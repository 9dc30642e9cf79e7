"""Contracts of exporters that cannot run here: what dashboards and alerts usually query of them.

Names, types and labels are those of the exporters. What would differ from one container or table to the next by more
labels has one value here.
"""

from __future__ import annotations

from dataclasses import replace

from stackctl.components import registry
from stackctl.model import Contract, Exporter, Health, Service, Stack, Target
from stackctl.runtimes.facts import Facts
from stackctl.runtimes.native.facts import FACTS as NATIVE
from stackctl.scrape import component_address


def simulated_exporters(stack: Stack, runtime: Facts = NATIVE) -> list[Service]:
    """The exporters of the stack as services, each with its contract and the address that Prometheus asks."""
    run = [(each.component_name, _as_service(each, runtime)) for each in stack.exporters]
    scraped = [(each.component, each) for each in stack.services if each.component]
    return [made for name, service in (*run, *scraped) for made in _with_contract(name, service, stack)]


def _as_service(exporter: Exporter, runtime: Facts) -> Service:
    target = Target(component_address(exporter, runtime), {}, exporter.origin)
    return Service(exporter.job, exporter.origin, (target,))


def _with_contract(name: str, service: Service, stack: Stack) -> list[Service]:
    """The service with what stands in for the component of that name; none for one that runs wherever stackctl does."""
    component = registry.component(name)
    if component.simulated is None:
        return []
    contract = Contract(tuple(component.simulated(stack)), service.origin)
    return [replace(service, contract=contract, health=Health(live=component.ready if component.runs else None))]
