"""What is exported is what the manifest says, in the words of its readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.cli.main import main
from stackctl.errors import InputError
from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.scrape_config import export_scrape_config
from stackctl.manifest import load
from stackctl.tree import Tree

MANIFEST = """\
version: 1
name: shop
grafana: {admin: {password: x}}
services:
  Api_Server:
    targets: ["api:8000", "api:8001"]
    metrics_path: /api/metrics
    scheme: https
    scrape_interval: 5s
    labels: {team: "co$re"}
    basic_auth: {username: prometheus, password: hunter2}
    health: {live: /live, ready: /ready}
    relabel: [{source_labels: [__address__], target_label: instance, replacement: shop-prod}]
  worker: {targets: ["worker:9091"]}
rules: [{file: shop.rules.yml}]
dashboards: [{file: shop.json, folder: Shop}]
"""
RULES = 'groups: [{name: g, rules: [{alert: Down, expr: up == 0, annotations: {a: "{{ $labels.job }}"}}]}]\n'


@pytest.fixture
def stack(tmp_path: Path) -> Any:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    (tmp_path / "shop.rules.yml").write_text(RULES)
    (tmp_path / "shop.json").write_text('{"uid": "shop", "title": "Shop", "panels": []}')
    return load(tmp_path / "stack.yml", {})


def content(tree: Tree, path: str) -> Any:
    return yaml.safe_load(tree.files[path].content)


def test_each_service_becomes_a_service_and_a_servicemonitor_that_selects_it(stack: Any) -> None:
    tree = export_kubernetes(stack, Cluster("monitoring", {"release": "prometheus"}))
    service, monitor = content(tree, "api-server-service.yaml"), content(tree, "api-server-servicemonitor.yaml")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [port["port"] for port in service["spec"]["ports"]] == [8000, 8001]
    names = [port["name"] for port in service["spec"]["ports"]]
    assert [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] == names == ["http", "http-2"]
    assert monitor["metadata"]["namespace"] == "monitoring"
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_an_endpoint_must_carry_the_fields_of_the_scrape(stack: Any) -> None:
    endpoint = content(export_kubernetes(stack, Cluster()), "api-server-servicemonitor.yaml")["spec"]["endpoints"][0]
    assert endpoint["path"] == "/api/metrics"
    assert (endpoint["scheme"], endpoint["interval"]) == ("https", "5s")
    assert endpoint["basicAuth"]["password"] == {"name": "api-server-scrape", "key": "password"}
    assert endpoint["relabelings"] == [
        {"targetLabel": "team", "replacement": "co$$re"},
        {"sourceLabels": ["__address__"], "targetLabel": "instance", "replacement": "shop-prod"},
    ]


def test_a_secret_is_in_a_secret_file_alone(stack: Any) -> None:
    for tree in (export_kubernetes(stack, Cluster()), export_scrape_config(stack)):
        holders = [path for path, file in tree if b"hunter2" in file.content]
        assert holders
        assert all(tree.files[path].secret and path.startswith("secrets/") for path in holders)
        assert tree.files[".gitignore"].content == b"secrets/\n"


def test_a_patch_holds_the_annotations_and_the_probes(stack: Any) -> None:
    template = content(export_kubernetes(stack, Cluster()), "patches/api-server.yaml")["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8000",
        "prometheus.io/path": "/api/metrics",
        "prometheus.io/scheme": "https",
    }
    assert template["spec"]["containers"][0]["livenessProbe"]["httpGet"]["path"] == "/live"


def test_rules_and_dashboards_must_be_carried_whole(stack: Any) -> None:
    tree = export_kubernetes(stack, Cluster())
    assert content(tree, "rules-shop-rules.yaml")["spec"] == yaml.safe_load(RULES)
    board = content(tree, "dashboard-shop.yaml")
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert board["metadata"]["annotations"] == {"grafana_folder": "Shop"}
    assert yaml.safe_load(board["data"]["shop.json"])["title"] == "Shop"


def test_discovered_targets_must_be_refused_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices: {api: {discovery: {dns_sd_configs: [{names: [x]}]}}}\n"
    )
    with pytest.raises(InputError, match="discovered targets cannot be exported") as refused:
        export_kubernetes(load(tmp_path / "stack.yml", {}), Cluster())
    assert refused.value.problems[0].position is not None


def test_the_jobs_must_be_those_of_the_services_alone(stack: Any) -> None:
    jobs = content(export_scrape_config(stack), "scrape/jobs.yml")["scrape_configs"]
    assert [job["job_name"] for job in jobs] == ["Api_Server", "worker"]
    assert jobs[0]["relabel_configs"][0]["replacement"] == "shop-prod"


def exported(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """What the command says of the manifest in `folder`."""
    code = main(["-f", str(folder / "stack.yml"), "export", "kubernetes", "--out", str(folder / "out"), *arguments])
    return code, capsys.readouterr().err.splitlines()


def test_the_next_step_must_apply_secrets_but_no_patches_and_count_what_is_seen(
    stack: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = exported(tmp_path, capsys)
    out = tmp_path / "out"
    seen = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert (code, said) == (0, [f"wrote {len(seen)} files to {out}; next: kubectl apply -f {out}/secrets -f {out}"])
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\nservices: {api: {targets: ['api:1']}}\n")
    _, (line,) = exported(tmp_path, capsys)
    assert line.endswith(f"next: kubectl apply -f {out}")


def test_a_job_that_pushes_is_said_to_have_no_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\npushgateway: {}\nservices: {api: {targets: ['api:1']}, nightly: {push: {}}}\n"
    )
    _, (_, note) = exported(tmp_path, capsys)
    assert note.startswith("no object for nightly, which pushes")


@pytest.mark.parametrize("name", ["Bad NS", "a_b", "-a", "a-", "x" * 64, "a.b", "ä"])
def test_a_namespace_that_kubernetes_refuses_is_refused_first(
    stack: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code, said = exported(tmp_path, capsys, f"--namespace={name}")
    assert code == 2
    assert said[0] == f"error: --namespace: Kubernetes does not accept `{name}`"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a", "team-1", "x" * 63])
def test_a_good_namespace_is_in_every_object(stack: Any, tmp_path: Path, capsys: Any, name: str) -> None:
    assert exported(tmp_path, capsys, "--namespace", name)[0] == 0
    for path in (tmp_path / "out").glob("*.yaml"):
        assert yaml.safe_load(path.read_text())["metadata"]["namespace"] == name
