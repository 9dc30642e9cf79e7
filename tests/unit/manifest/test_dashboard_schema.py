"""The keys of compact dashboards are described."""

from __future__ import annotations

from stackctl.manifest.dashboard_schema import DashboardFile


def test_schema_describes_every_key() -> None:
    schema = DashboardFile.model_json_schema()
    described = [schema, *schema["$defs"].values()]
    parts = [option for part in described for option in part.get("anyOf", [part]) if "properties" in option]
    assert len(parts) == 9
    missing = [
        (part["title"], key)
        for part in parts
        for key, value in part["properties"].items()
        if "description" not in value
    ]
    assert not missing
