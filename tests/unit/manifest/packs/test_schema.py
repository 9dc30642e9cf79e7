"""A pack has what its kind says, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stackctl.manifest.packs.schema import NeedModel, PackFile

PACK = {"name": "x", "title": "X", "description": "About x."}


def test_pack_of_rules_has_rules() -> None:
    assert PackFile.model_validate({**PACK, "kind": "rules", "rules": []}).scope == "service"


@pytest.mark.parametrize(
    "fields", [{"kind": "rules"}, {"kind": "dashboard", "rules": []}, {"kind": "rules", "rules": [], "dashboard": {}}]
)
def test_refuses_a_pack_of_another_kind(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PackFile.model_validate({**PACK, **fields})


def test_type_of_a_metric_may_stand_alone() -> None:
    assert NeedModel.model_validate("counter").type == "counter"
