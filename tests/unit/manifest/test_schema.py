"""The JSON Schema that editors get accepts what stackctl accepts, and refuses what it refuses."""

from __future__ import annotations

import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stackctl.cli.main import main

ROOT = Path(__file__).parents[3]
SECTIONS = {"alertmanager", "grafana", "pushgateway", "node", "cadvisor"}
MANIFESTS = sorted([*ROOT.glob("examples/*/*.yml"), *ROOT.glob("tests/manifests/render/*/stack.yml")])


class AsText(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads every scalar as text, and merges."""

    yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}  # noqa: RUF012 - as its base


@pytest.fixture(scope="module")
def schema() -> Any:
    with redirect_stdout(StringIO()) as printed:
        assert main(["schema"]) == 0
    return json.loads(printed.getvalue())


@pytest.fixture(scope="module")
def validator(schema: Any) -> jsonschema.protocols.Validator:
    return _validator_of(schema)


@pytest.fixture(scope="module")
def validator_of_texts(schema: Any) -> jsonschema.protocols.Validator:
    return _validator_of(_text_for_all(schema))


def _validator_of(schema: Any) -> jsonschema.protocols.Validator:
    """Check the schema once, and not again for each manifest."""
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_accepted_manifest_fits_the_schema(
    path: Path, validator_of_texts: jsonschema.protocols.Validator
) -> None:
    # Without quotes YAML takes `{a: ${B}}` apart; stackctl reads the reference as a whole.
    text = path.read_text().replace("${", "$(").replace("}}", "} }")
    manifest = _empty_is_null(yaml.load(text, AsText)) | {"version": 1}
    validator_of_texts.validate(manifest)


@pytest.mark.parametrize(
    "manifest",
    [
        {"version": 2, "name": "shop"},
        {"version": 1},
        {"version": 1, "name": "shop", "services": {"api": {"target": ["localhost:8000"]}}},
        {"version": 1, "name": "shop", "services": {"api": {"targets": "localhost:8000"}}},
        {"version": 1, "name": "shop", "services": {"api": {"targets": [], "scheme": "ftp"}}},
    ],
)
def test_refused_manifests_do_not_fit_the_schema(manifest: Any, validator: jsonschema.protocols.Validator) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(manifest)


@pytest.mark.parametrize(
    "manifest",
    [
        {"version": 1, "name": "shop", "services": {"api": {"targets": ["localhost:8000"]}}, "x-anchors": {"a": 1}},
        {"version": 1, "name": "shop", "grafana": None, "exporters": {"node": None}},
        {"version": 1, "name": "shop", "prometheus": {"listen": 9091}, "services": {"a": {"labels": {"v": 3.1}}}},
        {
            "version": 1,
            "name": "shop",
            "alertmanager": {
                "routing": {
                    "default": "nobody",
                    "rules": [{"when": {"a": "x", "b": ["x", 1], "c": {"not": "x"}}, "to": "nobody", "during": "late"}],
                    "times": {"late": {"weekdays": "friday", "from": "22:00"}, "all": [{"to": "24:00"}]},
                    "inhibit": {"warnings-by-criticals": True},
                }
            },
            "rules": [{"file": "rules.yml", "override": {"A": "off", "B": {"for": "5m"}}}],
        },
    ],
)
def test_short_forms_fit_the_schema(manifest: Any, validator: jsonschema.protocols.Validator) -> None:
    validator.validate(manifest)


def _empty_is_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: None if key in SECTIONS and item == "" else _empty_is_null(item) for key, item in value.items()}
    return value


def _text_for_all(schema: Any) -> Any:
    """The schema for a file of which every scalar was read as text."""
    if isinstance(schema, dict):
        changed = {key: _text_for_all(value) for key, value in schema.items()}
        if changed.get("type") in ("integer", "number", "boolean") and "const" not in changed:
            return {}
        return changed
    return [_text_for_all(item) for item in schema] if isinstance(schema, list) else schema
