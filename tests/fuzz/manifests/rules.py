"""Rules, and the packs and files they come from."""

from __future__ import annotations

from typing import Any

from tests.fuzz.manifests.shapes import Dice, Many, Named, Odd
from tests.fuzz.manifests.values import COUNT, DURATION, LABELS, NAME, TEMPLATE, TEXT

EXPRESSION = Odd(
    ("up == 0", "sum by (job) (rate(x_total[5m])) > 0.5", "absent(up)", "x offset 1h", "x @ end()", "-x ^ 2 % 3",
     "histogram_quantile(0.9, sum by (le) (rate(d_bucket[1m])))", 'label_replace(up, "a", "$1", "job", "(.*)")',
     "max_over_time(x[1h:5m]) unless y", 'count_values("v", x)', "topk(3, x) without (a)", "1e3 * x", "x and on () y",
     'x{a=~"b|c",d!=""} / ignoring (a) group_left (e) y', "x or vector(0)", "time() - x > 3600",
         "predict_linear(x[1h], 3600) < 0"),
    ("rate(x[1y2w3d4h5m6s7ms])", "x[5m]", "up ==", "sum(x", "rate(x)", "foo(x)", 'x{a=~"("}', "0x1F + x", "bool 1",
     "", "1", '"text"', "x{}", "{}", '{__name__="x"}', '{"a.b"}', '{"a.b", c="d"}', "x{a='b'}", "x{a=`b`}", "x # c",
     "x == bool 1", "x > bool y", "1 > 2", "1 > bool 2", "sum by (a,) (x)", "sum(x) by (a)", "x offset -5m", "x @ 1e9",
     "x[5m] offset 1h", "x[5m:]", "x[5m:0s]", "x[0s]", "x[1m30s]", "x[90]", "x[5m1h]", "rate(x[5m] @ start())",
     "quantile(2, x)", 'label_replace(up, "a", "$1", "job", "(")', 'label_join(up, "a", ",", "b")', "-x", "+x", "--x",
     "x and y or z", "x / on (a) group_left y", "x + group_left y", "x and group_left y", "x on (a) y", "NaN", "Inf",
     "histogram_count(x)", "limitk(3, x)", "limit_ratio(0.1, x)", "sort_by_label(x, 'a')", "info(x)",
      "mad_over_time(x[5m])",
     "x atan2 y", "group(x)", "holt_winters(x[5m], 0.5, 0.5)", "double_exponential_smoothing(x[5m], 0.5, 0.5)",
     "present_over_time(x[5m])", "sgn(x)", "clamp(x, 1, 2)", "ts_of_max_over_time(x[5m])", "round(x)", "day_of_week()",
     "x{a=\"b\",a=\"c\"}", 'x{a="\\x"}', "x{__name__='y'}", "sum without () (x)", "x[5m] anchored",
      "rate(x[5m] smoothed)",
     "x{a!~'.*'}", '{a=""}', '{a=~".*"}', "on", "by", "sum", "offset", "x_total{}", "a:b:c", "0b1", "1_000", "0o7",
      ".5",
     "1.", "1e", "5m", "x > 5m", "1h", "rate(x[1h/2])", "x offset (1h)", "x[$w]", "x{job=\"$job\"}",
      "rate(x[$__rate_interval])",
     "first_over_time(x[5m])", "min by(a) (x) > on(a) y", "absent_over_time(x[5m])", "scalar(x) > 1", "vector(1) == 1",
     "step()", "range()", "x fill(0) + y", "x + fill(0) y", "histogram_quantiles(x, 'q', 0.5)", "{'a', 'b'}", 5, True,
     "x !~ y", "x == = y", "(x", "x)", "((x))", "x;", "ü", '{"ü"}', "x{ü=\"1\"}", 'x{"ü"="1"}', "x \n + # c\n y",
      "sum(1)",
     "stddev(x)", "bottomk(x, 1)", "topk('a', x)", "count_values(v, x)", "count_values('', x)",
      "count_values('a-b', x)",
     "label_replace(x, 'a-b', '', '', '')", "label_join(x, '', '', '')", "timestamp(x)", "time(x)", "rate(x[5m], 2)"),
)  # fmt: skip
PERIOD = Odd(("1m", "5m", "0s"), ("1.5m", "-1m", "300y", "", "5", 5, 0, "1h30m", "1y", "99999999y", None))
ALERT = {
    "alert": Odd(("HighErrors", "Down", "Slow"), ("a b", "ü", "", "a-b", "{{ x }}", "up{}", "1", "null", "a\nb", TEXT)),
    "expr": EXPRESSION,
    "for?": PERIOD,
    "keep_firing_for?": PERIOD,
    "labels?": Named(
        Odd(("severity", "team"), ("alertname", "__name__", "a-b", "ü", "", "service.name", "a b")), (TEXT, TEMPLATE)
    ),
    "annotations?": Named(Odd(("summary", "description"), ("a-b", "ü", "", "__x", "a b")), (TEXT, TEMPLATE)),
}
RECORD = {
    "record": Odd(
        ("job:x:rate5m", "x_ratio"),
        ("a-b", "a.b", "ü", "", "x{}", "a b", "0x", "__name__", ":x", "on", "sum", "x:", "a\nb", "ALERTS", "up", "1"),
    ),
    "expr": EXPRESSION,
    "labels?": LABELS,
}
GROUP_KEYS = {"interval?": DURATION, "query_offset?": PERIOD, "limit?": COUNT, "labels?": LABELS}
OVERRIDE = Odd(
    ({"for": PERIOD}, {"labels": LABELS, "annotations": {"summary": TEMPLATE}}, {"expr": EXPRESSION}, "off",
     {"keep_firing_for": PERIOD, "labels": {"severity": "page"}}, {"off": "off"}, {"annotations": {"a": TEXT}}),
    ({}, {"labels": {"severity": None}}, {"annotations": {"summary": None}}, None, "on", {"for": None}),
)  # fmt: skip
GROUP = {**GROUP_KEYS, "name": (NAME, TEXT), "rules": Many((ALERT, ALERT, RECORD))}
# Packs of rules and dashboards that are about a component, by its key in the manifest.
OF_COMPONENTS = {
    "alertmanager": "alertmanager",
    "grafana": "grafana",
    "pushgateway": "batch",
    "node": "host",
    "cadvisor": "containers",
    "blackbox": "blackbox",
    "redis": "redis",
    "postgres": "postgres",
    "kafka": "kafka",
    "nginx": "nginx",
    "memcached": "memcached",
    "clickhouse": "clickhouse",
    "mysql": "mysql",
    "mongodb": "mongodb",
    "process": "processes",
    "rabbitmq": "rabbitmq",
    "windows": "windows",
}


def sources(dice: Dice, whole: dict[str, Any]) -> list[dict[str, Any]]:
    """What goes into `rules`: groups, files and packs, of what a manifest has."""
    file = {"file": "rules.yml", "override?": Named(Odd(("Old", "Slow"), ("Nope",)), OVERRIDE)}
    return _unlike(
        dice.make(Many((GROUP, GROUP, GROUP, file, *_packs(whole, ("deadman", "prometheus"), ("http", "queue")))))
    )


def dashboards(dice: Dice, whole: dict[str, Any]) -> list[dict[str, Any]]:
    """What goes into `dashboards`: files and packs."""
    files = (
        {
            "file": Odd(
                ("dashboards/overview.json", "dashboards/*.json"), ("dashboards/*.txt", "missing.json", "rules.yml")
            ),
            "folder?": TEXT,
        },
        {"file": "dashboards/compact.yml", "folder?": TEXT},
    )
    packs = [{**each, "folder?": TEXT} for each in _packs(whole, ("prometheus", "overview"), ("red", "queue"))]
    return _unlike(dice.make(Many((*files, *packs))))


def _unlike(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sources without the second of a file, or of a pack."""
    return list({str([each.get(key) for key in ("file", "pack", "name")]): each for each in sources}.values())


def _packs(whole: dict[str, Any], always: tuple[str, ...], of_contract: tuple[str, ...]) -> list[Any]:
    has = {*whole, *whole.get("exporters", ())}
    names = (*always, *(pack for component, pack in OF_COMPONENTS.items() if component in has))
    found: list[Any] = [{"pack": Odd(names, ("nope", 5, "slo", "blackbox", "")), "with?": Odd(({},), ({"x": 1},))}]
    services = whole["services"].items()
    scraped = [name for name, service in services if "push" not in service]
    if scraped:
        found.append(
            {"pack": "service-health", "services": [scraped[0]], "override?": {"ServiceDown": OVERRIDE}}
            if "deadman" in always
            else {"pack": "overview", "services": scraped}
        )
    for name, service in services:
        if "http_requests_total" in (service.get("metrics") or {}):
            with_ = {"max_errors?": Odd((0.01, 0.05), ("5%", 0, 5, "x", TEXT))} if of_contract[0] == "http" else {}
            where = {"where?": Odd(({"method": "GET"},), ({"a-b": "c"}, "x", {"a": TEXT}))}
            found += [
                {"pack": of_contract[0], "services": [name], "with?": {**with_, **where}},
                {"pack": of_contract[1], "services": [name]},
            ]
        if service.get("slo"):
            found.append({"pack": "slo"})
    return found
