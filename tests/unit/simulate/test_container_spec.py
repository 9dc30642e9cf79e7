"""What a simulation in a container is told, and that it needs nothing but Python."""

from __future__ import annotations

import http.client
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from stackctl.model import Contract, Metric, Service
from stackctl.simulate.container_spec import Order, Served, read, served, write
from stackctl.source import Position, Secret
from tests.ports import free_port

PACKAGE = Path(__file__).parents[3]
HERE = Position("stack.yml")


def service(name: str) -> Service:
    contract = Contract((Metric(f"{name}_jobs_total", "counter", HERE),), HERE)
    return Service(
        name, HERE, scrape={"basic_auth": {"username": "me", "password": Secret("hunter2")}}, contract=contract
    )


def ask(port: int, host: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics", headers={"Host": host, "Authorization": "Basic bWU6aHVudGVyMg=="})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_container_gets_its_spec_unchanged() -> None:
    order = Order((Served(service("api"), (("api:8000", 8000),)),), "normal", 1, 1.0, 9999)
    assert read(write(order)) == order
    assert write(order).count(b"\n") == 1


def test_services_on_one_port_are_distinguished_by_host_name() -> None:
    port, control = free_port(), free_port()
    both = tuple(Served(service(name), ((f"{name}:{port}", port),)) for name in ("api", "web"))
    with served(Order(both, "normal", 1, 1.0, control), lambda _: None):
        for name in ("api", "web"):
            status, text = ask(port, f"{name}:{port}")
            assert (status, f"{name}_jobs_total" in text) == (200, True)
        assert ask(port, "other:80") == (404, f"here are api:{port}, web:{port}\n")
        down = urllib.request.Request(f"http://127.0.0.1:{control}/-/scenario?service=web&name=down", method="POST")
        urllib.request.urlopen(down, timeout=10).close()
        assert ask(port, f"api:{port}")[0] == 200
        with pytest.raises(http.client.RemoteDisconnected):
            ask(port, f"web:{port}")


def test_container_needs_nothing_but_python() -> None:
    look = (
        f"import sys; sys.path.insert(0, {str(PACKAGE)!r}); import stackctl.simulate.__main__; "
        "print([m for m in {n.partition('.')[0] for n in sys.modules} if m not in sys.stdlib_module_names])"
    )
    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", look], capture_output=True, text=True, check=True, timeout=20
    ).stdout
    assert said.strip() in ("['__main__', 'stackctl']", "['stackctl', '__main__']", "['stackctl']")
