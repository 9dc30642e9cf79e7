"""Values of the command line."""

from __future__ import annotations

import pytest

from stackctl.cli.values import NamedRuntime, RuntimeName, listen_address, seconds
from stackctl.errors import InputError


def test_reads_durations() -> None:
    assert seconds("1m30s", "--timeout") == 90


def test_refuses_what_is_not_a_duration_and_names_the_option() -> None:
    with pytest.raises(InputError, match="--timeout: not a duration: `soon`"):
        seconds("soon", "--timeout")


def test_every_runtime_can_be_named() -> None:
    assert [each.value for each in RuntimeName] == ["auto", *(each.value for each in NamedRuntime)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9799", ("127.0.0.1", 9799)),
        (":9799", ("", 9799)),
        ("10.0.0.1:9799", ("10.0.0.1", 9799)),
        ("[::1]:9799", ("::1", 9799)),
    ],
)
def test_port_alone_is_on_loopback(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text, "--listen") == address
