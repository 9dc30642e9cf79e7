"""Files that their programs would not load are refused with the place, whatever they hold."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stackctl.adopt.shape import AlertmanagerFile, ComposeFile, PrometheusFile, is_shaped
from stackctl.adopt.source import source_of
from stackctl.errors import StackctlError
from stackctl.manifest.problems import Problems
from stackctl.operations.adopting import adopt_setup
from tests.unit.adopt.setups import NAMES, SETUPS

ODD: list[Any] = [
    None,
    "",
    0,
    True,
    [],
    {},
    [None],
    {"a": None},
    ["a", {"b": [1]}],
    "x" * 300,
    "${",
    "a:b:c",
    [[]],
    1.5,
]


def refused(text: str, shape: Any) -> list[str]:
    source, problems = source_of(text, "x.yml", Problems()), Problems()
    assert source
    is_shaped(source, shape, problems)
    return [f"{each.position}: {each.summary}" for each in problems]


@pytest.mark.parametrize(
    ("text", "shape", "says"),
    [
        ("scrape_configs: 5", PrometheusFile, "x.yml:1:1: scrape_configs: a list is expected"),
        ("scrape_configs: [{job_name: a}, 5]", PrometheusFile, "x.yml:1:33: scrape_configs.1: a mapping is expected"),
        ("scrape_configs: [{}]", PrometheusFile, "x.yml:1:18: scrape_configs.0.job_name: it is missing"),
        (
            "scrape_configs: [{job_name: a, static_configs: [{targets: a}]}]",
            PrometheusFile,
            "x.yml:1:50: scrape_configs.0.static_configs.0.targets: a list is expected",
        ),
        (
            "scrape_configs: [{job_name: a, dns_sd_configs: [a]}]",
            PrometheusFile,
            "x.yml:1:18: scrape_configs.0: `dns_sd_configs` has to be a list of mappings",
        ),
        (
            "global: {scrape_interval: often}",
            PrometheusFile,
            "x.yml:1:10: global.scrape_interval: not a duration: 'often'",
        ),
        ("receivers: [{slack_configs: []}]", AlertmanagerFile, "x.yml:1:13: receivers.0.name: it is missing"),
        ("route: []", AlertmanagerFile, "x.yml:1:1: route: a mapping is expected"),
        ("services: {a: {ports: 80}}", ComposeFile, "x.yml:1:16: services.a.ports: a list is expected"),
    ],
)
def test_part_of_another_shape_is_refused_with_its_place(text: str, shape: Any, says: str) -> None:
    assert refused(text, shape) == [says]


def test_keys_that_nothing_is_known_of_are_no_matter() -> None:
    assert refused("scrape_configs: [{job_name: a, future: {b: c}}]\nnew: 1\n", PrometheusFile) == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_file_of_a_setup_can_stop_it_with_another_error(data: st.DataObject) -> None:
    """A part of one of its files is anything: it is adopted, or refused in words."""
    setup = SETUPS / data.draw(st.sampled_from(NAMES))
    file = data.draw(st.sampled_from(sorted(path for path in setup.rglob("*.y*ml"))))
    content = yaml.safe_load(file.read_text())
    place = data.draw(st.sampled_from([*_places(content)]))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(setup, Path(folder, "setup")))
        (copy / file.relative_to(setup)).write_text(
            yaml.safe_dump(_with(content, place, data.draw(st.sampled_from(ODD))))
        )
        with suppress(StackctlError):
            adopt_setup([str(copy)], {})


def _places(value: Any, place: tuple[Any, ...] = ()) -> Any:
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*place, key))


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    changed = value.copy()
    changed[place[0]] = _with(value[place[0]], place[1:], new)
    return changed


def test_value_of_a_template_is_named_as_such() -> None:
    text = "global: {scrape_interval: '{{ interval }}'}"
    says = "x.yml:1:10: global.scrape_interval is `{{ interval }}`: x.yml is a template"
    assert refused(text, PrometheusFile) == [says]
