"""Installing from upstream's release archives, against a real server of archives made here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.tools import install, locate
from stackctl.tools.archive import ChecksumMismatch, _downloads, _sum_in, archive_name
from stackctl.tools.catalogue import release_of
from tests.unit.tools.conftest import pack, script

PROMETHEUS = release_of("prometheus")
TOP = f"prometheus-{PROMETHEUS.version}.linux-amd64"


def files_in(folder: Path) -> list[str]:
    """Everything in the cache but its lock."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != ".lock"
    )


def refused(mirror, names=("prometheus",), error: type[Unavailable] = Unavailable) -> str:
    with pytest.raises(error) as caught:
        install(names, source="archive", base_url=mirror.url)
    return str(caught.value)


def test_an_archive_becomes_programs_that_are_found_in_the_cache(mirror, cache_dir):
    mirror.publish(PROMETHEUS)
    (tool,) = install(["prometheus"], source="archive", base_url=mirror.url)
    assert (tool.name, tool.version, tool.origin) == ("prometheus", PROMETHEUS.version, "cache")
    assert tool.path == cache_dir / "tools/archive" / f"prometheus-{PROMETHEUS.version}" / "prometheus"
    assert locate("prometheus") == tool


def test_promtool_comes_from_the_release_of_prometheus(mirror):
    mirror.publish(PROMETHEUS)
    (promtool,) = install(["promtool"], source="archive", base_url=mirror.url)
    prometheus = locate("prometheus")
    assert prometheus is not None
    assert promtool.path.parent == prometheus.path.parent


def test_a_second_install_asks_the_server_for_nothing(mirror):
    mirror.publish(PROMETHEUS)
    install(["prometheus"], source="archive", base_url=mirror.url)
    mirror.asked.clear()
    install(["prometheus", "promtool"], source="archive", base_url=mirror.url)
    assert mirror.asked == []


def test_the_mirror_may_be_named_by_the_environment(mirror, monkeypatch):
    mirror.publish(PROMETHEUS)
    monkeypatch.setenv("STACKCTL_TOOLS_BASE_URL", mirror.url + "/")
    assert install(["prometheus"], source="archive")[0].version == PROMETHEUS.version


def test_a_checksum_mismatch_leaves_nothing_in_the_cache(mirror, cache_dir):
    mirror.files[mirror.publish(PROMETHEUS)] += b"tampered"
    message = refused(mirror, error=ChecksumMismatch)
    assert "is not the published archive" in message
    assert "help: Try again; if the error persists, do not trust that address" in message
    assert files_in(cache_dir) == []


def test_a_checksum_mismatch_is_not_papered_over_by_another_source(mirror):
    mirror.files[mirror.publish(PROMETHEUS)] += b"tampered"
    with pytest.raises(ChecksumMismatch):
        install(["prometheus"], source="auto", base_url=mirror.url)


def test_a_truncated_download_leaves_nothing_in_the_cache(mirror, cache_dir):
    mirror.cut.add(mirror.publish(PROMETHEUS))
    refused(mirror)
    assert files_in(cache_dir) == []


def test_an_archive_that_does_not_exist_is_named(mirror, cache_dir):
    path = mirror.publish(PROMETHEUS)
    del mirror.files[path]
    message = refused(mirror)
    assert f"cannot download {mirror.url}{path}" in message
    assert "404" in message
    assert "--base-url" in message
    assert files_in(cache_dir) == []


def test_an_archive_without_a_checksum_line_is_not_downloaded(mirror):
    path = mirror.publish(PROMETHEUS)
    sums = path.rpartition("/")[0] + "/sha256sums.txt"
    mirror.files[sums] = b"0123  another.tar.gz\n"
    assert f"has no line for {archive_name(PROMETHEUS)}" in refused(mirror)
    assert mirror.asked == [sums]


def test_a_server_that_does_not_answer_is_named(mirror):
    with pytest.raises(Unavailable, match=r"cannot download http://127\.0\.0\.1:9/"):
        install(["prometheus"], source="archive", base_url="http://127.0.0.1:9")


@pytest.mark.parametrize("member", ["../../escaped", "/tmp/escaped", f"{TOP}/../../escaped", f"{TOP}/other/promtool"])
def test_no_other_member_of_an_archive_may_be_written_anywhere(mirror, cache_dir, tmp_path, member):
    good = {f"{TOP}/{name}": b'#!/bin/sh\necho "version 3.5.0"\n' for name in ("prometheus", "promtool")}
    mirror.publish(PROMETHEUS, {member: b"bad", **good})
    install(["prometheus"], source="archive", base_url=mirror.url)
    place = f"tools/archive/prometheus-{PROMETHEUS.version}"
    links = {f"tools/current/prometheus/{name}" for name in ("prometheus", "promtool")}
    assert set(files_in(cache_dir)) - links == {f"{place}/prometheus", f"{place}/promtool"}
    assert not list(tmp_path.rglob("escaped*"))


def test_an_archive_that_lacks_a_program_leaves_nothing_in_the_cache(mirror, cache_dir):
    mirror.publish(PROMETHEUS, {f"{TOP}/prometheus": b"#!/bin/sh\n"})
    assert "It has no promtool." in refused(mirror)
    assert files_in(cache_dir) == []


def test_a_program_that_does_not_run_leaves_nothing_in_the_cache(mirror, cache_dir):
    broken = {f"{TOP}/{name}": b"#!/bin/sh\necho libc too old >&2; exit 1\n" for name in ("prometheus", "promtool")}
    mirror.publish(PROMETHEUS, broken)
    assert "libc too old" in refused(mirror)
    assert files_in(cache_dir) == []


def test_refuses_what_is_not_an_archive(mirror, cache_dir):
    path = mirror.publish(PROMETHEUS)
    mirror.files[path] = b"<html>a login page</html>"
    digest = hashlib.sha256(mirror.files[path]).hexdigest()
    mirror.files[path.rpartition("/")[0] + "/sha256sums.txt"] = f"{digest} *{archive_name(PROMETHEUS)}\n".encode()
    assert "cannot be unpacked" in refused(mirror)
    assert files_in(cache_dir) == []


@pytest.mark.parametrize(("system", "machine"), [("Windows", "AMD64"), ("Linux", "mips"), ("SunOS", "sun4v")])
def test_a_platform_that_upstream_does_not_build_for_is_named(mirror, monkeypatch, system, machine):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert f"there is no upstream archive for {system} on {machine}" in refused(mirror)
    assert mirror.asked == []


@pytest.mark.parametrize(
    ("system", "machine", "suffix"),
    [("Linux", "x86_64", "linux-amd64"), ("Linux", "aarch64", "linux-arm64"), ("Darwin", "arm64", "darwin-arm64")],
)
def test_archives_are_named_as_upstream_names_them(monkeypatch, system, machine, suffix):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert archive_name(PROMETHEUS) == f"prometheus-{PROMETHEUS.version}.{suffix}.tar.gz"


def test_a_release_that_stopped_running_is_replaced(mirror, program: Callable[..., Path]):
    mirror.publish(PROMETHEUS)
    (tool,) = install(["prometheus"], source="archive", base_url=mirror.url)
    (tool.path.parent / "promtool").unlink()
    install(["prometheus"], source="archive", base_url=mirror.url)
    assert (tool.path.parent / "promtool").is_file()


# -- projects with other forms of release -----------------------------------------------------------------------

GRAFANA, CADVISOR, KAFKA = (release_of(name) for name in ("grafana", "cadvisor", "kafka_exporter"))


def put(mirror, release, content: bytes, sums: str, listed: str) -> str:
    """Publish a file as upstream does, with the file that holds its checksum, and return its path."""
    name = archive_name(release)
    folder = f"/{release.project}/releases/download/v{release.version}"
    digest = hashlib.sha256(content).hexdigest()
    mirror.files[f"{folder}/{name}"] = content
    mirror.files[f"{folder}/{sums.format(name=name)}"] = listed.format(digest=digest, name=name).encode()
    return f"{folder}/{name}"


@pytest.mark.parametrize("top", [f"grafana-{GRAFANA.version}", f"grafana-v{GRAFANA.version}"])
def test_grafana_is_unpacked_whole_and_found_with_its_home(mirror, cache_dir, tmp_path, top):
    members = {
        f"{top}/bin/grafana": script("grafana", GRAFANA.version),
        f"{top}/conf/defaults.ini": b"[paths]\n",
        f"{top}/public/build/app.js": b"x",
        f"{top}/../../escaped": b"bad",
        "/tmp/escaped": b"bad",
    }
    put(mirror, GRAFANA, pack(members), "{name}.sha256", "{digest}\n")
    (tool,) = install(["grafana"], source="archive", base_url=mirror.url)
    assert (tool.version, tool.origin) == (GRAFANA.version, "cache")
    assert tool.home == cache_dir / "tools/archive" / f"grafana-{GRAFANA.version}"
    assert (tool.home / "public/build/app.js").read_bytes() == b"x"
    assert not list(tmp_path.rglob("escaped*"))


def test_a_grafana_with_another_checksum_leaves_nothing(mirror, cache_dir):
    content = pack({f"grafana-{GRAFANA.version}/bin/grafana": script("grafana", GRAFANA.version)})
    mirror.files[put(mirror, GRAFANA, content, "{name}.sha256", "{digest}\n")] += b"tampered"
    refused(mirror, ("grafana",), ChecksumMismatch)
    assert files_in(cache_dir) == []


def test_cadvisor_is_a_program_without_an_archive(mirror):
    put(mirror, CADVISOR, script("cAdvisor", f"v{CADVISOR.version}"), "sha256sums.txt", "{digest}  {name}\n")
    (tool,) = install(["cadvisor"], source="archive", base_url=mirror.url)
    assert (tool.name, tool.version) == ("cadvisor", CADVISOR.version)


def test_a_checksum_is_read_from_githubs_answer():
    answer = f'{{"assets": [{{"name": "a", "digest": "sha256:{"0" * 64}"}}, {{"name": "b", "digest": null}}]}}'
    assert [_sum_in(answer, name) for name in ("a", "b", "c")] == ["0" * 64, "", ""]
    assert _sum_in("<html>a page</html>", "a") == ""


def test_the_kafka_exporter_is_installed_from_its_own_project(mirror):
    mirror.publish(KAFKA)
    (tool,) = install(["kafka_exporter"], source="archive", base_url=mirror.url)
    assert tool.version == KAFKA.version


@pytest.mark.parametrize(
    ("release", "url"),
    [
        (PROMETHEUS, f"https://github.com/prometheus/prometheus/releases/download/v{PROMETHEUS.version}"),
        (KAFKA, f"https://github.com/danielqsj/kafka_exporter/releases/download/v{KAFKA.version}"),
        (CADVISOR, f"https://github.com/google/cadvisor/releases/download/v{CADVISOR.version}"),
        (GRAFANA, "https://dl.grafana.com/oss/release"),
    ],
    ids=lambda value: getattr(value, "project", ""),
)
def test_each_release_is_taken_from_its_project(release, url):
    assert _downloads(release, "") == url
