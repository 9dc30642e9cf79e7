from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackctl import conventions as c
from stackctl.runtimes.explain_plan import explained
from stackctl.runtimes.plan import ANY_CHANGE
from stackctl.runtimes.protocol import Plan, Step
from stackctl.tree import File, Tree, Unit

UNIT = Unit("alertmanager", command=("--a",), env={"A": "1"}, tool="alertmanager")
SERVICE = {"command": ["--a"], "environment": {"A": "1"}, "labels": {"stackctl.spec": "x"}, "ports": ["1:1"]}


def native(files: dict[str, bytes] | None = None, **fields: Any) -> Tree:
    unit = Unit(**{"name": UNIT.name, "command": UNIT.command, "env": UNIT.env, "tool": UNIT.tool, **fields})
    return Tree("s", "native", {path: File(content) for path, content in (files or {}).items()}, (unit,))


def docker(**keys: Any) -> Tree:
    compose = yaml.safe_dump({"services": {UNIT.name: {**SERVICE, **keys}}}).encode()
    return Tree("s", "docker", {c.COMPOSE_FILE: File(compose)}, (UNIT,))


def cause(before: Tree, after: Tree) -> str:
    plan = Plan((Step("replace", UNIT.name, ANY_CHANGE), Step("reload", "prometheus", "configuration changed")))
    first, second = explained(plan, before, after).steps
    assert second == plan.steps[1]
    return first.cause


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (native(), native(command=("--b",)), "flags changed"),
        (native(), native(env={}, cwd="/x"), "folder to run in, environment changed"),
        (
            native({"secrets/alertmanager/a": b"1"}),
            native({"secrets/alertmanager/a": b"2"}),
            "it reads secrets/alertmanager/a only when it starts",
        ),
        (native({"secrets/other/a": b"1"}), native(), ANY_CHANGE),
        (docker(), docker(command=["--b"], ports=[]), "flags, published address changed"),
        (docker(), docker(labels={}), ANY_CHANGE),
        (docker(), docker(init=True), "init changed"),
    ],
)
def test_a_replacement_says_what_has_changed(before: Tree, after: Tree, words: str) -> None:
    assert cause(before, after) == words


def test_a_first_secret_says_why_it_takes_a_restart() -> None:
    said = cause(docker(), docker(group_add=["1"], volumes=[{"type": "bind"}]))
    assert said.startswith("mounts changed; it now has a secret to read")
    assert "joins or leaves the group that may read secrets, which needs a new container" in said


def test_another_group_says_why_it_takes_a_restart() -> None:
    said = cause(docker(group_add=["1"]), docker(group_add=["2"]))
    assert said.startswith("its group that may read secrets changed, as another exporter was added or removed")


def test_file_of_the_kind_explains_the_replacement_of_an_instance() -> None:
    before, after = (
        Tree("s", "native", {"process/process.yml": File(content)}, (Unit("workers", kind="process"),))
        for content in (b"1", b"2")
    )
    plan = Plan((Step("replace", "workers", ANY_CHANGE),))
    (step,) = explained(plan, before, after).steps
    assert step.cause == "it reads process/process.yml only when it starts"


def test_other_causes_stay() -> None:
    plan = Plan((Step("replace", UNIT.name, "image changed: a -> b"), Step("create", "x", "not created yet")))
    assert explained(plan, native(), native(command=())) == plan
