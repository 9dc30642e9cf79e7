"""Targets of a service: those that stand for pods of the cluster, and those that are outside of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackctl import conventions as c
from stackctl.export.kubernetes.compose import Ran
from stackctl.model import Service, Target

_NONE: Mapping[str, str] = {}


def pods(service: Service, variables: Mapping[str, str] = _NONE) -> tuple[Target, ...]:
    """The targets that stand for pods: this machine, and names without dots, which are those of containers.

    Of a container that the manifest runs, a published port of this machine is the port inside. `variables` are those
    that its fields may name.
    """
    published = Ran(service.run.docker, variables).published if service.run.docker else {}
    inside = (target for target in service.targets if not _is_outside(target))
    return tuple(_inside(target, published) if target.host in c.LOCAL_HOSTS else target for target in inside)


def _inside(target: Target, published: Mapping[int, int]) -> Target:
    return replace(target, address=f"{target.host}:{published.get(target.port, target.port)}")


def outside(service: Service) -> tuple[Target, ...]:
    """The targets that are scraped at their addresses: an IP address, or a name with dots."""
    return tuple(target for target in service.targets if _is_outside(target))


def _is_outside(target: Target) -> bool:
    return target.host not in c.LOCAL_HOSTS and any(mark in target.host for mark in ".:")
