"""The programs that can be installed."""

from __future__ import annotations

import pytest

from stackctl.tools.catalogue import INSTALLABLE, PROGRAMS, installable, release_of


def test_program_is_part_of_a_release_with_its_server() -> None:
    assert release_of("promtool") is release_of("prometheus")
    assert release_of("promtool").server.name == "prometheus"
    with pytest.raises(KeyError):
        release_of("postgres")


def test_each_source_has_a_part_of_all_programs() -> None:
    assert set(installable("auto")) == set(INSTALLABLE) == set(PROGRAMS)
    assert set(installable("archive")) | set(installable("debian")) == set(INSTALLABLE)
    assert "redis_exporter" not in installable("archive")
    assert "grafana" not in installable("debian")
