"""Which source is used when, and what is kept."""

from __future__ import annotations

import pytest

from stackctl.components import registry
from stackctl.errors import InputError, Unavailable
from stackctl.tools import install
from stackctl.tools.catalogue import INSTALLABLE, PROGRAMS, RELEASES, release_of

PROMETHEUS = release_of("prometheus")


def test_keeps_what_is_on_path_and_new_enough(tmp_path, program, mirror):
    for name in ("prometheus", "promtool"):
        program(tmp_path / "path", name, "3.2.0")
    tools = install(["prometheus", "promtool"], base_url=mirror.url)
    assert [(tool.version, tool.origin) for tool in tools] == [("3.2.0", "path")] * 2
    assert mirror.asked == []


def test_installs_into_the_cache_if_path_has_an_old_one(tmp_path, program, mirror):
    for name in ("prometheus", "promtool"):
        program(tmp_path / "path", name, "2.42.0")
    mirror.publish(PROMETHEUS)
    (tool,) = install(["prometheus"], base_url=mirror.url)
    assert (tool.version, tool.origin) == (PROMETHEUS.version, "cache")


def test_a_prometheus_without_its_promtool_does_not_count_as_installed(tmp_path, program, mirror):
    program(tmp_path / "path", "prometheus", "3.2.0")
    mirror.publish(PROMETHEUS)
    tools = install(["prometheus", "promtool"], base_url=mirror.url)
    assert {tool.path.parent for tool in tools} == {tools[0].path.parent}


def test_an_explicit_source_is_used_even_when_path_has_the_tool(tmp_path, program, mirror):
    for name in ("prometheus", "promtool"):
        program(tmp_path / "path", name, "3.2.0")
    mirror.publish(PROMETHEUS)
    (tool,) = install(["prometheus"], source="archive", base_url=mirror.url)
    assert tool.origin == "cache"


def test_reports_every_reason_when_no_source_has_it(mirror):
    # PATH has no apt here, so the second source fails as it does on a machine that is not Debian's.
    told: list[str] = []
    with pytest.raises(Unavailable) as caught:
        install(["prometheus"], base_url=mirror.url, progress=told.append)
    assert "cannot download" in str(caught.value)
    assert "this machine has no apt" in str(caught.value)
    assert [line.partition(":")[0] for line in told] == ["cannot install from archive", "cannot install from debian"]


def test_releases_stay_installed_when_a_later_source_fails(mirror, cache_dir):
    mirror.publish(PROMETHEUS)
    with pytest.raises(Unavailable):
        install(["prometheus", "pushgateway"], base_url=mirror.url)
    assert (cache_dir / "tools/current/prometheus/promtool").is_file()


def test_an_unknown_tool_is_refused_before_anything_is_written(mirror, cache_dir):
    with pytest.raises(InputError, match="promtol"):
        install(["prometheus", "promtol"], base_url=mirror.url)
    assert not cache_dir.exists()


def test_an_unknown_source_names_those_that_exist():
    with pytest.raises(InputError, match="Use one of auto, archive, debian"):
        install(["prometheus"], source="pip")


def test_a_tool_that_no_source_has_says_where_to_get_it(mirror):
    with pytest.raises(Unavailable, match="Debian has no package of grafana") as caught:
        install(["grafana"], base_url=mirror.url)
    assert "https://grafana.com/" in str(caught.value)


def test_a_build_without_a_version_is_kept(tmp_path, program, mirror):
    for name in ("prometheus", "promtool"):
        program(tmp_path / "path", name, "")
    tools = install(["prometheus", "promtool"], base_url=mirror.url)
    assert [(tool.version, tool.origin) for tool in tools] == [("", "path")] * 2


def test_pins_are_the_versions_of_the_default_images():
    assert PROMETHEUS.version in registry.component("prometheus").image
    assert release_of("amtool").version in registry.component("alertmanager").image


def test_catalogue_knows_every_native_binary():
    assert {each.tool for each in registry.running()} <= PROGRAMS.keys()
    assert {"promtool", "amtool"} <= set(INSTALLABLE)
    assert all(release.packages or release.homepage for release in RELEASES)


def test_a_cache_that_cannot_be_written_is_named(cache_dir, mirror):
    cache_dir.write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="set STACKCTL_CACHE_DIR to a folder that is"):
        install(["prometheus"], base_url=mirror.url)
