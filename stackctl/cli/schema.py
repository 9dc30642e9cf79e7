"""`stackctl schema`: the language of the manifest, for editors."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of stack.yml, for editors and linters."""
    import json

    from stackctl.manifest.schema import Manifest
    from stackctl.report import console

    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    # Like the language itself: top-level keys that begin with `x-` are the user's own.
    described["patternProperties"] = {"^x-": {}}
    console.out(json.dumps(described, indent=2))
