"""What a pack uses, and what it says of that."""

from __future__ import annotations

import re

import pytest

from stackctl.manifest.packs.library import shipped
from tests.unit.manifest.packs.test_library import PACKS


@pytest.mark.parametrize(("kind", "name"), PACKS)
def test_every_parameter_is_used_and_explained(kind: str, name: str) -> None:
    pack = shipped(kind, name)
    text = str(pack.document.value[kind])  # type: ignore[index, call-overload]
    for parameter, model in pack.model.parameters.items():
        assert re.search(rf"\b{parameter}\b", text), parameter
        assert model.description.endswith("."), parameter
