"""Debian's own packages, without root and without touching the system: a private apt, unpacked by dpkg.

The mirror and the keys are the machine's own. Only the suite differs: the servers in a stable release are too
old, and those in the newest suites need no more than the libc of an older one. apt verifies the signatures.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackctl.bounds.files import read_text
from stackctl.errors import Unavailable
from stackctl.tools import cache

_ETC = Path("/etc/apt")
_OS_RELEASE = Path("/etc/os-release")
_APT_SECONDS = 600

# Newest first; the machine's own suite comes after these. The names are aliases, which do not age.
_NEWER_SUITES = {"debian": ("sid", "testing", "stable"), "ubuntu": ("devel",)}
_OWN_ALIASES = {"debian": {"stable", "oldstable", "testing", "unstable", "sid"}, "ubuntu": {"devel"}}

# Fields that a private source sets for itself.
_OWN_FIELDS = {"Types", "Suites", "Uris", "Components", "Targets", "Enabled", "Languages", "Pdiffs"}
_ONE_LINE_OPTIONS = {"arch": "Architectures", "signed-by": "Signed-By"}
_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s*(?P<components>[^#]*)")


@dataclass(frozen=True)
class Source:
    """One place packages come from, as apt's own files say. `fields` holds what else they say, by field name."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    fields: Mapping[str, str]

    def stanza(self, suite: str) -> str:
        """This source as a deb822 stanza for another suite: the package index and nothing else."""
        lines = {
            "Types": "deb",
            "URIs": " ".join(self.uris),
            "Suites": suite,
            "Components": " ".join(self.components),
            "Targets": "Packages",
            **self.fields,
        }
        return "".join(f"{name}: {value}\n" for name, value in lines.items())


# -- what the machine's own apt says (pure) -----------------------------------------------------------------


def parse_deb822(text: str) -> list[Source]:
    """The binary package sources in the text of a `.sources` file."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stanzas = (_fields(stanza) for stanza in re.split(r"\n\s*\n", kept))
    return [
        Source(
            uris=tuple(fields["Uris"].split()),
            suites=tuple(fields["Suites"].split()),
            components=tuple(fields.get("Components", "").split()),
            fields={name: value for name, value in fields.items() if name not in _OWN_FIELDS},
        )
        for fields in stanzas
        if {"Uris", "Suites"} <= fields.keys()
        and "deb" in fields.get("Types", "").split()
        and fields.get("Enabled", "yes").lower() not in {"no", "false", "0"}
    ]


def _fields(stanza: str) -> dict[str, str]:
    """Field names in one spelling ("Signed-By") to values; a value keeps its continuation lines as they are."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace() and name:
            fields[name] += f"\n{line}"
        elif ":" in line:
            key, _, value = line.partition(":")
            name = key.strip().title()
            fields[name] = value.strip()
    return fields


def parse_one_line(text: str) -> list[Source]:
    """The binary package sources in the text of a `.list` file."""
    found = (_ONE_LINE.match(line.strip()) for line in text.splitlines())
    return [
        Source(
            uris=(line["uri"],),
            suites=(line["suite"],),
            components=tuple(line["components"].split()),
            fields=_options(line["options"] or ""),
        )
        for line in found
        if line and not line["uri"].startswith("cdrom:")
    ]


def _options(text: str) -> dict[str, str]:
    pairs = (option.partition("=") for option in text.split())
    named = {_ONE_LINE_OPTIONS.get(key.lower(), key.title()): value.replace(",", " ") for key, _, value in pairs}
    return {name: value for name, value in named.items() if name not in _OWN_FIELDS}


def parse_os_release(text: str) -> dict[str, str]:
    """The variables of an os-release file."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def main_archive(sources: Sequence[Source], os_release: Mapping[str, str]) -> Source | None:
    """The source of the distribution itself, or None: not its security updates, and no third party's."""
    distribution = os_release.get("ID", "")
    own = {os_release.get("VERSION_CODENAME", ""), *_OWN_ALIASES.get(distribution, ())}
    likely = [source for source in sources if own & set(source.suites) and "main" in source.components]
    # Third parties name their suites after the distribution's, but only its own mirrors name their folder so.
    likely.sort(key=lambda source: not any(distribution in uri.rstrip("/").rpartition("/")[2] for uri in source.uris))
    return likely[0] if likely else None


def suite_names(os_release: Mapping[str, str]) -> list[str]:
    """The suites to look for a package in, newest first, the machine's own last."""
    newer = _NEWER_SUITES.get(os_release.get("ID", ""), ())
    return list(dict.fromkeys(name for name in (*newer, os_release.get("VERSION_CODENAME", "")) if name))


def upstream_version(version: str) -> str:
    """The upstream part of a Debian version: "1:3.5.3+ds1-6" is "3.5.3+ds1"."""
    return re.sub(r"^\d+:|-[^-]*$", "", version)


# -- a private apt (the edge) -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Suite:
    """One suite of the machine's mirror, seen through an apt whose every folder is `folder`."""

    name: str
    folder: Path

    def update(self) -> None:
        """Fetch the package index, or what changed in it. Raises Unavailable when it cannot be had."""
        self._run("apt-get", "--quiet", "--error-on=any", "update")

    def versions(self, packages: Sequence[str]) -> dict[str, str]:
        """The newest version of each of `packages` that this suite has at all."""
        shown = self._run("apt-cache", "show", "--no-all-versions", *packages, check=False)
        stanzas = (_fields(stanza) for stanza in shown.split("\n\n"))
        return {fields["Package"]: fields["Version"] for fields in stanzas if "Version" in fields}

    def unpack(self, packages: Sequence[str], into: Path) -> None:
        """Download `packages`, without what they depend on, and unpack their files under `into`."""
        downloads = into / ".packages"
        downloads.mkdir(parents=True)
        self._run("apt-get", "--quiet", "download", *packages, cwd=downloads)
        for package in sorted(downloads.glob("*.deb")):
            _run(["dpkg", "-x", str(package), str(into)])
        shutil.rmtree(downloads)

    def _run(self, program: str, *arguments: str, cwd: Path | None = None, check: bool = True) -> str:
        return _run([program, "--config-file", str(self.folder / "apt.conf"), *arguments], cwd=cwd, check=check)


def suites() -> Iterator[Suite]:
    """The suites of this machine's mirror, newest first, each ready for its `update`.

    Raises Unavailable on a machine that is not Debian's or Ubuntu's, or whose mirror is unknown.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise Unavailable.of(
            "tools.no-apt",
            "this machine has no apt",
            remedy="Use `--source archive`, or put the binaries on PATH yourself.",
        )
    os_release = parse_os_release(read_text(_OS_RELEASE)) if _OS_RELEASE.exists() else {}
    source = main_archive(read_sources(_ETC), os_release)
    if source is None:
        raise Unavailable.of(
            "tools.no-source",
            f"no source of {os_release.get('ID', 'the distribution')}'s own packages in {_ETC}",
            remedy="Use `--source archive`, or put the binaries on PATH yourself.",
        )
    for name in suite_names(os_release):
        folder = cache.cache_dir() / "apt" / name
        _write_configuration(folder, source.stanza(name))
        yield Suite(name, folder)


def read_sources(etc: Path) -> list[Source]:
    """Every source that the apt folder `etc` names."""
    listed = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]
    found = [parse_deb822(read_text(path)) for path in sorted((etc / "sources.list.d").glob("*.sources"))]
    found += [parse_one_line(read_text(path)) for path in listed if path.exists()]
    return [source for sources in found for source in sources]


def _write_configuration(folder: Path, stanza: str) -> None:
    for part in ("lists/partial", "cache/archives/partial", "sources"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    (folder / "sources" / "suite.sources").write_text(stanza)
    (folder / "apt.conf").write_text(_CONFIGURATION.replace("FOLDER", str(folder)))


# Read after the machine's own configuration, so that its proxies and certificates count, and its hooks do not.
# apt run by root downloads as a user who cannot write here, unless configured not to. It verifies what it downloads.
# Container images switch apt's index caches off, and without them every command reads the whole index again.
_CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "root";
Acquire::PDiffs "false";
Dir::State "FOLDER";
Dir::State::status "FOLDER/status";
Dir::Cache "FOLDER/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "FOLDER/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
"""


def _run(argv: Sequence[str], *, cwd: Path | None = None, check: bool = True) -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        ran = subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, timeout=_APT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable.of(
            "tools.package", f"{argv[0]} did not run", cause=str(error), remedy="Check the machine's apt."
        ) from error
    if check and ran.returncode:
        complaints = [line for line in (ran.stderr + ran.stdout).splitlines() if line.startswith(("E:", "dpkg"))]
        raise Unavailable.of(
            "tools.package",
            f"{argv[0]} failed",
            cause="\n".join(complaints) or ran.stderr.strip(),
            remedy="Check that the machine's own `apt-get update` works.",
        )
    return ran.stdout
