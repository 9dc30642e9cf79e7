"""Targets of a service: those that stand for pods of the cluster, and those that are outside of it."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.model import Service, Target


def pods(service: Service) -> tuple[Target, ...]:
    """The targets that stand for pods: this machine, and names without dots, which are those of containers."""
    return tuple(target for target in service.targets if not _is_outside(target))


def outside(service: Service) -> tuple[Target, ...]:
    """The targets that are scraped at their addresses: an IP address, or a name with dots."""
    return tuple(target for target in service.targets if _is_outside(target))


def _is_outside(target: Target) -> bool:
    return target.host not in c.LOCAL_HOSTS and any(mark in target.host for mark in ".:")
