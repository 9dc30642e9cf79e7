"""Manifests that a person could have written, most of them right: for comparing our reading with the servers' own."""

from __future__ import annotations

import json
import random
from typing import Any

_EXPRESSIONS = (
    "up == 0",
    "sum by (job) (rate(x_total[5m])) > 0.5",
    "absent(up)",
    "histogram_quantile(0.9, sum by (le) (rate(d_bucket[1m])))",
    'label_replace(up, "a", "$1", "job", "(.*)")',
    "x offset 1h",
    "x @ end()",
    "max_over_time(x[1h:5m]) unless y",
    "-x ^ 2 % 3",
    'count_values("v", x)',
    "topk(3, x) without (a)",
    'x{a=~"b|c",d!=""} / ignoring (a) group_left (e) y',
    "1e3 * x",
    "x and on () y",
    "rate(x[1y2w3d4h5m6s7ms])",
    "x[5m]",
    "up ==",
    "sum(x",
    "rate(x)",
    "foo(x)",
    'x{a=~"("}',
    "0x1F + x",
    "x or vector(0)",
    "bool 1",
)
_DURATIONS = ("15s", "1m", "1m30s", "2h", "500ms", "1d", "0s", "15", "1.5m", "-1m", "1m1h", "", "300y", "5M")
_NAMES = ("api", "web-1", "a_b", "A", "x" * 63, "ä", "a.b", "9a", "a b")
_TEXTS = (
    "plain",
    "{{ $labels.job }} is down",
    "{{ $value | humanize }}",
    "ünïcode ✓",
    "a: b # c",
    "'quoted'",
    '"',
    "",
    "{{ .Value }}",
    "${SET}",
    "$$x",
    "tab\there",
    "line\nbreak",
    "null",
    "true",
    "0x10",
    "1_000",
    "~",
    "- x",
    "*a",
    "&a",
    "!x",
    "%x",
    "@x",
    "`x`",
)
_LABELS = ("severity", "team", "le", "__meta", "a-b", "service.name", "ü", "job", "9x", "")
_TARGETS = (
    "localhost:8000",
    "10.0.0.5:9100",
    "[::1]:80",
    "app.example:443",
    "localhost",
    "http://x:1",
    "a:99999",
    "${HOST}:1",
    "a_b:1",
)
_URLS = (
    "http://localhost:1/",
    "https://hook.example/x?y=z",
    "ftp://x/",
    "hook.example",
    "http://[::1]:9/",
    "http://u:p@h/",
)
_MATCHERS = ('severity="page"', 'a=~"b|c"', "a!=b", "a", 'a=~"("', "service.name=x", '"ü"="x"', "a==b")
_DOCKER: tuple[dict[str, Any], ...] = (
    {"ports": ["8000:8000"]},
    {"ports": [8000]},
    {"ports": ["127.0.0.1:1-3:1-3/udp"]},
    {"ports": ["99999:1"]},
    {"ports": ["a:b"]},
    {"environment": {"A": 1, "B": None}},
    {"environment": ["A=1", "B"]},
    {"environment": "A=1"},
    {"command": ["a", "b"]},
    {"command": "a b"},
    {"comand": "x"},
    {"volumes": ["data:/data", "./x:/x:ro"]},
    {"volumes": ["/x"]},
    {"volumes": [":"]},
    {"volumes": [{"type": "tmpfs", "target": "/t"}]},
    {"volumes": ["a:/t", "b:/t"]},
    {"depends_on": ["prometheus"]},
    {"depends_on": ["nobody"]},
    {"depends_on": {"prometheus": {"condition": "service_started"}}},
    {"healthcheck": {"test": "x"}},
    {"healthcheck": {"test": ["CMD", "x"], "interval": "5s"}},
    {"healthcheck": {"test": ["x"]}},
    {"healthcheck": {"interval": "soon"}},
    {"mem_limit": "1g"},
    {"mem_limit": "much"},
    {"cpus": 0.5},
    {"cpus": "half"},
    {"restart": "always"},
    {"stop_grace_period": "1m"},
    {"stop_grace_period": "soon"},
    {"labels": {"a": "b"}},
    {"labels": ["a=b"]},
    {"networks": ["back"]},
    {"networks": {"back": None}},
    {"network_mode": "host"},
    {"network_mode": "host", "networks": ["a"]},
    {"ulimits": {"nofile": 1024}},
    {"user": "1000:1000"},
    {"extra_hosts": ["a:1.2.3.4"]},
    {"extra_hosts": {"a": "1.2.3.4"}},
    {"extra_hosts": ["a"]},
    {"tmpfs": "/t"},
    {"init": True},
    {"build": "."},
    {"build": {"context": ".", "args": {"A": 1}}},
    {"build": {"contxt": "."}},
    {"env_file": "missing.env"},
    {"expose": ["80"]},
    {"expose": ["a"]},
    {"dns": "1.1.1.1"},
    {"sysctls": {"a": 1}},
    {"secrets": ["x"]},
    {"configs": ["x"]},
    {"devices": ["/dev/null:/dev/null"]},
    {"pids_limit": 5},
    {"scale": 2},
    {"container_name": "x", "scale": 2},
    {"platform": "linux/amd64"},
    {"logging": {"driver": "none"}},
    {"privileged": "yes"},
    {"read_only": "maybe"},
    {"x-own": 1},
    {"image": None},
    {"image": "A B"},
    {"shm_size": "64m"},
    {"shm_size": "x"},
    {"oom_score_adj": 5000},
    {"deploy": {"replicas": 2}},
    {"deploy": {"resources": {"limits": {"cpus": "x"}}}},
)


def manifest(number: int) -> str:
    """The manifest of a number, always the same. About half have a part that is wrong or odd."""
    dice = random.Random(number)
    odd = dice.random() < 0.5

    def one(choices: tuple[Any, ...], good: int) -> Any:
        return dice.choice(choices if odd and dice.random() < 0.3 else choices[:good])

    whole: dict[str, Any] = {"version": 1, "name": "shop", "prometheus": {}, "services": {}}
    for key in ("scrape_interval", "evaluation_interval"):
        if dice.random() < 0.3:
            whole["prometheus"][key] = one(_DURATIONS, 4)
    if dice.random() < 0.3:
        whole["prometheus"]["external_labels"] = {one(_LABELS, 2): one(_TEXTS, 6)}
    if dice.random() < 0.2:
        whole["prometheus"]["remote_write"] = [{"url": one(_URLS, 2)}]
    for _ in range(dice.randint(1, 3)):
        service: dict[str, Any] = {"targets": [one(_TARGETS, 4)]}
        if dice.random() < 0.3:
            service["scrape_timeout"] = one(_DURATIONS, 1)
        if dice.random() < 0.3:
            service["labels"] = {one(_LABELS, 2): one(_TEXTS, 8)}
        if dice.random() < 0.2:
            service["relabel"] = [{"source_labels": ["__address__"], "regex": dice.choice(["(.*):.*", "a|b", ".+"])}]
        if dice.random() < 0.5:
            service["run"] = {"docker": {"image": "x:1", **one(_DOCKER, len(_DOCKER) if odd else 3)}}
        whole["services"][one(_NAMES, 4)] = service
    if dice.random() < 0.7:
        rules = []
        for index in range(dice.randint(1, 3)):
            rule: dict[str, Any] = {"alert": f"Alert{index}", "expr": one(_EXPRESSIONS, 14)}
            if dice.random() < 0.5:
                rule["for"] = one(_DURATIONS, 6)
            if dice.random() < 0.5:
                rule["labels"] = {one(_LABELS, 2): one(_TEXTS, 4)}
            if dice.random() < 0.5:
                rule["annotations"] = {"summary": one(_TEXTS, 8)}
            rules.append(rule)
        whole["rules"] = [{"name": one(_NAMES, 5), "rules": rules}]
    if dice.random() < 0.5:
        receivers = {one(_NAMES, 4): {"webhook": {"url": one(_URLS, 2)}}}
        name = next(iter(receivers))
        route: dict[str, Any] = {"receiver": name, "group_by": [dice.choice(["job", "..."])]}
        if dice.random() < 0.5:
            route["routes"] = [{"receiver": name, "matchers": [one(_MATCHERS, 3)]}]
        whole["alertmanager"] = {"receivers": receivers, "route": route}
    return json.dumps(whole, ensure_ascii=False)
