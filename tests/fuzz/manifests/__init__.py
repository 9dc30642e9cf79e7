"""Manifests that a person could have written, most of them right: for comparing our reading with the servers' own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fuzz.manifests.alertmanager import alertmanager
from tests.fuzz.manifests.containers import CONTAINER, OF_A_COMPONENT
from tests.fuzz.manifests.external import SERVER
from tests.fuzz.manifests.prometheus import EXTRA, PROMETHEUS, connected, remote_write
from tests.fuzz.manifests.rules import dashboards, sources
from tests.fuzz.manifests.services import EXPORTERS, GRAFANA, IGNORE, service
from tests.fuzz.manifests.shapes import Dice, Many, Odd
from tests.fuzz.manifests.values import NAME, OWN_SCRAPE
from tests.fuzz.seeds import BOARD, PACKS

CLUSTER = {"context": Odd(("prod",), ("", 7)), "namespace": Odd(("shop",), ("Shop", "a.b", "-a", ""))}
INCLUDE = Many(Odd(("shared.yml",), ("gone.yml", "packs/own.yml", "", "stack.yml", "token")), most=2)
_CERTIFICATES = Path(__file__).parents[2] / "certificates"
# The files that manifests name.
FILES: Mapping[str, bytes] = {
    "rules.yml": b"groups: [{name: g, rules: [{alert: Old, expr: up == 0}, {alert: Slow, expr: x > 1, for: 5m}]}]\n",
    "scrapes.yml": b"scrape_configs: [{job_name: filed, static_configs: [{targets: ['x:1']}]}]\n",
    "targets.json": b'[{"targets": ["x:1"], "labels": {"a": "b"}}]\n',
    "contract.yml": b"'{app}_jobs_total': counter\nqueue: gauge\n",
    "plain.yml": b"queue: gauge\njobs_total: {type: counter, labels: [kind]}\n",
    "own.tmpl": b'{{ define "own" }}{{ .Status }}{{ end }}\n',
    "bad.tmpl": b'{{ define "own" }}{{ .Status\n',
    "token": b"s3cret-9\n",
    "shared.yml": b"prometheus: {external_labels: {site: a}}\nignore: [{check: panel.data, reason: r}]\n",
    "some.env": b"A=1\nB='x y'\n",
    "packs/own.yml": b"name: own\n" + PACKS[0].partition(b"\n")[2],
    "dashboards/compact.yml": BOARD,
    "dashboards/overview.json": json.dumps(
        {"title": "O", "uid": "o", "panels": [{"type": "timeseries", "title": "p", "targets": [{"expr": "up"}]}]}
    ).encode(),
    **{name: (_CERTIFICATES / name).read_bytes() for name in ("ca.crt", "server.crt", "server.key", "garbage.pem")},
}


def write_files(folder: Path) -> None:
    """Write FILES into a folder."""
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def manifest(number: int) -> dict[str, Any]:
    """The manifest of a number, always the same. About half have a part that is wrong or odd."""
    dice = Dice(number)
    chance = dice.random.random
    services = {dice.make(NAME): service(dice) for _ in range(dice.make((1, 1, 2, 3)))}
    if chance() < 0.5:
        services["api"] = service(dice)
    whole: dict[str, Any] = {
        "version": 1,
        "name": dice.make(Odd(("shop", "a-b_1"), ("A", "", "ü", "x" * 70, "a.b"))),
        "services": services,
    }
    if chance() < 0.7:
        whole["prometheus"] = dice.make(PROMETHEUS)
        if chance() < 0.4:
            whole["prometheus"]["remote_write"] = [remote_write(dice) for _ in range(dice.make((1, 1, 2)))]
        if chance() < 0.4:
            whole["prometheus"]["extra"] = _extra(dice)
    if any("slo" in each for each in services.values()):
        # An error budget needs samples of its whole window.
        whole.setdefault("prometheus", {})["retention"] = {"time": "40d"}
    if chance() < 0.6:
        whole["alertmanager"] = alertmanager(dice)
    if chance() < 0.3:
        whole["grafana"] = dice.make(GRAFANA)
    if chance() < 0.3 or any("push" in each for each in services.values()):
        whole["pushgateway"] = dice.make(
            {
                "listen?": 20009,
                "image?": "x:1",
                "labels?": {"team": "core"},
                "scrape?": OWN_SCRAPE,
                "resources?": {"memory?": "64m", "cpus?": 0.1},
                "docker?": OF_A_COMPONENT,
            }
        )
    if chance() < 0.3:
        whole["exporters"] = dice.make(EXPORTERS)
    if chance() < 0.3:
        whole["containers"] = {dice.make(NAME): {"image": "x:1", **dice.make(CONTAINER)}}
    if chance() < 0.6:
        whole["rules"] = sources(dice, whole)
    if "grafana" in whole and chance() < 0.5:
        whole["dashboards"] = dashboards(dice, whole)
    if chance() < 0.1:
        whole |= {"packs": ["packs"]}
    whole |= dice.make({"networks?": {"join": Many(NAME)}, "ignore?": IGNORE, "include?": INCLUDE})
    if chance() < 0.06:
        thanos = {"image?": "thanos:1", "replicas?": Odd((1, 2), (0, "x"))}
        whole |= dice.make({"runtime": Odd(("kubernetes",), ("docker",)), "kubernetes?": CLUSTER, "thanos?": thanos})
    return _external(dice, whole) if chance() < 0.08 else whole


# What servers that somebody else runs cannot have, and all that their sections can.
_RUN = ("prometheus", "pushgateway", "exporters", "containers", "networks", "include")
_RUN_OF_SERVICE = ("run", "profiles", "push")
_LOADED = {"alertmanager": ("receivers", "route", "routing"), "grafana": ("datasource",)}


def _external(dice: Dice, whole: dict[str, Any]) -> dict[str, Any]:
    """The same for servers that somebody else runs, most of the time without what these cannot have."""
    servers = {"prometheus": dice.make(SERVER), **dice.make({"alertmanager?": SERVER, "grafana?": SERVER})}
    named = {"runtime": dice.make(Odd(("external",), ("docker", ""))), "external": servers}
    if dice.random.random() < 0.1:
        return {**whole, **named}
    kept = {key: value for key, value in whole.items() if key not in _RUN}
    services = {name: {k: v for k, v in each.items() if k not in _RUN_OF_SERVICE} for name, each in _scraped(whole)}
    for name, keys in _LOADED.items():
        if name in kept:
            kept[name] = {key: value for key, value in kept[name].items() if key in keys}
            servers.setdefault(name, dice.make(SERVER))
    return {**kept, **named, "services": services or {"api": {"targets": ["x:1"]}}}


def _scraped(whole: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, each) for name, each in whole["services"].items() if "push" not in each]


def _extra(dice: Dice) -> dict[str, Any]:
    extra: dict[str, Any] = dice.make(EXTRA)
    for key in ("scrape_configs", "remote_read"):
        for block in extra.get(key, ()):
            connected(dice, block)
    return extra


def text(number: int) -> str:
    """The same as YAML, in the form of JSON."""
    return json.dumps(manifest(number), ensure_ascii=False)
