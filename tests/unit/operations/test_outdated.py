"""Versions of a stack's components, of its images or of the binaries that run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from stackctl.errors import Unavailable
from stackctl.operations.outdated import Row, rows_of
from stackctl.state import Running, State
from tests.unit.operations.pretended import live


def rows(manifest: Path, image: str = "grafana/grafana:11.6.1") -> dict[str, Row]:
    manifest.write_text(
        f"version: 1\nname: shop\nservices: {{api: {{targets: ['a:1']}}}}\ngrafana: {{image: '{image}'}}\n"
    )
    return {row.component: row for row in rows_of(manifest)}


def test_version_is_that_of_the_image(manifest: Path) -> None:
    found = rows(manifest)
    assert list(found) == ["prometheus", "grafana"]
    assert found["grafana"].version == "11.6.1"
    assert (found["grafana"].is_over, found["grafana"].ends) == (True, date(2026, 6, 25))
    assert found["prometheus"].version == found["prometheus"].default


@pytest.mark.parametrize("image", ["grafana/grafana:latest", "registry:5000/grafana", "grafana@sha256:" + "a" * 64])
def test_image_without_a_version_is_not_called_old(image: str, manifest: Path) -> None:
    found = rows(manifest, image)["grafana"]
    assert (found.version, found.is_over, found.ends) == ("", False, None)


@pytest.mark.parametrize(
    ("version", "shown"), [("3.5.0", "3.5.0"), ("v2.53.1+ds1", "2.53.1"), ("", ""), ("unknown", "")]
)
def test_version_of_a_native_stack_is_that_of_the_binary(
    version: str, shown: str, manifest: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.record(Running("native", live(state).id))
    monkeypatch.setattr("stackctl.tools.locate", lambda _: SimpleNamespace(version=version))
    assert rows(manifest)["prometheus"].version == shown


def test_binary_that_is_missing_or_does_not_run_has_no_version(
    manifest: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.record(Running("native", live(state).id))
    monkeypatch.setattr("stackctl.tools.locate", lambda _: None)
    assert rows(manifest)["prometheus"].version == ""

    def fail(_: str) -> None:
        raise Unavailable.of("tool.broken", "it does not run")

    monkeypatch.setattr("stackctl.tools.locate", fail)
    assert rows(manifest)["prometheus"].version == ""
