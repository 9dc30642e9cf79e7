"""Who may read the files of a tree, whatever the umask, by root and by others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import ownership
from stackctl.components import registry
from stackctl.manifest import read
from stackctl.render import render
from stackctl.render.write import differences, write
from stackctl.tree import File, Tree

FILES = {
    "secrets/prometheus/a": File(b"1", secret=True),
    "secrets/alertmanager/b": File(b"2", secret=True),
    "secrets/worker/env": File(b"3", secret=True),
    "prometheus/prometheus.yml": File(b"4", secret=True),
    "compose.yaml": File(b"5", secret=True),
    "alertmanager/alertmanager.yml": File(b"6"),
    c.UNITS_FILE: File(b"{}"),
}


def tree(runtime: str = c.DOCKER) -> Tree:
    return Tree("s", runtime, FILES, ())


@pytest.fixture
def closed_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    paths = [folder, *sorted(folder.rglob("*"))]
    return {path.relative_to(folder).as_posix(): oct(path.stat().st_mode & 0o777)[2:] for path in paths}


SHARED = {
    ".": "755",
    "alertmanager": "755",
    "alertmanager/alertmanager.yml": "644",
    "compose.yaml": "400",
    "prometheus": "755",
    "prometheus/prometheus.yml": "440",
    "secrets": "711",
    "secrets/alertmanager": "750",
    "secrets/alertmanager/b": "440",
    "secrets/prometheus": "750",
    "secrets/prometheus/a": "440",
    "secrets/worker": "750",
    "secrets/worker/env": "440",
    "stackctl.json": "644",
}


@pytest.mark.usefixtures("closed_umask")
def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    for _ in range(2):
        write(tree(), tmp_path / "out")
        assert modes(tmp_path / "out") == SHARED


@pytest.mark.usefixtures("closed_umask")
def test_an_empty_folder_is_opened_for_containers(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tree(), tmp_path / "out")
    assert modes(tmp_path / "out") == SHARED


@pytest.mark.usefixtures("closed_umask")
def test_native_secrets_are_the_users_own(tmp_path: Path) -> None:
    write(tree(c.NATIVE), tmp_path / "out")
    found = modes(tmp_path / "out")
    assert {found[path] for path, file in FILES.items() if file.secret} == {"400"}
    assert found["secrets/prometheus"] == "700"


def test_each_unit_has_a_group_of_its_own() -> None:
    groups = {each.name: ownership.group_of(each.name) for each in registry.running()}
    assert len({*groups.values()}) == len(groups)
    # Not those of the images' users, by which other containers would read them.
    assert not {0, 65534, 472} & {*groups.values()}
    names = [f"redis-{number}" for number in range(50)]
    paths = [f"secrets/{name}/password" for name in (*names, c.PROMETHEUS)]
    named = {ownership.group_of(name, paths) for name in names}
    assert len(named) == len(names)
    assert named.isdisjoint(groups.values())
    assert named.isdisjoint({0, 65534, 472, None})
    assert ownership.group_of("") is None
    assert ownership.group_of("redis-50", paths) is None  # which has no secrets
    assert ownership.group_of("rabbitmq") is None  # which is not run


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_gives_each_file_to_the_group_of_its_unit(tmp_path: Path) -> None:
    write(tree(), tmp_path / "out")
    for path, unit in (("secrets/prometheus/a", c.PROMETHEUS), ("secrets/alertmanager/b", c.ALERTMANAGER)):
        assert (tmp_path / "out" / path).stat().st_gid == registry.component(unit).group
        assert (tmp_path / "out" / path).parent.stat().st_gid == registry.component(unit).group
    assert (tmp_path / "out" / "prometheus" / "prometheus.yml").stat().st_gid == registry.component(c.PROMETHEUS).group
    assert ownership.shared_group(tmp_path / "out") is None


READ = """
import os, sys
os.setgroups([int(group) for group in sys.argv[1].split(",")])
os.setgid(65534)
os.setuid(65534)
for path in sys.argv[2:]:
    try:
        print(open(path).read(), end="")
    except PermissionError:
        print("-", end="")
"""


def read_as(groups: str, folder: Path) -> str:
    """What a container's user reads of the secrets of a tree, "-" for what it may not."""
    paths = [str(folder / path) for path, file in FILES.items() if file.secret]
    return subprocess.run(
        [sys.executable, "-c", READ, groups, *paths], capture_output=True, text=True, check=True
    ).stdout


WRITE = """
import os, sys
from pathlib import Path
from stackctl.render.write import write
from tests.unit.test_ownership import tree
if int(sys.argv[2]):
    os.setgroups([]); os.setgid(1234); os.setuid(1234)
write(tree(), Path(sys.argv[1]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("user", [0, 1234])
def test_a_container_reads_the_secrets_of_its_unit_and_no_other(user: int) -> None:
    from tempfile import TemporaryDirectory

    # Not below the folder of the tests, through which no other user may pass.
    with TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        subprocess.run(
            [sys.executable, "-c", WRITE, f"{name}/out", str(user)], check=True, cwd=Path(__file__).parents[2]
        )
        folder = Path(name) / "out"
        if ownership.shared_group(folder) is not None:
            pytest.skip("the file system has no access control lists")
        assert read_as(str(registry.component(c.PROMETHEUS).group), folder) == "1--4-"
        assert read_as(str(registry.component(c.ALERTMANAGER).group), folder) == "-2---"
        assert read_as(str(ownership.group_of("worker", FILES)), folder) == "--3--"
        assert read_as("65534", folder) == "-----"


def test_without_access_control_lists_the_users_group_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(ownership, "_let_in", lambda *_: False)
    write(tree(), tmp_path / "out")
    assert ownership.shared_group(tmp_path / "out") == (tmp_path / "out").stat().st_gid
    assert modes(tmp_path / "out") == SHARED


def test_a_closed_configuration_is_not_shown_in_a_diff(tmp_path: Path) -> None:
    write(tree(), tmp_path / "out")
    changed = {**FILES, "prometheus/prometheus.yml": File(b"new-secret")}
    shown = "".join(one.unified() for one in differences(Tree("s", c.DOCKER, changed, ()), tmp_path / "out"))
    assert shown == "secret changed: prometheus/prometheus.yml\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_fifty_exporters_read_their_own_secrets_only(tmp_path: Path) -> None:
    names = [f"redis-{number}" for number in range(50)]
    exporters = "".join(
        f'  {name}: {{kind: redis, address: "db-{name}:6379", listen: {20000 + number}, password: "{name}-secret"}}\n'
        for number, name in enumerate(names)
    )
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\nexporters:\n{exporters}")
    stack = read(tmp_path / "stack.yml", {}).stack
    assert stack is not None
    made = render(stack, c.DOCKER)
    write(made, tmp_path / "out")
    services = made.yaml(c.COMPOSE_FILE)["services"]
    joined = {name: services[made.unit(name).in_compose]["group_add"] for name in names}  # type: ignore[union-attr]
    assert len({group for (group,) in joined.values()}) == len(names)
    for name, (group,) in joined.items():
        folder = tmp_path / "out" / c.SECRETS_DIR / name
        files = [folder, *folder.iterdir()]
        assert len(files) > 1
        assert {f"${{STACKCTL_GID:-{path.stat().st_gid}}}" for path in files} == {group}
    assert ownership.shared_group(tmp_path / "out") is None
