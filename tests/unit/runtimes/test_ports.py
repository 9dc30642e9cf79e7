"""Ports: free, taken and by whom."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from stackctl.runtimes import ports


def test_accepts_a_free_port_and_names_the_holder_of_a_taken_one() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        server.listen()
        refusal = ports.refusal(address)
        assert refusal is not None
        assert ports.is_taken(refusal)
        if sys.platform == "linux":
            assert ports.holder(address).pid == os.getpid()
    assert ports.refusal(address) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens without asking another program")
@pytest.mark.parametrize(
    ("command", "said", "shown"),
    [
        ("/usr/bin/docker-proxy -proto tcp", "shop-db-1 (postgres:17)", "the container shop-db-1 (postgres:17)"),
        ("/usr/bin/docker-proxy -proto tcp", "", "pid PID (/usr/bin/docker-proxy -proto tcp)"),
        ("python3 -m http.server", "shop-db-1 (postgres:17)", "pid PID (python3 -m http.server)"),
    ],
)
def test_names_the_container_that_publishes_a_port(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, said: str, shown: str
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\n[ "$3" = "publish=$PORT" ] && echo "{said}"\n')
    docker.chmod(0o755)
    monkeypatch.setattr(ports, "_command", lambda _: command)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setenv("PORT", str(port))
        assert str(ports.holder(f"127.0.0.1:{port}")) == shown.replace("PID", str(os.getpid()))


def test_names_the_holder_however_busy_it_is() -> None:
    stop = threading.Event()

    def open_and_close() -> None:
        while not stop.is_set():
            with Path(os.devnull).open():
                pass

    threads = [threading.Thread(target=open_and_close) for _ in range(3)]
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        for thread in threads:
            thread.start()
        try:
            found = {ports.holder(f"127.0.0.1:{server.getsockname()[1]}").pid for _ in range(40)}
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert found == {os.getpid()}


def test_an_address_of_another_machine_is_refused_but_is_not_taken() -> None:
    refusal = ports.refusal("192.0.2.1:9090")
    assert refusal is not None
    assert not ports.is_taken(refusal)
