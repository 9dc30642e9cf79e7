"""Grafana in a reload: which dashboards a change concerns, and a datasource that was changed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackctl.errors import CheckFailed

if TYPE_CHECKING:
    from stackctl.operations.live import Live, Target
    from stackctl.tree import Tree

_BY_HAND = (
    "Set it back in Grafana: `PUT /api/datasources/uid/UID` with the uid `prometheus`. Or recreate Grafana's database, "
    "which loses everything made by hand: `stackctl down --volumes`, `stackctl up`."
)


@dataclass(frozen=True)
class Dashboards:
    """The titles of the dashboards that a change adds or edits, and of those that it removes.

    `has_grafana` is False where no Grafana runs that could load them.
    """

    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    has_grafana: bool = True

    def __str__(self) -> str:
        if self.has_grafana:
            return "; ".join(_named({"dashboards reloaded": self.changed, "dashboards removed": self.removed}))
        written = _named({"dashboards written": self.changed, "dashboards removed": self.removed})
        return "; ".join([*written, "Grafana does not run, so nothing loads them"]) if written else ""

    def steps(self) -> list[str]:
        """Return what is to be done, in lines like those of a plan's steps."""
        verb = "reload" if self.has_grafana else "write"
        return _named({f"{verb} dashboards": self.changed, "remove dashboards": self.removed})


def _named(titles: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{what}: {', '.join(named)}" for what, named in titles.items() if named]


def dashboards_between(old: Tree | None, new: Tree, *, has_grafana: bool = True) -> Dashboards:
    """Return what leads from the dashboards of `old` to those of `new`; all of `new` where `old` is not known.

    `has_grafana` is whether one runs that loads them.
    """
    from stackctl.verification.loaded import dashboards_in

    had, wanted = dashboards_in(old) if old else {}, dashboards_in(new)
    return Dashboards(
        tuple(str(board["title"]) for uid, board in wanted.items() if had.get(uid) != board),
        tuple(str(board["title"]) for uid, board in had.items() if uid not in wanted),
        has_grafana,
    )


def restored_datasource(live: Live, target: Target) -> bool:
    """Provision the datasource again when Grafana has none of its uid; return whether that was needed.

    A Grafana that does not answer, or has another password, is left alone: `verify` reports it. Raises CheckFailed when
    the datasource is still missing afterwards.
    """
    from stackctl.clients.http import NoAnswer
    from stackctl.verification.loaded import own_datasource

    client = live.grafana(target)
    if client is None:
        return False
    uid = own_datasource(target.tree)
    try:
        client.datasource(uid)
    except NoAnswer as error:
        if error.status != 404:
            return False
    else:
        return False
    try:
        client.reload_datasources()
        client.datasource(uid)
    except NoAnswer as error:
        summary = f"Grafana has no datasource with the uid `{uid}`, even after it was provisioned again"
        raise CheckFailed.of("grafana.no-datasource", summary, cause=error.summary, remedy=_BY_HAND) from None
    return True
