"""What follows from the facts of a component."""

from __future__ import annotations

from zlib import crc32

import pytest

from stackctl.components import registry
from stackctl.components.component import MOST_INSTANCES, Works, groups_of_instances


def test_selects_the_series_that_shows_that_it_works() -> None:
    assert Works("pg_up", "== 1").selector("postgres") == 'pg_up{job="postgres"}'
    assert Works("x", matcher='a="b"').selector("j") == 'x{job="j", a="b"}'


@pytest.mark.parametrize(
    ("name", "runs", "exporter", "secrets"),
    [
        ("redis", True, True, True),
        ("node", True, True, False),
        ("rabbitmq", False, True, False),
    ],
)
def test_image_and_section_say_what_it_is(name: str, runs: bool, exporter: bool, secrets: bool) -> None:
    component = registry.component(name)
    assert (component.runs, component.is_exporter, component.holds_secrets) == (runs, exporter, secrets)


def test_exporter_and_its_server_have_separate_service_names() -> None:
    assert registry.component("redis").service == "redis-exporter"
    assert registry.component("node").service == "node"


def test_native_version_is_that_of_the_image() -> None:
    node = registry.component("node")
    assert node.image.endswith(f":v{node.version}")
    assert node.tool == "node_exporter"


def test_no_two_exporters_get_the_same_group() -> None:
    names = [f"redis-{number}" for number in range(MOST_INSTANCES)]
    groups = groups_of_instances(names)
    assert len({*groups.values()}) == MOST_INSTANCES
    assert groups_of_instances(list(reversed(names))) == groups
    with pytest.raises(ValueError, match="384"):
        groups_of_instances([*names, "one-more"])


def test_exporters_keep_their_groups_when_others_come() -> None:
    names = [f"redis-{number}" for number in range(50)]
    before, moved = groups_of_instances(names), 0
    for number in range(50, 150):
        after = groups_of_instances([*names, f"redis-{number}"])
        moved += sum(after[name] != before[name] for name in names)
    assert moved < 20  # of 5,000


def test_a_name_alone_has_the_group_that_earlier_trees_have() -> None:
    assert groups_of_instances(["orders"]) == {"orders": 60800 + crc32(b"orders") % 384}
