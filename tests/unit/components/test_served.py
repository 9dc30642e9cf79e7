"""Catalogues of components: what they say, and that they agree with the rest that is known of the component."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackctl.components import registry
from stackctl.components.served import NOTHING, ServedMetric, parsed, served
from stackctl.data import data_dir
from tests.unit.promql.exported import MANIFEST, stack_of

CATALOGUED = sorted(name for name in registry.names() if served(name) is not NOTHING)
PACKS = [file for folder in ("rules", "dashboards") for file in sorted(data_dir(folder).glob("*.yml"))]


def test_reads_type_unit_labels_and_values() -> None:
    found = parsed("# of a program 1.2\ncounter[milliseconds] x_total a b=c|d e? *\nunknown x_raw\ngauge y_* z\n")
    assert dict(found.metrics) == {
        "x_total": ServedMetric(
            "counter", {"a": (), "b": ("c", "d"), "e": ()}, frozenset({"e"}), is_open=True, unit="milliseconds"
        ),
        "x_raw": ServedMetric("", {}),
    }
    assert found.families == ("y_",)


def test_refuses_a_type_that_is_none() -> None:
    with pytest.raises(ValueError, match="conter"):
        parsed("conter x_total")


def test_component_without_a_catalogue_has_an_empty_one() -> None:
    assert served("stackctl") is NOTHING
    assert served("api") is NOTHING


def test_exporters_of_every_native_installation_have_one() -> None:
    native = {each.name for each in registry.every() if each.release is not None and each.release.packages}
    assert native - set(CATALOGUED) <= {"mysql"}


@pytest.mark.parametrize("name", CATALOGUED)
def test_names_begin_as_those_of_the_component(name: str) -> None:
    catalogue = served(name)
    beginnings = registry.component(name).series
    assert [each for each in (*catalogue.metrics, *catalogue.families) if not each.startswith(beginnings)] == []


@pytest.mark.parametrize("file", PACKS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_what_packs_ask_of_a_component_is_in_its_catalogue(file: Path) -> None:
    """Packs are tried on real servers: what they ask for is served."""
    names = set(re.findall(r"(?<![\w:])[a-z]\w+(?=[{\[)]| *[<>=/*+-] )", file.read_text()))
    asked = {(each, name) for each in CATALOGUED for name in names if name.startswith(registry.component(each).series)}
    assert [name for each, name in sorted(asked) if not _is_known(each, name)] == []


def _is_known(component: str, name: str) -> bool:
    catalogue = served(component)
    stem = re.sub(r"_(bucket|sum|count)$", "", name)
    return name in catalogue.metrics or stem in catalogue.metrics or name.startswith(catalogue.families or ("\0",))


@pytest.mark.parametrize("name", CATALOGUED)
def test_what_simulates_a_component_is_in_its_catalogue_with_its_kind(name: str) -> None:
    component = registry.component(name)
    stands_in = component.simulated(stack_of(MANIFEST)) if component.simulated else ()
    kinds = {each.name: each.kind for each in stands_in if each.name.startswith(component.series)}
    assert [each for each in kinds if not _is_known(name, each)] == []
    known = served(name).metrics
    assert {
        each: (kind, known[each].kind)
        for each, kind in kinds.items()
        if each in known and known[each].kind not in (kind, "", "info")
    } == {}
