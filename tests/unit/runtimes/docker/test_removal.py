"""Removing a stack from Docker by its labels: what belongs to it, and what is left to others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError, NotFound

from stackctl import conventions as c
from stackctl import home
from stackctl.runtimes.docker import containers
from stackctl.runtimes.docker.removal import Owner, others_of, own_volumes, remove, remove_data, units_of, volumes_of

OURS = Path("/srv/shop/.stackctl")
THEIRS = Path("/srv/copy/.stackctl")
OWNER = Owner((OURS,), "shop-1")


def row(name: str, folder: Path | None, project: str = "shop") -> dict[str, Any]:
    labels = {containers.PROJECT: project, containers.SERVICE: name}
    if folder:
        labels[containers.CONFIG] = f"{folder}/live/generations/1/compose.yaml"
    return {"Id": f"id-{name}", "Labels": labels}


class Engine:
    """An engine with containers, and with networks and volumes by their projects."""

    def __init__(self, *rows: dict[str, Any], **of_projects: dict[str, list[str]]) -> None:
        self.rows = list(rows)
        self.networks_of = of_projects.get("networks", {})
        self.volumes_of = of_projects.get("volumes", {})
        self.labels_of: dict[str, dict[str, str]] = {}
        self.done: list[str] = []
        self.fails: dict[str, Exception] = {}

    def containers(self, filters: dict[str, list[str]], all: bool = False) -> list[dict[str, Any]]:
        project = filters["label"][0].partition("=")[2]
        return [each for each in self.rows if not project or each["Labels"][containers.PROJECT] == project]

    def networks(self, filters: dict[str, list[str]]) -> list[dict[str, str]]:
        return [{"Name": name} for name in self.networks_of.get(filters["label"][0].partition("=")[2], [])]

    def volumes(self, filters: dict[str, list[str]]) -> dict[str, Any]:
        """Those with "theirs" in their names were not made by stackctl."""
        names = self.volumes_of.get(filters["label"][0].partition("=")[2])
        return {"Volumes": names and [self._volume(name) for name in names]}

    def _volume(self, name: str) -> dict[str, Any]:
        made = {} if "theirs" in name else {c.LABEL_VOLUME: name}
        return {"Name": name, "Labels": {**made, **self.labels_of.get(name, {})} or None}

    def stop(self, id: str) -> None:
        self._do(f"stop {id}")

    def remove_container(self, id: str, *, v: bool, force: bool) -> None:
        self._do(f"remove {id}{' with volumes' if v else ''}")

    def remove_network(self, name: str) -> None:
        self._do(f"remove network {name}")

    def remove_volume(self, name: str) -> None:
        self._do(f"remove volume {name}")

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what in self.fails:
            raise self.fails[what]


def removed(engine: Any, project: str = "shop", *, volumes: bool = False) -> tuple[str, ...]:
    return remove(engine, project, OWNER, volumes=volumes)


def shop(*rows: dict[str, Any]) -> Engine:
    return Engine(*rows, networks={"shop": ["shop_default"]}, volumes={"shop": ["shop_data"]})


def test_data_is_kept_unless_asked() -> None:
    engine = shop(row("prometheus", OURS))
    assert removed(engine) == ("prometheus",)
    assert engine.done == ["stop id-prometheus", "remove id-prometheus", "remove network shop_default"]
    engine = shop(row("prometheus", OURS))
    removed(engine, volumes=True)
    assert engine.done[1:] == [
        "remove id-prometheus with volumes",
        "remove network shop_default",
        "remove volume shop_data",
    ]


def test_volume_that_stackctl_did_not_make_is_left() -> None:
    engine = Engine(row("prometheus", OURS), volumes={"shop": ["shop_data", "shop_theirs"]})
    removed(engine, volumes=True)
    assert engine.done[2:] == ["remove volume shop_data"]


def test_stack_of_the_same_name_in_another_folder_keeps_all_that_is_shared() -> None:
    engine = shop(row("prometheus", OURS), row("grafana", THEIRS))
    assert removed(engine, volumes=True) == ("prometheus",)
    assert engine.done == ["stop id-prometheus", "remove id-prometheus with volumes"]


def test_stack_that_was_renamed_is_found_by_its_folder() -> None:
    engine = Engine(row("prometheus", OURS, "old"), networks={"old": ["old_default"]})
    assert removed(engine, "shop") == ("prometheus",)
    assert "remove network old_default" in engine.done


def test_container_that_says_no_folder_belongs_to_its_project() -> None:
    assert removed(shop(row("prometheus", None), row("other", None, "else"))) == ("prometheus",)
    assert removed(shop(row("prometheus", None)), "") == ()


def test_what_is_left_of_a_stack_without_containers_goes_too() -> None:
    engine = shop()
    assert removed(engine, volumes=True) == ()
    assert engine.done == ["remove network shop_default", "remove volume shop_data"]


@pytest.mark.parametrize("status", [403, 409])
def test_network_that_something_else_uses_is_left(status: int) -> None:
    engine = shop()
    engine.fails["remove network shop_default"] = APIError("in use", response=SimpleNamespace(status_code=status))
    removed(engine, volumes=True)
    assert engine.done[-1] == "remove volume shop_data"


def test_what_went_away_meanwhile_is_no_failure() -> None:
    engine = shop(row("prometheus", OURS))
    gone = NotFound("gone", response=SimpleNamespace(status_code=404))
    engine.fails = dict.fromkeys(("stop id-prometheus", "remove id-prometheus", "remove network shop_default"), gone)
    assert removed(engine) == ("prometheus",)


def test_units_and_folders_are_distinguished() -> None:
    engine: Any = Engine(row("prometheus", OURS), row("grafana", THEIRS), row("node", None))
    assert units_of(engine, OWNER) == ("prometheus",)
    assert others_of(engine, "shop", OWNER) == (Path("/srv/copy"),)


def test_only_data_that_was_added_is_removed() -> None:
    engine: Any = Engine(networks={"shop": ["a", "b"]}, volumes={"shop": ["c", "d"]})
    remove_data(engine, "shop", {"a", "c"})
    assert engine.done == ["remove network b", "remove volume d"]
    assert volumes_of(engine, "nobody", OWNER) == {}


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The state folder of another stack."""
    folder = tmp_path / "copy" / c.STATE_DIR
    folder.mkdir(parents=True)
    (folder / home.FILE).write_text("{}")
    return folder


def made_for(folder: Path, id: str = "shop-2") -> Any:
    engine = shop()
    engine.labels_of = {"shop_data": {c.LABEL_FOLDER: str(folder), c.LABEL_HOME: id}}
    return engine


def test_data_of_another_folders_stack_is_left(other: Path) -> None:
    engine = made_for(other)
    assert volumes_of(engine, "shop", OWNER) == {"shop_data": other}
    assert own_volumes(engine, "shop", OWNER) == ()
    assert others_of(engine, "shop", OWNER) == (other.parent,)
    assert removed(engine, volumes=True) == ()
    assert engine.done == ["remove network shop_default"]


@pytest.mark.parametrize("case", ["of this folder", "of the folder that it was moved from", "of a folder that is gone"])
def test_data_of_nobody_else_is_its_own(other: Path, case: str) -> None:
    engine = {
        "of this folder": made_for(OURS),
        "of the folder that it was moved from": made_for(other, OWNER.id),
        "of a folder that is gone": made_for(other.parent / "gone"),
    }[case]
    assert own_volumes(engine, "shop", OWNER) == ("shop_data",)
    assert others_of(engine, "shop", OWNER) == ()


def test_folder_that_may_not_be_looked_at_keeps_its_data(other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refused)
    assert own_volumes(made_for(other), "shop", OWNER) == ()
