"""Data in volumes and folders of other containers: what the engine's answers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from stackctl.errors import Unavailable
from stackctl.runtimes.docker.foreign import _container_with, _mount, _parts, reader

SAID = """//names
01ABC
wal
//size
12	.
//block 01ABC
{
  "version": 1
}

"""


def test_survey_is_read_in_parts() -> None:
    names, size, blocks = _parts(SAID)
    assert (names, size, {*blocks}) == ({"01ABC", "wal"}, 12 * 1024, {"01ABC"})
    assert '"version": 1' in blocks["01ABC"]


@pytest.mark.parametrize(
    ("mount", "source", "used"),
    [
        ({"Type": "volume", "Name": "old"}, "old", True),
        ({"Type": "volume", "Name": "other"}, "old", False),
        ({"Type": "bind", "Source": "/data", "RW": True}, "./old", True),
        ({"Type": "bind", "Source": "/data/old", "RW": False}, "./old", False),
        ({"Type": "bind", "Source": "/data/older", "RW": True}, "./old", False),
    ],
)
def test_running_container_with_the_data_uses_it(mount: dict[str, Any], source: str, used: bool) -> None:
    client = Mock()
    client.containers.return_value = [{"Names": ["/shop-1"], "Mounts": [mount]}]
    assert _container_with(client, source, Path("/data")) == ("container shop-1" if used else "")


def test_only_volume_that_the_stack_has_made_is_refused() -> None:
    client = Mock()
    theirs = {"com.docker.compose.project": "shop"}
    client.inspect_volume.return_value = {"Labels": {**theirs, "stackctl.volume": "prom"}}
    with pytest.raises(Unavailable) as caught:
        _mount(client, "shop", "shop_prom", Path("/data"))
    assert caught.value.problems[0].remedy == "Name the volume of the servers that ran before."
    assert _mount(client, "other", "shop_prom", Path("/data")).endswith("readonly,volume-nocopy")
    client.inspect_volume.return_value = {"Labels": theirs}
    assert _mount(client, "shop", "shop_prom", Path("/data")).endswith("readonly,volume-nocopy")


def test_reader_has_the_name_of_its_unit() -> None:
    assert reader("shop", "prometheus") == "shop-prometheus-source"
