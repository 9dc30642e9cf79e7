"""What a good stack survives: each must leave `verify` as green as before."""

from __future__ import annotations

import gzip
from dataclasses import replace

from tests.e2e.pieces import (
    OPEN_METRICS,
    Piece,
    alert,
    board,
    filtering,
    group,
    page,
    panel,
    record,
    service,
)

# Every stack of pieces has the service `shop`, which serves this.
SHOP = """\
# TYPE shop_requests_total counter
shop_requests_total{path="/",status="200"} 7
shop_requests_total{path="/cart",status="500"} 1
# TYPE shop_queue_size gauge
shop_queue_size{queue="mail"} 3
# TYPE shop_wait_seconds histogram
shop_wait_seconds_bucket{le="0.1"} 4
shop_wait_seconds_bucket{le="1.0"} 6
shop_wait_seconds_bucket{le="+Inf"} 7
shop_wait_seconds_sum 3.5
shop_wait_seconds_count 7
# TYPE shop_info gauge
shop_info{version="1.0"} 1
"""
ONE = "# TYPE piece gauge\npiece 1\n"
# What a Pushgateway serves of a group: when its last push was accepted, and when one was refused.
PUSH_TIMES = """\
push_time_seconds{{batch="a"}} {accepted}
push_failure_time_seconds{{batch="a"}} {refused}
"""


def restarts(now: int) -> str:
    """A process that is started again with every scrape."""
    return f"process_start_time_seconds {now / 1000}\nprocess_cpu_seconds_total {0.1 + now // 2_000 % 2}\n"


def of_a_poor_clock(now: int) -> str:
    """A process of which the machine says now and then that it was started a second earlier."""
    return f"process_start_time_seconds {1.7e9 - now // 2_000 % 2}\nprocess_cpu_seconds_total {now / 1e6}\n"


# The section of a Prometheus whose own scrape has another name.
RENAMED = {"scrape": {"job": "self", "scrape_interval": "1s", "scrape_timeout": "1s"}}


def scraped(name: str, body: object = ONE, kind: str | None = "text/plain; version=0.0.4", **fields: object) -> Piece:
    """A piece with one service and its page."""
    made = page(body, kind, **fields.pop("page", {}))  # type: ignore[arg-type]
    return Piece(name, {f"/{name}": made}, service(name, **fields))


def relabel(**step: object) -> list[dict[str, object]]:
    return [step]


SCRAPES = (
    scraped(
        "port-stripped",
        relabel=relabel(source_labels=["__address__"], regex="(.*):[0-9]+", target_label="instance"),
    ),
    scraped("job-relabelled", relabel=relabel(target_label="job", replacement="renamed-by-relabelling")),
    # A server of several that is down, and an exporter that reaches its own.
    scraped("says-up", '# TYPE acme_up gauge\nacme_up 1\n# TYPE acme_server_up gauge\nacme_server_up{server="b"} 0\n'),
    scraped(
        "some-collectors-fail",
        'acme_collector_success{collector="a"} 0\nacme_collector_success{collector="b"} 1\nacme_scrape_error 0\n',
    ),
    scraped("one-target-fails", 'acme_scrape_error{target="a"} 1\nacme_scrape_error{target="b"} 0\n'),
    scraped("job-label", labels={"job": "old-job"}),
    scraped("instance-label", labels={"instance": "shop-1"}),
    scraped("instance-dropped", relabel=relabel(action="replace", target_label="instance", replacement="")),
    Piece(
        "one-instance",
        {"/one-instance": page(ONE)},
        {
            "one-instance": {
                "targets": [
                    {"address": "APP", "labels": {"instance": "both", "part": "a"}},
                    {"address": "LOCAL", "labels": {"instance": "both", "part": "b"}},
                ],
                "metrics_path": "/one-instance",
            }
        },
    ),
    Piece(
        "same-address",
        {"/same-address": page(ONE), "/same-address-too": page(ONE)},
        {
            **service("same-address", labels={"job": "same", "endpoint": "metrics"}),
            **service("same-address-too", labels={"job": "same", "endpoint": "more"}),
        },
    ),
    scraped(
        "address-relabelled",
        relabel=relabel(source_labels=["__address__"], target_label="__address__", replacement="LOCAL"),
    ),
    scraped("path-relabelled", relabel=relabel(target_label="__metrics_path__", replacement="/port-stripped")),
    Piece(
        "federation",
        {"/federate": page(lambda now: f'up{{job="theirs",instance="there:1",site="b"}} 1 {now - 20_000}\n')},
        service("federation", "/federate", honor_labels=True, params={"match[]": ['{job="theirs"}']}),
    ),
    Piece(
        "federation-of-nothing-yet",
        services={
            "federation-of-nothing-yet": {
                "targets": ["PROMETHEUS"],
                "metrics_path": "/federate",
                "honor_labels": True,
                "params": {"match[]": ['{job="nobody"}']},
            }
        },
    ),
    scraped("honored", 'piece{job="theirs",instance="there"} 1\n', honor_labels=True),
    Piece(
        "gateways-apart",
        {
            "/gateways-apart": page(
                'ran{job="one",instance="a"} 1\nsame{job="both",instance="a"} 5\nnan{job="b"} NaN\n'
            ),
            "/gateways-apart-b": page(
                'ran{job="two",instance="a"} 2\nsame{job="both",instance="a"} 5\nnan{job="b"} NaN\n'
            ),
        },
        {**service("gateways-apart", honor_labels=True), **service("gateways-apart-b", honor_labels=True)},
    ),
    Piece(
        "one-gateway-twice",
        {"/one-gateway-twice": page(lambda now: f'moves{{job="moving",instance="a"}} {now}\n')},
        {
            **service("one-gateway-twice", honor_labels=True),
            **service("one-gateway-twice-b", "/one-gateway-twice", honor_labels=True, params={"part": ["b"]}),
        },
    ),
    scraped("serves-own-up", 'up 1\nup{database="a"} 0\n' + ONE),
    scraped("names-of-scrapes", "scrape_widgets 1\n"),
    scraped(
        "own-up-dropped",
        "up 0\n" + ONE,
        metric_relabel=relabel(source_labels=["__name__"], regex="up", action="drop"),
    ),
    scraped("exported", 'piece{job="theirs",instance="there"} 1\n'),
    scraped("stamped", lambda now: f"piece 1 {now}\n"),
    scraped("two-minutes-behind", lambda now: f"piece 1 {now - 120_000}\n"),
    scraped("two-minutes-ahead", lambda now: f"piece 1 {now + 120_000}\n"),
    scraped("stamps-ignored", "piece 1 1000\n", honor_timestamps=False),
    scraped("slow", page={"seconds": 0.6}),
    scraped("restarts", restarts),
    scraped("of-a-poor-clock", of_a_poor_clock),
    scraped("large", "".join(f'piece{{n="{n}"}} {n}\n' for n in range(5_000))),
    scraped("zipped", gzip.compress(ONE.encode()), page={"headers": {"Content-Encoding": "gzip"}}),
    scraped("odd-values", "a NaN\nb +Inf\nc -Inf\nd 1e-300\ne -0\n"),
    scraped("escapes", 'piece{a="quote \\" and \\\\ and \\n",b="",c="\u2028",d="ä€🙂"} 1\n'),
    scraped("spaced", 'piece { a = "1" , } 1 \n\n# a comment\n   other 2\n'),
    scraped("untyped", "# HELP piece Help.\n# TYPE piece untyped\npiece 1\n"),
    scraped(
        "open-metrics",
        '# TYPE rpc counter\n# UNIT rpc_bytes bytes\nrpc_total 3 # {trace_id="a"} 1 1.5\nrpc_created 1.5\n'
        '# TYPE build info\nbuild_info{v="1"} 1\n# TYPE mode stateset\nmode{mode="a"} 1\nmode{mode="b"} 0\n# EOF\n',
        OPEN_METRICS,
    ),
    scraped("names-in-utf-8", '{"shop.requests","region.name"="eu"} 1\n'),
    scraped("no-help", "piece 1\n", "text/plain"),
    scraped("no-type", "piece 1\n", None, fallback_scrape_protocol="PrometheusText0.0.4"),
    scraped(
        "metric-relabelled",
        ONE + "gone 1\n",
        metric_relabel=relabel(action="drop", source_labels=["__name__"], regex="gone"),
    ),
    scraped(
        "label-dropped",
        'piece{pod="x",part="a"} 1\npiece{pod="x",part="b"} 2\n',
        metric_relabel=relabel(action="labeldrop", regex="pod"),
    ),
    scraped(
        "label-replaced",
        'piece{path="/a/1"} 1\npiece{path="/b/1"} 2\n',
        metric_relabel=relabel(source_labels=["path"], regex="/(.)/.*", target_label="path", replacement="$1"),
    ),
    scraped("instance-of-one-removed", metric_relabel=relabel(action="labeldrop", regex="instance")),
    Piece(
        "instance-as-host",
        {"/instance-as-host": page(lambda now: f"piece {now}\n")},
        {
            "instance-as-host": {
                "targets": ["APP", "LOCAL"],
                "metrics_path": "/instance-as-host",
                "metric_relabel": [
                    {"source_labels": ["instance"], "target_label": "host"},
                    {"action": "labeldrop", "regex": "instance"},
                ],
            }
        },
    ),
    scraped("job-of-metrics", metric_relabel=relabel(target_label="job", replacement="from-metric-relabelling")),
    scraped("rare", scrape_interval="3s", scrape_timeout="1s"),
    scraped("with-params", params={"module": ["a"], "x": ["1", "2"]}),
    scraped("logged-in", basic_auth={"username": "me", "password": "right"}, page={"login": "me:right"}),
    Piece(
        "from-file",
        {"/from-file": page(ONE)},
        {
            "from-file": {
                "discovery": {"file_sd_configs": [{"files": ["from-file.json"]}]},
                "metrics_path": "/from-file",
            }
        },
        files={"from-file.json": '[{"targets": ["APP"], "labels": {"zone": "b"}}]'},
    ),
    Piece(
        "from-http",
        {"/from-http": page(ONE), "/from-http-list": page('[{"targets": ["APP"]}]', "application/json")},
        {
            "from-http": {
                "discovery": {"http_sd_configs": [{"url": "http://APP/from-http-list"}]},
                "metrics_path": "/from-http",
            }
        },
    ),
    Piece("within-budget", prometheus={"series_budget": 100_000}),
    Piece(
        "in-extra",
        {"/in-extra": page(ONE)},
        prometheus={
            "extra": {
                "scrape_configs": [
                    {"job_name": "in-extra", "metrics_path": "/in-extra", "static_configs": [{"targets": ["APP"]}]}
                ]
            }
        },
    ),
)


def ruled(name: str, *rules: dict[str, object], **fields: object) -> Piece:
    """A piece with one group of rules."""
    return Piece(name, rules=(group(name, *rules, **fields),))


RULES = (
    ruled("a-moment-ahead", alert("AMomentAhead", "shop_queue_size > 9 * shop_queue_size offset -1m")),
    ruled(
        "one-number",
        alert("OneNumber", "shop_queue_size > 1e9 * scalar(sum(shop_requests_total))"),
        alert("OnlyNumber", 'shop_queue_size > 1e9 * scalar(up{job="shop"})'),
    ),
    ruled("slow-group", alert("Slow", "shop_queue_size > 100"), record("slow:queue", "shop_queue_size"), interval="5m"),
    Piece(
        "of-slow-group",
        rules=(
            group("of-slow-group", alert("OfSlow", "its:slow:queue > 100")),
            group("its-slow-group", record("its:slow:queue", "shop_queue_size"), interval="5m"),
        ),
    ),
    ruled(
        "firing", alert("AlwaysOn", "vector(1)", labels={"severity": "none"}, annotations={"summary": "{{ $value }}"})
    ),
    ruled(
        "expanded",
        alert(
            "Expanded",
            "shop_queue_size > 0",
            labels={"text": "{{ $labels.queue | toUpper }}"},
            annotations={
                "summary": "{{ $labels.queue }} {{ $value | humanize }} {{ $externalLabels.site }}",
                "guarded": "{{ with $labels.no }}{{ . }}{{ end }}",
                "more": '{{ with query "shop_queue_size" }}{{ . | first | value }}{{ end }}',
                "first": '{{ query "sum(shop_queue_size)" | first | value }}',
                "perhaps": '{{ with query "not_there_yet" }}{{ . | first | value }}{{ end }}',
                "each": '{{ range query "up" }}{{ .Labels.job }}={{ .Value }} {{ end }}',
            },
        ),
    ),
    ruled("kept-firing", alert("Kept", "shop_queue_size > 1e9", keep_firing_for="5m", **{"for": "1m"})),
    ruled("limited", alert("Limited", "shop_queue_size > 1e9"), limit=10, query_offset="1s", labels={"team": "core"}),
    ruled("numbers-as-labels", alert("Numbers", "shop_queue_size > 1e9", labels={"severity": "1", "on": "on"})),
    ruled(
        "chain",
        record("chain:a", "shop_queue_size"),
        record("chain:b", "sum(chain:a)"),
        alert("Chain", "chain:b > 9e9"),
    ),
    ruled("records-itself-before", record("same_name", "shop_queue_size"), record("uses:same", "same_name * 2")),
    ruled(
        "records-of-one-name",
        record("one:name", 'sum by (path) (shop_requests_total{path="/"})'),
        record("one:name", 'sum by (path) (shop_requests_total{path="/cart"})'),
        record("one:name", "sum(shop_queue_size)", labels={"of": "queue"}),
        record("one:name", "sum(shop_queue_size) / 2", labels={"of": "half"}),
    ),
    ruled(
        "labels-there",
        alert(
            "LabelsThere",
            'shop_queue_size{job="shop"} > 1e9 unless on (job) absent(up)',
            annotations={"summary": "{{ $labels.instance }}{{ with $labels.zone }} in {{ . }}{{ end }}"},
        ),
    ),
    ruled(
        "own-labels",
        alert("OwnLabel", "shop_queue_size > 1e9", labels={"queue": "all", "severity": "page"}),
        alert("OwnOfSum", "sum by (job) (shop_requests_total) > 1e9", labels={"path": "all"}),
        alert("OwnKept", "shop_requests_total > 1e9", labels={"path": "p:{{ $labels.path }}", "kind": "x"}),
    ),
    ruled("absent", alert("Absent", 'absent(nobody_has_this_yet{job="shop"})'), alert("Up", 'absent(up{job="shop"})')),
    ruled("absent-over-time", alert("AbsentOverTime", "absent_over_time(shop_queue_size[5m])")),
    ruled("an-hour-ago", alert("HourAgo", "shop_queue_size > 2 * shop_queue_size offset 1h")),
    ruled(
        "kept",
        alert("TenDays", "avg_over_time(shop_queue_size[10d] offset 5d) > 1e9"),
        alert("AtATime", "shop_queue_size @ 100 > 3 * avg_over_time(shop_queue_size[1w])"),
    ),
    ruled("unless", alert("Unless", 'shop_queue_size > 0 unless on (queue) shop_queue_size{queue="mail"}')),
    ruled("or-zero", record("or:zero", 'sum(rate(shop_requests_total{status="503"}[1m])) or vector(0)')),
    ruled("not-counted-yet", alert("NotCounted", 'rate(shop_requests_total{status="502"}[1m]) > 1')),
    ruled(
        "by-name", record("by:name", 'count({__name__=~"shop_.+"})'), record("by:quoted", 'sum({"shop_queue_size"})')
    ),
    ruled("subquery", record("sub:query", "max_over_time(sum(rate(shop_requests_total[20s]))[1m:10s])")),
    ruled("joined", record("joined:queue", "shop_queue_size * on (job, instance) group_left (version) shop_info")),
    ruled(
        "may-match",
        alert("OtherPath", 'shop_requests_total{status="200"} > 1e9 and on (path) shop_requests_total{status="500"}'),
        alert("OnNothing", "shop_queue_size > 1e9 and on () (hour() < 24)"),
        alert("NoCluster", 'up{job="shop"} == 0 and on (cluster) prometheus_build_info'),
        alert("NoZone", "shop_queue_size > 1e9 and on (job, zone) shop_info"),
        alert("OnSite", 'up{job="shop"} == 0 and on (site, k8s_cluster) prometheus_build_info'),
        alert("OnAll", "shop_queue_size > 1e9 and on (zone) (hour() < 24) and on (zone) sum(shop_info)"),
        alert("OnAlerts", "shop_queue_size > 1e9 unless on (zone) ALERTS unless on (instance) ALERTS"),
        alert("OfTheSum", "shop_queue_size > on (job) group_left () (1e9 * sum by (job) (shop_requests_total))"),
        alert(
            "MayBeLeftOut", 'shop_requests_total{status="200"} > 1e9 unless on (path) shop_requests_total{status="500"}'
        ),
        alert("LeftOutByJob", "shop_queue_size > 1e9 unless on (job) up == 0"),
        record("may:match", "sum by (job) (shop_queue_size) / sum by (job) (shop_requests_total)"),
    ),
    ruled(
        "burn-rates-ignoring",
        record("rate:short", "sum by (job) (shop_requests_total)", labels={"window": "short"}),
        record("rate:long", "sum by (job) (shop_requests_total)", labels={"window": "long"}),
        alert("Burn", "rate:short > 1e9 and ignoring (window) rate:long > 1e9"),
    ),
    ruled("grouped-for-many", record("grouped:many", "sum by (cluster, pod, node, status) (shop_requests_total)")),
    ruled("grouped-digits", alert("Grouped", "shop_queue_size > 1_000_000")),
    ruled("quantile", record("wait:p9", "histogram_quantile(0.9, sum by (le) (rate(shop_wait_seconds_bucket[20s])))")),
    ruled("compared-with-bool", record("bool:queue", "shop_queue_size >= bool 5")),
    ruled("negative-matchers", alert("Negative", 'shop_requests_total{path!="/",status!~"2.."} > 1e9')),
    ruled("time-of-day", alert("Hours", "hour() < 0 or vector(0) > 1")),
    Piece("empty-group", rules=(group("empty-group"), {"name": "no-rules"})),
)

# A process that has run since long, and serves the rows of its last batch in half of the minutes.
STARTED = "process_start_time_seconds 1.7e9\n"


def batch(now: int) -> str:
    return STARTED + ('batch_rows{kind="a"} 5\n' if now // 4_000 % 2 else "")


COMING_AND_GOING = (
    Piece(
        "comes-and-goes",
        {"/comes-and-goes": page(batch)},
        service("comes-and-goes"),
        rules=(
            group(
                "comes-and-goes",
                alert("Rows", 'batch_rows{kind="a"} > 1e9'),
                record("batch:rows", "sum(batch_rows)"),
                alert("Sum", "batch:rows > 1e9"),
            ),
        ),
        dashboard=board(panel("P", "sum(batch_rows)", 'batch_rows{kind="a"}')),
    ),
    Piece(
        "asked-by-parameter",
        {"/asked-by-parameter": page("other_exporter_build_info 1\npiece 1\n")},
        {
            "asked-by-parameter": {
                "targets": ["one:80", "other:80"],
                "metrics_path": "/asked-by-parameter",
                "relabel": [
                    *relabel(source_labels=["__address__"], target_label="__param_target"),
                    *relabel(source_labels=["__param_target"], target_label="instance"),
                    *relabel(target_label="__address__", replacement="APP"),
                ],
            }
        },
    ),
    Piece(
        "pushed-again",
        {"/pushed-again": page(PUSH_TIMES.format(accepted=2, refused=1))},
        service("pushed-again"),
    ),
    Piece(
        "pushed-and-deleted",
        {"/pushed-and-deleted": page(lambda now: batch(now).replace("batch_rows{", 'run_rows{job="run",'))},
        service("pushed-and-deleted", honor_labels=True),
        dashboard=board(panel("P", "sum(run_rows)")),
    ),
    ruled(
        "left-out-at-times",
        alert("Maintained", 'up{job="shop"} == 0 unless on (job) in_maintenance == 1'),
        alert("OfQueue", 'shop_queue_size > 1e9 unless on (job) shop_queue_size{queue="paused"}'),
    ),
)

FIRES = "vector(1)"


def notified(
    name: str,
    *rules: dict[str, object],
    receiver: dict[str, object],
    more: dict[str, object] | None = None,
    **fields: object,
) -> Piece:
    """A piece whose rules are sent to a receiver of its own."""
    names = "|".join(str(rule["alert"]) for rule in rules)
    route = {"receiver": name, "matchers": [f'alertname=~"{names}"']}
    alertmanager = {"receivers": {name: receiver}, "route": {"routes": [route]}, **(more or {})}
    return Piece(name, rules=(group(name, *rules),), alertmanager=alertmanager, **fields)  # type: ignore[arg-type]


NOTIFICATIONS = (
    notified("taken", alert("Taken", FIRES), receiver={"webhook": {"url": "http://APP/taken"}}),
    notified(
        "taken-by-both",
        alert("TakenByBoth", FIRES),
        receiver={"webhook": [{"url": "http://APP/a"}, {"url": "http://LOCAL/b"}]},
    ),
    notified(
        "moved-for-good",
        alert("MovedForGood", FIRES),
        receiver={"webhook": {"url": "http://APP/moved-for-good"}},
        pages={"/moved-for-good": page("", status=308, headers={"Location": "/moved-for-good/"})},
    ),
    notified(
        "not-needed-yet", alert("NotNeeded", "vector(1) > 2"), receiver={"webhook": {"url": "http://localhost:9/"}}
    ),
    notified(
        "own-texts",
        alert("OwnTexts", FIRES, annotations={"summary": "{{ $value }} of {{ $labels.nothing }}"}),
        receiver={
            "slack": {
                "api_url": "http://APP/slack",
                "channel": "#x",
                "title": '{{ template "pieces.title" . }}',
                "text": "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Labels.alertname }}{{ end }}",
            }
        },
        files={"own-texts.tmpl": '{{ define "pieces.title" }}{{ .CommonLabels.alertname | toUpper }}{{ end }}'},
        more={"extra": {"templates": ["own-*.tmpl"]}},
    ),
    Piece(
        "inhibited",
        rules=(
            group(
                "inhibited",
                alert("InhibitedBelow", FIRES, labels={"area": "inhibited", "severity": "warning"}),
                alert("InhibitedAbove", FIRES, labels={"area": "inhibited", "severity": "critical"}),
            ),
        ),
        alertmanager={
            "receivers": {"inhibited": {"webhook": {"url": "http://APP/inhibited"}}},
            "route": {"routes": [{"receiver": "inhibited", "matchers": ['alertname="InhibitedBelow"']}]},
            "extra": {
                "inhibit_rules": [
                    {
                        "source_matchers": ['alertname="InhibitedAbove"'],
                        "target_matchers": ['alertname="InhibitedBelow"'],
                        "equal": ["area"],
                    }
                ]
            },
        },
    ),
    Piece(
        "own-scrapes",
        services={"own-scrapes": {"targets": ["ALERTMANAGER"]}},
        rules=(group("own-scrapes", alert("SelfDown", 'up{job="self"} == 0')),),
        dashboard=board(panel("P", 'prometheus_build_info{job="self"}', 'up{job="own-scrapes"}')),
        prometheus=RENAMED,
        alertmanager={"scrape": False},
    ),
    Piece(
        "two-alertmanagers",
        prometheus={
            "extra": {"alerting": {"alertmanagers": [{"static_configs": [{"targets": ["ALERTMANAGER"]}]}]}},
        },
    ),
)

ALL = {
    "name": "path",
    "type": "query",
    "query": "label_values(shop_requests_total, path)",
    "multi": True,
    "includeAll": True,
}
CHOSEN_ALL = {**ALL, "current": {"text": ["All"], "value": ["$__all"]}}


def shown(name: str, *panels: dict[str, object], **fields: object) -> Piece:
    """A piece with a dashboard."""
    return Piece(name, dashboard=board(*panels, **fields))  # type: ignore[arg-type]


QUEUE = "sum(shop_queue_size)"


def announced(name: str, **fields: object) -> Piece:
    """A piece with a panel about a gauge that its service announces, and of which it has nothing to say."""
    metric = f"acme_{name.replace('-', '_')}"
    text = f"{ONE}# TYPE {metric} gauge\n"
    made = shown(name, panel("P", metric))
    return replace(made, pages={f"/{name}": page(text)}, services=service(name, **fields))


DASHBOARDS = (
    announced("gauge-without-series"),
    announced(
        "gauge-next-to-dropped-ones",
        metric_relabel=relabel(action="drop", source_labels=["__name__"], regex="acme_gauge|.*_one"),
    ),
    shown("hidden-query", panel("P", QUEUE) | {"targets": [{"expr": QUEUE}, {"expr": "not_there", "hide": True}]}),
    Piece(
        "annotations",
        rules=(group("annotations", alert("Seldom", "shop_queue_size > 3e9")),),
        dashboard=board(panel("P", QUEUE))
        | {
            "annotations": {
                "list": [
                    {"name": "By hand", "builtIn": 1, "datasource": "-- Grafana --", "type": "dashboard"},
                    {"name": "Alerts", "expr": 'ALERTS{alertname="Seldom", alertstate="firing"}', "enable": True},
                    {"name": "Full", "target": {"expr": "shop_queue_size > 1e9", "refId": "Anno"}},
                    {"name": "Off", "expr": "shop_queu_size", "enable": False},
                    {"name": "Tags", "target": {"limit": 100, "tags": ["deploy"], "type": "tags"}},
                ]
            }
        },
    ),
    shown(
        "calculated-well",
        panel("P")
        | {
            "targets": [
                {"refId": "A", "expr": QUEUE, "hide": True},
                {"refId": "C", "expr": "not_there", "hide": True},
                {"refId": "B", "datasource": {"type": "__expr__", "uid": "__expr__"}, "expression": "$A * 2"},
            ]
        },
    ),
    shown(
        "no-variables-needed",
        panel(
            "P",
            'label_replace(shop_queue_size, "to", "$to", "queue", "(?P<to>.*)")',
            'label_replace(shop_queue_size, "to", "$1", "queue", "(.*)")',
            'shop_queue_size{queue!="$__user"} * $__range_s',
        ),
    ),
    shown("all-values", panel("P", 'shop_requests_total{path=~"$path"}'), variables=[CHOSEN_ALL]),
    shown(
        "chained-values",
        panel("P", 'shop_queue_size{job="$job",instance=~"${instance:regex}",queue="$queue"}'),
        variables=[
            {"name": "queue", "type": "query", "query": 'label_values(shop_queue_size{instance="$instance"}, queue)'},
            {"name": "instance", "type": "query", "query": 'label_values(up{job="$job"}, instance)', "multi": True},
            {"name": "job", "type": "query", "query": "label_values(up, job)", "current": {"value": "elsewhere"}},
        ],
    ),
    shown(
        "values-of-results",
        panel("P", 'shop_queue_size{instance="$instance",queue="$queue"}'),
        variables=[
            {
                "name": "instance",
                "type": "query",
                "query": "query_result(count by (instance, job) (up))",
                "regex": '/job="(?<text>[^"]+)"|instance="(?<value>[^"]+)"/g',
            },
            {
                "name": "queue",
                "type": "query",
                "query": 'query_result(sum by (queue) (shop_queue_size{instance="$instance"}))',
                "regex": '/"(.+)"/',
            },
        ],
    ),
    shown("all-value", panel("P", 'shop_requests_total{path=~"$path"}'), variables=[{**CHOSEN_ALL, "allValue": ".*"}]),
    shown("repeated", panel("P $path", 'shop_requests_total{path="$path"}', repeat="path"), variables=[CHOSEN_ALL]),
    shown(
        "matched-values",
        panel("P", 'shop_requests_total{path=~"$path"}'),
        variables=[{**CHOSEN_ALL, "regex": "/(?<text>^.C.+)/i"}],
    ),
    shown(
        "names",
        panel("P", QUEUE),
        variables=[
            {"name": "any", "type": "query", "query": "label_values(job)", "regex": "/^sho/"},
            {"name": "metric", "type": "query", "query": "metrics(^shop_)"},
            {"name": "label", "type": "query", "query": "label_names()"},
            {
                "name": "queue",
                "type": "query",
                "query": "query_result(shop_queue_size)",
                "regex": '/shop_queue_size.*queue="([^"]+)".* 3 [0-9]+/',
            },
        ],
    ),
    shown(
        "chosen-metric",
        panel("P", "$metric"),
        variables=[{"name": "metric", "type": "query", "query": "metrics(shop_queue.*)"}],
    ),
    shown(
        "repeated-row",
        {
            "type": "row",
            "title": "$path",
            "repeat": "path",
            "panels": [panel("P", 'shop_requests_total{path="$path"}')],
        },
        variables=[CHOSEN_ALL],
    ),
    shown(
        "mixed",
        panel("P", QUEUE, datasource={"type": "mixed", "uid": "-- Mixed --"}),
        panel("Other", kind="logs", datasource={"type": "loki", "uid": "loki"}),
    ),
    Piece(
        "old-rows",
        dashboard={"rows": [{"panels": [panel("P", QUEUE, kind="graph")]}], "schemaVersion": 14, "panels": []},
    ),
    shown(
        "old-panels",
        *(panel(kind, QUEUE, kind=kind) for kind in ("graph", "singlestat", "table-old", "grafana-piechart-panel")),
    ),
    shown("units", panel("P", QUEUE, fieldConfig={"defaults": {"unit": "suffix:queues"}, "overrides": []})),
    Piece(
        "rare-and-step",
        {"/rare-and-step": page("# TYPE seldom_total counter\nseldom_total 1\n")},
        service("rare-and-step", scrape_interval="5s", scrape_timeout="1s"),
        rules=(group("rare-and-step", record("seldom:sum", "sum by (job) (seldom_total)"), interval="1s"),),
        dashboard=board(
            panel("P", "rate(seldom_total[$__rate_interval])", interval="5s"),
            panel("Long", "rate(seldom_total[$__rate_interval])", maxDataPoints=5),
            panel("Own", "rate(seldom_total[20s])", "rate(seldom:sum[4s])"),
            time={"from": "now-1m"},
        ),
    ),
    shown("collapsed", {"type": "row", "title": "R", "collapsed": True, "panels": [panel("P", QUEUE)]}),
    shown("text-alone", {"type": "text", "title": "T", "options": {"content": "# Hello"}}, panel("P", QUEUE)),
    shown("saved-filters", panel("P", QUEUE), variables=[filtering(job="shop", queue="mail")]),
    shown(
        "macros", panel("P", "rate(shop_requests_total[$__rate_interval])", "increase(shop_requests_total[$__range])")
    ),
    shown("exported", panel("P", QUEUE, datasource={"type": "prometheus", "uid": "${DS_PROMETHEUS}"})),
    shown(
        "every-variable",
        panel(
            "P",
            'sum(rate(shop_requests_total{path=~"$path",job="$job",status=~"$custom|$text"}[$interval])) or vector(0)',
        ),
        variables=[
            ALL,
            {
                "name": "job",
                "type": "query",
                "query": {"query": "label_values(up, job)", "refId": "A"},
                "regex": "/shop/",
            },
            {"name": "custom", "type": "custom", "query": "200,500", "current": {"text": "200", "value": "200"}},
            {"name": "text", "type": "textbox", "query": "500", "current": {"text": "500", "value": "500"}},
            {"name": "interval", "type": "interval", "query": "20s,1m", "current": {"text": "20s", "value": "20s"}},
            {
                "name": "source",
                "type": "datasource",
                "query": "prometheus",
                "current": {"text": "default", "value": "default"},
            },
            {"name": "filters", "type": "adhoc", "datasource": {"type": "prometheus", "uid": "x"}},
            {"name": "constant", "type": "constant", "query": "mail"},
        ],
    ),
    Piece(
        "alerts-of-now",
        rules=(group("alerts-of-now", alert("Never", "shop_queue_size > 2e9")),),
        dashboard=board(
            panel("P", "sum(ALERTS) or vector(0)"),
            panel("Q", 'count(ALERTS{alertname="Never"})', 'count(ALERTS{alertname=~"Never|Others"})'),
        ),
    ),
    shown("not-left-out", panel("P", 'up{job="shop"} unless on (job) up == 0')),
    shown("left-out-at-times", panel("P", "shop_queue_size unless on (job) in_maintenance == 1")),
    shown("not-a-number", panel("P", "(shop_queue_size * 0) / (shop_queue_size * 0)")),
    shown("of-a-long-step", panel("P", "max_over_time(shop_queue_size[1d:1h])")),
    shown("compared", panel("P", "shop_queue_size > 1000")),
    Piece(
        "resource",
        dashboard={
            "apiVersion": "dashboard.grafana.app/v1beta1",
            "kind": "Dashboard",
            "metadata": {"name": "resource"},
            "spec": board(panel("P", QUEUE)) | {"title": "resource"},
        },
    ),
    Piece(
        "library-panel",
        dashboard=board({"type": "timeseries", "title": "P", "libraryPanel": {"uid": "lib", "name": "L"}})
        | {"__elements": {"lib": {"uid": "lib", "name": "L", "kind": 1, "model": panel("P", QUEUE)}}},
    ),
    Piece(
        "compact",
        dashboard={
            "variables": [
                {"name": "path", "query": "label_values(shop_requests_total, path)", "multi": True, "all": True}
            ],
            "rows": [
                {"panels": [{"title": "P", "query": 'sum by (path) (rate(shop_requests_total{path=~"$path"}[1m]))'}]}
            ],
        },
    ),
)
BENIGN = (*SCRAPES, *RULES, *COMING_AND_GOING, *NOTIFICATIONS, *DASHBOARDS)
