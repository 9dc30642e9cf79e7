"""The shape of a component: a server of the stack, or an exporter that it runs or scrapes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit
from zlib import crc32

from stackctl import conventions as c
from stackctl.addresses import reachable_url
from stackctl.components.release import Release, tag
from stackctl.model import Listen, Metric, Stack
from stackctl.runtimes.facts import Facts

if TYPE_CHECKING:
    from pydantic import BaseModel

# The first of the groups by which containers read the secrets of their own component, and of no other. No system gives
# these numbers to users or programs, and they are low enough for user namespaces.
_FIRST_GROUP = 60710
# Those of exporters with a name of the user's own: the rest of the numbers that nobody gives away.
_FIRST_OF_INSTANCES, _LAST_OF_INSTANCES = 60800, 61183
MOST_INSTANCES = _LAST_OF_INSTANCES + 1 - _FIRST_OF_INSTANCES
# Of the secrets of a component natively, the one that holds variables as JSON, which the runtime sets.
ENV_FILE = "env"
# The user that most upstream images run as.
NOBODY = "65534"

Version: TypeAlias = tuple[int, ...]


def groups_of_instances(names: Collection[str]) -> dict[str, int]:
    """Return the group by which each exporter with a name of the user's own reads its secrets; no two have the same.

    A name prefers a number of its own and gives way only to a name before it in the alphabet, so that nearly all of
    them keep theirs when exporters come and go: a new number takes a new container. Raises ValueError for more than
    `MOST_INSTANCES`.
    """
    preferred = {name: crc32(name.encode()) % MOST_INSTANCES for name in sorted({*names})}
    if len(preferred) > MOST_INSTANCES:
        raise ValueError(f"there are groups for {MOST_INSTANCES} exporters")
    owners: dict[int, str] = {}
    for name, number in preferred.items():
        owners.setdefault(number, name)
    for name, number in preferred.items():
        if owners[number] != name:
            following = ((number + step) % MOST_INSTANCES for step in range(MOST_INSTANCES))
            owners[next(each for each in following if each not in owners)] = name
    return {name: _FIRST_OF_INSTANCES + number for number, name in owners.items()}


@dataclass(frozen=True)
class Place:
    """Surroundings of a component of `stack`: paths of the tree, of its data and of its installation, and its address.

    `expanded` is the path of the tree for what expands variables, where that differs.
    """

    stack: Stack
    runtime: Facts
    tree: str
    data: str = ""
    home: str = ""
    listen: str = ""
    expanded: str = ""

    @property
    def web(self) -> str:
        """The flag with which most servers are given their listen address."""
        return f"--web.listen-address={self.listen}"

    def reach(self, url: str) -> str:
        """Return a URL, or `host:port`, of the manifest as a component that runs here reaches it."""
        return reachable_url(url, self.runtime)

    def secret(self, component: str, name: str) -> str:
        """Return the path of a secret file that `Component.secrets` names."""
        return f"{self.tree}/{c.SECRETS_DIR}/{component}/{name}"


@dataclass(frozen=True)
class Container:
    """Properties of a component that only matter in a container.

    service         its name in compose.yaml and on the network, "" when it is that of the component. An exporter that
                    has the name of what it asks is called otherwise: on a network that both are on, the name of the
                    server would lead to either
    user            who owns its data
    data            where it keeps its data, "" when it has none
    flags           besides those that it has everywhere
    mounts          besides the tree and its data
    node_mounts     instead of these on a node of a cluster, where nothing is known of a Docker engine
    is_root         whether it reads what only root may, and so cannot run as another user
    tmpfs           folders that it writes to and that need not be kept
    has_wget        whether a healthcheck can run in its image
    joins_networks  whether it reaches the networks that the user joins, as it asks others
    told_by         the component whose files say what it asks, "" when its own files or flags do
    above_tree      whether it runs in the folder above the tree
    """

    service: str = ""
    user: str = NOBODY
    data: str = ""
    flags: tuple[str, ...] = ()
    mounts: tuple[Mapping[str, Any], ...] = ()
    node_mounts: tuple[Mapping[str, Any], ...] = ()
    is_root: bool = False
    tmpfs: tuple[str, ...] = ()
    has_wget: bool = True
    joins_networks: bool = False
    told_by: str = ""
    above_tree: bool = False


@dataclass(frozen=True)
class Support:
    """Until when releases are supported: minor release -> last day. All before `ended_before` have ended."""

    ends: Mapping[Version, date]
    ended_before: Version


@dataclass(frozen=True)
class Works:
    """A series of an exporter that reaches what it exports, and what must hold of it: `pg_up`, `== 1`."""

    series: str
    condition: str = ""
    matcher: str = ""

    def selector(self, job: str) -> str:
        """Return the selector of the series in a scrape job."""
        return f'{self.series}{{job="{job}"{self.matcher and f", {self.matcher}"}}}'


# The option of Prometheus and Alertmanager that says where people open them.
EXTERNAL_URL = "web.external-url"


# The file of each block of a TSDB that says what the block is.
BLOCK_FILE = "meta.json"


@dataclass(frozen=True)
class StoredData:
    """Contents of the data of a server: names in its folder, block -> text of its `BLOCK_FILE`, bytes in all.

    used_by  who uses it now, "" for nobody
    """

    names: frozenset[str]
    blocks: Mapping[str, str]
    size: int
    used_by: str = ""


@dataclass(frozen=True)
class Started:
    """The command line and the environment with which somebody else has started a component.

    options      its arguments in the order in which they were given, as (name without dashes, value or "")
    environment  its variables
    """

    options: tuple[tuple[str, str], ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def given(self, option: str, variable: str = "") -> list[str]:
        """Return the values of an option, or else that of a variable that stands for it; none when neither is there."""
        values = [value for name, value in self.options if name == option and value]
        in_environment = self.environment.get(variable, "") if variable else ""
        return values or ([in_environment] if in_environment else [])


def _same_settings(_: Started) -> dict[str, Any]:
    return {}


def links(external_url: str, listen: Listen) -> tuple[str, ...]:
    """Return the flags by which a server writes links to itself that people can open.

    Its own paths stay where they are: the proxy of an `external_url` with a path takes that off.
    """
    prefix = ("--web.route-prefix=/",) if urlsplit(external_url).path.strip("/") else ()
    return (f"--web.external-url={external_url or listen.opened}", *prefix)


def _web_only(_: Any, place: Place) -> tuple[str, ...]:
    return (place.web,)


def _nothing(*_: Any) -> dict[str, str]:
    return {}


def _nobody(_: Any) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Component:
    """All that stackctl knows of one component. The functions take what the manifest says of it, or its settings.

    name           its section in the manifest, its unit and its scrape job
    rank           its place wherever components are listed; the numbers of components are all different
    settings       its section of the manifest's schema
    summary        the description of that section; "" for a server with a section at the top level
    other_images   the last parts of the names of other images of the same program
    image          the default image, "" for one that is scraped only: it exports its metrics itself
    minimum        the oldest version that stackctl works with, () when any is
    support        what its project says of the end of support, None when it publishes nothing
    port           where it listens inside its container, and natively unless `listen` says otherwise
    metrics_path   where it is scraped
    ready, reload  the paths that answer when it is ready, and that take a POST to read the configuration again
    release        the program of the native runtime
    series         the beginnings of the names of the metrics that it serves, the most frequent first
    works          what shows that it reaches what it exports, beyond answering itself
    secret_group   see `group`
    own_page       of one that is asked about targets at another path: a series of its own page, and of no target
    selector       the series that its packs are about, where its job does not say it
    reads_at_start, reads_on_reload
                   the folders of the tree that it reads once, besides its secrets, and those that it reads again on a
                   reload, as it may its secrets
    arguments      the command line
    environment    the variables
    configuration  path in the tree -> data of a YAML file
    secrets        name -> content of the files that only it reads
    asks           `host:port` or URL of what it exports, without a secret
    probes         name -> settings of what it probes
    parameters     the parameters of its packs that the manifest sets, given whether any container has a CPU limit
    targets        of one that is scraped only: its addresses
    adopted        the settings with which stackctl would start what somebody else has started; None where none would
    refuse_data    of one that can take over the data of another: why it cannot read some, "" where it can
    own_options    the beginnings of the names of its options that stackctl sets itself, or that `adopted` reads
    own_variables  those of its variables that `adopted` reads; with any other, it is left as it was
    target_series  how many series it served when one was measured, 0 where none was
    probe_series   the same of one of its probes
    simulated      the metrics that stand in for it, None for one that runs wherever stackctl does
    """

    name: str
    rank: int
    settings: type[BaseModel]
    summary: str = ""
    image: str = ""
    other_images: tuple[str, ...] = ()
    minimum: Version = ()
    support: Support | None = None
    port: int = 0
    ready: str = "/"
    reload: str = ""
    metrics_path: str = "/metrics"
    container: Container = Container()
    release: Release | None = None
    series: tuple[str, ...] = ()
    works: Works | None = None
    own_page: str = ""
    secret_group: int = 0
    selector: str = ""
    reads_at_start: tuple[str, ...] = ()
    reads_on_reload: tuple[str, ...] = ()
    arguments: Callable[[Any, Place], tuple[str, ...]] = _web_only
    environment: Callable[[Any, Place], Mapping[str, str]] = _nothing
    configuration: Callable[[], Mapping[str, Any]] = _nothing
    secrets: Callable[[Any, Facts], Mapping[str, str]] = _nothing
    asks: Callable[[Any], Sequence[str]] = _nobody
    probes: Callable[[Any], Mapping[str, Any]] = _nothing
    parameters: Callable[[Any, bool], Mapping[str, str]] = _nothing
    targets: Callable[[Any], Sequence[str]] = _nobody
    adopted: Callable[[Started], Mapping[str, Any] | None] = _same_settings
    refuse_data: Callable[[StoredData], str] | None = None
    own_options: tuple[str, ...] = ("web.",)
    own_variables: tuple[str, ...] = ()
    target_series: int = 0
    probe_series: int = 0
    simulated: Callable[[Stack], Sequence[Metric]] | None = None

    @property
    def is_exporter(self) -> bool:
        """Return whether its section is one of `exporters`."""
        return bool(self.summary)

    @property
    def holds_secrets(self) -> bool:
        """Return whether a key of its section is a secret."""
        return bool(self._secret_keys)

    def has_secrets(self, settings: Any) -> bool:
        """Return whether its settings give a secret."""
        return any(getattr(settings, key, None) for key in self._secret_keys)

    @property
    def _secret_keys(self) -> list[str]:
        return [key for key, field in self.settings.model_fields.items() if "Secret" in str(field.annotation)]

    @property
    def runs(self) -> bool:
        """Return whether the stack runs it, and does not only scrape it."""
        return bool(self.image)

    @property
    def group(self) -> int:
        """The group by which its container reads its secrets, where it has the name of its kind: see `ownership`."""
        return self.secret_group or _FIRST_GROUP + self.rank

    @property
    def service(self) -> str:
        """Its name in compose.yaml."""
        return self.container.service or self.name

    @property
    def tool(self) -> str:
        """The name of its program."""
        return self.release.server.name if self.release else ""

    @property
    def version(self) -> str:
        """The version of the default image, which the native runtime runs as well."""
        return tag(self.image)
