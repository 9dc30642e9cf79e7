"""Which programs a native stack is made of, what each is called, and where it is published. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from stackctl.conventions import (
    ALERTMANAGER,
    BLACKBOX,
    CADVISOR,
    GRAFANA,
    IMAGES,
    KAFKA,
    MEMCACHED,
    NGINX,
    NODE,
    POSTGRES,
    PROMETHEUS,
    PUSHGATEWAY,
    REDIS,
)


@dataclass(frozen=True)
class Program:
    """One executable: the name stackctl and upstream use, and the other names it is installed under."""

    name: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True)
class Archive:
    """Where upstream publishes a release, and in what form. `{name}` and so on are filled in for this machine.

    home     the address of upstream's own files; a mirror has those of every project at
             `PROJECT/releases/download/vVERSION/`
    folder   where the file is below `home`
    name     the name of the file: an archive, or the program itself
    sums     the files that may hold its checksum: the first is upstream's, next to it or a whole address; a mirror may
             have any that is next to it
    whole    whether the server needs all of the archive, and not only its programs
    """

    home: str = "https://github.com/prometheus"
    folder: str = "{project}/releases/download/v{version}"
    name: str = "{project}-{version}.{system}-{machine}.tar.gz"
    sums: tuple[str, ...] = ("sha256sums.txt",)
    whole: bool = False


@dataclass(frozen=True)
class Release:
    """Programs that are published together and so always have one version. The first is the server.

    `version` is the pinned upstream release, `minimum` the oldest that stackctl works with. `packages` are
    Debian's, and `fixed_file` is a file that Debian's build reads at that absolute path or does not start.
    `home_file` is one that the server looks for in the folder of its installation, which it has to be told.
    `archive` is where upstream publishes it, None where stackctl does not take it from there. `homepage` says where to
    get it by hand.
    """

    project: str
    programs: tuple[Program, ...]
    version: str = ""
    minimum: str = "0"
    packages: tuple[str, ...] = ()
    fixed_file: str = ""
    home_file: str = ""
    archive: Archive | None = Archive()
    homepage: str = ""

    @property
    def server(self) -> Program:
        return self.programs[0]


def _tag(component: str) -> str:
    # Natively and in Docker a stack runs the same versions, so the image tags are the only pins there are.
    return IMAGES[component].rpartition(":")[2].removeprefix("v").partition("-")[0]


RELEASES = (
    Release(
        project="prometheus",
        programs=(Program("prometheus"), Program("promtool")),
        version=_tag(PROMETHEUS),
        minimum="3.0",
        packages=("prometheus", "promtool"),
    ),
    Release(
        project="alertmanager",
        programs=(Program("alertmanager", ("prometheus-alertmanager",)), Program("amtool")),
        version=_tag(ALERTMANAGER),
        minimum="0.27",
        packages=("prometheus-alertmanager",),
        fixed_file="/usr/share/prometheus/alertmanager/default.tmpl",
    ),
    Release(
        project="node_exporter",
        programs=(Program("node_exporter", ("prometheus-node-exporter",)),),
        version=_tag(NODE),
        packages=("prometheus-node-exporter",),
    ),
    Release(
        project="pushgateway",
        programs=(Program("pushgateway", ("prometheus-pushgateway",)),),
        version=_tag(PUSHGATEWAY),
        packages=("prometheus-pushgateway",),
    ),
    Release(
        project="blackbox_exporter",
        programs=(Program("blackbox_exporter", ("prometheus-blackbox-exporter",)),),
        version=_tag(BLACKBOX),
        packages=("prometheus-blackbox-exporter",),
    ),
    Release(
        project="postgres_exporter",
        programs=(Program("postgres_exporter", ("prometheus-postgres-exporter",)),),
        version=_tag(POSTGRES),
        packages=("prometheus-postgres-exporter",),
        archive=None,
    ),
    Release(
        project="redis_exporter",
        programs=(Program("redis_exporter", ("prometheus-redis-exporter",)),),
        version=_tag(REDIS),
        packages=("prometheus-redis-exporter",),
        archive=None,
    ),
    Release(
        project="nginx-prometheus-exporter",
        programs=(Program("nginx-prometheus-exporter", ("prometheus-nginx-exporter",)),),
        version=_tag(NGINX),
        minimum="1.0",  # those before end when nginx is away at their start
        packages=("prometheus-nginx-exporter",),
        archive=None,
    ),
    Release(
        project="memcached_exporter",
        programs=(Program("memcached_exporter"),),
        version=_tag(MEMCACHED),
        homepage="https://github.com/prometheus/memcached_exporter/releases",
    ),
    Release(
        project="kafka_exporter",
        programs=(Program("kafka_exporter"),),
        version=_tag(KAFKA),
        archive=Archive(home="https://github.com/danielqsj"),
        homepage="https://github.com/danielqsj/kafka_exporter/releases",
    ),
    Release(
        project="cadvisor",
        programs=(Program("cadvisor"),),
        version=_tag(CADVISOR),
        archive=Archive(
            home="https://github.com/google",
            name="cadvisor-v{version}-{system}-{machine}",
            # It publishes no file of checksums; GitHub reports the digest of each file of a release.
            sums=("https://api.github.com/repos/google/cadvisor/releases/tags/v{version}", "sha256sums.txt"),
        ),
        homepage="https://github.com/google/cadvisor/releases",
    ),
    Release(
        project="grafana",
        programs=(Program("grafana"),),
        version=_tag(GRAFANA),
        minimum="10.0",
        archive=Archive(
            home="https://dl.grafana.com/oss/release",
            folder="",
            name="grafana-{version}.{system}-{machine}.tar.gz",
            sums=("{name}.sha256", "sha256sums.txt"),
            whole=True,
        ),
        home_file="conf/defaults.ini",
        homepage="https://grafana.com/docs/grafana/latest/setup-grafana/installation/",
    ),
)

PROGRAMS = {program.name: program for release in RELEASES for program in release.programs}
INSTALLABLE = tuple(program.name for release in RELEASES for program in release.programs)


def installable(source: str) -> tuple[str, ...]:
    """The programs that can come from a source: "archive", "debian", or "auto" for either."""
    return tuple(
        program.name
        for release in RELEASES
        if source == "auto" or (release.archive if source == "archive" else release.packages)
        for program in release.programs
    )


def release_of(name: str) -> Release:
    """The release that the program `name` is part of. Raises KeyError for a name that is not in the catalogue."""
    return _RELEASE_BY_PROGRAM[name]


_RELEASE_BY_PROGRAM = {program.name: release for release in RELEASES for program in release.programs}
