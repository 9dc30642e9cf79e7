"""The files of an example, without what only its demo needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.starter.example import example_files


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    for name in ("stack.yml", "demo.py", "app/main.py", ".hidden/x", "__pycache__/a.pyc"):
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_copies_files_but_not_hidden_ones_and_the_demo(examples: Path) -> None:
    assert example_files("shop", examples) == {"stack.yml": b"stack.yml", "app/main.py": b"app/main.py"}


@pytest.mark.parametrize(("name", "hint"), [("shopp", "Did you mean `shop`?"), ("zzz", "Available: shop.")])
def test_unknown_example_suggests_a_known_one(examples: Path, name: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        example_files(name, examples)
    assert refused.value.problems[0].remedy == hint
