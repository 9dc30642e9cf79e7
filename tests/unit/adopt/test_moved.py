"""Paths of Compose files in other folders."""

from __future__ import annotations

import pytest

from stackctl.adopt.moved import moved, moved_path

VARIABLES = {"DIR": "./d"}


@pytest.mark.parametrize(
    ("path", "base", "result"),
    [
        ("./a", "", "./a"),
        ("./a", "deploy", "./deploy/a"),
        ("../a", "deploy", "./a"),
        ("..", "deploy", "."),
        ("../../a", "deploy", "../a"),
        ("a.env", "deploy", "./deploy/a.env"),
        ("/a", "deploy", "/a"),
        ("~/a", "deploy", "~/a"),
        ("https://example.org/a.git", "deploy", "https://example.org/a.git"),
        ("${DIR}/a", "", "${DIR}/a"),
        ("${DIR}/a", "deploy", "./deploy/d/a"),
        ("${GONE:-../a}", "deploy", "./a"),
        ("${PWD}/a", "", "./a"),
        ("$PWD/a", "deploy", "./deploy/a"),
        ("${PWD}", "deploy", "./deploy"),
        ("$PWDS/a", "", "$PWDS/a"),
    ],
)
def test_paths_begin_at_the_folder_of_the_set_up(path: str, base: str, result: str) -> None:
    assert moved_path(path, base, VARIABLES) == result


def test_every_field_with_a_path_is_moved() -> None:
    service = {
        "volumes": ["./a:/a:ro", "name:/b", "/c:/c", {"type": "bind", "source": "./d", "target": "/d"}, "/anonymous"],
        "env_file": ["a.env", {"path": "b.env", "required": False}],
        "label_file": "labels",
        "build": {"context": ".", "dockerfile": "D"},
    }
    data = {"services": {"one": service}, "secrets": {"s": {"file": "s.txt"}}, "configs": {"c": {"content": "x"}}}
    assert moved(data, "deploy", {}) == {
        "services": {
            "one": {
                "volumes": [
                    *("./deploy/a:/a:ro", "name:/b", "/c:/c"),
                    {"type": "bind", "source": "./deploy/d", "target": "/d"},
                    "/anonymous",
                ],
                "env_file": ["./deploy/a.env", {"path": "./deploy/b.env", "required": False}],
                "label_file": "./deploy/labels",
                "build": {"context": "./deploy", "dockerfile": "D"},
            }
        },
        "secrets": {"s": {"file": "./deploy/s.txt"}},
        "configs": {"c": {"content": "x", "x-path": "./deploy/configs/c"}},
    }
    assert moved(data, "", {}) == data


@pytest.mark.parametrize("volume", [".\\rules\\a.yml:/a.yml:ro", {"source": ".\\rules\\a.yml", "target": "/a.yml"}])
def test_relative_paths_of_windows_have_slashes(volume: object) -> None:
    made = moved({"services": {"a": {"volumes": [volume, "C:\\a:/a"]}}}, "", {})["services"]["a"]["volumes"]
    assert made[0] in ("./rules/a.yml:/a.yml:ro", {"source": "./rules/a.yml", "target": "/a.yml"})
    assert made[1] == "C:\\a:/a"
