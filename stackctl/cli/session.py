"""A running stack beside its manifest: what `reload` and `verify` work with."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import CheckFailed, Problem, Unavailable

if TYPE_CHECKING:
    from stackctl.clients.http import Answer
    from stackctl.model import Stack
    from stackctl.report.verification import Verification
    from stackctl.runtime import Observed, Plan, Runtime
    from stackctl.source import Secret
    from stackctl.state import Generation, Running, State
    from stackctl.tree import Tree


@dataclass(frozen=True)
class Session:
    """What the manifest says now (`stack`, `tree`), and what runs (`runtime`, `running`, `current`)."""

    stack: Stack
    state: State
    running: Running
    current: Generation
    runtime: Runtime
    tree: Tree

    @classmethod
    def open(cls, manifest: Path) -> Session:
        """Raises InputError for a bad manifest and Unavailable when nothing runs or the runtime does not answer."""
        from stackctl.manifest import load
        from stackctl.render import render
        from stackctl.runtime import reopen_runtime
        from stackctl.state import State

        stack = load(manifest)
        state = State.beside(manifest)
        running, current = state.running(), state.current()
        if running is None or current is None:
            raise Unavailable.of(f"the stack `{stack.name}` does not run", remedy="Run `stackctl up` first.")
        name, where, _ = current.index()
        runtime = reopen_runtime(where, name, state.root)
        return cls(stack, state, running, current, runtime, render(stack, where, kept_secrets(state), state.salt()))

    @classmethod
    @contextmanager
    def locked(cls, manifest: Path) -> Iterator[Session]:
        """The session as the only stackctl that changes this stack. Raises as `open`, and when the lock is held."""
        from stackctl.state import State

        if not State.beside(manifest).root.is_dir():
            cls.open(manifest)  # says what is wrong, and leaves no trace
        with State.beside(manifest).lock():
            yield cls.open(manifest)

    def write(self) -> Generation:
        """Write what the manifest says now as a generation, without making it live."""
        return self.state.write(self.tree)

    def fetch(self, url: str) -> Answer:
        """What a GET of `url` answers from where Prometheus runs. Raises NoAnswer when nothing answers."""
        from stackctl.clients.http import Answer, NoAnswer

        answer = self.runtime.fetch(url)
        if not answer.status:
            raise NoAnswer.of(f"{url} does not answer: {answer.text}")
        return Answer(answer.status, "", answer.text)

    def plan(self, new: Generation) -> Plan:
        """What it takes to get from what runs to `new`. Units that were left out stay out."""
        from stackctl.runtime import make_plan

        def plan(observed: Sequence[Observed]) -> Plan:
            there = {one.name for one in observed}
            wanted = [unit for unit in new.units() if unit.name in there or self._is_expected(unit.profiles, unit.name)]
            return make_plan(new.units(), wanted, observed, loaded=self._loaded())

        # The record is enough to see that only configuration has changed; for all else it is worth asking.
        quick = plan(self._recorded())
        return quick if len(quick.units("reload")) == len(quick.steps) else plan(self.runtime.observe())

    def _recorded(self) -> list[Observed]:
        from stackctl.runtime import Observed

        skipped = self.running.units_skipped
        units = [unit for unit in self.current.units() if not unit.profiles and unit.name not in skipped]
        return [Observed(unit.name, "running", unit.spec, unit.image) for unit in units]

    def _is_expected(self, profiles: Sequence[str], name: str) -> bool:
        return not profiles and name not in self.running.units_skipped

    def _loaded(self) -> dict[str, str]:
        """What each unit has read, by the last command that got to its end."""
        known = next((g for g in self.state.generations() if g.id == self.running.generation), None)
        return {unit.name: unit.reads for unit in known.units()} if known else {}

    def refuse_stopped(self, names: Collection[str]) -> None:
        """Raise Unavailable when a unit that has to read something does not run. A silent one may just be starting."""
        from stackctl.runtime.http import is_ready

        silent = [u.name for u in self.current.units() if u.name in names and not is_ready(u.ready).status]
        if not silent:
            return
        states = {one.name: one for one in self.runtime.observe()}
        stopped = [name for name in silent if name not in states or states[name].state in ("exited", "missing")]
        remedy = "Run `stackctl up`: it starts it, and applies the edit too."
        if stopped:
            raise Unavailable(*(Problem(f"{name} does not run", remedy=remedy) for name in stopped))

    def load_clients(self) -> None:
        """Import what `confirm` needs, at a moment when there is time for it."""
        import requests  # noqa: F401

        import stackctl.checks.loaded  # noqa: F401

    def confirm(self, generation: Generation, deadline_seconds: float) -> None:
        """Wait until Prometheus reports `generation`. Raises CheckFailed with what differs when it does not."""
        from stackctl.checks.config import PROMETHEUS_FILE
        from stackctl.checks.loaded import loaded_difference, rules_in, rules_of
        from stackctl.clients.http import Http
        from stackctl.clients.prometheus import Prometheus
        from stackctl.wait import TimedOut, wait_until

        client = Prometheus(Http(self._prometheus_url(generation)))
        rendered = (generation.path / PROMETHEUS_FILE).read_bytes()
        written = rules_in(generation.path) if generation == self.current else rules_of(self.stack)

        def differences() -> list[str]:
            return loaded_difference(client, rendered, written)

        try:
            wait_until(differences, lambda lines: not lines, deadline_seconds, what="Prometheus to confirm")
        except TimedOut:
            lines = differences() or ["it did so only after the deadline"]
            summary = f"Prometheus does not confirm generation {generation.id}"
            raise CheckFailed(*(Problem(f"{summary}: {line}") for line in lines[:10])) from None

    def _prometheus_url(self, generation: Generation) -> str:
        address = next(unit.address for unit in generation.units() if unit.name == c.PROMETHEUS)
        return f"http://{address}"

    def record(self, generation: Generation) -> None:
        """Remember that `generation` is what every unit has loaded."""
        from stackctl.state import Running

        self.state.record(Running(self.running.runtime, generation.id, self.running.units_skipped, time.time()))
        self.state.prune(c.GENERATIONS_KEPT)


def kept_secrets(state: State) -> dict[str, Secret]:
    """The secrets that stackctl has made for this stack."""
    password = state.kept_secret(c.GRAFANA_ADMIN_PASSWORD)
    return {c.GRAFANA_ADMIN_PASSWORD: password} if password else {}


def verify_stack(manifest: Path, wait_seconds: float | None, only: Sequence[str]) -> Verification:
    """Every finding about the running stack, or those of the checks in `only`.

    `wait_seconds` bounds the wait for scrapes and evaluations; None is as long as the slowest of them needs.

    Raises InputError for a bad manifest or an unknown check, and Unavailable when nothing runs.
    """
    from stackctl import scrape
    from stackctl.checks import ledger
    from stackctl.checks.context import Context
    from stackctl.report.verification import Verification

    refuse_unknown_checks(only, ledger.IDS)
    session = Session.open(manifest)
    begun = time.monotonic()
    context = Context(
        stack=session.stack,
        runtime=session.runtime.name,
        tree=session.tree,
        jobs=scrape.jobs(session.stack, session.runtime.name),
        skipped=session.running.units_skipped,
        current=session.current.id,
        declared=session.state.identify(session.tree),
        seconds=patience(session.stack) if wait_seconds is None else wait_seconds,
        fetch=session.fetch,
        grafana_password=kept_secrets(session.state).get(c.GRAFANA_ADMIN_PASSWORD),
    )
    findings = tuple(ledger.run(context, only))
    seconds = time.monotonic() - begun
    return Verification(session.stack.name, session.runtime.name, session.current.id, findings, seconds)


def patience(stack: Stack) -> float:
    """How long the slowest scrape or evaluation may be in coming, in seconds, with as much again for a slow machine."""
    from stackctl.promql import duration

    intervals = [stack.prometheus.scrape_interval, stack.prometheus.evaluation_interval]
    intervals += [service.scrape_interval for service in stack.services if service.scrape_interval]
    return 2 * (max(map(duration.seconds, intervals)) + c.TARGET_SYNC_SECONDS)


def refuse_unknown_checks(only: Sequence[str], known: Sequence[str]) -> None:
    """Raise InputError for a name in `only` that is neither a check nor a family of checks."""
    from stackctl.errors import raise_if_any

    names = {*known, *(id.split(".")[0] for id in known)}
    remedy = f"Checks: {', '.join(known)}."
    raise_if_any(Problem(f"--only: there is no check `{name}`", remedy=remedy) for name in only if name not in names)
