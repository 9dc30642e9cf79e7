"""What cannot be added to the container of a component, each with its place."""

from __future__ import annotations

import pytest

from stackctl.components import registry
from stackctl.manifest.component_containers import contradictions

DATA = "the data of the component is at `/prometheus`"
TREE = "the configuration of the stack is mounted there"


@pytest.mark.parametrize(
    ("component", "fields", "found"),
    [
        ("prometheus", {"image": "x"}, (("image",), "stackctl sets it itself", "Write `image` of the component.")),
        ("prometheus", {"command": []}, (("command",), "stackctl sets it itself", "Remove it.")),
        ("prometheus", {"volumes": ["a:/b", "./data:/prometheus:rw"]}, (("volumes", 1), DATA)),
        ("prometheus", {"volumes": [{"type": "bind", "target": "/prometheus/wal"}]}, (("volumes", 0), DATA)),
        ("node", {"volumes": ["./x:/etc"]}, (("volumes", 0), TREE)),
        ("alertmanager", {"user": "root"}, (("user",), "the data of the component belongs to the user of its image")),
        ("grafana", {"environment": ["GF_X=1"]}, (("environment",), "stackctl sets `GF_X` itself")),
        ("redis", {"environment": {"REDIS_ADDR": "x"}}, (("environment",), "stackctl sets `REDIS_ADDR` itself")),
    ],
)  # fmt: skip
def test_refuses_what_stackctl_needs(component: str, fields: dict[str, object], found: tuple[object, ...]) -> None:
    [made] = contradictions(registry.component(component), fields)
    assert made[: len(found)] == found


@pytest.mark.parametrize(
    "fields",
    [
        {"labels": {"a": "b"}, "networks": ["web"], "dns": "1.1.1.1"},
        {"volumes": ["./more:/etc/prometheus/more:ro", "data:/prometheus2", "/x"]},
        {"environment": {"TZ": "UTC"}, "env_file": "own.env"},
        {"volumes": 3, "environment": 3},
    ],
)
def test_accepts_the_rest(fields: dict[str, object]) -> None:
    assert list(contradictions(registry.component("prometheus"), fields)) == []


def test_exporter_without_data_may_have_another_user() -> None:
    assert list(contradictions(registry.component("node"), {"user": "root"})) == []
