from __future__ import annotations

import os
import socket

import psutil
import pytest

from stackctl.listeners import Listener, listeners


def test_lists_a_socket_that_listens_and_no_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            found = [each for each in listeners() if each.port == port]
    assert found == [Listener("127.0.0.1", port, os.getpid())]


def test_asks_each_process_where_the_whole_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refused)
    monkeypatch.setattr(psutil, "pids", lambda: [os.getpid(), 2**22 + 1])
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert Listener("127.0.0.1", server.getsockname()[1], os.getpid()) in listeners()
