"""`stackctl reload`: an edit of rules, targets or receivers becomes live, whole and confirmed, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import Format, seconds
from stackctl.errors import CheckFailed, InputError

if TYPE_CHECKING:
    from stackctl.model import Waiver
    from stackctl.operations.grafana_reload import Dashboards
    from stackctl.operations.live import Live, Target
    from stackctl.runtimes.protocol import Plan
    from stackctl.state import Generation


def reload(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="GENERATION", help="Roll back to this generation (ID or unique prefix)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate, and show what would be done.")] = False,
    timeout: Annotated[str, typer.Option("--timeout", help="Time limit, including a rollback.")] = "30s",
    output: Output = Format.text,  # noqa: ARG001 - read by its callback
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Apply an edit of the manifest, of rules or of receivers to the running stack, without a restart.

    Validated before anything is touched, confirmed by what the servers report, rolled back when either fails.
    """
    from stackctl.bounds.deadline import within
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.report import console

    ignored = ignored_by_option(ignore or ())
    manifest, deadline = options(context).manifest, seconds(timeout, "--timeout")
    with within(deadline):
        if to is not None:
            done = _go_back(manifest, to, deadline, dry_run)
        else:
            done = _go_on(manifest, deadline, dry_run, ignored)
    if dry_run:
        lines = [*map(str, done.plan.steps), *filter(None, [str(done.dashboards)])]
        console.out("\n".join(lines).replace("dashboards reloaded", "reload dashboards") or "nothing to do")
        return
    console.out(f"{console.mark('pass')} {done}: generation {done.generation}")
    if to:
        console.note("The next `stackctl reload` applies the manifest again.")


@dataclass(frozen=True)
class _Done:
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


def _change(live: Live, new: Target, deadline: float, dry_run: bool) -> _Done:
    """Bring in `new`, and what Grafana has to load for it."""
    from stackctl.operations.grafana_reload import Dashboards, dashboards_between, restored_datasource
    from stackctl.operations.transaction import change

    before = live.state.read(live.confirmed())
    trusted = live.state.read(live.current) is not None
    plan = change(live, new, deadline, trusted=trusted, dry_run=dry_run)
    dashboards = dashboards_between(before, new.tree) if live.grafana(new) else Dashboards()
    return _Done(plan, new.id, dashboards, not dry_run and restored_datasource(live, new))


def _go_on(manifest: Path, deadline: float, dry_run: bool, ignored: Sequence[Waiver]) -> _Done:
    """Bring in what the manifest says now."""
    from stackctl.operations.locked import locked
    from stackctl.operations.session import Session
    from stackctl.report import console

    with locked(partial(Session.open, ignored=ignored), manifest, "reload") as session:
        trusted = session.state.read(session.current) is not None
        new = session.target()
        console.detail(f"wrote generation {new.id} to {new.generation.path}")
        if not trusted and new.generation == session.current:
            console.note(f"the files of generation {new.id} had been changed by hand: rewritten")
        done = _change(session, new, deadline, dry_run)
        if not dry_run:
            session.prune()
        return done


def _go_back(manifest: Path, to: str, deadline: float, dry_run: bool) -> _Done:
    """Bring in a generation that was kept. The manifest need not even be readable."""
    from stackctl.operations.live import Live
    from stackctl.operations.locked import locked

    with locked(Live.open, manifest, "reload") as live:
        generation = _named(live.state.generations(), to)
        kept = live.kept(generation)
        if kept is None:
            summary = f"the files of generation {generation.id} have been changed by hand"
            raise CheckFailed.of(
                "generation.edited",
                summary,
                remedy="Choose another generation: `stackctl status --generations` lists them.",
            )
        done = _change(live, kept, deadline, dry_run)
        if not dry_run:
            live.prune()
        return done


def _named(generations: tuple[Generation, ...], prefix: str) -> Generation:
    """The one generation whose id begins so. Raises InputError with all of them when that is not one."""
    from stackctl.report import console

    found = [one for one in generations if one.id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} kept generations begin with `{prefix}`" if found else f"no generation `{prefix}` is kept"
    lines = "\n".join(f"{one.id}  written {console.clock(one.written_at())}" for one in found or generations)
    raise InputError.of(
        "usage.option", f"--to: {what}", cause=lines, remedy="Use one of these, or a unique prefix of its ID."
    )
