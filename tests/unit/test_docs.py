"""The generated pages say what the code says, and every command and option has help."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from stackctl.cli.main import program
from stackctl.manifest.schema import Manifest

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands(command: Any, name: str = "stackctl") -> list[tuple[str, Any]]:
    children = getattr(command, "commands", {}).values()
    return [(name, command), *(each for child in children for each in commands(child, f"{name} {child.name}"))]


@pytest.mark.parametrize(("path", "text"), generator().pages().items(), ids=lambda value: getattr(value, "name", ""))
def test_generated_pages_agree_with_the_code(path: Path, text: str) -> None:
    assert path.read_text() == text, "run `make docs`"


@pytest.mark.parametrize(("name", "command"), commands(typer.main.get_command(program())), ids=lambda value: str(value))
def test_every_command_and_option_has_help(name: str, command: Any) -> None:
    assert command.help, name
    for parameter in command.params:
        assert parameter.help, f"{name} {parameter.name}"


def test_every_field_of_the_language_is_described() -> None:
    for path, model in generator().walk("", Manifest):
        assert model.__doc__, path
        for name, field in model.model_fields.items():
            assert field.description, f"{path}.{name}"
            assert field.description.endswith((".", "`")), f"{path}.{name}: a sentence ends with a full stop"


@pytest.mark.many
@pytest.mark.parametrize(
    "page", sorted(path for path in ROOT.rglob("*.md") if not {".venv", ".demo"} & set(path.parts)), ids=str
)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text())
    targets = [(page.parent / link if link else page, anchor) for link, anchor in links]
    assert [target for target, _ in targets if not target.exists()] == []
    assert [(target, anchor) for target, anchor in targets if anchor and anchor not in anchors(target)] == []


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked by, as GitHub makes it from their words."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_test_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs" / "security.md").read_text()))
    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == set()


def _documented_keys() -> list[str]:
    """Every key of the reference, as a path."""
    title = ""
    found = []
    for line in (ROOT / "docs" / "manifest.md").read_text().splitlines():
        if line.startswith("## "):
            title = line[3:].strip("`").replace("Top level", "")
        elif line.startswith("| `"):
            found.append(f"{title}.{line.split('`')[1]}".lstrip("."))
    return found


def test_every_documented_key_is_one_that_the_loader_knows(tmp_path: Path) -> None:
    """A wrong value at a key is another message than an unknown key."""
    from stackctl.manifest import read

    unknown = []
    for key in _documented_keys():
        text: Any = {"key": "value"}
        for part in reversed(re.findall(r"[^.\[\]]+|\[\]", key)):
            text = [text] if part == "[]" else {"x" if part == "NAME" else part: text}
        (tmp_path / "stack.yml").write_text(json.dumps(text))
        said = [each.summary for each in read(tmp_path / "stack.yml", {}).problems]
        parts = re.findall(r"[^.\[\]]+", key)
        unknown += [key for summary in said for part in parts if f"unknown key `{part}`" in summary]
    assert unknown == []
