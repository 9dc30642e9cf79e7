"""Exporters and probes: what is behind them answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest import mock

import pytest

from stackctl.components import registry as components
from stackctl.runtimes.registry import facts
from tests.contract.serving import Asked
from tests.contract.world import World, words


@contextmanager
def taken(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
    """Somebody takes every connection."""
    one, other = socket.socketpair()
    with one, other:
        yield one


def test_an_exporter_that_does_not_reach_its_server_fails(well: World) -> None:
    well.reached.remove("redis_up")
    well.change(dial=taken)
    finding = well.only("exporter.works", "redis")
    remedy = "See `stackctl logs redis`; correct its server's settings in the manifest."
    assert words(finding) == ("fail", "the exporter responds, but does not reach its server", remedy)
    assert finding.evidence == 'not met: redis_up{job="redis"} == 1'


def test_a_server_that_refuses_its_exporter_is_named_where_it_can_be_asked(well: World) -> None:
    well.reached.remove("redis_up")
    finding = well.only("exporter.works", "redis")
    summary = "the exporter responds, but its server does not: localhost:6379: connection refused"
    assert words(finding) == (
        "fail",
        summary,
        "Start its server there, or correct its address under `exporters.redis`.",
    )
    # From a container another address may be meant, and what is refused here says nothing.
    well.change(runtime=facts("docker"))
    assert well.only("exporter.works", "redis").summary == "the exporter responds, but does not reach its server"


KNOWN = {each.name: each for each in components.every()}


@pytest.mark.parametrize(
    ("name", "settings", "address"),
    [
        ("redis", {"address": "localhost:6390"}, "localhost:6390"),
        ("postgres", {"dsn": "postgresql://monitor:hunter2@db.test/x?sslmode=disable"}, "db.test:5432"),
        ("postgres", {"dsn": "postgresql://monitor:hunter2@[::1]:5433/x"}, "[::1]:5433"),
        ("nginx", {"url": "http://localhost/stub_status"}, "localhost:80"),
    ],
)
def test_shows_only_host_and_port_of_a_server(well: World, name: str, settings: dict[str, str], address: str) -> None:
    well.reached.remove("redis_up")
    stack = well.context.stack
    told = KNOWN[name].settings(**settings)
    redis = next(each for each in stack.exporters if each.name == "redis")
    known = {**KNOWN, "redis": replace(KNOWN["redis"], asks=KNOWN[name].asks)}
    with mock.patch.object(components, "component", known.__getitem__):
        well.change(stack=replace(stack, exporters=(replace(redis, settings=told),)))
        finding = well.only("exporter.works", "redis")
    assert finding.summary.endswith(f": {address}: connection refused")
    assert "hunter2" not in str(finding)


def test_a_probe_without_success_names_what_was_asked(well: World) -> None:
    well.reached.remove("probe_success")
    finding = well.only("probe.success", "home")
    remedy = (
        "Correct the URL or the module of the probe, or fix the probed service; `curl -v` shows the whole response."
    )
    assert words(finding) == ("fail", "http://example.test/ does not answer as `http_2xx` expects", remedy)


PROBED = """\
Logs for the probe:
{lines}
time=2026-11-29T16:04:30.338Z level=ERROR source=handler.go:130 msg="Probe failed" duration_seconds=0.002

Metrics that would have been returned:
probe_success 0
"""
STATUS = 'level=ERROR msg="Invalid HTTP response status code, wanted 2xx" module=http_2xx status_code=404'
REFUSED = 'level=ERROR msg="Error for HTTP request" err="Get \\"http://example.test/\\": connect: connection refused"'
CIRCLE = 'level=WARN msg="Not following redirect" module=http_2xx\n' + STATUS.replace("404", "302")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (STATUS, ": it returns 404"),
        (CIRCLE, ": it returns 302, after a redirect loop"),
        (REFUSED, ': Get "http://example.test/": connect: connection refused'),
        ("", ""),
    ],
    ids=["status", "circle", "refused", "no reason"],
)
def test_probe_fails_with_the_reason_of_its_prober(well: World, lines: str, reason: str) -> None:
    well.reached.remove("probe_success")
    well.servers["blackbox"].routes["/probe"] = Asked(lambda _: PROBED.format(lines=lines))
    finding = well.only("probe.success")
    assert finding.status == "fail"
    assert finding.summary == f"http://example.test/ does not answer as `http_2xx` expects{reason}"
