"""What a manifest means: values kept as written, defaults filled in, files read, odd files refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from tests.unit.manifest.small import SMALLEST, loaded, refusal, service


def test_loads_the_smallest_manifest(tmp_path: Path) -> None:
    stack = loaded(tmp_path, SMALLEST)
    assert stack.name == "shop"
    assert [component.name for component in stack.components] == ["prometheus"]
    assert str(stack.prometheus.listen) == "127.0.0.1:9090"
    assert [target.address for target in stack.services[0].targets] == ["localhost:8000"]


def test_variables_come_from_the_environment_and_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=from-file\nB=file\nC='$5 {{x}}'\n")
    text = service("    labels: {a: '${A}', b: '${B}', c: '${C}', d: '${D:-fall:back}', e: '$${A}', f: $1}\n")
    labels = loaded(tmp_path, text, {"B": "environment"}).services[0].labels
    assert labels == {
        "a": "from-file",
        "b": "environment",
        "c": "$5 {{x}}",
        "d": "fall:back",
        "e": "${A}",
        "f": "$1",
    }


def test_a_variable_works_without_quotes_inside_braces(tmp_path: Path) -> None:
    text = service("    basic_auth: {username: u, password: ${PW}}\n    labels: {a: ${X:-b,c}}\n")
    api = loaded(tmp_path, text, {"PW": "p}w, [x]: #'\"\\"}).services[0]
    assert api.scrape["basic_auth"]["password"].reveal() == "p}w, [x]: #'\"\\"
    assert api.labels == {"a": "b,c"}


def test_values_of_variables_are_never_read_as_yaml(tmp_path: Path) -> None:
    api = loaded(tmp_path, service("    labels: {a: ${X}}\n"), {"X": "{b: c}\nd: e"}).services[0]
    assert api.labels == {"a": "{b: c}\nd: e"}


def test_a_dashboard_without_a_uid_gets_the_same_one_every_time(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"title": "Shop"}')
    text = SMALLEST + "dashboards: [{file: d.json}]\n"
    first, second = (loaded(tmp_path, text).dashboards[0].uid for _ in range(2))
    assert first == second != ""


def test_missing_manifest_suggests_init(tmp_path: Path) -> None:
    assert refusal(tmp_path / "stack.yml") == (
        "DIR/stack.yml does not exist\nhelp: Run `stackctl init`, or name it with -f. Create it, or correct the path."
    )


@pytest.mark.parametrize("name", [".", "..", "sub"])
def test_a_folder_that_is_given_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "here" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError) as caught:
        load(Path(name), {})
    assert str(caught.value) == f"{name} is a directory, not a file\nhelp: Name the file inside it."


def test_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").mkdir()
    assert refusal(tmp_path / "stack.yml") == (
        "DIR/stack.yml is a directory, not a file\nhelp: Name the file inside it."
    )


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_bytes(b"\x7fELF\0\0\0")
    assert refusal(tmp_path / "stack.yml") == (
        "DIR/stack.yml:1:5: DIR/stack.yml is not a text file in UTF-8: a zero byte in line 1, at byte 5\n"
        "help: Save it as UTF-8 text."
    )


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_bytes("name: caf\xe9\n".encode("latin-1"))
    assert "is not a text file in UTF-8" in refusal(tmp_path / "stack.yml")


def test_a_manifest_of_50_megabytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "stack.yml").open("wb") as file:
        file.truncate(50_000_000)
    assert refusal(tmp_path / "stack.yml") == (
        "DIR/stack.yml is too large: 50 MB, the limit is 17 MB\n"
        "help: Check that this is the right file; split it if it is."
    )


def test_a_symlink_loop_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").symlink_to("other.yml")
    (tmp_path / "other.yml").symlink_to("stack.yml")
    assert refusal(tmp_path / "stack.yml") == (
        "DIR/stack.yml is a symbolic link that points back to itself\nhelp: Fix the link."
    )


def test_a_dangling_symlink_says_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").symlink_to("gone.yml")
    assert refusal(tmp_path / "stack.yml") == "DIR/stack.yml is a symbolic link to gone.yml, which does not exist"


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stack.yml"
    path.write_text(SMALLEST)
    path.chmod(0)
    if os.geteuid() != 0:
        assert "no permission to read" in refusal(path)
        return
    # Root may read anything, so a child that has given its rights away has to try.
    script = (
        "import os, sys; from pathlib import Path; from stackctl.manifest import load; os.setuid(65534)\n"
        "try: load(Path('stack.yml'), {})\n"
        "except Exception as error: print(error)"
    )
    # pytest's own folders are closed to others.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "stack.yml")
        path.write_text(SMALLEST)
        path.chmod(0)
        child = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert child.stdout == (
        "no permission to read stack.yml\n"
        "stack.yml belongs to root and has the mode 0000; this user is nobody.\n"
        "help: Run the command as root, or let nobody read stack.yml.\n"
    ), child.stderr


def test_an_unreadable_env_file_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    (tmp_path / "stack.yml").write_text(SMALLEST)
    assert refusal(tmp_path / "stack.yml") == ".env is a directory, not a file\nhelp: Name the file inside it."
