"""A manifest with little in it, and the model that it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Stack

SMALLEST = """\
version: 1
name: shop
services:
  api:
    targets: ["localhost:8000"]
"""


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Stack:
    (folder / "stack.yml").write_text(text)
    return load(folder / "stack.yml", environ or {})


def service(body: str) -> str:
    return f"version: 1\nname: shop\nservices:\n  api:\n    targets: ['localhost:8000']\n{body}"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        load(path, {})
    return str(refused.value).replace(str(path.parent), "DIR")
