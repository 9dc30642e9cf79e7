"""A pack is tried by itself."""

from __future__ import annotations

import pytest

from stackctl.manifest.packs.library import shipped
from stackctl.manifest.packs.trial import trial
from tests.unit.manifest.packs.test_library import PACKS


@pytest.mark.parametrize(("kind", "name"), PACKS)
def test_a_pack_is_valid_by_itself(kind: str, name: str) -> None:
    pack = shipped(kind, name)
    assert pack.model.kind == kind
    assert [str(problem) for problem in trial(pack)] == []
