"""A `drill` that was interrupted: it is ended in the order that notifies nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import Unavailable

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.state import Entry, State


def end(manifest: Path, state: State, entry: Entry, progress: Progress) -> str:
    """Take the rules out, then the routes: an alert under drill never meets the routes of real ones.

    Raises StackctlError when a server does not confirm that.
    """
    from stackctl.drill import EVERY, remove_drill_rules
    from stackctl.operations.drill_changes import Servers, change_to, end_alerts
    from stackctl.operations.live import Live

    current, running = state.current(), state.running()
    if current is None or running is None:
        state.end()
        return "nothing runs"
    suspects = (current, state.generation(entry.going_to), state.generation(running.generation))
    firing = next((one for one in suspects if one and (one.path / c.DRILL_RULES).is_file()), None)
    before = state.generation(entry.before)
    tree, whole = (state.read(one) if one else None for one in (firing, before))
    if whole is None:
        remedy = "Run `stackctl up` to apply the manifest."
        raise Unavailable.of(
            "generation.damaged", f"generation {entry.before}, the one before the drill, is damaged", remedy=remedy
        )
    servers = Servers.of(Live.open(manifest))
    if tree:
        change_to(manifest, remove_drill_rules(tree), progress, drop=True)
    end_alerts(servers.alertmanagers.values(), EVERY)
    change_to(manifest, whole, progress, drop=True)
    state.end()
    return "ended"
