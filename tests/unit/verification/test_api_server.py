"""The first changed object on the way is the cause of what fails behind it."""

from __future__ import annotations

from stackctl.source import Position
from stackctl.verification.api_server import InCluster


def test_first_object_that_differs_is_found() -> None:
    found = InCluster(Position("stack.yml"), objects={"Service a": "", "Service b": "spec changed", "Service c": "x"})
    assert found.changed(["Service a", "Service b", "Service c"]) == "Service b"
    assert found.changed(["Service a", "Service d", ""]) == ""
