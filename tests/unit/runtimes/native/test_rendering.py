"""Units of the native runtime: servers as processes, and services that the user starts."""

from __future__ import annotations

import json
from pathlib import Path

from stackctl.model import NativeRun, Run
from stackctl.render import render
from stackctl.source import Secret
from stackctl.tree import Tree
from tests.unit.render.stacks import service, stack


def tree_of(**fields: object) -> Tree:
    run = NativeRun(**{"command": ("app", "--all"), "env": {}, "cwd": Path("/srv"), **fields})  # type: ignore[arg-type]
    return render(stack(services=(service(run=Run(native=run)),)), "native", salt=b"salt")


def test_service_is_started_by_its_command() -> None:
    unit = tree_of(env={"A": "b"}).unit("api")
    assert unit
    assert (unit.command, unit.env, unit.cwd, unit.tool) == (("app", "--all"), {"A": "b"}, "/srv", "")


def test_secret_variables_are_in_a_file_of_their_own() -> None:
    tree = tree_of(env={"A": "b", "PASSWORD": Secret("right-horse")})
    unit = tree.unit("api")
    assert unit
    assert unit.env == {"A": "b"}
    assert json.loads(tree.files[unit.env_file].content) == {"PASSWORD": "right-horse"}
    assert tree.files[unit.env_file].secret


def test_changed_variable_changes_the_unit() -> None:
    one, other = (tree_of(env={"PASSWORD": Secret(value)}).unit("api") for value in ("one-secret", "two-secret"))
    assert one
    assert other
    assert one.spec != other.spec


def test_server_has_the_program_of_its_component() -> None:
    (prometheus,) = render(stack(), "native").units
    assert prometheus.tool == "prometheus"
    assert prometheus.command[0] == "--config.file={tree}/prometheus/prometheus.yml"
