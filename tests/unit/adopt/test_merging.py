"""Compose files one over the other. That Compose does the same is tested with Compose itself."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackctl.adopt.merging import merged, parted, settled, tagged
from stackctl.adopt.source import source_of
from stackctl.manifest.problems import Problems


def both(below: str, over: str) -> Any:
    """The service `a` of two Compose files, as YAML."""
    made: Any = {}
    for text in (below, over):
        problems = Problems()
        source = source_of(f"services: {{a: {{{text}}}}}", "x.yml", problems, ("!reset", "!override"))
        assert source, [*problems]
        made = merged(made, tagged(source))
    return settled(made)["services"]["a"]


@pytest.mark.parametrize(
    ("below", "over", "result"),
    [
        ("command: [a, b]", "command: [c]", "command: [c]"),
        ("volumes: ['./a:/x:ro']", "volumes: ['./b:/x']", "volumes: ['./b:/x']"),
        ("volumes: ['${A:-./a}:/x']", "volumes: ['b:/x', 'c:/y']", "volumes: ['b:/x', 'c:/y']"),
        ("volumes: [/x]", "volumes: ['/y']", "volumes: [/x, /y]"),
        ("ports: ['1:1']", "ports: ['2:1', '1:1']", "ports: ['1:1', '2:1']"),
        ("environment: [A=1, B]", "environment: {A: true}", "environment: {A: 'true', B: '${B:-}'}"),
        ("dns: a", "dns: [b]", "dns: [a, b]"),
        ("networks: [a]", "networks: {b: {aliases: [c]}}", "networks: {a: , b: {aliases: [c]}}"),
        ("build: ./x", "build: {dockerfile: D}", "build: {context: ./x, dockerfile: D}"),
        ("logging: {driver: a, options: {b: c}}", "logging: {driver: d}", "logging: {driver: d}"),
        ("logging: {driver: a}", "logging: {options: {b: c}}", "logging: {driver: a, options: {b: c}}"),
        ("secrets: [{source: a, target: b}]", "secrets: [{source: c, target: b}]", "secrets: [{source: c, target: b}]"),
        ("image: a", "image: ", "image: a"),
        ("ports: ['1:1']", "ports: !override ['2:1']", "ports: ['2:1']"),
        ("ports: ['1:1'], image: a", "ports: !reset []", "image: a"),
        ("environment: {A: 1, B: 2}", "environment: {A: !reset null}", "environment: {B: '2'}"),
    ],
)
def test_fields_are_merged_as_compose_does(below: str, over: str, result: str) -> None:
    assert both(below, over) == yaml.safe_load(f"{{{result}}}")


def test_texts_are_parted_at_colons_outside_of_references() -> None:
    assert parted("${A:-./b}:/c:ro") == ["${A:-./b}", "/c", "ro"]
