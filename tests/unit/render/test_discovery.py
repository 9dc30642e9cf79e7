"""Discovery in a container finds what is on the user's machine."""

from __future__ import annotations

import json

from stackctl.render.discovery import reachable_discovery
from stackctl.runtimes.registry import facts
from stackctl.source import Attached

BLOCK = {"job_name": "a", "consul_sd_configs": [{"server": "localhost:8500", "tags": ["localhost"]}]}


def test_servers_that_are_asked_are_reached_by_the_gateway() -> None:
    (entry,) = reachable_discovery(BLOCK, facts("docker"))["consul_sd_configs"]
    assert entry == {"server": "host.docker.internal:8500", "tags": ["localhost"]}


def test_process_needs_no_change() -> None:
    assert reachable_discovery(BLOCK, facts("native")) is BLOCK


def test_targets_of_a_file_keep_their_address_as_instance() -> None:
    file = Attached("t.yml", "- targets: [localhost:1, other:2]\n  labels: {zone: a}\n", secret=False)
    (entry,) = reachable_discovery({"file_sd_configs": [{"files": [file]}]}, facts("docker"))["file_sd_configs"]
    assert json.loads(entry["files"][0].content) == [
        {"targets": ["other:2"], "labels": {"zone": "a"}},
        {"targets": ["host.docker.internal:1"], "labels": {"instance": "localhost:1", "zone": "a"}},
    ]


def test_file_without_local_targets_stays_as_it_is() -> None:
    file = Attached("t.yml", "- targets: [other:2]\n", secret=False)
    (entry,) = reachable_discovery({"file_sd_configs": [{"files": [file]}]}, facts("docker"))["file_sd_configs"]
    assert entry["files"] == [file]
