"""Probes of the blackbox exporter."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.kubernetes.scraping import WITHOUT_OWN_LABELS
from stackctl.manifest import load
from stackctl.tree import Tree


def tree_in(folder: Path, settings: str) -> Tree:
    (folder / "stack.yml").write_text(
        "version: 1\nname: shop\n"
        f"exporters: {{blackbox: {{probes: {{My_site: {{url: 'https://a.test'}}}}, {settings}}}}}\n"
    )
    return export_kubernetes(load(folder / "stack.yml", {}), Cluster(has_servers=False))


def test_probe_has_the_job_and_labels_of_the_manifest(tmp_path: Path) -> None:
    tree = tree_in(tmp_path, "labels: {team: web}, scrape_interval: 7s")
    assert tree.yaml("servers/probe-shop-blackbox.my-site.yaml")["spec"] == {
        "jobName": "probe-My_site",
        "module": "http_2xx",
        "prober": {"url": "shop-blackbox:9115"},
        "interval": "7s",
        "targets": {
            "staticConfig": {
                "static": ["https://a.test"],
                "relabelingConfigs": [
                    WITHOUT_OWN_LABELS,
                    {"targetLabel": "probe", "replacement": "My_site"},
                    {"targetLabel": "team", "replacement": "web"},
                ],
            }
        },
    }
    service = tree.yaml("servers/shop-blackbox-service.yaml")
    assert (service["metadata"]["name"], service["spec"]["ports"][0]["port"]) == ("shop-blackbox", 9115)


def test_probe_has_the_interval_of_the_stack_by_default(tmp_path: Path) -> None:
    tree = tree_in(tmp_path, "labels: {}")
    assert tree.yaml("servers/probe-shop-blackbox.my-site.yaml")["spec"]["interval"] == "15s"
