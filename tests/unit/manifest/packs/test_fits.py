"""Which packs fit a stack: those that would pass if they were added, and none that is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.cli.main import main
from stackctl.manifest import load
from stackctl.manifest.packs.fits import Fit, fits, lines
from stackctl.manifest.packs.library import Library
from stackctl.manifest.queries import review_queries
from stackctl.model import Stack

HEAD = "version: 1\nname: shop\n"
API = """services:
  api:
    targets: ["localhost:8000"]
    metrics:
      shop_requests_total: {type: counter, labels: [method, code]}
      shop_request_duration_seconds: {type: histogram, labels: [method]}
"""
ALL = """alertmanager: {}
grafana: {}
pushgateway: {}
exporters:
  node: {}
  cadvisor: {}
  blackbox: {probes: {home: {url: "https://example.test/"}}}
  postgres: {dsn: "postgresql://a:b@db:5432/x"}
  redis: {address: "redis:6379"}
  kafka: {brokers: ["kafka:9092"]}
  clickhouse: {target: "clickhouse:9363"}
services:
  api:
    targets: ["api:8000"]
    metrics:
      shop_requests_total: {type: counter, labels: [method, code]}
      shop_request_duration_seconds: {type: histogram, labels: [method]}
      shop_cache_hits_total: counter
      shop_cache_misses_total: counter
  queue:
    targets: ["queue:8000"]
    metrics: {jobs_queue_length: gauge, db_pool_active: gauge, db_pool_size: gauge}
  calls:
    targets: ["calls:8000"]
    metrics:
      grpc_server_handled_total: {type: counter, labels: [grpc_code, grpc_method]}
      grpc_server_handling_seconds: {type: histogram, labels: [grpc_method]}
  process:
    targets: ["process:8000"]
    metrics:
      process_start_time_seconds: gauge
      process_open_fds: gauge
      process_max_fds: gauge
      process_resident_memory_bytes: gauge
"""


def stack(folder: Path, text: str) -> Stack:
    (folder / "stack.yml").write_text(HEAD + text)
    return load(folder / "stack.yml", {})


def found(folder: Path, text: str) -> set[str]:
    return {f"{fit.place} {fit.kind} {fit.pack}" for fit in fits(stack(folder, text), Library())}


def test_running_components_get_the_packs_about_them(tmp_path: Path) -> None:
    assert found(tmp_path, 'exporters: {redis: {address: "redis:6379"}}\n') == {
        "prometheus rules prometheus",
        "exporters.redis rules redis",
    }


def test_server_that_is_not_scraped_gets_no_packs(tmp_path: Path) -> None:
    assert found(tmp_path, "prometheus: {scrape: false}\npushgateway: {}\n") == {"pushgateway rules batch"}


def test_dashboards_fit_only_where_grafana_runs(tmp_path: Path) -> None:
    assert "exporters.node dashboard host" in found(tmp_path, "grafana: {}\nexporters: {node: {}}\n")


def test_contract_has_all_that_a_pack_requires(tmp_path: Path) -> None:
    assert "services.api rules http" in found(tmp_path, API)
    for less in (
        "      shop_request_duration_seconds: {type: histogram, labels: [method]}\n",
        ", labels: [method, code]",
    ):
        assert less in API
        assert "services.api rules http" not in found(tmp_path, API.replace(less, ""))
    # Two that could be meant are as good as none: somebody has to say which.
    assert "services.api rules http" not in found(
        tmp_path, f"{API}      other_requests_total: {{type: counter, labels: [code]}}\n"
    )


def test_without_a_contract_only_general_packs_fit(tmp_path: Path) -> None:
    assert found(tmp_path, 'services: {api: {targets: ["localhost:8000"]}}\n') == {
        "prometheus rules prometheus",
        "services.api rules service-health",
    }


def test_stack_that_watches_its_targets_gets_no_suggestion(tmp_path: Path) -> None:
    own = "rules: [{name: own, rules: [{alert: Down, expr: 'avg by (job) (up) < 0.5'}]}]\n"
    assert found(tmp_path, 'services: {api: {targets: ["localhost:8000"]}}\n' + own) == {"prometheus rules prometheus"}


def test_does_not_suggest_what_is_used(tmp_path: Path) -> None:
    used = "rules: [{pack: http, services: [api]}, {pack: prometheus}]\n"
    assert found(tmp_path, API + used) == set()


def test_a_service_is_not_taken_for_the_component_of_its_name(tmp_path: Path) -> None:
    for name in ("redis", "clickhouse"):
        text = f'services: {{{name}: {{targets: ["{name}:9121"]}}}}\n'
        assert f"services.{name} rules {name}" not in found(tmp_path, text)
        assert f"exporters.{name} rules {name}" not in found(tmp_path, text)


def test_following_all_suggestions_gives_a_valid_stack(tmp_path: Path) -> None:
    suggested = fits(stack(tmp_path, ALL), Library())
    assert {fit.place for fit in suggested} >= {
        "prometheus", "alertmanager", "pushgateway", "exporters.node", "exporters.cadvisor", "exporters.blackbox",
        "exporters.postgres", "exporters.redis", "exporters.kafka", "exporters.clickhouse",
        "services.api", "services.queue", "services.calls", "services.process",
    }  # fmt: skip
    entries: dict[str, list[str]] = {"rules": [], "dashboard": []}
    for fit in suggested:
        group, _, name = fit.place.rpartition(".")
        entries[fit.kind].append(
            f"{{pack: {fit.pack}, services: [{name}]}}" if group == "services" else f"{{pack: {fit.pack}}}"
        )
    text = f"{ALL}rules: [{', '.join(entries['rules'])}]\ndashboards: [{', '.join(entries['dashboard'])}]\n"
    followed = stack(tmp_path, text)
    assert review_queries(followed).errors == ()
    assert fits(followed, Library()) == ()


def test_equal_places_share_one_line_of_packs() -> None:
    both = ("rules", "dashboard")
    made = [Fit(kind, "http", place) for place in ("services.a", "services.b") for kind in both]
    made += [Fit("rules", "queue", "services.c"), Fit("rules", "redis", "exporters.redis")]
    assert lines(made) == [
        "services.a, services.b: http (rules, dashboards)",
        "services.c: queue (rules)",
        "exporters.redis: redis (rules)",
    ]


def test_init_says_what_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackctl.starter.find_local", list)
    assert main(["init", str(tmp_path)]) == 0
    assert "  exporters.node: host (rules, dashboards)\n" in capsys.readouterr().err
    assert main(["--quiet", "init", str(tmp_path), "--force"]) == 0
    assert capsys.readouterr().err == ""
