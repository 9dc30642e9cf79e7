"""What `up` says of packs that fit: when it is new, once, and never where nobody wants to hear it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Path]:
    need("native")
    path, port = tmp_path / "stack.yml", free_port()
    path.write_text(
        f"version: 1\nname: stackctl-test-{port}\nprometheus: {{listen: '127.0.0.1:{port}'}}\n"
        "services: {api: {targets: ['localhost:1']}}\n"
    )
    yield path
    assert stackctl("-f", str(path), "down", "--volumes").returncode == 0


def up(manifest: Path, *arguments: str) -> list[str]:
    """The packs that `up` suggests."""
    ran = stackctl("-f", str(manifest), *arguments, "up", "--runtime", "native")
    assert ran.returncode == 0, ran.stderr
    assert "fit" not in ran.stdout
    shown = ran.stderr.splitlines()
    begin = [index for index, line in enumerate(shown) if line.startswith("packs that fit")]
    return [line.strip() for line in shown[begin[0] + 1 :]] if begin else []


def test_up_reports_fitting_packs_once_and_only_new_ones(manifest: Path) -> None:
    assert up(manifest) == ["services.api: service-health (rules)", "prometheus: prometheus (rules)"]
    assert up(manifest) == []
    more = f"rules: [{{pack: prometheus}}]\nexporters: {{node: {{listen: '127.0.0.1:{free_port()}'}}}}\n"
    manifest.write_text(manifest.read_text() + more)
    assert up(manifest) == ["exporters.node: host (rules)"]


def test_quiet_suppresses_suggestions(manifest: Path) -> None:
    assert up(manifest, "--quiet") == []
