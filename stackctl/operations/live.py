"""The running stack, by the state alone: the start of a change, and what a failed one falls back on."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, Unavailable

if TYPE_CHECKING:
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.grafana import Grafana, Logins
    from stackctl.clients.prometheus import Prometheus
    from stackctl.model import Stack
    from stackctl.runtimes.protocol import Observed, Plan, Runtime
    from stackctl.state import Generation, Running, State
    from stackctl.tree import Tree, Unit
    from stackctl.verification.written_rules import Key, WrittenRule

L = TypeVar("L", bound="Live")
_STOPPED = ("exited", "missing", "paused")


@dataclass(frozen=True)
class Target:
    """A generation that a change leads to, and what the servers say once they have loaded it.

    `stack` is what the tree was rendered from, None where only the tree is known. `fresh` is whether it was written for
    this change and has never been in force.
    """

    generation: Generation
    tree: Tree
    stack: Stack | None = None
    fresh: bool = False

    @property
    def id(self) -> str:
        return self.generation.id

    @cached_property
    def rules(self) -> Mapping[Key, list[WrittenRule]]:
        """Its rules, read once however often the servers are asked for theirs."""
        from stackctl.verification.written_rules import written_rules

        return written_rules(self.tree)

    def unit(self, name: str) -> Unit | None:
        return self.tree.unit(name)


@dataclass(frozen=True)
class Live:
    """A stack that runs: `current` is the live generation, `running` what is recorded of it."""

    state: State
    running: Running
    current: Generation
    runtime: Runtime

    @classmethod
    def open(cls: type[L], manifest: Path) -> L:
        """Return the stack of `manifest` that runs, whether it is readable or not. Raises Unavailable if none does."""
        return cls.of(manifest, f"the stack of {manifest}")

    @classmethod
    def of(cls: type[L], manifest: Path, name: str) -> L:
        """The same, with a `name` for what does not run."""
        from stackctl.runtimes.select import reopen_runtime
        from stackctl.state import State

        state = State.beside(manifest)
        running, current = state.running(), state.current()
        if running is None or current is None:
            raise Unavailable.of("unit.not-running", f"{name} is not running", remedy="Run `stackctl up` first.")
        stack, where, _ = current.index()
        return cls(state, running, current, reopen_runtime(where, stack, state.root))

    # -- generations ------------------------------------------------------------------------------------------

    def kept(self, generation: Generation) -> Target | None:
        """A kept generation as the target of a change; None when its files are not what was written."""
        tree = self.state.read(generation)
        return Target(generation, tree) if tree else None

    def confirmed(self) -> Generation:
        """The generation to fall back on: the one that was confirmed last, if a reload can lead back to it."""
        kept = next((one for one in self.state.generations() if one.id == self.running.generation), self.current)
        try:
            return kept if _specs(kept) == _specs(self.current) else self.current
        except Unavailable:
            return self.current

    # -- planning ---------------------------------------------------------------------------------------------

    def plan(self, new: Target, *, trusted: bool) -> Plan:
        """Return the plan from what runs to `new`. Units that were left out stay out.

        `trusted` is whether the files of the live generation were what had been written.
        """
        from stackctl.runtimes.explain_plan import explained
        from stackctl.runtimes.plan import make_plan

        known = self.state.known() if trusted else None
        units, loaded = new.tree.units, self._loaded(known) if known else {}

        def plan(observed: Sequence[Observed]) -> Plan:
            there = {one.name for one in observed}
            wanted = [unit for unit in units if unit.name in there or self._is_expected(unit)]
            return make_plan(units, wanted, observed, loaded=loaded)

        # The record is enough to see that only configuration has changed; for all else it is worth asking.
        quick = plan(self._recorded())
        is_enough = len(quick.units("reload")) == len(quick.steps) and not self.running.partly
        if is_enough:
            return quick
        full = plan(self.runtime.observe())
        return explained(full, known, new.tree) if known else full

    def _recorded(self) -> list[Observed]:
        from stackctl.runtimes.protocol import Observed

        units = [unit for unit in self.current.units() if self._is_expected(unit)]
        return [Observed(unit.name, "running", unit.spec, unit.image) for unit in units]

    def _is_expected(self, unit: Unit) -> bool:
        return not unit.profiles and unit.name not in self.running.units_skipped

    def _loaded(self, known: Tree) -> dict[str, str]:
        """Return what each unit has read, as far as Alertmanager confirms it: others may have made it reload."""
        from stackctl.clients.http import NoAnswer
        from stackctl.verification.loaded import alertmanager_difference

        loaded = known.loaded()
        unit = next((unit for unit in known.units if unit.name == c.ALERTMANAGER), None)
        try:
            if unit and self._is_expected(unit) and alertmanager_difference(alertmanager(unit, self.current), known):
                del loaded[unit.name]
        except NoAnswer:
            pass  # that it does not run is said in its place
        return loaded

    def refuse_stopped(self, names: Collection[str]) -> None:
        """Raise Unavailable when a unit that has to read something does not run. A silent one may just be starting."""
        from stackctl.runtimes.http import is_ready

        asked = [(unit, self.current.access(unit)) for unit in self.current.units() if unit.name in names]
        silent = [unit.name for unit, access in asked if not is_ready(unit, access).status]
        if not silent:
            return
        states = {one.name: one for one in self.runtime.observe()}
        stopped = [name for name in silent if name not in states or states[name].state in _STOPPED]
        remedy = "Run `stackctl up`, which starts it and applies the change too."
        if stopped:
            raise Unavailable(
                *(Diagnostic("unit.not-running", f"{name} is not running", remedy=remedy) for name in stopped)
            )

    def refuse_closed_grafana(self, target: Target, before: Target | None) -> None:
        """Raise CheckFailed when Grafana has to load something and lets nobody see whether it has."""
        from stackctl.clients.http import NoAnswer

        grafana = target.unit(c.GRAFANA)
        if not (grafana and self._is_expected(grafana) and _grafana_looks(grafana, target, before, self.state.logins)):
            return
        try:
            grafana_client(grafana, target.tree, self.state.logins).user()
        except NoAnswer as error:
            if error.status != 401:
                raise
            raise CheckFailed.of(
                "grafana.password",
                "nothing was changed: the password of Grafana's administrator differs from the manifest",
                cause="A change of dashboards, or of Prometheus' password, could not be confirmed.",
                remedy="`stackctl verify --only grafana.login` shows how to set it.",
            ) from None

    def grafana(self, target: Target) -> Grafana | None:
        """Return the client of the Grafana of `target`, None where none runs."""
        unit = target.unit(c.GRAFANA)
        return grafana_client(unit, target.tree, self.state.logins) if unit and self._is_expected(unit) else None

    # -- confirming -------------------------------------------------------------------------------------------

    def asked(self, target: Target, before: Target | None) -> dict[str, Callable[[], list[str]]]:
        """Server -> a look at how what it has loaded differs from `target`.

        `before` is what it had loaded, None when that is not known: Grafana is only asked about dashboards that
        differ and a changed login, because its password may have been changed by hand.
        """
        from stackctl.verification.loaded import alertmanager_difference, prometheus_difference

        server = target.unit(c.PROMETHEUS)
        assert server  # noqa: S101 - every stack has one
        client = prometheus(server, target.generation)
        looks: dict[str, Callable[[], list[str]]] = {
            "Prometheus": lambda: prometheus_difference(client, target.tree, target.rules)
        }
        routing = target.unit(c.ALERTMANAGER)
        if routing and self._is_expected(routing):
            teller = alertmanager(routing, target.generation)
            looks["Alertmanager"] = lambda: alertmanager_difference(teller, target.tree)
        grafana = target.unit(c.GRAFANA)
        if grafana and self._is_expected(grafana):
            looks |= _grafana_looks(grafana, target, before, self.state.logins)
        return looks

    def confirm(self, target: Target, before: Target | None, deadline_seconds: float) -> None:
        """Wait until every server says what `target` says. Raises CheckFailed with what differs when one does not,
        and Unavailable when one does not answer."""
        from stackctl.wait import TimedOut, wait_until

        looks = self.asked(target, before)

        def differences() -> list[str]:
            return [
                f"{server} does not confirm generation {target.id}: {line}"
                for server, look in looks.items()
                for line in look()
            ]

        last: list[str] = []
        try:
            wait_until(
                differences, lambda lines: not _kept(last, lines), deadline_seconds, what="the servers to confirm"
            )
        except TimedOut:
            raise CheckFailed(*(Diagnostic("reload.not-confirmed", line) for line in last[:10])) from None

    def load_clients(self) -> None:
        """Import what `confirm` needs, at a moment when there is time for it."""
        import stackctl.verification.loaded  # noqa: F401

    # -- recording --------------------------------------------------------------------------------------------

    def record(self, generation: Generation) -> None:
        """Remember that `generation` is what every unit has loaded."""
        self.state.record(
            replace(self.running, generation=generation.id, started_at=time.time(), partly="", partly_since=0.0)
        )

    def prune(self) -> None:
        """Remove the generations that are too old to go back to."""
        self.state.prune(c.GENERATIONS_KEPT)


def _kept(last: list[str], lines: list[str]) -> list[str]:
    last[:] = lines
    return lines


def _specs(generation: Generation) -> dict[str, str]:
    return {unit.name: unit.spec for unit in generation.units()}


def prometheus(unit: Unit, generation: Generation) -> Prometheus:
    """The client of the Prometheus that is `unit` of `generation`."""
    from stackctl.clients.http import Http
    from stackctl.clients.prometheus import Prometheus

    return Prometheus(Http(generation.access(unit)))


def alertmanager(unit: Unit, generation: Generation) -> Alertmanager:
    """The client of the Alertmanager that is `unit` of `generation`."""
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.http import Http

    return Alertmanager(Http(generation.access(unit)))


def _grafana_looks(
    unit: Unit, target: Target, before: Target | None, logins: Logins
) -> dict[str, Callable[[], list[str]]]:
    """A look at the dashboards that a change adds, edits or removes, and at a login that it changes, if it does."""
    from stackctl.verification.loaded import dashboards_difference, datasource_difference, own_datasource

    changed, gone = _changed_dashboards(target, before)
    other_login = _asking_files(target) != (_asking_files(before) if before else {})
    if not (changed or gone or other_login):
        return {}
    client = grafana_client(unit, target.tree, logins)
    told: list[bool] = []

    def look() -> list[str]:
        if not told:
            told.append(client.reload_dashboards().ok)  # by itself it looks within ten seconds
            if other_login:
                client.reload_datasources()
        lines = datasource_difference(client, own_datasource(target.tree)) if other_login else []
        return [*lines, *dashboards_difference(client, changed, gone)]

    return {"Grafana": look}


def _asking_files(target: Target) -> dict[str, bytes]:
    """The files that say how Prometheus is asked. Grafana reads them with its datasources."""
    server = target.unit(c.PROMETHEUS)
    names = (server.password_file, server.ca_file) if server else ()
    return {name: target.tree.files[name].content for name in names if name}


def _changed_dashboards(target: Target, before: Target | None) -> tuple[dict[str, Any], list[str]]:
    """The dashboards that are new or different, and the uids of those that go."""
    from stackctl.verification.loaded import dashboards_in

    wanted, had = dashboards_in(target.tree), dashboards_in(before.tree) if before else {}
    changed = {uid: board for uid, board in wanted.items() if had.get(uid) != board}
    return changed, sorted(had.keys() - wanted.keys())


def grafana_client(unit: Unit, tree: Tree, logins: Logins, password: str | None = None) -> Grafana:
    """The client of the Grafana that is `unit` of `tree`, logged in as its administrator, with another `password` if
    one is given."""
    from stackctl.access import Access
    from stackctl.clients.grafana import Grafana, LoginHttp

    login = (_grafana_user(unit, tree), password or tree.files[c.GRAFANA_PASSWORD_FILE].content.decode())
    return Grafana(LoginHttp(Access(unit.url, login), logins=logins))


def _grafana_user(unit: Unit, tree: Tree) -> str:
    """The administrator's name, which is in the environment that Grafana is started with."""
    environment = unit.env
    if c.COMPOSE_FILE in tree.files:
        environment = tree.yaml(c.COMPOSE_FILE)["services"][unit.in_compose]["environment"]
    return str(environment["GF_SECURITY_ADMIN_USER"]).replace("$$", "$")
