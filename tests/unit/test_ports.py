from __future__ import annotations

import socket

from tests import ports

# What Linux gives to connections begins here, unless somebody has set it otherwise; macOS begins later.
GIVEN = 32_768


def test_a_port_for_a_test_is_not_one_that_the_system_gives_to_connections() -> None:
    assert ports.FIRST + ports.WORKERS * ports.EACH <= GIVEN


def test_port_for_a_test_is_free_and_given_once() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", ports.free_port()))
        given = [ports.free_port() for _ in range(20)]
        assert len({*given, held.getsockname()[1]}) == 21


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", ports.free_port()))
        assert not ports._is_free(held.getsockname()[1])
