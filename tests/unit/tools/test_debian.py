"""What the machine's own apt files say, and what a private apt is told."""

from __future__ import annotations

import subprocess

import pytest

from stackctl.tools import launcher
from stackctl.tools.catalogue import release_of
from stackctl.tools.debian import (
    Source,
    main_archive,
    parse_deb822,
    parse_one_line,
    parse_os_release,
    read_sources,
    suite_names,
    upstream_version,
)

BOOKWORM = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
DEB822 = """\
# a comment
Types: deb deb-src
# a comment within
URIs: http://mirror.test/debian http://other.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main

Types: deb-src
URIs: http://mirror.test/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main
"""


def test_deb822_gives_the_enabled_binary_sources():
    first, second = parse_deb822(DEB822)
    assert first == Source(
        uris=("http://mirror.test/debian", "http://other.test/debian"),
        suites=("bookworm", "bookworm-updates"),
        components=("main", "contrib"),
        fields={"Signed-By": "/usr/share/keyrings/debian-archive-keyring.gpg"},
    )
    assert second.suites == ("bookworm-security",)


def test_deb822_keeps_a_key_that_is_in_the_file():
    text = "types: deb\nuris: http://m.test/debian\nsuites: sid\ncomponents: main\nsigned-by:\n -----BEGIN\n .\n mQ\n"
    (source,) = parse_deb822(text)
    assert "Signed-By: \n -----BEGIN\n .\n mQ\n" in source.stanza("sid")


def test_one_line_sources_are_read_with_their_options():
    text = """\
        # deb http://off.test/debian bookworm main
        deb [ arch=amd64,arm64 signed-by=/k.gpg trusted=yes ] http://mirror.test/debian bookworm main contrib # why
        deb-src http://mirror.test/debian bookworm main
        deb cdrom:[Debian]/ bookworm main
        deb http://flat.test/ ./
        nonsense
    """
    first, flat = parse_one_line(text)
    assert first.uris == ("http://mirror.test/debian",)
    assert (first.suites, first.components) == (("bookworm",), ("main", "contrib"))
    assert first.fields == {"Architectures": "amd64 arm64", "Signed-By": "/k.gpg", "Trusted": "yes"}
    assert flat.components == ()


def test_a_stanza_asks_another_suite_of_the_same_mirror_for_its_packages_only():
    source = parse_deb822(DEB822)[0]
    assert parse_deb822(source.stanza("sid")) == [
        Source(source.uris, ("sid",), source.components, source.fields),
    ]
    assert "Targets: Packages\n" in source.stanza("sid")


@pytest.mark.parametrize("uri", ["http://a.test/debian", "mirror+file:/m/debian.list"])
def test_distinguishes_the_distributions_archive_from_third_parties(uri):
    others = ["http://tools.test bookworm main", "http://apt.test/deb stable main", "http://d.test bookworm stable"]
    sources = parse_one_line("\n".join(f"deb {line}" for line in [*others, f"{uri} bookworm main"]))
    assert main_archive(sources, BOOKWORM) == sources[-1]


def test_an_archive_named_by_an_alias_is_recognised():
    sources = parse_one_line(
        "deb http://m.test/debian-security stable-security main\ndeb http://m.test/debian stable main"
    )
    assert main_archive(sources, BOOKWORM) == sources[1]


def test_no_archive_is_none():
    assert main_archive(parse_one_line("deb http://d.test bookworm stable"), BOOKWORM) is None
    assert main_archive([], {}) is None


def test_tries_suites_from_the_newest_to_the_machines_own():
    assert suite_names(BOOKWORM) == ["sid", "testing", "stable", "bookworm"]
    assert suite_names({"ID": "debian", "VERSION_CODENAME": "sid"}) == ["sid", "testing", "stable"]
    assert suite_names({"ID": "ubuntu", "VERSION_CODENAME": "noble"}) == ["devel", "noble"]
    assert suite_names({"ID": "mint", "VERSION_CODENAME": "wilma"}) == ["wilma"]


def test_every_kind_of_source_file_is_read(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.test/debian bookworm main\n")
    (tmp_path / "sources.list.d/b.list").write_text("deb http://b.test/debian bookworm main\n")
    (tmp_path / "sources.list.d/c.sources").write_text(DEB822)
    (tmp_path / "sources.list.d/d.sources.disabled").write_text(DEB822)
    uris = [source.uris[0] for source in read_sources(tmp_path)]
    assert sorted(uris) == [
        "http://a.test/debian",
        "http://b.test/debian",
        "http://mirror.test/debian",
        "http://mirror.test/debian-security",
    ]


def test_a_machine_without_source_files_has_no_sources(tmp_path):
    assert read_sources(tmp_path) == []


def test_reads_os_release_with_and_without_quotes():
    assert parse_os_release('# x\nID=debian\nVERSION_CODENAME="bookworm"\n\n') == BOOKWORM


@pytest.mark.parametrize(
    ("version", "upstream"),
    [("3.5.3+ds1-6", "3.5.3+ds1"), ("1:1.38.0-3+b1", "1.38.0"), ("2:3.5", "3.5"), ("0.33.1", "0.33.1")],
)
def test_takes_the_upstream_part_of_a_debian_version(version, upstream):
    assert upstream_version(version) == upstream


def test_launcher_runs_the_program_directly_if_its_files_exist(tmp_path, program, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    program(tmp_path / "it's: a, cache/usr/bin", "prometheus-alertmanager", "0.33.1")
    entry = tmp_path / "it's: a, cache/alertmanager"
    fixed_file = tmp_path / "default.tmpl"
    fixed_file.touch()
    launcher.write(entry, "prometheus-alertmanager", str(fixed_file))
    said = subprocess.run([str(entry), "--version"], capture_output=True, text=True, check=True).stdout
    assert "version 0.33.1" in said


def test_machine_without_namespaces_gets_a_remedy(monkeypatch, tmp_path):
    # There is no unshare on this PATH, which is as good as one that is refused.
    monkeypatch.setattr(launcher, "Path", lambda _: tmp_path / "not there")
    alertmanager = release_of("alertmanager")
    assert not launcher.is_possible(alertmanager)
    assert "allows no mount namespace" in str(launcher.obstacle(alertmanager))


def test_a_build_that_reads_no_fixed_file_needs_no_namespace():
    assert launcher.is_possible(release_of("prometheus"))
