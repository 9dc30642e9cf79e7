"""The reason of a failure is quoted from whoever knows it: the discovery, the prober, another address."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.contract.checks.test_diagnosis import fail
from tests.contract.checks.world import Around, World, closed
from tests.contract.serving import Asked

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


def test_discovery_that_fails_is_reported_with_its_error(well: World) -> None:
    well.targets.remove(well.target("found"))
    place = well.context.place
    assert isinstance(place, Around)
    place.lines = (
        'level=ERROR msg="Unable to refresh target groups" discovery=http config=other err="not this one"',
        'level=ERROR msg="Unable to refresh target groups" discovery=http config=found err="Get: connection refused"',
    )
    finding = well.only("target.up", "found")
    assert finding.status == "fail"
    assert finding.summary == "discovery fails: Get: connection refused"


def test_discovered_targets_that_relabelling_drops_are_reported_so(well: World) -> None:
    gone = well.target("found")
    well.targets.remove(gone)
    well.dropped.append({"scrapePool": "found", "discoveredLabels": gone["discoveredLabels"]})
    assert "relabelling drops them" in well.only("target.up", "found").summary


@contextmanager
def listening_on_version_6() -> Iterator[int]:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {os.strerror(error.errno or errno.EINVAL)}")
    with server:
        yield server.getsockname()[1]


def test_service_that_listens_on_another_address_is_found_there(well: World) -> None:
    with listening_on_version_6() as port:
        well.change(dial=lambda host, port, seconds: socket.create_connection((host.strip("[]"), port), seconds))
        finding = fail(well, "connect: connection refused", f"127.0.0.1:{port}", closed)
    assert finding.summary == f"down: connection refused at 127.0.0.1:{port}: it listens on [::1]:{port} only"
    assert f"`[::1]:{port}`" in finding.remedy
