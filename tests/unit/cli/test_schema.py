"""`stackctl schema` prints a JSON Schema."""

from __future__ import annotations

import json

import pytest

from stackctl.cli.main import main


def test_prints_a_schema_that_leaves_x_keys_to_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"version", "name", "services"} <= schema["properties"].keys()
    assert schema["patternProperties"] == {"^x-": {}}
