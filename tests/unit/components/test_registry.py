"""The registry: each component is one file, and no two get in each other's way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter

import pytest

from stackctl.components import registry
from stackctl.components.component import Component
from stackctl.manifest import secret_places
from tests.sources import MODULES, PACKAGE, nodes, text

# Products that stackctl speaks of elsewhere too: commands ask these servers for more than a component is asked for.
SERVERS = {"prometheus", "alertmanager", "grafana", "pushgateway"}
# The name of this program is everywhere.
EXPORTERS = sorted(registry.names() - SERVERS - {PACKAGE.name})
# A first manifest has a node exporter, and a process is what runs natively.
# In `rbac.py` a node is one of Kubernetes.
ALSO_NAMED = {
    "node": [*["export/kubernetes/rbac.py"] * 2, "operations/first_manifest.py"],
    "process": ["runtimes/native/facts.py"],
}


@pytest.mark.parametrize("name", sorted(registry.names()))
def test_file_has_the_name_of_its_component(name: str) -> None:
    assert registry.component(name).name == name


def test_finds_no_component_for_a_service() -> None:
    assert registry.find("api") is None
    assert registry.find("component") is None
    with pytest.raises(KeyError):
        registry.component("registry")


@pytest.mark.parametrize("fact", ["rank", "group"])
def test_numbers_are_all_different(fact: str) -> None:
    taken = Counter(getattr(each, fact) for each in registry.every())
    assert [number for number, times in taken.items() if times > 1] == []


def test_ports_and_container_names_are_all_different() -> None:
    for fact in ("port", "service", "image", "tool"):
        taken = Counter(getattr(each, fact) for each in registry.running())
        assert [value for value, times in taken.items() if times > 1] == [], fact


@pytest.mark.parametrize("component", registry.exporters(), ids=lambda each: str(each.name))
def test_secret_settings_are_hidden_by_their_place(component: Component) -> None:
    """A line that is wrong in another way is shown before the schema knows what is in it."""
    secret = [name for name, field in component.settings.model_fields.items() if "Secret" in str(field.annotation)]
    for name in secret:
        assert secret_places.is_secret(("exporters", component.name, name), "text"), name


@pytest.fixture(scope="module")
def constants() -> list[tuple[str, object]]:
    """Every constant in the code of other rooms that has a name of an exporter in quotes, after the file it is in."""
    quoted = re.compile(rf"""["']({"|".join(EXPORTERS)})["']""")
    return [
        (str(path.relative_to(PACKAGE)), node.value)
        for path in MODULES
        if path.parent.name != "components" and quoted.search(text(path))
        for node in nodes(path)
        if isinstance(node, ast.Constant)
    ]


@pytest.mark.parametrize("name", EXPORTERS)
def test_nothing_else_names_an_exporter(name: str, constants: list[tuple[str, object]]) -> None:
    """What is known of it is in its file, or a newcomer does not find it."""
    assert [file for file, value in constants if value == name] == ALSO_NAMED.get(name, [])


def test_the_registry_reads_no_component_before_it_is_asked() -> None:
    code = "import sys, stackctl.components.registry as r; r.names(); print('pydantic' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("kind", "name", "service"),
    [
        ("postgres", "postgres", "postgres-exporter"),
        ("postgres", "orders", "orders-exporter"),
        ("postgres", "postgres-exporter-orders", "postgres-exporter-orders"),
        ("blackbox", "pages", "pages"),
    ],
)
def test_instance_has_its_own_name_and_service(kind: str, name: str, service: str) -> None:
    made = registry.instance(kind, name)
    assert (made.name, made.service) == (name, service)
    assert (made.port, made.settings) == (registry.component(kind).port, registry.component(kind).settings)
