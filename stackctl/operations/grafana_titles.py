"""Dashboards that a person has made in Grafana: provisioning one of their uid, or of their title in their folder, would
adopt them, and delete them with it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed

if TYPE_CHECKING:
    from stackctl.clients.grafana import FoundDashboard, Grafana, Logins
    from stackctl.tree import Tree

_PROVIDERS = "grafana/provisioning/dashboards/"
# uid -> title, and folder
Placed = dict[str, tuple[str, str]]


def refuse_adoption(client: Grafana, before: Tree | None, new: Tree) -> None:
    """Raise CheckFailed when a dashboard that is new in `new` would take the place of one that a person has made.

    `before` is what Grafana has been given so far. Raises NoAnswer when Grafana gives none.
    """
    if before and _files(before) == _files(new):
        return  # which spares a change of rules the reading of every dashboard
    wanted, had = placed_dashboards(new), placed_dashboards(before) if before else {}
    changed = {uid: place for uid, place in wanted.items() if had.get(uid) != place}
    if not changed:
        return
    own = {*wanted, *had}
    found = client.dashboards()
    problems = [
        _problem(each, title)
        for uid, (title, folder) in changed.items()
        for each in found
        if (each.uid == uid and uid not in had and not client.is_provisioned(uid))
        or (each.uid not in own and _same(each, title, folder))
    ]
    if problems:
        raise CheckFailed(*problems, Diagnostic("stack.unchanged", "nothing was changed"))


def refuse_adoption_beside(before: Tree, new: Tree, logins: Logins) -> None:
    """The same for the Grafana that runs on the tree `before`, if it does, by its password or that of `new`.

    Raises CheckFailed when it takes neither.
    """
    from stackctl.clients.http import NoAnswer
    from stackctl.operations.live import grafana_client

    # What was refused a moment ago was probably the old one.
    order = (new, before) if logins.has_refused() else (before, new)
    trees = [tree for tree in order if c.GRAFANA_PASSWORD_FILE in tree.files]
    passwords = dict.fromkeys(tree.files[c.GRAFANA_PASSWORD_FILE].content.decode() for tree in trees)
    unit = before.unit(c.GRAFANA)
    if unit is None:
        return
    for password in passwords:
        try:
            refuse_adoption(grafana_client(unit, before, logins, password), before, new)
        except NoAnswer as error:
            if error.status == 401:
                continue
        return  # it was asked, or does not run
    if passwords:
        raise CheckFailed.of(
            "grafana.password",
            "nothing was changed: the password of Grafana's administrator differs from the manifest",
            cause="So stackctl cannot check for dashboards with the same title that people have made.",
            remedy="`stackctl verify --only grafana.login` shows how to set it.",
        )


def placed_dashboards(tree: Tree) -> Placed:
    """The dashboards of a tree by their uid, each with its title and its folder's, "" at the top level."""
    from stackctl.bounds.json_text import loads

    folders = {
        PurePosixPath(provider["options"]["path"]).name: str(provider["folder"]).replace("$$", "$")
        for path in tree.files
        if path.startswith(_PROVIDERS) and path.endswith(".yml")
        for provider in tree.yaml(path)["providers"]
    }
    return {
        PurePosixPath(path).stem: (str(loads(file.content)["title"]), folders.get(PurePosixPath(path).parent.name, ""))
        for path, file in tree
        if path.startswith("grafana/dashboards/")
    }


def _files(tree: Tree) -> dict[str, bytes]:
    return {path: file.content for path, file in tree if path.startswith(("grafana/dashboards/", _PROVIDERS))}


def _same(found: FoundDashboard, title: str, folder: str) -> bool:
    return (found.title.casefold(), found.folder.casefold()) == (title.casefold(), folder.casefold())


def _problem(found: FoundDashboard, title: str) -> Diagnostic:
    where = f"in the folder `{found.folder}`" if found.folder else "at the top level"
    same = f"the title of `{title}`" if found.title.casefold() == title.casefold() else f"the uid of `{title}`"
    return Diagnostic(
        "grafana.title-taken",
        f"Grafana has a dashboard `{found.title}` {where} that a person has made, with {same}",
        cause="Grafana would treat it as the manifest's dashboard: overwrite it, and delete it along with that.",
        remedy=f"Rename or delete it in Grafana, where its uid is {found.uid}, or rename that of the manifest.",
    )
