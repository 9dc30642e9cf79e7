"""Where tools are looked for, in which order, and what is said when they are nowhere."""

from __future__ import annotations

import pytest

from stackctl.errors import InputError, Unavailable
from stackctl.tools import locate, require
from stackctl.tools.locate import is_at_least, version_of


def in_cache(cache_dir, project):
    return cache_dir / "tools" / "current" / project


def test_a_tool_that_is_nowhere_is_none():
    assert locate("prometheus") is None


def test_environment_wins_over_cache_and_cache_over_path(tmp_path, cache_dir, program, monkeypatch):
    on_path = program(tmp_path / "path", "prometheus")
    assert locate("prometheus").path == on_path
    cached = program(in_cache(cache_dir, "prometheus"), "prometheus")
    assert (locate("prometheus").path, locate("prometheus").origin) == (cached, "cache")
    chosen = program(tmp_path / "chosen", "prometheus")
    monkeypatch.setenv("STACKCTL_TOOLS_DIR", str(chosen.parent))
    assert (locate("prometheus").path, locate("prometheus").origin) == (chosen, "env")


def test_a_debian_name_is_found_under_upstreams_name(tmp_path, program):
    path = program(tmp_path / "path", "prometheus-alertmanager", "0.33.1")
    tool = locate("alertmanager")
    assert (tool.name, tool.path, tool.origin, tool.version) == ("alertmanager", path, "path", "0.33.1")


def test_promtool_is_the_sibling_of_the_prometheus_that_runs(tmp_path, cache_dir, program, monkeypatch):
    program(in_cache(cache_dir, "prometheus"), "promtool", "3.9.0")
    program(tmp_path / "chosen", "prometheus", "3.1.0")
    sibling = program(tmp_path / "chosen", "promtool", "3.1.0")
    monkeypatch.setenv("STACKCTL_TOOLS_DIR", str(tmp_path / "chosen"))
    assert locate("promtool").path == sibling


def test_finds_promtool_next_to_the_target_of_a_link(tmp_path, program):
    real = program(tmp_path / "opt" / "prometheus-3", "prometheus")
    sibling = program(tmp_path / "opt" / "prometheus-3", "promtool")
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "prometheus").symlink_to(real)
    assert locate("promtool").path == sibling


def test_finds_promtool_alone(tmp_path, program):
    assert locate("promtool") is None
    path = program(tmp_path / "path", "promtool")
    assert locate("promtool").path == path


def test_a_file_that_cannot_be_executed_is_not_a_tool(tmp_path, cache_dir, program):
    program(in_cache(cache_dir, "prometheus"), "prometheus").chmod(0o644)
    assert locate("prometheus") is None


def test_locating_starts_nothing(tmp_path, program):
    path = program(tmp_path / "path", "prometheus")
    path.write_text(f"#!/bin/sh\n: > {tmp_path}/started\necho version 3.5.0\n")
    tool = locate("prometheus")
    assert not (tmp_path / "started").exists()
    assert tool.version == "3.5.0"
    assert (tmp_path / "started").exists()


def test_a_tools_dir_that_is_no_folder_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("STACKCTL_TOOLS_DIR", str(tmp_path / "missing"))
    with pytest.raises(InputError, match="STACKCTL_TOOLS_DIR is not a folder"):
        locate("prometheus")


def test_unknown_name_suggests_the_one_that_was_meant():
    with pytest.raises(InputError, match="Did you mean `promtool`"):
        locate("promtol")


def test_missing_tool_has_a_remedy():
    with pytest.raises(Unavailable, match=r"help: Run `stackctl tools install amtool`\.") as caught:
        require("amtool")
    assert caught.value.exit_code == 3


def test_tool_that_cannot_be_installed_names_its_source():
    with pytest.raises(
        Unavailable, match="help: Run `stackctl tools install grafana`, or install it from https://grafana"
    ):
        require("grafana")


@pytest.mark.parametrize(
    ("bin", "home"),
    [("grafana-12/bin", "grafana-12"), ("usr/sbin", "usr/share/grafana"), ("brew/bin", "brew/share/grafana")],
)
def test_finds_grafana_with_its_installation_folder(tmp_path, program, monkeypatch, bin, home):
    found = program(tmp_path / bin, "grafana")
    defaults = tmp_path / home / "conf" / "defaults.ini"
    defaults.parent.mkdir(parents=True)
    defaults.touch()
    monkeypatch.setenv("PATH", str(found.parent))
    assert (require("grafana").path, require("grafana").home) == (found, tmp_path / home)


def test_prefers_grafanas_program_to_a_script_of_its_package(tmp_path, program, monkeypatch):
    script = program(tmp_path / "usr/sbin", "grafana")
    own = program(tmp_path / "usr/share/grafana/bin", "grafana")
    (tmp_path / "usr/share/grafana/conf").mkdir()
    (tmp_path / "usr/share/grafana/conf/defaults.ini").touch()
    monkeypatch.setenv("PATH", str(script.parent))
    assert require("grafana").path == own


def test_a_grafana_without_its_files_is_reported_so(program, tmp_path):
    path = program(tmp_path / "path", "grafana")
    with pytest.raises(Unavailable, match=r"defaults\.ini was not found") as caught:
        require("grafana")
    assert str(path) in str(caught.value)


def test_a_program_that_says_no_version_is_unavailable_with_what_it_said(tmp_path, program):
    path = program(tmp_path, "prometheus")
    path.write_text("#!/bin/sh\necho 'GLIBC_2.99 not found' >&2\nexit 1\n")
    with pytest.raises(Unavailable, match=r"GLIBC_2\.99 not found"):
        version_of(path)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("prometheus, version 3.5.3+ds1 (branch: debian/sid, revision: 3.5.3+ds1-6)", "3.5.3+ds1"),
        ("node_exporter, version 1.9.1 (branch: HEAD, revision: abc)", "1.9.1"),
        ("NGINX Prometheus Exporter version=0.11.0-1+b4 commit= date=, dirty=false", "0.11.0-1+b4"),
        ("Version 12.1.1 (commit: abc, branch: HEAD)", "12.1.1"),
        ("grafana version 11.0.0", "11.0.0"),
        ("prometheus, version  (branch: , revision: unknown)", ""),
        ("alertmanager, version 0.28.0-rc.1 (branch: HEAD)", "0.28.0-rc.1"),
    ],
)
def test_reads_versions_from_real_outputs(tmp_path, program, said, version):
    path = program(tmp_path, "any")
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    assert version_of(path) == version


@pytest.mark.parametrize(
    ("version", "minimum", "enough"),
    [
        ("3.5.3+ds1", "3.0", True),
        ("3.0.0", "3.0", True),
        ("2.53.1", "3.0", False),
        ("0.9.0", "0.27", False),
        ("10.0", "9.9", True),
        ("", "0", False),
    ],
)
def test_versions_compare_by_number(version, minimum, enough):
    assert is_at_least(version, minimum) is enough
