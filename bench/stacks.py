"""Manifests to measure with: a small real one, and one as large as you like."""

from __future__ import annotations

import json
import socket
from pathlib import Path


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def small(folder: Path, name: str, rules: int = 1) -> int:
    """A stack of Prometheus, Alertmanager and the node exporter, with so many rules. Returns Prometheus' port."""
    ports = [free_port() for _ in range(3)]
    (folder / "rules").mkdir(parents=True)
    (folder / "stack.yml").write_text(
        f"""version: 1
name: {name}
prometheus: {{listen: {ports[0]}, scrape_interval: 5s}}
alertmanager: {{listen: {ports[1]}, receivers: {{team: {{webhook: {{url: "http://localhost:5001/"}}}}}}}}
exporters: {{node: {{listen: {ports[2]}}}}}
rules: [{{file: rules/bench.yml}}]
"""
    )
    edit_rule(folder, 0, rules)
    return ports[0]


def contract(folder: Path, series: int, targets: int = 1, settings: str = "") -> int:
    """A service whose contract makes about so many series at each of so many targets, histograms most of them, with
    `settings` of Prometheus. Returns the first port of the targets, which follow each other."""
    port = free_port()
    addresses = json.dumps([f"127.0.0.1:{port + each}" for each in range(targets)])
    folder.mkdir(parents=True, exist_ok=True)
    endpoints = json.dumps([f"/endpoint/{number}" for number in range(-(-series // 19))])
    (folder / "stack.yml").write_text(
        f"""version: 1
name: contract
{settings}
services:
  api:
    targets: {addresses}
    metrics:
      requests_total: {{type: counter, labels: {{endpoint: &endpoints {endpoints}, status: ["200", "404", "500"]}}}}
      duration_seconds: {{type: histogram, labels: {{endpoint: *endpoints}}}}
      in_flight: {{type: gauge, labels: {{endpoint: *endpoints}}}}
      queue_depth: {{type: gauge, labels: {{endpoint: *endpoints}}}}
"""
    )
    return port


def edit_rule(folder: Path, number: int, rules: int = 1) -> None:
    """Change the threshold of one of the stack's rules."""
    edited = f"      - {{alert: TargetDown, expr: 'count(up == 0) > {number}', for: 1m}}\n"
    others = _rules(0, rules - 1)
    (folder / "rules" / "bench.yml").write_text(others + edited)


def large(folder: Path, services: int, targets_each: int, rules: int, dashboards: int) -> None:
    """A manifest with so many services, targets, rules and dashboards."""
    (folder / "rules").mkdir(parents=True)
    (folder / "dashboards").mkdir()
    lines = ["version: 1", "name: large", "alertmanager:", "grafana: {admin: {password: bench-only}}", "services:"]
    for number in range(services):
        targets = ", ".join(f'"host-{number}-{each}:9000"' for each in range(targets_each))
        lines += [f"  service-{number}:", f"    targets: [{targets}]", f"    labels: {{team: team-{number % 20}}}"]
    files = max(rules // 100, 1)
    lines.append("rules:")
    for number in range(files):
        (folder / "rules" / f"{number}.yml").write_text(_rules(number, rules // files))
        lines.append(f"  - file: rules/{number}.yml")
    lines.append("dashboards:")
    queries = [f'rate(http_requests_total{{shard="{each}"}}[5m])' for each in range(12)]
    for number in range(dashboards):
        (folder / "dashboards" / f"{number}.json").write_text(_dashboard(number, queries))
        lines.append(f"  - file: dashboards/{number}.json")
    (folder / "stack.yml").write_text("\n".join(lines) + "\n")


def verified(folder: Path, name: str) -> tuple[int, int]:
    """50 services of 10 targets with contracts, 1,000 rules, and 50 dashboards of 12 panels that all ask for something
    else. Returns the ports of Prometheus and of the targets, which are at 500 addresses of loopback."""
    server, port = free_port(), free_port()
    (folder / "rules").mkdir(parents=True)
    (folder / "dashboards").mkdir()
    contract = "{requests_total: {type: counter, labels: {shard: {}, path: {}}}}"
    lines = ["version: 1", f"name: {name}"]
    lines += [f"prometheus: {{listen: {server}, scrape_interval: 5s, evaluation_interval: 5s}}", "services:"]
    for number in range(50):
        targets = ", ".join(f'"127.1.{number}.{each}:{port}"' for each in range(1, 11))
        lines += [f"  service-{number}:", f"    targets: [{targets}]", f"    metrics: {contract}"]
    lines += ["rules:", "  - file: rules/all.yml", "dashboards:"]
    rules = "".join(_asking(each % 50, each // 50) for each in range(1000))
    (folder / "rules" / "all.yml").write_text(f"groups:\n  - name: all\n    rules:\n{rules}")
    for number in range(50):
        queries = [
            f'sum by (path) (rate(requests_total{{job="service-{number}", shard="{each % 10}"}}[{each + 1}m]))'
            for each in range(12)
        ]
        (folder / "dashboards" / f"{number}.json").write_text(_dashboard(number, queries))
        lines.append(f"  - file: dashboards/{number}.json")
    (folder / "stack.yml").write_text("\n".join(lines) + "\n")
    return server, port


def _asking(service: int, number: int) -> str:
    selector = f'requests_total{{job="service-{service}", shard="{number % 10}"}}'
    return (
        f"      - alert: Busy{service}x{number}\n"
        f"        expr: sum by (job) (rate({selector}[5m])) > 1{number}\n"
        "        for: 5m\n        labels: {severity: warning}\n"
    )


def _rules(number: int, count: int) -> str:
    rules = "".join(
        f"      - alert: Errors{number}x{each}\n"
        f'        expr: sum by (job) (rate(prometheus_http_requests_total{{code=~"5..", x="{each}"}}[5m])) > {each}\n'
        "        for: 5m\n        labels: {severity: warning}\n"
        for each in range(count)
    )
    return f"groups:\n  - name: group-{number}\n    rules:\n{rules}"


def _dashboard(number: int, queries: list[str]) -> str:
    panels = [
        {
            "id": each + 1,
            "type": "timeseries",
            "title": f"Panel {each}",
            "gridPos": {"h": 8, "w": 12, "x": 12 * (each % 2), "y": 8 * (each // 2)},
            "targets": [{"refId": "A", "expr": query}],
        }
        for each, query in enumerate(queries)
    ]
    return json.dumps({"uid": f"bench-{number}", "title": f"Bench {number}", "schemaVersion": 39, "panels": panels})


def rule_files(folder: Path, files: int, rules: int) -> None:
    """A stack of many rule files, as large monorepos have them: records, alerts on them, and names from elsewhere."""
    (folder / "rules").mkdir(parents=True)
    each = rules // files
    sources = []
    for number in range(files):
        path = f"rules/team-{number}.yml"
        count = each + (number < rules - each * files)
        (folder / path).write_text(_team(number, count))
        sources.append(f"  - {{file: {path}}}\n")
    (folder / "stack.yml").write_text(
        "version: 1\nname: many\nservices: {api: {targets: ['localhost:8000']}}\nrules:\n" + "".join(sources)
    )


def _team(number: int, count: int) -> str:
    lines = [f"groups:\n  - name: team-{number}\n    rules:\n"]
    for rule in range(count):
        metric = f"team{number}_stage{rule % 5}_requests_total"
        record = f"job:team{number}_stage{rule}_requests:rate5m"
        if rule % 2:
            lines.append(f"      - record: {record}\n        expr: sum by (job) (rate({metric}[5m]))\n")
        else:
            ratio = f'sum(rate({metric}{{code=~"5.."}}[5m])) / sum(rate({metric}[5m])) > 0.0{rule + 1}'
            lines.append(
                f"      - alert: Team{number}Stage{rule}\n        expr: '{ratio}'\n        for: 5m\n"
                "        labels: {severity: warning}\n"
                "        annotations: {summary: '{{ $labels.job }} fails: {{ $value | humanizePercentage }}'}\n"
            )
    return "".join(lines)
