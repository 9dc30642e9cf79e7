"""Reload: what the manifest says now, or a kept generation, replaces what is loaded, confirmed or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from stackctl.bounds.deadline import within
from stackctl.errors import CheckFailed, InputError

if TYPE_CHECKING:
    from stackctl.model import Waiver
    from stackctl.operations.grafana_reload import Dashboards
    from stackctl.operations.live import Live, Target
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Plan


@dataclass(frozen=True)
class Reloaded:
    """Result of a reload. `datasource` is whether Grafana's was provisioned again."""

    plan: Plan
    generation: str
    dashboards: Dashboards
    datasource: bool = False

    def __str__(self) -> str:
        units = ", ".join(self.plan.units("reload"))
        parts = [f"{units} reloaded" if units else "", str(self.dashboards)]
        parts.append("Grafana's datasource had been changed and was restored" if self.datasource else "")
        return "; ".join(filter(None, parts)) or "nothing had changed; the configuration is confirmed"


def reload_manifest(
    manifest: Path, deadline: float, progress: Progress, *, dry_run: bool = False, ignored: Sequence[Waiver] = ()
) -> Reloaded:
    """Bring in what the manifest says now, which accepts what is `ignored` too, within `deadline` seconds.

    Raises InputError for a bad manifest, CheckFailed when a server does not accept or confirm it, and Unavailable when
    one does not answer; then the old generation is active.
    """
    from stackctl.operations.locked import locked
    from stackctl.operations.session import Session

    opened = partial(Session.open, ignored=ignored)
    with within(deadline), locked(opened, manifest, "reload", progress) as session:
        trusted = _is_intact(session)  # as it is now: the target may be the same generation, written again
        new = session.target()
        progress.detail(f"wrote generation {new.id} to {new.generation.path}")
        if not trusted and new.generation == session.current:
            progress.note(f"the files of generation {new.id} had been changed by hand: rewritten")
        done = _change(session, new, deadline, progress, trusted=trusted, dry_run=dry_run)
        if not dry_run:
            session.prune()
        return done


def reload_generation(
    manifest: Path, to: str, deadline: float, progress: Progress, *, dry_run: bool = False
) -> Reloaded:
    """Bring in the kept generation whose ID begins with `to`. The manifest need not even be readable.

    Raises as `reload_manifest`, and InputError when there is not exactly one such generation.
    """
    from stackctl.operations.live import Live
    from stackctl.operations.locked import locked

    with within(deadline), locked(Live.open, manifest, "reload", progress) as live:
        generation = named_generation(live.state.generations(), to)
        kept = live.kept(generation)
        if kept is None:
            summary = f"the files of generation {generation.id} have been changed by hand"
            raise CheckFailed.of(
                "generation.edited",
                summary,
                remedy="Choose another generation: `stackctl status --generations` lists them.",
            )
        done = _change(live, kept, deadline, progress, trusted=_is_intact(live), dry_run=dry_run)
        if not dry_run:
            live.prune()
        return done


def _is_intact(live: Live) -> bool:
    """Return whether the files of what runs are those that were written."""
    return live.state.read(live.current) is not None


def _change(live: Live, new: Target, deadline: float, progress: Progress, *, trusted: bool, dry_run: bool) -> Reloaded:
    """Bring in `new`, and what Grafana has to load for it."""
    from stackctl.operations.grafana_reload import dashboards_between, restored_datasource
    from stackctl.operations.transaction import change

    before = live.state.read(live.confirmed())
    plan = change(live, new, deadline, progress, trusted=trusted, dry_run=dry_run)
    dashboards = dashboards_between(before, new.tree, has_grafana=live.grafana(new) is not None)
    return Reloaded(plan, new.id, dashboards, not dry_run and restored_datasource(live, new))


class Dated(Protocol):
    """A generation that is kept somewhere: its ID, and when it was written, as Unix time."""

    @property
    def id(self) -> str: ...

    def written_at(self) -> float: ...


D = TypeVar("D", bound=Dated)


def named_generation(generations: tuple[D, ...], prefix: str) -> D:
    """The one generation whose id begins so. Raises InputError with all of them when that is not one."""
    from stackctl.clock import clock

    found = [one for one in generations if one.id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} kept generations begin with `{prefix}`" if found else f"no generation `{prefix}` is kept"
    lines = "\n".join(f"{one.id}  written {clock(one.written_at())}" for one in found or generations)
    raise InputError.of(
        "usage.option", f"--to: {what}", cause=lines, remedy="Use one of these, or a unique prefix of its ID."
    )
