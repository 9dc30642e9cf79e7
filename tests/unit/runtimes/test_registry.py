from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.errors import Unavailable
from stackctl.render import render
from stackctl.runtimes import registry
from stackctl.runtimes.facts import Facts
from stackctl.runtimes.select import choose, reopen_runtime
from stackctl.tree import File, Unit, dump_units, load_units
from tests.unit.render.stacks import prometheus, stack

# A runtime that is reached by a service, and has other words.
ELSEWHERE = replace(registry.facts("docker"), name="elsewhere", this_machine="gateway.test", answers="it answers there")


class Elsewhere:
    name = ELSEWHERE.name
    facts: Facts = ELSEWHERE

    def connect(self) -> None:
        pass


def units(_: Any, files: dict[str, File], __: bytes) -> tuple[Unit, ...]:
    files["elsewhere.json"] = File(b"{}")
    return (Unit("prometheus", spec="1"),)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime that a newcomer has added: one package, and its name in the registry."""
    package = "stackctl.runtimes.elsewhere"
    parts = {
        "facts": SimpleNamespace(FACTS=ELSEWHERE),
        "rendering": SimpleNamespace(units=units),
        "runtime": SimpleNamespace(opened=lambda *_: Elsewhere()),
    }
    monkeypatch.setitem(sys.modules, package, SimpleNamespace(__path__=[]))
    for name, part in parts.items():
        monkeypatch.setitem(sys.modules, f"{package}.{name}", part)
    monkeypatch.setattr(registry, "NAMES", ("elsewhere", *registry.NAMES))


@pytest.mark.parametrize("name", registry.NAMES)
def test_each_runtime_has_its_facts_and_both_halves(name: str) -> None:
    assert registry.facts(name).name == name
    assert callable(registry.module(name, "rendering").units)
    assert registry.module(name, "runtime").opened("shop", Path("/state"), print).facts == registry.facts(name)


def test_local_runtimes_come_first() -> None:
    assert sorted(registry.local_first()) == sorted(registry.NAMES)
    is_local = [registry.facts(name).is_local for name in registry.local_first()]
    assert is_local == sorted(is_local, reverse=True)


def test_a_name_from_a_file_may_be_unknown(tmp_path: Path) -> None:
    assert registry.find("podman") is None
    with pytest.raises(KeyError):
        registry.facts("podman")
    with pytest.raises(Unavailable, match="there is no runtime `podman`"):
        reopen_runtime("podman", "shop", tmp_path)
    with pytest.raises(ValueError, match="no runtime"):
        load_units(dump_units("shop", "podman", ()))


@pytest.mark.usefixtures("elsewhere")
def test_another_runtime_is_a_package_and_a_name(tmp_path: Path) -> None:
    write = {"url": "http://localhost:9999/write"}
    tree = render(stack(prometheus=replace(prometheus(), remote_write=(write,))), "elsewhere")
    assert tree.yaml("prometheus/prometheus.yml")["remote_write"][0]["url"] == "http://gateway.test:9999/write"
    assert "elsewhere.json" in tree.files
    assert load_units(tree.files["stackctl.json"].content) == ("shop", "elsewhere", tree.units)
    found = choose("auto", "shop", tmp_path)
    assert (found.runtime.name, found.reason) == ("elsewhere", "it answers there")


def test_registry_loads_no_runtime_before_it_is_asked() -> None:
    """It is imported with the program itself."""
    import subprocess

    code = "import sys, stackctl.runtimes.registry; print([name for name in sys.modules if 'runtimes.docker' in name])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
