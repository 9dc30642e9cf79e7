"""The files that servers of somebody else have to load."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.external import external_tree
from tests.unit.export.manifests import stack_in


def test_it_holds_what_is_declared_and_no_server_of_our_own(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    tree = external_tree(stack)
    jobs = [job["job_name"] for job in tree.yaml("prometheus/jobs.yml")["scrape_configs"]]
    assert jobs == [service.name for service in stack.services]
    assert {path for path in tree.files if path.startswith("prometheus/rules/")} == {
        f"prometheus/rules/{file.path}" for file in stack.rules
    }
    assert "prometheus/prometheus.yml" not in tree.files
    assert tree.units == ()


def test_alertmanager_has_no_receiver_of_drills(tmp_path: Path) -> None:
    manifest = """\
version: 1
name: shop
services: {api: {targets: ["a:1"]}}
alertmanager: {receivers: {hook: {webhook: {url: "http://user:very-secret@a/"}}}}
"""
    (tmp_path / "stack.yml").write_text(manifest)
    from stackctl.manifest import load

    tree = external_tree(load(tmp_path / "stack.yml"))
    config = tree.yaml("alertmanager/alertmanager.yml")
    assert [each["name"] for each in config["receivers"]] == ["hook"]
    assert "routes" not in config["route"]
    clear = [path for path, file in tree if b"very-secret" in file.content and not file.secret]
    assert clear == []
