"""The NGINX exporter asks a status page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import MACHINE, started


@pytest.mark.parametrize(("runtime", "host"), MACHINE)
def test_page_is_reached_from_where_it_runs(tmp_path: Path, runtime: str, host: str) -> None:
    exporter = started(tmp_path, "nginx", '{url: "http://localhost/status"}', runtime)
    assert exporter.command[1:] == (f"--nginx.scrape-uri=http://{host}/status",)
