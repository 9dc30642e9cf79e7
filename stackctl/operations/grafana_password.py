"""The password of Grafana's administrator: Grafana takes that of the manifest at its first start only.

So a changed one is set by Grafana's API, while that still knows the old one. No password is tried twice: after a few
wrong ones Grafana refuses the administrator for some minutes, people too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.bounds.files import read_text
from stackctl.errors import CheckFailed

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Runtime
    from stackctl.source import Secret
    from stackctl.state import Entry, Generation, State
    from stackctl.tree import Tree


def set_changed_password(
    state: State, entry: Entry, generation: Generation, runtime: Runtime, progress: Progress
) -> None:
    """Give Grafana the administrator's password of `generation`, which runs now, if the last one had another.

    Raises CheckFailed, with the command that sets it, when Grafana knows neither; Unavailable when it does not answer.
    """
    from stackctl.checks.grafana import reset_command
    from stackctl.operations.live import grafana_client

    new, old = state.read(generation), _last(state, entry)
    unit = new.unit(c.GRAFANA) if new else None
    if new is None or old is None or unit is None or unit.name not in entry.units:
        return
    password, before = _password(new), _password(old)
    if before in (None, password) or password is None:
        return
    ways = [
        lambda: grafana_client(unit, new, state.logins, before).set_password(before or "", password),
        lambda: grafana_client(unit, new, state.logins).user(),
    ]
    # What was refused a moment ago was probably the old password.
    if state.logins.has_refused():
        ways.reverse()
    if not any(map(_is_let_in, ways)):
        summary = "Grafana's administrator has neither the password in the manifest nor the previous one"
        raise CheckFailed.of("grafana.password", summary, remedy=f"Set it: {reset_command(unit, runtime)}")
    progress.note("Grafana's administrator has the new password")


def _is_let_in(ask: Callable[[], object]) -> bool:
    """Return whether Grafana takes the password of a question."""
    from stackctl.clients.http import NoAnswer

    try:
        ask()
    except NoAnswer as error:
        if error.status != 401:
            raise
        return False
    return True


def _last(state: State, entry: Entry) -> Tree | None:
    """The tree that ran before: the one that was confirmed last, or after a `down` the one that was live."""
    running = state.running()
    id = running.generation if running else entry.before
    found = next((one for one in state.generations() if one.id == id), None)
    return state.read(found) if found else None


def _password(tree: Tree) -> str | None:
    file = tree.files.get(c.GRAFANA_PASSWORD_FILE)
    return file.content.decode() if file else None


def rendered_password(manifest: Path, out: Path | None, *, keep: bool) -> Secret:
    """Grafana's password when the manifest gives none: that of `up`, else that of an earlier render, else a new one.

    Grafana keeps its first password, so a new one is kept too; only a render that writes nothing does without.
    """
    from stackctl.render import PASSWORD_FILE
    from stackctl.source import Secret
    from stackctl.state import State

    state = State.beside(manifest)
    rendered = out / PASSWORD_FILE if out else None
    if kept := state.kept_secret(c.GRAFANA_ADMIN_PASSWORD):
        return kept
    if rendered and rendered.is_file():
        return Secret(read_text(rendered))
    if not keep:
        return Secret("")
    with state.lock():
        return state.generated_secret(c.GRAFANA_ADMIN_PASSWORD)
