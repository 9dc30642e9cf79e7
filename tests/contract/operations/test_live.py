"""What a reload asks of Grafana: the dashboards that it changes, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from stackctl.errors import CheckFailed
from stackctl.manifest import load
from stackctl.operations.live import Live, Target
from stackctl.render import render
from stackctl.runtimes.protocol import Runtime
from stackctl.state import Generation, Running, State
from tests.contract.serving import Server, serve

MANIFEST = """\
version: 1
name: pretended
grafana: {{listen: 127.0.0.1:{port}, admin: {{user: boss, password: right}}}}
services: {{api: {{targets: ["localhost:8000"]}}}}
dashboards: [{files}]
"""


@pytest.fixture
def grafana() -> Iterator[Server]:
    with serve() as made:
        made.login = ("boss", "right")
        made.routes["/api/user"] = {"login": "boss"}
        made.routes["/api/admin/provisioning/dashboards/reload"] = {"message": "Dashboards config reloaded"}
        yield made


@pytest.fixture
def live(tmp_path: Path) -> Live:
    here = Generation("old", tmp_path)
    return Live(State(tmp_path / ".stackctl"), Running("native", "old"), here, cast("Runtime", None))


def target(folder: Path, grafana: Server, runtime: str, **titles: str) -> Target:
    """A generation with these dashboards: uid -> title."""
    for uid, title in titles.items():
        (folder / f"{uid}.json").write_text(f'{{"title": "{title}", "uid": "{uid}", "panels": []}}')
    files = ", ".join(f"{{file: {uid}.json}}" for uid in titles)
    (folder / "stack.yml").write_text(MANIFEST.format(port=grafana.port, files=files))
    return Target(Generation("x", folder), render(load(folder / "stack.yml", {}), runtime))


def has(grafana: Server, uid: str, title: str) -> None:
    board: dict[str, Any] = {"uid": uid, "title": title, "panels": [], "version": 2}
    grafana.routes[f"/api/dashboards/uid/{uid}"] = {"dashboard": board}


@pytest.mark.parametrize("runtime", ["native", "docker"])
def test_confirms_only_changed_dashboards(tmp_path: Path, grafana: Server, live: Live, runtime: str) -> None:
    old = target(tmp_path, grafana, runtime, same="Same", edited="Old", gone="Gone")
    new = target(tmp_path, grafana, runtime, same="Same", edited="New", added="Added")
    live.refuse_closed_grafana(new, old)
    look = live.asked(new, old)["Grafana"]
    has(grafana, "edited", "Old")
    has(grafana, "gone", "Gone")
    assert look() == [
        "the dashboard added is not loaded",
        "the dashboard edited is loaded as 'Old', not as 'New'",
        "the dashboard gone still exists",
    ]
    has(grafana, "edited", "New")
    has(grafana, "added", "Added")
    del grafana.routes["/api/dashboards/uid/gone"]
    assert look() == []
    assert "/api/dashboards/uid/same" not in grafana.asked
    assert grafana.asked.count("/api/admin/provisioning/dashboards/reload") == 1


def test_does_not_ask_grafana_when_no_dashboard_changes(tmp_path: Path, grafana: Server, live: Live) -> None:
    old = target(tmp_path, grafana, "native", same="Same")
    grafana.login = ("boss", "changed by hand")
    live.refuse_closed_grafana(old, old)
    assert "Grafana" not in live.asked(old, old)
    assert grafana.asked == []


def test_every_dashboard_is_confirmed_when_it_is_not_known_what_is_loaded(
    tmp_path: Path, grafana: Server, live: Live
) -> None:
    new = target(tmp_path, grafana, "native", same="Same")
    assert live.asked(new, None)["Grafana"]() == ["the dashboard same is not loaded"]


def test_a_password_that_was_changed_by_hand_is_reported_before_anything_is_changed(
    tmp_path: Path, grafana: Server, live: Live
) -> None:
    new = target(tmp_path, grafana, "native", shop="Shop")
    grafana.login = ("boss", "changed by hand")
    with pytest.raises(CheckFailed) as refused:
        live.refuse_closed_grafana(new, None)
    assert "nothing was changed: the password of Grafana's administrator differs" in str(refused.value)
    assert "stackctl verify --only grafana.login" in str(refused.value)
