"""Context of every check family, and how it waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stackctl import conventions as c
from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.grafana import Grafana, LoginHttp, Logins
from stackctl.clients.http import Answer, Away, Http, NoAnswer
from stackctl.clients.probe import Dial
from stackctl.clients.prometheus import Prometheus
from stackctl.model import Server, Stack
from stackctl.promql import duration
from stackctl.runtimes.facts import Facts
from stackctl.scrape import Job
from stackctl.source import Secret
from stackctl.tree import Tree
from stackctl.verification.api_server import InCluster
from stackctl.verification.place import Place
from stackctl.verification.written_rules import Key, WrittenRule, written_rules
from stackctl.wait import SYSTEM_CLOCK, Clock, TimedOut, wait_until

T = TypeVar("T")

# `up` has waited for readiness, so what is asked directly and does not answer within this time is broken.
PROBE_SECONDS = 5.0


@dataclass(frozen=True)
class Context:
    """A running stack next to what its manifest declares.

    tree       what the manifest renders to now
    skipped    declared components that do not run, each with its reason
    current    the id of the running generation, and `declared` that of `tree`
    seconds    the most that one family may wait
    intact     whether the files of the running generation are what was written
    server     how the Prometheus that runs is asked
    fetch      asks a URL from where Prometheus runs
    place      where Prometheus runs, for a closer look at what fails, and `dial` a connection from this machine
    logins     the logins that Grafana has refused lately
    away       the components whose own check has failed: what depends on them is not asked
    given      how servers are asked that somebody else runs: then what they have loaded is what is declared, unless
               there is a manifest too (`has_manifest`), whose routes lead alerts to the receivers in `misrouted` that
               the loaded routes lead elsewhere, each with examples
    cluster    what the API server reports of a stack that a cluster runs, None for all others
    """

    stack: Stack
    runtime: Facts
    tree: Tree
    jobs: tuple[Job, ...]
    skipped: Mapping[str, str]
    current: str
    declared: str
    seconds: float
    server: Access
    fetch: Callable[[str], Answer]
    place: Place
    dial: Dial
    grafana_password: Secret | None = None
    logins: Logins | None = None
    intact: bool = True
    away: Mapping[str, Away] = field(default_factory=dict)
    given: Mapping[str, Access] = field(default_factory=dict)
    has_manifest: bool = False
    cluster: InCluster | None = None
    misrouted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    clock: Clock = field(default=SYSTEM_CLOCK)
    _looks: dict[str, Future[Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def why_skipped(self, component: str, called: str) -> str:
        """Return the sentence that names the option by which a component does not run.

        The whole reason is in the row of the component itself.
        """
        option, _, _ = self.skipped[component].partition(": ")
        return f"{called} is not running: {option}"

    def interval(self, job: Job) -> float:
        """Return the scrape interval of `job`, in seconds."""
        return duration.seconds(job.scrape_interval or self.stack.prometheus.scrape_interval)

    def access(self, component: Server) -> Access:
        """Return the access to a component; for Prometheus, that of the running generation, not of the manifest."""
        if component.name == c.PROMETHEUS:
            return self.server
        return self.given.get(component.name) or Access(component.listen.url)

    def prometheus(self) -> Prometheus:
        return Prometheus(Http(self.server, away=self.away.get(c.PROMETHEUS), is_foreign=bool(self.given)))

    def alertmanager(self) -> Alertmanager:
        assert self.stack.alertmanager  # noqa: S101 - asked for by checks of a declared Alertmanager only
        access = self.access(self.stack.alertmanager)
        return Alertmanager(Http(access, PROBE_SECONDS, self.away.get(c.ALERTMANAGER), bool(self.given)))

    def grafana(self) -> Grafana:
        grafana = self.stack.grafana
        assert grafana  # noqa: S101 - asked for by checks of a declared Grafana only
        if access := self.given.get(c.GRAFANA):
            return Grafana(LoginHttp(access, away=self.away.get(c.GRAFANA), is_foreign=True))
        password = grafana.admin_password or self.grafana_password
        login = (grafana.admin_user, password.reveal() if password else "")
        away = self.away.get(c.GRAFANA)
        return Grafana(LoginHttp(Access(grafana.listen.url, login), away=away, logins=self.logins))

    def rules(self) -> Mapping[Key, list[WrittenRule]]:
        """The rules as they are rendered."""
        return self.once("rules", lambda: written_rules(self.tree))

    def once(self, name: str, look: Callable[[], T]) -> T:
        """Return the result of `look`; families with the same `name` share the result of the first."""
        mine: Future[T] = Future()
        shared: Future[T] = self._looks.setdefault(name, mine)
        if shared is mine:
            try:
                mine.set_result(look())
            except BaseException as error:
                mine.set_exception(error)
                raise
        return shared.result()

    def settle(
        self, observe: Callable[[], T], done: Callable[[T], bool], *, within: float = PROBE_SECONDS
    ) -> T | NoAnswer:
        """The last observation, after `done` of it or when time is up; NoAnswer when the server gives none.

        `within` is the most that this wait may take, in seconds; `seconds` bounds it as well. A server that says
        nothing at all for PROBE_SECONDS is not waited for any longer; one that answers with an error may be starting.
        """

        last: list[T | NoAnswer] = []
        heard = [self.clock.now()]

        def look() -> T | NoAnswer:
            try:
                last[:] = [observe()]
            except NoAnswer as error:
                last[:] = [error]
            if not _is_silence(last[0]):
                heard[:] = [self.clock.now()]
            return last[0]

        def settled(seen: T | NoAnswer) -> bool:
            if isinstance(seen, NoAnswer) and seen.reported:
                return True
            if isinstance(seen, NoAnswer):
                return self.clock.now() - heard[0] >= PROBE_SECONDS
            return done(seen)

        try:
            return wait_until(
                look, settled, min(self.seconds, within), what="scrapes and evaluations", clock=self.clock
            )
        except TimedOut:
            return last[0]


def _is_silence(seen: object) -> bool:
    return isinstance(seen, NoAnswer) and not seen.status
